"""Who and what exists in the synthetic company: channels, campaigns, reps, accounts, people, leads and their causes.

Severny Veter sells warehouse software to Russian companies and has a small branch in Tehran. Every lead has one
latent log-odds of winning (`Leads.quality`), built from causes that are named here: what the customer is like
(the six criteria), which channel created the demand, how the customer behaved, and dated changes (`CHANGES`).
What the systems see of it is written by `demo.exports`; the causes themselves are only told by `demo.truth`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from demo.randomness import (
    MOSCOW_OFFSET,
    Flags,
    Floats,
    Ints,
    Times,
    generator_for,
    later,
    seconds,
    within_office_hours,
)

STARTS_AT = np.datetime64("2025-01-01T00:00:00") - MOSCOW_OFFSET
ENDS_AT = np.datetime64("2026-07-01T00:00:00") - MOSCOW_OFFSET
"""Nothing after this instant has happened yet: the exports are taken the next morning."""


@dataclass(frozen=True)
class Size:
    """How much of everything is made. `leads` counts Moscow's leads before duplicates and tests."""

    leads: int
    branch_leads: int
    anonymous_clients: int


SIZES = {
    "small": Size(leads=1_800, branch_leads=80, anonymous_clients=2_300),
    "large": Size(leads=20_000, branch_leads=900, anonymous_clients=30_000),
}


@dataclass(frozen=True)
class Channel:
    """A way customers come.

    `demand_share` is the share of leads whose demand the channel created (0 for channels that only harvest),
    `effect` the log-odds that this demand adds to winning, `revisit_weight` how often it brings somebody back.
    """

    name: str
    role: str
    demand_share: float
    effect: float
    revisit_weight: float


CHANNELS = (
    Channel("paid_search", "create", 0.24, 0.15, 1.0),
    Channel("paid_social", "create", 0.20, -0.85, 0.8),
    Channel("organic_search", "create", 0.16, 0.35, 1.2),
    Channel("webinar", "create", 0.09, 0.75, 0.4),
    Channel("referral", "create", 0.10, 1.15, 0.3),
    Channel("email", "create", 0.05, 0.30, 1.4),
    Channel("brand_search", "harvest", 0.0, 0.0, 1.6),
    Channel("retargeting", "harvest", 0.0, 0.0, 1.7),
    Channel("direct", "harvest", 0.0, 0.0, 1.5),
)
CHANNEL_NAMES = tuple(channel.name for channel in CHANNELS)
CREATING = tuple(index for index, channel in enumerate(CHANNELS) if channel.role == "create")
HARVESTING = tuple(index for index, channel in enumerate(CHANNELS) if channel.role == "harvest")
NO_CHANNEL = -1
"""Demand that would have come anyway (word of mouth); 16 % of leads."""


@dataclass(frozen=True)
class Campaign:
    """One campaign of a channel. `weight` is its share inside the channel, `click_cost` in roubles without VAT."""

    campaign_id: str
    name: str
    channel: str
    platform: str
    started_on: str
    ended_on: str
    weight: float
    click_cost: float
    utm_campaign: str


CAMPAIGNS = (
    Campaign(
        "70100101", "Поиск: WMS система", "paid_search", "yandex_direct", "2025-01-01", "", 3.0, 435, "search_wms"
    ),
    Campaign(
        "70100102", "Поиск: учёт на складе", "paid_search", "yandex_direct", "2025-01-01", "", 2.0, 288, "search_uchet"
    ),
    Campaign(
        "70100103",
        "Поиск: адресное хранение",
        "paid_search",
        "yandex_direct",
        "2025-02-10",
        "",
        1.0,
        354,
        "search_adres",
    ),
    Campaign(
        "70100104",
        "Поиск: автоматизация склада",
        "paid_search",
        "yandex_direct",
        "2025-01-01",
        "2025-12-31",
        2.0,
        486,
        "search_auto",
    ),
    Campaign("70100105", "Поиск: ТСД", "paid_search", "yandex_direct", "2025-06-01", "", 1.0, 222, "search_tsd"),
    Campaign(
        "70100106", "Поиск: маркировка", "paid_search", "yandex_direct", "2025-09-01", "", 1.5, 264, "search_mark"
    ),
    Campaign(
        "70100201", "Бренд: Северный Ветер", "brand_search", "yandex_direct", "2025-01-01", "", 3.0, 63, "brand_sv"
    ),
    Campaign("70100202", "Бренд: отзывы", "brand_search", "yandex_direct", "2025-04-01", "", 1.0, 72, "brand_otzyvy"),
    Campaign(
        "70100301",
        "Ретаргетинг: посетители",
        "retargeting",
        "yandex_direct",
        "2025-01-01",
        "",
        2.0,
        51,
        "retarget_visit",
    ),
    Campaign(
        "70100302",
        "Ретаргетинг: брошенная форма",
        "retargeting",
        "yandex_direct",
        "2025-03-01",
        "",
        1.0,
        66,
        "retarget_form",
    ),
    Campaign("5501", "VK: логисты", "paid_social", "vk_ads", "2025-01-01", "", 2.0, 114, "vk_logist"),
    Campaign("5502", "VK: собственники", "paid_social", "vk_ads", "2025-01-01", "2026-02-28", 1.5, 156, "vk_owner"),
    Campaign(
        "5503",
        "VK: бесплатный аудит склада",
        "paid_social",
        "vk_ads",
        "2025-09-15",
        "2025-11-15",
        9.0,
        57,
        "vk_free_audit",
    ),
    Campaign("5504", "VK: чек-лист инвентаризации", "paid_social", "vk_ads", "2025-05-01", "", 1.0, 81, "vk_checklist"),
    Campaign("5505", "VK: ретаргетинг", "retargeting", "vk_ads", "2025-02-01", "", 1.0, 45, "vk_retarget"),
    Campaign("5506", "VK: похожая аудитория", "paid_social", "vk_ads", "2026-01-15", "", 1.0, 99, "vk_lookalike"),
    Campaign("ml-001", "Рассылка: дайджест", "email", "mailing", "2025-01-01", "", 3.0, 0, "digest"),
    Campaign("ml-002", "Рассылка: кейсы", "email", "mailing", "2025-02-01", "", 2.0, 0, "cases"),
    Campaign("ml-003", "Рассылка: прогрев", "email", "mailing", "2025-01-01", "", 2.0, 0, "nurture"),
    Campaign("ml-004", "Рассылка: новый год", "email", "mailing", "2025-12-01", "2026-01-31", 2.0, 0, "newyear"),
    Campaign(
        "wb-2025-1", "Вебинар: склад без ошибок", "webinar", "webinar", "2025-01-01", "2025-06-30", 1.0, 0, "webinar_1"
    ),
    Campaign(
        "wb-2025-2", "Вебинар: маркировка 2026", "webinar", "webinar", "2025-07-01", "2025-12-31", 1.0, 0, "webinar_2"
    ),
    Campaign("wb-2026-1", "Вебинар: окупаемость WMS", "webinar", "webinar", "2026-01-01", "", 1.0, 0, "webinar_3"),
    Campaign("pt-01", "Партнёры: интеграторы 1С", "referral", "partners", "2025-01-01", "", 2.0, 0, "partner_1c"),
    Campaign("pt-02", "Партнёры: консультанты", "referral", "partners", "2025-04-01", "", 1.0, 0, "partner_consult"),
)
CAMPAIGN_IDS = tuple(campaign.campaign_id for campaign in CAMPAIGNS)
FREE_AUDIT = CAMPAIGN_IDS.index("5503")


@dataclass(frozen=True)
class Change:
    """A dated change with a true effect: on the number of leads (factor) and on the log-odds of winning."""

    kind: str
    started_on: str
    ended_on: str
    note: str
    campaign_id: str = ""
    volume_factor: float = 1.0
    effect: float = 0.0


CHANGES = (
    Change("promo", "2025-09-15", "2025-11-15", "Акция «бесплатный аудит склада»", "5503", 1.30, -2.6),
    Change("sales_material", "2025-11-10", "", "В КП добавлены кейсы клиентов", effect=0.25),
    Change("form", "2026-01-12", "2026-03-09", "Из формы убрано поле «телефон»", volume_factor=1.35, effect=-0.8),
    Change("sla_change", "2026-04-01", "", "Лиды распределяются автоматически, перезвон за 5 минут", effect=0.20),
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
    Rep("u11", "Соколова А.", "sales", "Москва", 25, 0.96, 0.25),
    Rep("u12", "Ермаков Д.", "sales", "Москва", 60, 0.90, 0.10),
    Rep("u13", "Жданова К.", "sales", "Москва", 45, 0.93, 0.15),
    Rep("u14", "Титов П.", "sales", "Санкт-Петербург", 180, 0.80, 0.0),
    Rep("u15", "Беляева О.", "sales", "Санкт-Петербург", 90, 0.88, 0.05, started_on="2025-03-03"),
    Rep("u16", "Громов И.", "sales", "Казань", 900, 0.45, -0.35),
    Rep("u17", "Назаров Р.", "sales", "Казань", 300, 0.70, -0.10, ended_on="2026-02-27"),
    Rep("u18", "Орлова М.", "sales", "Москва", 35, 0.95, 0.20, started_on="2025-09-01"),
)
QUALIFIERS = (
    Rep("u21", "Лебедева Н.", "marketing", "Москва", 12, 0.95, 0.0, job="маркетолог-квалификатор"),
    Rep("u22", "Фомин С.", "marketing", "Москва", 40, 0.85, 0.0, job="маркетолог-квалификатор"),
)
ROBOT = Rep("u90", "Робот CRM", "both", "Москва", 0, 1.0, 0.0, is_human=False, job="интеграция")
BRANCH_REPS = (
    Rep("u31", "Карими Р.", "sales", "Тегеран", 70, 0.88, 0.05, job="کارشناس فروش"),
    Rep("u32", "Ахмади Н.", "sales", "Тегеран", 240, 0.75, -0.05, job="کارشناس فروش"),
)
EMPLOYEES = REPS + QUALIFIERS + BRANCH_REPS + (ROBOT,)

CRITERIA = ("industry_fit", "budget", "need_urgency", "authority", "timeline", "engagement")
CRITERION_EFFECTS = np.array([0.95, 0.65, 0.75, 0.80, 0.60, 0.60])
"""Log-odds that one true level (0, 1, 2) adds; the matrix's own points weigh them differently, which is the point."""

SEGMENTS = ("retail", "manufacturing", "logistics", "small_business", "public_sector")
SEGMENT_SHARES = np.array([0.26, 0.22, 0.20, 0.24, 0.08])
SEGMENT_IN_ICP = np.array([True, True, True, False, False])
SEGMENT_EFFECTS = np.array([0.25, 0.10, 0.45, -0.45, -0.65])
SEGMENT_DEAL_MEDIANS = np.array([620_000.0, 950_000.0, 780_000.0, 190_000.0, 1_100_000.0])
"""Roubles a contract, VAT included."""
REGIONS = ("Москва", "Санкт-Петербург", "Казань", "Екатеринбург", "Новосибирск", "Самара", "Краснодар")
JOBS = ("директор по логистике", "начальник склада", "коммерческий директор", "ИТ-директор", "собственник", "закупщик")
JOB_AUTHORITY = np.array([2, 1, 2, 1, 2, 0])

WAYS_IN = ("form", "demo_request", "chat", "call", "lead_form", "webinar", "partner")
"""How a lead reached the CRM."""


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
    (n × 6). answers: level as recorded, -1 when never asked. has_phone: left a phone that can be called.
    rep, qualifier: index of REPS (of the branch: BRANCH_REPS), QUALIFIERS. quality: log-odds of winning.
    channel_effect: the part of `quality` that the demand channel gave. is_branch: of the Tehran branch.
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
    has_phone: Flags
    rep: Ints
    qualifier: Ints
    quality: Floats
    channel_effect: Floats
    is_branch: Flags

    def __len__(self) -> int:
        return len(self.person)


@dataclass(frozen=True)
class Company:
    """The whole population that one seed gives."""

    seed: int
    size: Size
    accounts: Accounts
    people: People
    leads: Leads


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


def campaign_at(rng: np.random.Generator, channel: Ints, times: Times) -> Ints:
    """Draw for each instant a campaign of its channel that was running then; -1 where the channel has none."""
    drawn = np.full(len(channel), -1)
    for index, name in enumerate(CHANNEL_NAMES):
        rows = np.flatnonzero(channel == index)
        candidates = [position for position, campaign in enumerate(CAMPAIGNS) if campaign.channel == name]
        if not candidates or not len(rows):
            continue
        running = [
            during(times[rows], CAMPAIGNS[position].started_on, CAMPAIGNS[position].ended_on) for position in candidates
        ]
        weights = np.stack(running, axis=1) * np.array([CAMPAIGNS[position].weight for position in candidates])
        cumulated = np.cumsum(weights, axis=1)
        points = rng.random(len(rows)) * cumulated[:, -1]
        position = (points[:, None] >= cumulated).sum(axis=1)
        chosen = np.array(candidates)[np.minimum(position, len(candidates) - 1)]
        drawn[rows] = np.where(cumulated[:, -1] > 0, chosen, -1)
    return drawn


def _created_times(rng: np.random.Generator, count: int) -> Times:
    """Draw creation instants: working days and hours mostly, one in seven at night or on a weekend, dips in January
    and May, and the volume effect of every change."""
    days = local_days()
    weekday = (days.astype(np.int64) + 3) % 7
    weight = np.where(weekday < 5, 1.0, 0.22)
    month: Ints = days.astype("datetime64[M]").astype(np.int64) % 12
    midnights = later(days.astype("datetime64[s]"), -MOSCOW_OFFSET)
    weight = weight * np.array([0.8, 1.0, 1.05, 1.0, 0.85, 0.95, 0.9, 0.95, 1.1, 1.1, 1.05, 1.0])[month]
    for change in CHANGES:
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


def _true_levels(rng: np.random.Generator, segment: Ints, job: Ints, demand: Ints) -> Ints:
    """Draw the true level of each criterion; segment, job and the demand's channel shift them."""
    count = len(segment)
    intent = np.where(demand == NO_CHANNEL, 0.3, np.array([c.effect for c in CHANNELS])[demand] * 0.35)
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


def _recorded_answers(rng: np.random.Generator, levels: Ints) -> Ints:
    """Record the answers as people do: one in six misjudged, 8 % never asked (budget and timeline twice as often)."""
    misjudged = rng.random(levels.shape) < 0.17
    answers = np.where(misjudged, rng.integers(0, 3, levels.shape), levels)
    skipped = rng.random(levels.shape) < np.array([0.03, 0.14, 0.05, 0.07, 0.14, 0.04])
    return np.where(skipped, -1, answers)


def _reps(rng: np.random.Generator, created_at: Times, is_branch: Flags) -> Ints:
    """Share leads among the reps employed that day."""
    drawn = np.zeros(len(created_at), dtype=np.int64)
    for staff, rows in ((REPS, np.flatnonzero(~is_branch)), (BRANCH_REPS, np.flatnonzero(is_branch))):
        employed = np.stack([during(created_at[rows], rep.started_on, rep.ended_on) for rep in staff], axis=1)
        drawn[rows] = np.argmax(employed * rng.random(employed.shape), axis=1)
    return drawn


def build_company(seed: int, size: str = "small") -> Company:
    """Build the population. The same seed and size give the same company.

    Raises:
        ValueError: `size` is not a key of SIZES.
    """
    if size not in SIZES:
        raise ValueError(f"size is {size!r}; expected one of {', '.join(SIZES)}")
    scale = SIZES[size]
    count = scale.leads + scale.branch_leads
    rng = generator_for(seed, "population")
    created_at = _created_times(rng, count)
    is_branch = np.zeros(count, dtype=bool)
    is_branch[rng.choice(count, scale.branch_leads, replace=False)] = True
    created_at[is_branch] = within_office_hours(created_at[is_branch], weekend=(3, 4))
    created_at = np.minimum(created_at, ENDS_AT - np.timedelta64(3600, "s"))
    people, accounts, person = _people_and_accounts(rng, count)
    # A person of the branch stays with the branch: repeats across the two would link Moscow's data to Tehran's.
    first_of_person = np.unique(person, return_index=True)[1]
    first_of_account = np.unique(people.account, return_index=True)[1]
    is_branch = is_branch[first_of_person[first_of_account[people.account[person]]]]

    shares = np.array([channel.demand_share for channel in CHANNELS] + [0.0])
    shares[-1] = 1.0 - shares.sum()
    demand = rng.choice(len(shares), count, p=shares)
    demand[demand == len(CHANNELS)] = NO_CHANNEL
    in_audit = during(created_at, "2025-09-15", "2025-11-15")
    demand[in_audit & (rng.random(count) < 0.30)] = CHANNEL_NAMES.index("paid_social")
    wait = np.where(demand == NO_CHANNEL, 3.0, 13.0) * np.exp(rng.normal(0, 0.9, count))
    demanded_at = created_at - seconds(np.minimum(wait, 150.0), "D")

    harvested = rng.random(count) < 0.42
    entry = np.where(harvested | (demand == NO_CHANNEL), rng.choice(HARVESTING, count, p=[0.42, 0.24, 0.34]), demand)
    campaign = campaign_at(rng, entry, created_at)
    is_audit = campaign == FREE_AUDIT

    segment = accounts.segment[people.account[person]]
    job = people.job[person]
    levels = _true_levels(rng, segment, job, demand)
    visits = 1 + rng.poisson(1.2 + 0.75 * levels[:, 5])
    downloads = rng.poisson(0.15 + 0.25 * levels[:, 5])
    wants_demo = rng.random(count) < 0.10 + 0.09 * levels[:, 2]
    way_in = rng.choice([0, 2, 3], count, p=[0.72, 0.13, 0.15])
    way_in = np.where(wants_demo, 1, way_in)
    way_in = np.where((entry == CHANNEL_NAMES.index("webinar")) & ~wants_demo, 5, way_in)
    way_in = np.where((entry == CHANNEL_NAMES.index("referral")) & (rng.random(count) < 0.7), 6, way_in)
    is_social = entry == CHANNEL_NAMES.index("paid_social")
    way_in = np.where(is_social & ((rng.random(count) < 0.45) | is_audit), 4, way_in)
    without_field = during(created_at, "2026-01-12", "2026-03-09") & np.isin(way_in, (0, 1))
    has_phone = (rng.random(count) < 0.86) & ~without_field | (way_in == 3)

    rep = _reps(rng, created_at, is_branch)
    channel_effect = np.where(demand == NO_CHANNEL, 0.55, np.array([c.effect for c in CHANNELS])[demand])
    quality = (
        -8.75
        + levels @ CRITERION_EFFECTS
        + 1.15 * channel_effect
        + SEGMENT_EFFECTS[segment]
        + 0.85 * (way_in == 1)
        + 0.70 * np.log(visits)
        + 0.35 * np.minimum(downloads, 2)
        + 0.55 * has_phone
        + np.where(is_branch, 0.0, np.array([r.effect for r in REPS])[rep])
        + CHANGES[0].effect * is_audit
        + CHANGES[1].effect * during(created_at, CHANGES[1].started_on, "")
        + CHANGES[2].effect * without_field
        + CHANGES[3].effect * during(created_at, CHANGES[3].started_on, "")
        + rng.normal(0.0, 0.25, count)
    )
    first_lead = np.full(len(accounts.segment), ENDS_AT)
    np.minimum.at(first_lead, people.account[person], created_at)
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
        answers=_recorded_answers(rng, levels),
        has_phone=has_phone,
        rep=rep,
        qualifier=rng.integers(0, len(QUALIFIERS), count),
        quality=quality,
        channel_effect=channel_effect * 1.15,
        is_branch=is_branch,
    )
    accounts = Accounts(accounts.segment, accounts.region, accounts.employees, first_lead)
    return Company(seed=seed, size=scale, accounts=accounts, people=people, leads=leads)


def win_probability(quality: NDArray[np.float64]) -> Floats:
    """Return the true probability of winning for log-odds `quality`."""
    return 1.0 / (1.0 + np.exp(-quality))
