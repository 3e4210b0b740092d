"""Who and what exists in the synthetic company: channels, campaigns, reps, accounts, people, leads and their causes.

Severny Veter sells warehouse software to Russian companies and has a small branch in Tehran. Every lead has one
latent log-odds of winning (`Leads.quality`), built from causes that are named here: what the customer is like
(the six criteria), which channel created the demand, how the customer behaved, and dated changes (`CHANGES`).
What the systems see of it is written by `demo.exports`; the causes themselves are only told by `demo.truth`.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from demo.campaigns import ALL_CAMPAIGNS, CAMPAIGNS, Campaign
from demo.mixes import CHANNELS, DEFAULT_MIX, Mix
from demo.randomness import (
    MOSCOW_OFFSET,
    NO_DAYS,
    PUBLIC_HOLIDAYS,
    TEHRAN_OFFSET,
    Flags,
    Floats,
    Ints,
    Times,
    generator_for,
    later,
    lognormal,
    seconds,
    within_office_hours,
)

STARTS_AT = np.datetime64("2025-01-01T00:00:00") - MOSCOW_OFFSET
ENDS_AT = np.datetime64("2026-07-01T00:00:00") - MOSCOW_OFFSET
"""Nothing after this instant has happened yet: the exports are taken the next morning."""


@dataclass(frozen=True)
class Size:
    """How much of everything is made. `leads` counts Moscow's leads before duplicates and tests; a company that
    `sells_abroad` has a few of Moscow's deals in other currencies."""

    leads: int
    branch_leads: int
    anonymous_clients: int
    campaigns: tuple[Campaign, ...] = CAMPAIGNS
    sells_abroad: bool = False


SIZES = {
    "small": Size(leads=1_800, branch_leads=80, anonymous_clients=2_300),
    "medium": Size(
        leads=7_700, branch_leads=300, anonymous_clients=156_000, campaigns=ALL_CAMPAIGNS, sells_abroad=True
    ),
    "large": Size(leads=20_000, branch_leads=900, anonymous_clients=30_000, campaigns=ALL_CAMPAIGNS, sells_abroad=True),
}

CHANNEL_NAMES = tuple(channel.name for channel in CHANNELS)
CREATING = tuple(index for index, channel in enumerate(CHANNELS) if channel.role == "create")
HARVESTING = tuple(index for index, channel in enumerate(CHANNELS) if channel.role == "harvest")
NO_CHANNEL = -1
"""Demand that would have come anyway (word of mouth); 16 % of leads."""
WITHOUT_CHANNEL_EFFECT = 0.55
"""The `effect` of such demand."""


CAMPAIGN_IDS = tuple(campaign.campaign_id for campaign in ALL_CAMPAIGNS)
FREE_AUDIT = CAMPAIGN_IDS.index("5503")


@dataclass(frozen=True)
class Change:
    """A dated change: its factor on the number of leads, and what it adds to the log-odds of winning by itself.

    A change that works through how long customers wait (`form`, `sla_change`) adds nothing by itself.
    """

    kind: str
    started_on: str
    ended_on: str
    note: str
    campaign_id: str = ""
    volume_factor: float = 1.0
    effect: float = 0.0


CHANGES = (
    Change("promo", "2025-09-15", "2025-11-15", "Акция «бесплатный аудит склада»", "5503", 1.30, -2.6),
    Change("sales_material", "2025-11-10", "", "В КП добавлены кейсы клиентов", effect=0.45),
    Change("form", "2026-01-12", "2026-03-09", "Из формы убрано поле «телефон»", volume_factor=1.35),
    Change("sla_change", "2026-04-01", "", "Лиды распределяются автоматически, перезвон за 5 минут"),
)
PROMO, SALES_MATERIAL, FORM, SLA_CHANGE = CHANGES


@dataclass(frozen=True)
class Decision:
    """What the two teams decided in a weekly meeting. They decide what to do; nothing here changes what customers do."""

    decided_on: str
    decision: str
    note: str
    campaign_id: str = ""
    due_on: str = ""


DECISIONS = (
    Decision("2025-11-17", "stop", "Бесплатный аудит: лидов много, продаж нет", "5503", "2025-11-18"),
    Decision("2025-12-08", "fix", "Чек-лист: сменить посадочную", "5504", "2025-12-22"),
    Decision("2026-01-19", "other", "Звонить в день обращения"),
    Decision("2026-02-16", "keep", "Поиск WMS: оставить как есть", "70100101"),
    Decision("2026-02-24", "stop", "Собственники: остановить с конца февраля", "5502", "2026-03-01"),
    Decision("2026-03-10", "other", "Вернуть телефон в форму", due_on="2026-03-10"),
    Decision("2026-05-18", "wait", "Похожая аудитория: ждать данных", "5506"),
)


@dataclass(frozen=True)
class Dispute:
    """What one team held against the other, and how it ended; `settled_on` is empty while they still argue."""

    opened_on: str
    settled_on: str
    raised_by: str
    subject: str
    subject_id: str
    outcome: str
    note: str


DISPUTES = (
    Dispute("2025-10-20", "2025-11-17", "sales", "campaign", "5503", "sales", "«Лиды с аудита – мусор»"),
    Dispute("2026-01-26", "2026-03-10", "sales", "definition", "form", "sales", "Без телефона не дозвониться"),
    Dispute("2026-02-09", "2026-02-16", "marketing", "channel", "paid_search", "both", "Чья сделка: поиск или звонок"),
    Dispute("2026-06-08", "", "marketing", "lead", "", "", "Нецелевые лиды, которым никто не звонил"),
)


@dataclass(frozen=True)
class Rep:
    """An employee. `median_minutes` is the usual wait from hand-over to the first try, `discipline` the share of
    duties done (attempts repeated, reasons filled in), `effect` the log-odds that this person adds to a deal."""

    owner_id: str
    name: str
    team: str
    region: str
    median_minutes: float
    discipline: float
    effect: float
    started_on: str = "2023-02-01"
    ended_on: str = ""
    is_human: bool = True
    job: str = "менеджер по продажам"


REPS = (
    Rep("u11", "Соколова А.", "sales", "Москва", 25, 0.96, 0.10),
    Rep("u12", "Ермаков Д.", "sales", "Москва", 60, 0.90, -0.05),
    Rep("u13", "Жданова К.", "sales", "Москва", 45, 0.93, 0.05),
    Rep("u14", "Титов П.", "sales", "Санкт-Петербург", 180, 0.80, -0.05),
    Rep("u15", "Беляева О.", "sales", "Санкт-Петербург", 90, 0.88, 0.0, started_on="2025-03-03"),
    Rep("u16", "Громов И.", "sales", "Казань", 900, 0.45, 0.05),
    Rep("u17", "Назаров Р.", "sales", "Казань", 300, 0.70, 0.0, ended_on="2026-02-27"),
    Rep("u18", "Орлова М.", "sales", "Москва", 35, 0.95, -0.10, started_on="2025-09-01"),
)
"""Skill (`effect`) does not go with speed: what slow reps lose, they lose by letting customers wait."""
QUALIFIERS = (
    Rep("u21", "Лебедева Н.", "marketing", "Москва", 2, 0.95, 0.0, job="маркетолог-квалификатор"),
    Rep("u22", "Фомин С.", "marketing", "Москва", 7, 0.85, 0.0, job="маркетолог-квалификатор"),
)
ROBOT = Rep("u90", "Робот CRM", "both", "Москва", 0, 1.0, 0.0, is_human=False, job="интеграция")
BRANCH_REPS = (
    Rep("u31", "Карими Р.", "sales", "Тегеран", 70, 0.88, 0.0, job="کارشناس فروش"),
    Rep("u32", "Ахмади Н.", "sales", "Тегеран", 240, 0.75, 0.0, job="کارشناس فروش"),
)
EMPLOYEES = REPS + QUALIFIERS + BRANCH_REPS + (ROBOT,)

CRITERIA = ("industry_fit", "budget", "need_urgency", "authority", "timeline", "engagement")
CRITERION_EFFECTS = np.array([0.95, 0.65, 0.75, 0.80, 0.60, 0.60])
"""Log-odds that one true level (0, 1, 2) adds; the matrix's own points weigh them differently, which is the point."""

FORM_ANSWER_SHARE = 0.98
"""Of the answers: what the customer fills in with the form that makes the lead; the others are asked at the first talk."""

SEGMENTS = ("retail", "manufacturing", "logistics", "small_business", "public_sector")
SEGMENT_SHARES = np.array([0.26, 0.22, 0.20, 0.24, 0.08])
SEGMENT_IN_ICP = np.array([True, True, True, False, False])
SEGMENT_EFFECTS = np.array([0.25, 0.10, 0.45, -0.45, -0.65])
SEGMENT_DEAL_MEDIANS = np.array([620_000.0, 950_000.0, 780_000.0, 190_000.0, 1_100_000.0])
"""Roubles a contract, VAT included."""
REGIONS = ("Москва", "Санкт-Петербург", "Казань", "Екатеринбург", "Новосибирск", "Самара", "Краснодар")
JOBS = ("директор по логистике", "начальник склада", "коммерческий директор", "ИТ-директор", "собственник", "закупщик")
JOB_AUTHORITY = np.array([2, 1, 2, 1, 2, 0])

BASE_LOG_ODDS = -8.1
"""Log-odds of winning that the causes below start from."""

WAYS_IN = ("form", "demo_request", "chat", "call", "lead_form", "webinar", "partner")
"""How a lead reached the CRM."""

PROMPT_MINUTES, DAY_MINUTES, LONGEST_MINUTES = 5.0, 1_440.0, 4_320.0
"""An answer within five minutes costs nothing; waits beyond three days (or for ever) cost what three days do."""
STRAIGHT_SHARE = 0.25
"""Share of leads dealt straight to a rep because the qualifiers have their hands full."""
FORGOTTEN_SHARE = 0.03
"""Share of leads that nobody tries to reach when they come."""
AUTOMATIC_MINUTES, AUTOMATIC_DUTY_SHARE = 2.0, 0.9
"""Since leads are distributed automatically: the usual wait for whoever is free, and the share of nights on duty."""
MEDIAN_LETTER_MINUTES = 300.0
"""Letters to customers who left no phone are written when the calls are done."""


@dataclass(frozen=True)
class People:
    """People and their accounts, by position. `account` indexes `Accounts`."""

    account: Ints
    job: Ints


@dataclass(frozen=True)
class Accounts:
    """Accounts by position. `segment` indexes SEGMENTS, `region` REGIONS."""

    segment: Ints
    region: Ints
    employees: Ints
    created_at: Times


@dataclass(frozen=True)
class Leads:
    """Leads by position, ordered by `created_at` (UTC).

    person: index of People. way_in: index of WAYS_IN. demand: index of CHANNELS or NO_CHANNEL. entry: channel of the
    touch that became the lead. campaign: index of CAMPAIGNS of that touch or -1. demanded_at: when demand arose.
    visits: web sessions up to the lead. downloads: materials taken before it. levels: true level per criterion
    (n × 6). answers: level as recorded, -1 when never asked. is_from_form: of each answer, whether the customer gave
    it in a form, else at the first talk. has_phone: left a phone that can be called.
    rep, qualifier: index of REPS (of the branch: BRANCH_REPS), QUALIFIERS. quality: log-odds of winning.
    channel_effect: the part of `quality` that the demand channel gave. is_branch: of the Tehran branch.
    wants_demo: would ask for a demo, by whatever way in. is_straight: dealt to the rep without a qualifier.
    first_attempt_at: when the first human being tried to reach the customer, NaT when nobody did on the arrival.
    late_effect: the part of `quality` that the wait until then took (0 or negative). material_effect: the part that
    cases in the proposal gave. luck: uniform; the lead wins when it is below the probability of winning.
    """

    person: Ints
    created_at: Times
    way_in: Ints
    demand: Ints
    entry: Ints
    campaign: Ints
    demanded_at: Times
    visits: Ints
    downloads: Ints
    levels: Ints
    answers: Ints
    is_from_form: Flags
    has_phone: Flags
    rep: Ints
    qualifier: Ints
    quality: Floats
    channel_effect: Floats
    is_branch: Flags
    wants_demo: Flags
    is_straight: Flags
    first_attempt_at: Times
    late_effect: Floats
    material_effect: Floats
    luck: Floats

    def __len__(self) -> int:
        return len(self.person)


@dataclass(frozen=True)
class Pace:
    """When each lead is due at each step, if it gets that far, by position of the lead.

    is_revived: sales sends the lead back to marketing once (`returned_at`) before it confirms it.
    """

    mql_at: Times
    handed_at: Times
    returned_at: Times
    sql_at: Times
    proposal_at: Times
    won_at: Times
    is_revived: Flags


@dataclass(frozen=True)
class Company:
    """The whole population that one seed gives.

    without_channel, without_change: the channel or kind of change that this company does not have, see
    `build_company`.
    """

    seed: int
    size: Size
    accounts: Accounts
    people: People
    leads: Leads
    pace: Pace
    mix: Mix = DEFAULT_MIX
    without_channel: str = ""
    without_change: str = ""

    @property
    def campaigns(self) -> tuple[Campaign, ...]:
        """Campaigns of this company by their position in ALL_CAMPAIGNS; one that it never ran has weight 0."""
        return _campaigns(self.size, self.mix)

    @property
    def changes(self) -> tuple[Change, ...]:
        """Dated changes that happened in this company."""
        return tuple(change for change in CHANGES if change is not PROMO or self.mix.has_promo)


def local_instant(day: str) -> np.datetime64:
    """Return local midnight of an ISO day in Moscow as a UTC instant."""
    return np.datetime64(f"{day}T00:00:00") - MOSCOW_OFFSET


def local_days() -> Times:
    """Return every local day of the company's history, as datetime64[D]."""
    first, end = (STARTS_AT + MOSCOW_OFFSET).astype("datetime64[D]"), (ENDS_AT + MOSCOW_OFFSET).astype("datetime64[D]")
    return first + np.arange(int((end - first).astype(np.int64))).astype("timedelta64[D]")


def during(times: Times, started_on: str, ended_on: str) -> Flags:
    """Tell which instants lie in the half-open local days `[started_on, ended_on)`; an empty end is open."""
    inside = times >= local_instant(started_on)
    return inside & (times < local_instant(ended_on)) if ended_on else inside


def _campaigns(size: Size, mix: Mix) -> tuple[Campaign, ...]:
    """Return the campaigns of a size, the free audit without weight where it is not advertised."""
    return tuple(
        replace(campaign, weight=0.0) if position == FREE_AUDIT and not mix.has_promo else campaign
        for position, campaign in enumerate(size.campaigns)
    )


def campaign_at(
    rng: np.random.Generator, channel: Ints, times: Times, campaigns: tuple[Campaign, ...] = CAMPAIGNS
) -> Ints:
    """Draw for each instant a campaign of its channel that was running then; -1 where the channel has none."""
    drawn = np.full(len(channel), -1)
    for index, name in enumerate(CHANNEL_NAMES):
        rows = np.flatnonzero(channel == index)
        candidates = [position for position, campaign in enumerate(campaigns) if campaign.channel == name]
        if not candidates or not len(rows):
            continue
        running = [
            during(times[rows], campaigns[position].started_on, campaigns[position].ended_on) for position in candidates
        ]
        weights = np.stack(running, axis=1) * np.array([campaigns[position].weight for position in candidates])
        cumulated = np.cumsum(weights, axis=1)
        points = rng.random(len(rows)) * cumulated[:, -1]
        position = (points[:, None] >= cumulated).sum(axis=1)
        chosen = np.array(candidates)[np.minimum(position, len(candidates) - 1)]
        drawn[rows] = np.where(cumulated[:, -1] > 0, chosen, -1)
    return drawn


def _created_times(rng: np.random.Generator, mix: Mix, count: int) -> Times:
    """Draw creation instants: working days and hours mostly, one in seven at night or on a weekend, few on holidays,
    dips in January and May, and the volume effect of every change."""
    days = local_days()
    weekday = (days.astype(np.int64) + 3) % 7
    weight = np.where(weekday < 5, 1.0, 0.22)
    weight = np.where(np.isin(days, PUBLIC_HOLIDAYS), 0.15, weight)
    month: Ints = days.astype("datetime64[M]").astype(np.int64) % 12
    midnights = later(days.astype("datetime64[s]"), -MOSCOW_OFFSET)
    weight = weight * np.array([0.8, 1.0, 1.05, 1.0, 0.85, 0.95, 0.9, 0.95, 1.1, 1.1, 1.05, 1.0])[month]
    for change in CHANGES:
        if change is PROMO and not mix.has_promo:
            continue
        weight = np.where(
            during(midnights, change.started_on, change.ended_on),
            weight * change.volume_factor,
            weight,
        )
    day = rng.choice(days, size=count, p=weight / weight.sum())
    hour = np.clip(rng.normal(13.2, 3.4, count), 0.1, 23.8)
    return np.sort(day.astype("datetime64[s]") + seconds(hour, "h") - MOSCOW_OFFSET)


def _people_and_accounts(rng: np.random.Generator, leads: int) -> tuple[People, Accounts, Ints]:
    """Make people and accounts, and give each lead its person: 7 % of leads come from somebody who came before."""
    person = np.arange(leads)
    repeats = (rng.random(leads) < 0.07) & (person > 50)
    person = np.where(repeats, (person * rng.random(leads)).astype(np.int64), person)
    _, person = np.unique(person, return_inverse=True)
    people_count = int(person.max()) + 1
    account = np.arange(people_count)
    colleagues = (rng.random(people_count) < 0.12) & (account > 20)
    account = np.where(colleagues, (account * rng.random(people_count)).astype(np.int64), account)
    _, account = np.unique(account, return_inverse=True)
    accounts_count = int(account.max()) + 1
    segment = rng.choice(len(SEGMENTS), accounts_count, p=SEGMENT_SHARES)
    scale = np.array([120.0, 260.0, 150.0, 18.0, 400.0])[segment]
    accounts = Accounts(
        segment=segment,
        region=rng.integers(0, len(REGIONS), accounts_count),
        employees=np.maximum(2, np.rint(scale * np.exp(rng.normal(0, 0.6, accounts_count)))).astype(np.int64),
        created_at=np.full(accounts_count, ENDS_AT),
    )
    job = rng.choice(len(JOBS), people_count, p=[0.2, 0.24, 0.12, 0.14, 0.16, 0.14])
    return People(account=account.astype(np.int64), job=job), accounts, person.astype(np.int64)


def _true_levels(rng: np.random.Generator, mix: Mix, segment: Ints, job: Ints, demand: Ints) -> Ints:
    """Draw the true level of each criterion; segment, job and the demand's channel shift them."""
    count = len(segment)
    intent = np.where(demand == NO_CHANNEL, 0.3, np.array([c.effect for c in mix.channels])[demand] * 0.35)
    shift = np.stack(
        [
            np.where(SEGMENT_IN_ICP[segment], 0.9, -0.9),
            np.where(segment == 3, -0.5, 0.2),
            intent,
            (JOB_AUTHORITY[job] - 1) * 0.9,
            intent,
            intent * 0.5,
        ],
        axis=1,
    )
    latent = shift + rng.normal(0.0, 1.0, (count, 6))
    return (latent > -0.35).astype(np.int64) + (latent > 0.65)


def _recorded_answers(rng: np.random.Generator, levels: Ints, is_from_form: Flags) -> Ints:
    """Record the answers as people do: customers tell what is true in a form, whoever asks them at the first talk misjudges one answer
    in six, and one in twenty-five stays open (budget and timeline twice as often)."""
    misjudged = (rng.random(levels.shape) < 0.17) & ~is_from_form
    answers = np.where(misjudged, rng.integers(0, 3, levels.shape), levels)
    skipped = rng.random(levels.shape) < np.array([0.015, 0.07, 0.025, 0.035, 0.07, 0.02])
    return np.where(skipped, -1, answers)


def _reps(rng: np.random.Generator, mix: Mix, created_at: Times, is_branch: Flags) -> Ints:
    """Share leads among the reps employed that day."""
    drawn = np.zeros(len(created_at), dtype=np.int64)
    own = REPS[: mix.team_size]
    for staff, rows in ((own, np.flatnonzero(~is_branch)), (BRANCH_REPS, np.flatnonzero(is_branch))):
        employed = np.stack([during(created_at[rows], rep.started_on, rep.ended_on) for rep in staff], axis=1)
        drawn[rows] = np.argmax(employed * rng.random(employed.shape), axis=1)
    return drawn


def of_rep(field: str, rep: Ints, is_branch: Flags) -> Floats:
    """Return one number (a field of Rep) of each lead's rep."""
    own = np.array([getattr(person, field) for person in REPS], dtype=float)
    branch = np.array([getattr(person, field) for person in BRANCH_REPS], dtype=float)
    return np.where(is_branch, branch[np.minimum(rep, len(branch) - 1)], own[rep])


def _office_hours(times: Times, is_branch: Flags) -> Times:
    """Move instants into the office hours of the lead's office."""
    in_moscow = within_office_hours(times)
    in_tehran = within_office_hours(times, TEHRAN_OFFSET, weekend=(3, 4), holidays=NO_DAYS, working_days_off=NO_DAYS)
    return np.where(is_branch, in_tehran, in_moscow)


def _first_attempts(
    rng: np.random.Generator, mix: Mix, leads: dict[str, NDArray], *, with_sla_change: bool
) -> tuple[Times, Flags]:
    """Let somebody try to reach each lead; return when (NaT: nobody did) and whether it was dealt straight to its rep.

    leads: the columns created_at, way_in, has_phone, rep, qualifier and is_branch of Leads. The wait depends on who
    answers, on the hour and on the phone, never on what the customer is like, so early and late answers compare.
    """
    created_at, is_branch = leads["created_at"], leads["is_branch"]
    count = len(created_at)
    is_straight = (rng.random(count) < STRAIGHT_SHARE) | is_branch
    usual = np.where(
        is_straight,
        of_rep("median_minutes", leads["rep"], is_branch),
        np.array([person.median_minutes for person in QUALIFIERS])[leads["qualifier"]],
    )
    is_automatic = during(created_at, SLA_CHANGE.started_on, SLA_CHANGE.ended_on) & with_sla_change & ~is_branch
    wait = lognormal(rng, np.where(is_automatic, AUTOMATIC_MINUTES, usual) * mix.speed_factor, 1.1, count)
    letter = lognormal(rng, MEDIAN_LETTER_MINUTES, 0.6, count)
    ready_at = later(created_at, seconds(np.where(leads["has_phone"], wait, wait + letter), "m"))
    in_office = _office_hours(created_at, is_branch) == created_at
    duty_share = np.where(is_automatic, AUTOMATIC_DUTY_SHARE, mix.duty_share)
    on_duty = ~in_office & leads["has_phone"] & (rng.random(count) < duty_share)
    tried_at = np.where(on_duty, ready_at, _office_hours(ready_at, is_branch))
    has_called = leads["way_in"] == WAYS_IN.index("call")
    forgotten = (rng.random(count) < FORGOTTEN_SHARE) & ~has_called & ~is_automatic
    tried_at = np.where(has_called, created_at, tried_at)
    return np.where(forgotten, np.datetime64("NaT", "s"), tried_at), is_straight


def lateness(minutes: Floats) -> Floats:
    """Return how much of a day's lateness a wait of so many minutes is: 0 up to five minutes, 1 after a day, growing
    with the logarithm in between and up to three days; NaN (never answered) counts as three days."""
    waited = np.clip(np.where(np.isnan(minutes), LONGEST_MINUTES, minutes), PROMPT_MINUTES, LONGEST_MINUTES)
    return np.log(waited / PROMPT_MINUTES) / np.log(DAY_MINUTES / PROMPT_MINUTES)


def waited_minutes(created_at: Times, first_attempt_at: Times) -> Floats:
    """Return the minutes between creation and the first attempt to reach the customer, NaN where there was none."""
    wait = (first_attempt_at - created_at).astype("timedelta64[s]")
    return np.where(np.isnat(wait), np.nan, wait.astype(np.int64) / 60.0)


def _pace(rng: np.random.Generator, created_at: Times) -> Pace:
    """Draw when each lead is due at each step."""
    count = len(created_at)
    mql_at = within_office_hours(created_at + seconds(lognormal(rng, 20.0, 1.0, count), "h"))
    handed_at = mql_at + seconds(rng.exponential(18.0, count), "m")
    returned_at = handed_at + seconds(lognormal(rng, 1.5, 0.6, count), "D")
    is_revived = rng.random(count) < 0.06
    confirmed_at = later(handed_at, seconds(lognormal(rng, 2.2, 0.8, count), "D"))
    revived_at = later(returned_at, seconds(lognormal(rng, 24.0, 0.5, count), "D"))
    sql_at = within_office_hours(np.where(is_revived, revived_at, confirmed_at))
    proposal_at = within_office_hours(sql_at + seconds(lognormal(rng, 8.0, 0.7, count), "D"))
    won_at = within_office_hours(proposal_at + seconds(lognormal(rng, 20.0, 0.6, count), "D"))
    return Pace(mql_at, handed_at, returned_at, sql_at, proposal_at, won_at, is_revived)


Columns = TypeVar("Columns", Leads, Pace)


def _kept(columns: Columns, keep: Flags) -> Columns:
    """Keep some rows of a table of columns."""
    return replace(columns, **{field.name: getattr(columns, field.name)[keep] for field in fields(columns)})


def build_company(
    seed: int,
    size: str = "small",
    mix: Mix = DEFAULT_MIX,
    *,
    without_channel: str = "",
    without_change: str = "",
) -> Company:
    """Build the population. The same seed, size and mix give the same company.

    without_channel: switch a channel off. Its demand never arises, and whoever would have come through it on the way
    to a demand of another origin comes through another harvesting channel. Everybody else is the same person with the
    same luck.
    without_change: undo what a kind of `CHANGES` does to the leads, without changing which leads come.

    Raises:
        ValueError: `size` is not a key of SIZES, or there is no such channel or change.
    """
    if size not in SIZES:
        raise ValueError(f"size is {size!r}; expected one of {', '.join(SIZES)}")
    if without_channel and without_channel not in CHANNEL_NAMES:
        raise ValueError(f"without_channel is {without_channel!r}; expected one of {', '.join(CHANNEL_NAMES)}")
    kinds = [change.kind for change in CHANGES]
    if without_change and without_change not in kinds:
        raise ValueError(f"without_change is {without_change!r}; expected one of {', '.join(kinds)}")
    scale = SIZES[size]
    campaigns = _campaigns(scale, mix)
    count = round(scale.leads * mix.volume) + scale.branch_leads
    rng = generator_for(seed, "population")
    created_at = _created_times(rng, mix, count)
    is_branch = np.zeros(count, dtype=bool)
    is_branch[rng.choice(count, scale.branch_leads, replace=False)] = True
    created_at[is_branch] = within_office_hours(
        created_at[is_branch], weekend=(3, 4), holidays=NO_DAYS, working_days_off=NO_DAYS
    )
    created_at = np.minimum(created_at, ENDS_AT - np.timedelta64(3600, "s"))
    people, accounts, person = _people_and_accounts(rng, count)
    # A person of the branch stays with the branch: repeats across the two would link Moscow's data to Tehran's.
    first_of_person = np.unique(person, return_index=True)[1]
    first_of_account = np.unique(people.account, return_index=True)[1]
    is_branch = is_branch[first_of_person[first_of_account[people.account[person]]]]

    shares = np.array([channel.demand_share for channel in mix.channels] + [0.0])
    shares[-1] = 1.0 - shares.sum()
    demand = rng.choice(len(shares), count, p=shares)
    demand[demand == len(CHANNELS)] = NO_CHANNEL
    in_audit = during(created_at, PROMO.started_on, PROMO.ended_on) & mix.has_promo
    demand[in_audit & (rng.random(count) < 0.30)] = CHANNEL_NAMES.index("paid_social")
    wait = np.where(demand == NO_CHANNEL, 3.0, 13.0) * np.exp(rng.normal(0, 0.9, count))
    demanded_at = created_at - seconds(np.minimum(wait, 150.0), "D")

    harvested = rng.random(count) < mix.harvest_share
    entry = np.where(harvested | (demand == NO_CHANNEL), rng.choice(HARVESTING, count, p=[0.42, 0.24, 0.34]), demand)
    campaign = campaign_at(rng, entry, created_at, campaigns)
    exists = np.ones(count, dtype=bool)
    if without_channel:
        missing = CHANNEL_NAMES.index(without_channel)
        exists = demand != missing
        entry, campaign = _rerouted(generator_for(seed, "rerouted"), missing, entry, campaign, created_at, campaigns)
    is_audit = campaign == FREE_AUDIT

    segment = accounts.segment[people.account[person]]
    job = people.job[person]
    levels = _true_levels(rng, mix, segment, job, demand)
    visits = 1 + rng.poisson(1.2 + 0.75 * levels[:, 5])
    downloads = rng.poisson(0.15 + 0.25 * levels[:, 5])
    wants_demo = rng.random(count) < 0.10 + 0.09 * levels[:, 2]
    way_in = rng.choice([0, 2, 3], count, p=[0.72, 0.13, 0.15])
    # Who calls asks for the demo on the phone: were callers never to want one, a prompt answer would look harmful.
    way_in = np.where(wants_demo & (way_in != 3), 1, way_in)
    way_in = np.where((entry == CHANNEL_NAMES.index("webinar")) & ~wants_demo, 5, way_in)
    way_in = np.where((entry == CHANNEL_NAMES.index("referral")) & (rng.random(count) < 0.7), 6, way_in)
    is_social = entry == CHANNEL_NAMES.index("paid_social")
    way_in = np.where(is_social & ((rng.random(count) < 0.45) | is_audit), 4, way_in)
    without_field = during(created_at, FORM.started_on, FORM.ended_on) & np.isin(way_in, (0, 1))
    without_field &= without_change != FORM.kind
    has_phone = (rng.random(count) < 0.86) & ~without_field | (way_in == 3)

    rep = _reps(rng, mix, created_at, is_branch)
    channel_effect = np.where(
        demand == NO_CHANNEL, WITHOUT_CHANNEL_EFFECT, np.array([c.effect for c in mix.channels])[demand]
    )
    noise = rng.normal(0.0, mix.noise, count)
    is_from_form = generator_for(seed, "forms").random(levels.shape) < FORM_ANSWER_SHARE
    answers = _recorded_answers(rng, levels, is_from_form)
    qualifier = rng.integers(0, len(QUALIFIERS), count)
    first_attempt_at, is_straight = _first_attempts(
        generator_for(seed, "answering"),
        mix,
        {
            "created_at": created_at,
            "way_in": way_in,
            "has_phone": has_phone,
            "rep": rep,
            "qualifier": qualifier,
            "is_branch": is_branch,
        },
        with_sla_change=without_change != SLA_CHANGE.kind,
    )
    pace = _pace(generator_for(seed, "pace"), created_at)
    late_effect = mix.late_effect * lateness(waited_minutes(created_at, first_attempt_at))
    has_cases = during(pace.proposal_at, SALES_MATERIAL.started_on, SALES_MATERIAL.ended_on)
    material_effect = SALES_MATERIAL.effect * (has_cases & (without_change != SALES_MATERIAL.kind))
    quality = (
        BASE_LOG_ODDS
        + levels @ CRITERION_EFFECTS
        + 1.15 * channel_effect
        + SEGMENT_EFFECTS[segment]
        + 0.85 * wants_demo
        + 0.70 * np.log(visits)
        + 0.35 * np.minimum(downloads, 2)
        + of_rep("effect", rep, is_branch)
        + PROMO.effect * (is_audit & (without_change != PROMO.kind))
        + material_effect
        + late_effect
        + noise
    )
    leads = Leads(
        person=person,
        created_at=created_at,
        way_in=way_in,
        demand=demand,
        entry=entry,
        campaign=campaign,
        demanded_at=demanded_at,
        visits=visits,
        downloads=downloads,
        levels=levels,
        answers=answers,
        is_from_form=is_from_form,
        has_phone=has_phone,
        rep=rep,
        qualifier=qualifier,
        quality=quality,
        channel_effect=channel_effect * 1.15,
        is_branch=is_branch,
        wants_demo=wants_demo,
        is_straight=is_straight,
        first_attempt_at=first_attempt_at,
        late_effect=late_effect,
        material_effect=material_effect,
        luck=generator_for(seed, "luck").random(count),
    )
    leads, pace = _kept(leads, exists), _kept(pace, exists)
    first_lead = np.full(len(accounts.segment), ENDS_AT)
    np.minimum.at(first_lead, people.account[leads.person], leads.created_at)
    return Company(
        seed=seed,
        size=scale,
        accounts=replace(accounts, created_at=first_lead),
        people=people,
        leads=leads,
        pace=pace,
        mix=mix,
        without_channel=without_channel,
        without_change=without_change,
    )


def _rerouted(
    rng: np.random.Generator,
    missing: int,
    entry: Ints,
    campaign: Ints,
    created_at: Times,
    campaigns: tuple[Campaign, ...],
) -> tuple[Ints, Ints]:
    """Let the leads that would have come through a missing channel come through another harvesting one."""
    rows = np.flatnonzero(entry == missing)
    others = np.array([index for index in HARVESTING if index != missing])
    entry, campaign = entry.copy(), campaign.copy()
    entry[rows] = rng.choice(others, len(rows))
    campaign[rows] = campaign_at(rng, entry[rows], created_at[rows], campaigns)
    return entry, campaign


def win_probability(quality: NDArray[np.float64]) -> Floats:
    """Return the true probability of winning for log-odds `quality`."""
    return 1.0 / (1.0 + np.exp(-quality))
