"""What each definitions file may hold: columns, types, allowed values, keys, references and laws between columns.

Adding a file or a column is a change here and nowhere else on the way into the lake.

Amounts (`targets` of unit money, `costs`) are whole units of their currency, as people write them: 50000 USD. Ratios
are fractions (0.25), shares of attribution models integers per mille.
"""

import functools
import itertools
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import NamedTuple
from zoneinfo import available_timezones

Row = Mapping[str, str | None]


class BrokenLaw(NamedTuple):
    """Something wrong in a row: its place in the file (0 is the first data row), the column, what was expected, and what to
    write instead where the message does not say it."""

    row: int
    column: str
    message: str
    fix: str = ""


RowLaw = Callable[[Row], Iterator[tuple[str, str]]]
FileLaw = Callable[[Sequence[Row]], Iterator[BrokenLaw]]


@dataclass(frozen=True)
class Kind:
    """A type of text. `check` returns None for a value that is one, else what was expected."""

    name: str
    check: Callable[[str], str | None]


@dataclass(frozen=True)
class Column:
    """One column. `reference` names another file and its column (`stages.stage`) in which the value must stand."""

    name: str
    kind: Kind
    required: bool = False
    allowed: tuple[str, ...] = ()
    reference: str | None = None


@dataclass(frozen=True)
class Schema:
    """One file. `key` is the natural key: with `valid_from`, where there is one, it is unique in the file.

    `must_have` are values of the first column that code and models rely on. `needs_signature` is false for what is data or
    wording rather than an agreement of both teams. A company's file of a schema that `says_only_what_differs` is laid over the
    default one by the first column: whoever sets one policy need not repeat the others, nor add what a newer version brings.
    """

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    must_have: tuple[str, ...] = ()
    says_only_what_differs: bool = False
    row_laws: tuple[RowLaw, ...] = ()
    file_laws: tuple[FileLaw, ...] = ()
    needs_signature: bool = True

    @property
    def column_names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    @property
    def is_versioned(self) -> bool:
        return "valid_from" in self.column_names


def _pattern(name: str, pattern: str, expected: str) -> Kind:
    compiled = re.compile(pattern)
    return Kind(name, lambda value: None if compiled.fullmatch(value) else f"expected {expected}")


def _parsed(name: str, parse: Callable[[str], object], expected: str) -> Kind:
    def check(value: str) -> str | None:
        try:
            parse(value)
        except (ValueError, InvalidOperation):
            return f"expected {expected}"
        return None

    return Kind(name, check)


def _iso_date(value: str) -> date:
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value, re.ASCII):
        raise ValueError(value)
    return date.fromisoformat(value)


@functools.cache
def _zones() -> frozenset[str]:
    """Every IANA zone; read from disk once, for it takes tens of milliseconds."""
    return frozenset(available_timezones())


def _number(value: str) -> Decimal:
    if not re.fullmatch(r"-?\d+(\.\d+)?", value, re.ASCII):
        raise ValueError(value)
    return Decimal(value)


TEXT = Kind("text", lambda value: None)
NAME = _pattern("name", r"[a-z][a-z0-9_]*", "a name of lower-case letters, digits and _, a letter first")
NAME_OR_ANY = _pattern("name or *", r"\*|[a-z][a-z0-9_]*", "a name such as amocrm, or * for any")
INTEGER = _pattern("integer", r"-?[0-9]{1,18}", "a whole number")
COUNT = _pattern("count", r"[0-9]{1,18}", "a whole number of at least 0")
POSITIVE = _pattern("positive", r"[0-9]{0,17}[1-9][0-9]{0,17}|[1-9][0-9]*0*", "a whole number of at least 1")
DECIMAL = _parsed("decimal", _number, "a number with a decimal point, such as 0.25")
SHARE = _pattern("share", r"0(\.[0-9]{1,6})?|1(\.0{1,6})?", "a share from 0 to 1 with at most 6 decimals, such as 0.35")
WEIGHT = _pattern("weight", r"[0-9]{1,6}(\.[0-9]{1,6})?", "a weight from 0 with at most 6 decimals, such as 2.5")
BOOLEAN = _pattern("boolean", r"true|false", "true or false")
YEAR = _pattern("year", r"[0-9]{4}", "a year of the company's period calendar, such as 2026 or 1405")
DATE = _parsed("date", _iso_date, "a date as 2026-06-01")
TIME = _pattern("time", r"(?:[01][0-9]|2[0-3]):[0-5][0-9]|24:00", "a time of day as 09:00 (24:00 ends the day)")
FINGERPRINT = _pattern("fingerprint", r"[0-9a-f]{12}", "the 12 signs that `onefunnel definitions check` prints")
CURRENCY = _pattern("currency", r"[A-Z]{3}", "an ISO 4217 code such as EUR")
ZONE = Kind("zone", lambda value: None if value in _zones() else "expected a zone such as Europe/Moscow")

TEAMS = ("marketing", "sales", "both")
OWNER_TEAMS = ("marketing", "sales", "shared")

VERSION_COLUMNS = (
    Column("valid_from", DATE, required=True),
    Column("recorded_on", DATE, required=True),
    Column("marketing_owner", TEXT, required=True),
    Column("sales_owner", TEXT, required=True),
)

FIRST_YEAR, LAST_YEAR = 1990, 2059
"""Years of the calendar in the lake: a date outside them is a slip of the pen."""

MAIN_CHAIN = ("lead", "mql", "sql", "proposal", "won", "paid")
SIDE_STAGES = ("visit", "engaged", "sql_candidate", "retained", "expanded", "returned", "lost")
REASONS = (
    "no_budget",
    "not_icp",
    "too_early",
    "competitor",
    "unreachable",
    "duplicate",
    "bad_data",
    "other",
)

FOLK_CLAIMS = (
    "misalignment_raises_cac",
    "alignment_lifts_conversion",
    "five_minute_answer_converts_better",
    "delay_lowers_odds",
)
"""Sayings that the product tests on the company's own data; each has a computation of its own."""

CLOCKS = ("reaction", "acceptance", "confirmation", "contact", "qualification")
CONTACT_EVENTS = ("attempt", "two_way_contact")
CLOCK_STOPS = (*CONTACT_EVENTS, "accepted", "sql", "rejected", "returned")
CALENDAR_KINDS = ("24x7", "business_hours", "working_days")

POLICIES: dict[str, tuple[str, ...] | Kind] = {
    "revenue_event": ("won", "paid"),
    "close_event": ("won", "paid"),
    "conversion_rule": ("independent", "reset_after_conversion"),
    "matrix_scale": ("raw110", "normalised100"),
    "bottleneck_minimum_n": POSITIVE,
    "attempt_gap_minutes": POSITIVE,
    "two_way_talk_seconds": POSITIVE,
    "unreachable_minimum_attempts": POSITIVE,
    "unreachable_minimum_channels": POSITIVE,
    "revived_window_days": POSITIVE,
    "false_reject_days": POSITIVE,
    "fault_maturity_days": POSITIVE,
    "quality_contact": ("phone_or_messenger", "phone_messenger_or_email"),
    "renewal_grace_days": COUNT,
    "neglected_days": POSITIVE,
    "small_account_employees": POSITIVE,
    "review_sql_days": POSITIVE,
    "review_minimum_n": POSITIVE,
    "review_stop_rate_share": DECIMAL,
    "review_stop_cost_multiple": DECIMAL,
    "review_reason_share": DECIMAL,
    "review_decision_days": POSITIVE,
    "review_effect_days": POSITIVE,
    "standing_campaign_days": POSITIVE,
    "change_minimum_n": POSITIVE,
    "danger_window_days": POSITIVE,
    "danger_minimum_n": POSITIVE,
    "danger_minimum_leads": POSITIVE,
    "rollout_started_on": DATE,
    "lateness_largest_unmatched_share": SHARE,
    "score_weekly_capacity": COUNT,
    "score_full_minutes": POSITIVE,
    "score_review_minutes": POSITIVE,
    "exploration_share": SHARE,
    "cost_lag_months": COUNT,
    "lifetime_cap_months": POSITIVE,
    "gross_margin": SHARE,
    "working_calendar": NAME,
}
"""Known policies: their values, or the kind of their value."""

POLICIES_WITHOUT_DEFAULT = ("gross_margin", "working_calendar")
"""Facts of one company: nobody can guess them, and figures that need them say so while they are not on file."""


def _in_order(low: str, high: str) -> RowLaw:
    """Both present: low must not be above high (numbers, ISO dates and times of day alike)."""

    def law(row: Row) -> Iterator[tuple[str, str]]:
        first, last = row[low], row[high]
        if first is None or last is None:
            return
        try:
            wrong = _number(first) > _number(last)
        except ValueError:
            wrong = first > last
        if wrong:
            yield high, f"expected at least {low} ({first}), got {last}"

    return law


def _needs(column: str, value: str, *needed: str) -> RowLaw:
    """Where `column` has `value`, the `needed` columns must be filled."""

    def law(row: Row) -> Iterator[tuple[str, str]]:
        if row[column] == value:
            for name in needed:
                if row[name] is None:
                    yield name, f"is empty, but {column} {value} needs it"

    return law


def _policy_value(row: Row) -> Iterator[tuple[str, str]]:
    name, value = row["name"], row["value"]
    known = POLICIES.get(name or "")
    if known is None or value is None:
        return
    if isinstance(known, Kind):
        expected = known.check(value)
        if expected:
            yield "value", f"{expected} for {name}, got {value!r}"
    elif value not in known:
        yield "value", f"expected one of {', '.join(known)} for {name}, got {value!r}"


ATTRIBUTION_RULES = (
    "first",
    "last",
    "last_non_direct",
    "linear",
    "anchored",
    "time_decay",
    "markov",
    "shapley",
    "custom",
)
SHARES = ("first_share", "lead_created_share", "opportunity_created_share", "last_share", "rest_share")


def _shares(row: Row) -> Iterator[tuple[str, str]]:
    if row["rule"] != "anchored":
        for name in SHARES:
            if row[name] is not None:
                yield name, f"only rule anchored has shares, and this rule is {row['rule']}"
        return
    total = sum(int(row[name] or 0) for name in SHARES)
    if total != 1000:
        yield "first_share", f"the shares of an anchored model are per mille and sum to 1000, got {total}"


def _order_of_a_chain(row: Row) -> Iterator[tuple[str, str]]:
    if row["markov_order"] is not None and row["rule"] != "markov":
        yield "markov_order", f"only rule markov has an order, and this rule is {row['rule']}"


def _currency_row(row: Row) -> Iterator[tuple[str, str]]:
    code = row["currency"] or ""
    if row["alias_of"] is None:
        expected = CURRENCY.check(code)
        if expected:
            yield "currency", f"{expected} (or fill alias_of), got {code!r}"
        if row["exponent"] is None:
            yield "exponent", "is empty; a currency needs the number of digits of its minor unit (2 for EUR, 0 for JPY)"
        if row["alias_factor"] is not None:
            yield "alias_factor", "stands without alias_of"
    else:
        if row["alias_factor"] is None:
            yield "alias_factor", "is empty; say how many units of alias_of one unit of the alias is"
        if row["exponent"] is not None:
            yield "exponent", "an alias takes the exponent of its currency; leave this empty"


def _alias_of_a_currency(rows: Sequence[Row]) -> Iterator[BrokenLaw]:
    """An alias stands for a currency, not for another alias."""
    codes = {row["currency"] for row in rows if row["alias_of"] is None}
    for index, row in enumerate(rows):
        if row["alias_of"] is not None and row["alias_of"] not in codes:
            yield BrokenLaw(index, "alias_of", f"{row['alias_of']!r} is not a currency of this file")


def _money_target(row: Row) -> Iterator[tuple[str, str]]:
    numbers = ("target_low", "target_high", "benchmark_low", "benchmark_high")
    if row["unit"] == "money" and row["currency"] is None and any(row[name] is not None for name in numbers):
        yield "currency", "is empty; a target in money needs its currency"


def _at_least_number(row: Row) -> Iterator[tuple[str, str]]:
    if row["operator"] == "at_least" and row["value"] is not None:
        expected = DECIMAL.check(row["value"])
        if expected:
            yield "value", f"{expected}, got {row['value']!r}"


def _opening_hours(row: Row) -> Iterator[tuple[str, str]]:
    opens, closes = row["opens"], row["closes"]
    if (opens is None) != (closes is None):
        yield ("opens" if opens is None else "closes"), "opens and closes are filled together"
    elif opens is not None and closes is not None and opens >= closes:
        yield "closes", f"expected a time after opens ({opens}), got {closes}"


def _weekday(row: Row) -> Iterator[tuple[str, str]]:
    if row["weekday"] is not None and row["weekday"] not in set("1234567"):
        yield "weekday", f"expected 1 (Monday) to 7 (Sunday), got {row['weekday']!r}"


def _closed_day(row: Row) -> Iterator[tuple[str, str]]:
    if row["state"] == "closed" and row["opens"] is not None:
        yield "opens", "a closed day has no opening hours"


def _kind_of_calendar(row: Row) -> Iterator[tuple[str, str]]:
    """A calendar that is always open has no hours, one of whole days none either."""
    unwanted = {"24x7": ("weekday", "opens"), "working_days": ("opens",)}.get(row["kind"] or "", ())
    for name in unwanted:
        if row[name] is not None:
            yield name, f"a calendar of kind {row['kind']} has none"


def _one_kind_and_zone(rows: Sequence[Row]) -> Iterator[BrokenLaw]:
    """A version may change the hours of a calendar. Another zone would make its days overlap: that is another calendar."""
    first: dict[str | None, Row] = {}
    for index, row in enumerate(rows):
        known = first.setdefault(row["calendar"], row)
        for name in ("kind", "zone"):
            if row[name] != known[name]:
                yield BrokenLaw(
                    index,
                    name,
                    f"calendar {row['calendar']} has {known[name]} elsewhere; another {name} is another calendar",
                )


def _stop_events(value: str) -> str | None:
    """What is wrong with a list of stop events, None for nothing."""
    unknown = [event for event in value.split("|") if event not in CLOCK_STOPS]
    return f"expected one or more of {', '.join(CLOCK_STOPS)}, separated by |" if unknown else None


def _clock_events(row: Row) -> Iterator[tuple[str, str]]:
    """Before the hand-over nothing is decided; what starts a clock cannot stop it."""
    stops = (row["stop_events"] or "").split("|")
    if row["start_event"] == "lead_created" and not set(stops) <= set(CONTACT_EVENTS):
        yield "stop_events", f"a clock from lead_created stops by {' or '.join(CONTACT_EVENTS)}"
    if row["start_event"] in stops:
        yield "stop_events", f"{row['start_event']} starts the clock and cannot stop it"


def _has_default(*columns: str) -> FileLaw:
    """Every value of the first column has a row with * in the others, valid from the first day on."""

    def law(rows: Sequence[Row]) -> Iterator[BrokenLaw]:
        first, *others = columns
        covered = {row[first] for row in rows if all(row[name] == "*" for name in others)}
        for index, row in enumerate(rows):
            if row[first] not in covered:
                yield BrokenLaw(index, first, f"{row[first]} has no row with {', '.join(others)} *")

    return law


def _default_calendar(rows: Sequence[Row]) -> Iterator[BrokenLaw]:
    """Whoever is named nowhere, and a lead that nobody owns, needs a calendar too."""
    if not any(row["owner_id"] == row["team"] == row["region"] == "*" for row in rows):
        yield BrokenLaw(0, "owner_id", "no row has * in owner_id, team and region: the calendar of everybody else")


def _channel_rule(row: Row) -> Iterator[tuple[str, str]]:
    if not any(row[name] is not None for name in MATCHERS):
        yield "rule_id", "has no matcher and would take every row; fill at least one column"


def _unique(*columns: str) -> FileLaw:
    """No two rows of one `valid_from` have the same values in `columns`."""

    def law(rows: Sequence[Row]) -> Iterator[BrokenLaw]:
        seen: dict[tuple[str | None, ...], int] = {}
        for index, row in enumerate(rows):
            key = (row["valid_from"], *(row[name] for name in columns))
            if None in key[1:]:
                continue
            if key in seen:
                yield BrokenLaw(
                    index, columns[-1], f"{', '.join(map(str, key[1:]))} stands in data row {seen[key] + 1} too"
                )
            seen.setdefault(key, index)

    return law


def _version_dates(row: Row) -> Iterator[tuple[str, str]]:
    """Both dates of a version lie in the years of the calendar."""
    for name in ("valid_from", "recorded_on"):
        year = int((row[name] or "")[:4])
        if not FIRST_YEAR <= year <= LAST_YEAR:
            yield name, f"expected a day of the years {FIRST_YEAR} to {LAST_YEAR}, got {row[name]}"


def _not_below(column: str, least: str, *, included: bool = True) -> RowLaw:
    """A number that is at least `least`, or above it."""

    def law(row: Row) -> Iterator[tuple[str, str]]:
        value = row[column]
        if value is None:
            return
        if _number(value) < Decimal(least) or (not included and _number(value) == Decimal(least)):
            yield column, f"expected a number {'of at least' if included else 'above'} {least}, got {value}"

    return law


SHARES_OF_A_WHOLE = (
    "visit_to_lead", "lead_to_mql", "mql_to_sql", "sql_to_proposal", "proposal_to_close", "sql_to_deal", "lead_to_won",
    "lead_to_deal_share", "proposal_acceptance_rate", "recycling_rate", "revived_rate", "brand_traffic_share",
)  # fmt: skip
"""KPIs that count a part of a whole: their targets lie between 0 and 1. Other ratios (ROMI, plan attainment) pass 1."""


def _share_target(row: Row) -> Iterator[tuple[str, str]]:
    """A share typed as per cent (25 for 0.25) would never be reached, and nobody would see why."""
    if row["kpi"] not in SHARES_OF_A_WHOLE or "change" in (row["variant"] or "") or row["unit"] != "ratio":
        return
    for name in ("target_low", "target_high", "benchmark_low", "benchmark_high"):
        value = row[name]
        if value is not None and not 0 <= _number(value) <= 1:
            yield name, f"expected a share between 0 and 1 for {row['kpi']}, got {value} (25 % is 0.25)"


def _intervals_apart(*same: str) -> FileLaw:
    """Opening intervals of rows that agree in `same` and `valid_from` do not overlap."""

    def law(rows: Sequence[Row]) -> Iterator[BrokenLaw]:
        seen: dict[tuple[str | None, ...], list[tuple[str, str, int]]] = defaultdict(list)
        for index, row in enumerate(rows):
            opens, closes = row["opens"], row["closes"]
            if opens is None or closes is None:
                continue
            there = seen[(row["valid_from"], *(row[name] for name in same))]
            for other_opens, other_closes, other in there:
                if opens < other_closes and other_opens < closes:
                    yield BrokenLaw(
                        index, "opens", f"{opens}–{closes} overlaps {other_opens}–{other_closes} of data row {other + 1}",
                        "join the two into one interval, or end the earlier one before",
                    )  # fmt: skip
            there.append((opens, closes, index))

    return law


def _one_state_a_day(rows: Sequence[Row]) -> Iterator[BrokenLaw]:
    """A day of a calendar is closed, short or open: not two of them."""
    seen: dict[tuple[str | None, ...], tuple[str | None, int]] = {}
    for index, row in enumerate(rows):
        day = (row["calendar"], row["date_on"], row["valid_from"])
        state, first = seen.setdefault(day, (row["state"], index))
        if state != row["state"]:
            yield BrokenLaw(
                index, "state", f"{row['date_on']} is {row['state']} here and {state} in data row {first + 1}",
                "keep one of the two",
            )  # fmt: skip


BANDS = ("cold", "review", "hot")


def _bands_in_order(rows: Sequence[Row]) -> Iterator[BrokenLaw]:
    """On every day cold, review and hot of a scale are all there and follow each other, so that each score has one band."""
    scales = sorted({row["scale"] or "" for row in rows})
    for scale in scales:
        own = [(index, row) for index, row in enumerate(rows) if row["scale"] == scale]
        lacking = [band for band in BANDS if band not in {row["band"] for _, row in own}]
        if lacking:
            yield BrokenLaw(
                own[0][0], "band", f"scale {scale} has no band {', '.join(lacking)}", "add the row with its lower bound"
            )
            continue
        for day in sorted({row["valid_from"] or "" for _, row in own}):
            # the first version of a band reaches back without limit
            held: dict[str | None, tuple[int, Row]] = {}
            for index, row in sorted(own, key=lambda pair: pair[1]["valid_from"] or ""):
                if row["band"] not in held or (row["valid_from"] or "") <= day:
                    held[row["band"]] = (index, row)
            bounds = [(_number(held[band][1]["lower_bound"] or "0"), held[band][0], band) for band in BANDS]
            for (low, _, lower), (high, index, upper) in itertools.pairwise(bounds):
                if low >= high:
                    yield BrokenLaw(
                        index, "lower_bound", f"from {day} on {upper} begins at {high}, not above {lower} ({low}) of {scale}",
                        f"write a bound above {low}",
                    )  # fmt: skip


def _no_rule_in_the_shadow(rows: Sequence[Row]) -> Iterator[BrokenLaw]:
    """Of two rules with the same matchers only the first by priority ever takes a row."""
    first: dict[tuple[str | None, ...], str | None] = {}
    for index in sorted(range(len(rows)), key=lambda number: int(rows[number]["priority"] or 0)):
        row = rows[index]
        matchers = (row["valid_from"], *(row[name] for name in MATCHERS))
        if matchers in first:
            yield BrokenLaw(
                index, "rule_id", f"matches what {first[matchers]} has taken before it, and never takes a row",
                "remove it, or narrow the other",
            )  # fmt: skip
        first.setdefault(matchers, row["rule_id"])


OBLIGATORY_REASONS = ("no_budget", "not_icp", "too_early", "competitor")


def _obligatory_reasons(rows: Sequence[Row]) -> Iterator[BrokenLaw]:
    """C24: something maps to each of the four reasons that must be told."""
    present = {row["reason"] for row in rows}
    for reason in OBLIGATORY_REASONS:
        if rows and reason not in present:
            yield BrokenLaw(
                0, "reason", f"nothing maps to {reason}, which is obligatory", f"add a row whose reason is {reason}"
            )


ALERTS: dict[str, bool] = {
    "critical_check": False,
    "stale_source": True,
    "clock_due": True,
    "clock_breached": True,
    "campaign_alarm": False,
}
"""Kinds of alerts, and whether they have a threshold: hours without news of a source, minutes before a clock is due, hours
since a clock was due."""


def _alert_threshold(row: Row) -> Iterator[tuple[str, str]]:
    needs = ALERTS[row["alert"] or ""]
    if needs and row["threshold"] is None:
        yield "threshold", f"is empty, but alert {row['alert']} needs it"
    elif not needs and row["threshold"] is not None:
        yield "threshold", f"alert {row['alert']} has no threshold; leave it empty"


def _signed_after_it_was_recorded(row: Row) -> Iterator[tuple[str, str]]:
    if (row["signed_on"] or "") < (row["version_on"] or ""):
        yield "signed_on", f"expected a day from version_on ({row['version_on']}) on, got {row['signed_on']}"


def _bands_start_at_zero(rows: Sequence[Row]) -> Iterator[BrokenLaw]:
    scales: dict[str | None, list[tuple[Decimal, int]]] = defaultdict(list)
    for index, row in enumerate(rows):
        scales[row["scale"]].append((_number(row["lower_bound"] or "0"), index))
    for scale, bounds in scales.items():
        lowest, index = min(bounds)
        if lowest != 0:
            yield BrokenLaw(index, "lower_bound", f"the lowest band of {scale} starts at 0, got {lowest}")


def _same_position(rows: Sequence[Row]) -> Iterator[BrokenLaw]:
    """All levels of a criterion share its position and question."""
    first: dict[tuple[str | None, str | None], Row] = {}
    for index, row in enumerate(rows):
        known = first.setdefault((row["criterion"], row["valid_from"]), row)
        for name in ("criterion_position", "question"):
            if row[name] != known[name]:
                yield BrokenLaw(
                    index, name, f"differs within criterion {row['criterion']}: {row[name]!r}, {known[name]!r}"
                )


REQUIRED_FIELDS = (
    "person_id",
    "account_id",
    "segment",
    "job_title",
    "phone",
    "email",
    "need",
    "budget",
    "timeline",
    "authority",
)
"""Fields of a handed-over lead whose presence may be asked for."""


def _last_band_is_open(rows: Sequence[Row]) -> Iterator[BrokenLaw]:
    """Reaction bands rise; the last of each version, and no other, has no upper end."""
    versions: dict[str | None, list[tuple[int, int, str | None]]] = defaultdict(list)
    for index, row in enumerate(rows):
        versions[row["valid_from"]].append((int(row["position"] or 0), index, row["upper_minutes"]))
    for bands in versions.values():
        last, highest = max(bands)[1], 0
        for _, index, upper in sorted(bands):
            if (upper is None) != (index == last):
                expected = (
                    "is empty; only the last band is open"
                    if upper is None
                    else "the last band has no upper end; leave it empty"
                )
                yield BrokenLaw(index, "upper_minutes", expected)
            elif upper is not None and int(upper) <= highest:
                yield BrokenLaw(index, "upper_minutes", f"expected more than {highest}, got {upper}")
            highest = max(highest, int(upper or 0))


MATCHERS = (
    "source_system",
    "kind",
    "platform",
    "channel_label",
    "utm_source",
    "utm_medium",
    "utm_campaign",
    "referrer_domain",
    "click_id_kind",
)


MAPPED_COLUMNS: dict[str, tuple[str, ...]] = {
    "lead": (
        "campaign_id", "form_id", "landing_page", "segment", "industry", "job_title", "client_id", "is_in_icp", "has_need",
        "asked_for_contact", "asked_for_demo", "showed_interest", "self_reported_source", "is_duplicate", "is_test",
        "channel_label", "utm_source", "utm_medium", "utm_campaign", "utm_content", "utm_term", "referrer_domain",
        "click_id_kind", "product", "term_months", "signed_on",
    ),
    "contact": ("job_title", "is_decision_maker", "client_id", "country"),
    "company": ("segment", "industry", "region", "country", "employees", "is_in_icp", "domain"),
    "user_group": ("team",),
    "task_type": ("kind",),
    "goal": ("kind",),
}  # fmt: skip
"""Object of a vendor → what its fields, or for the last three the object itself, may be mapped to."""


def _mapped_field(row: Row) -> Iterator[tuple[str, str]]:
    kind, column = row["object"] or "", row["column_name"] or ""
    if column not in MAPPED_COLUMNS[kind]:
        yield "column_name", f"expected one of {', '.join(MAPPED_COLUMNS[kind])} for {kind}, got {column!r}"
    if row["value"] is None and (row["field_value"] is not None or kind in ("user_group", "task_type", "goal")):
        yield "value", f"is empty; say what {row['field_value'] or kind + ' ' + str(row['field'])} means"
    if column.startswith(("is_", "has_", "asked_", "showed_")) and row["value"] not in (None, "true", "false"):
        yield "value", f"expected true or false for {column}, got {row['value']!r}"
    if column == "team" and row["value"] is not None and row["value"] not in TEAMS:
        yield "value", f"expected one of {', '.join(TEAMS)}, got {row['value']!r}"


HANDOVER_EVENTS = ("handed_over", "accepted", "confirmed", "rejected", "returned")
HANDOVER_TRIGGERS: dict[str, tuple[str, ...]] = {
    "source_stage": (),
    "stage": (*MAIN_CHAIN, *SIDE_STAGES),
    "pipeline": (),
    "owner_team": ("marketing", "sales"),
    "first_owner_team": ("marketing", "sales"),
    "rejection": ("rejected", "returned"),
}
"""What tells of a step of the hand-over → the values it may have; empty where the words are the source's own."""


def _handover_rule(row: Row) -> Iterator[tuple[str, str]]:
    trigger, value = row["trigger"] or "", row["value"]
    known = HANDOVER_TRIGGERS[trigger]
    if known and value is not None and value not in known:
        yield "value", f"expected one of {', '.join(known)} for {trigger}, got {value!r}"
    if trigger not in ("source_stage", "stage") and row["pipeline"] != "*":
        yield "pipeline", f"expected *, because {trigger} is not told a pipeline, got {row['pipeline']!r}"


CHANGE_KINDS = ("form", "promo", "creative", "routing", "sla_change", "sales_material")

STEP_METRICS = ("lead_to_mql", "lead_to_sql", "lead_to_won", "sql_to_won", "proposal_to_won")
"""Shares of leads that went from one stage to another within some days."""

CHANGE_METRICS = (
    *STEP_METRICS,
    "quality_lead_share",
    "proven_quality_share",
    "valid_phone_share",
    "prompt_answer_share",
)
ALARM_METRICS = ("quality_lead_share", "lead_to_mql", "lead_to_sql")
DANGER_SIGNS = ("bad_leads", "no_follow_up", "no_return", "slow_customers", "no_data")


def _time_of_metric(row: Row) -> Iterator[tuple[str, str]]:
    """Steps are judged within days, answers within minutes, flags at once."""
    metric = row["metric"]
    needed = {"within_days": metric in STEP_METRICS, "within_minutes": metric == "prompt_answer_share"}
    for name, is_needed in needed.items():
        if is_needed and row[name] is None:
            yield name, f"is empty, but metric {metric} needs it"
        elif not is_needed and row[name] is not None:
            yield name, f"has no meaning for metric {metric}; leave it empty"


def _share(column: str) -> RowLaw:
    """A fraction above 0 and at most 1: 0.5, not 50."""

    def law(row: Row) -> Iterator[tuple[str, str]]:
        if row[column] is not None and not 0 < _number(row[column] or "") <= 1:
            yield column, f"expected a share above 0 and at most 1, such as 0.5, got {row[column]}"

    return law


ROLLOUT_CONTRACTS = ("stage_events", "decisions", "disputes", "plan", "call_reviews")


def _subject_of_evidence(row: Row) -> Iterator[tuple[str, str]]:
    """A step whose evidence nobody could ever find would be overdue for ever."""
    known = {"signature": tuple(SCHEMAS), "contract": ROLLOUT_CONTRACTS}.get(row["evidence"] or "")
    if known is not None and row["subject"] is not None and row["subject"] not in known:
        yield "subject", f"expected one of {', '.join(known)} for evidence {row['evidence']}, got {row['subject']!r}"


def _window_inside_review(row: Row) -> Iterator[tuple[str, str]]:
    if int(row["window_days"] or 0) > int(row["review_day"] or 0):
        yield "window_days", f"expected at most review_day ({row['review_day']}), got {row['window_days']}"


def _schema(
    name: str, key: Iterable[str], *columns: Column, row_laws: tuple[RowLaw, ...] = (), **laws: object
) -> Schema:
    """A versioned file: its columns, then those of a version."""
    return Schema(name, (*columns, *VERSION_COLUMNS), tuple(key), row_laws=(_version_dates, *row_laws), **laws)  # type: ignore[arg-type]


def _required(name: str, kind: Kind = TEXT, *allowed: str, reference: str | None = None) -> Column:
    return Column(name, kind, True, allowed, reference)


def _optional(name: str, kind: Kind = TEXT, *allowed: str, reference: str | None = None) -> Column:
    return Column(name, kind, False, allowed, reference)


SCHEMAS: dict[str, Schema] = {
    schema.name: schema
    for schema in (
        _schema(
            "stages",
            ["stage"],
            _required("stage", NAME),
            _required("position", POSITIVE),
            _required("is_main_chain", BOOLEAN),
            _required("owner_team", TEXT, *OWNER_TEAMS),
            _optional("key_output"),
            _optional("success_metric"),
            _optional("view_a", POSITIVE),
            _optional("view_b", POSITIVE),
            _optional("view_c", POSITIVE),
            must_have=(*MAIN_CHAIN, *SIDE_STAGES),
            file_laws=(_unique("position"), _unique("view_a"), _unique("view_b"), _unique("view_c")),
        ),
        _schema(
            "stage_map",
            ["source_system", "pipeline", "source_stage"],
            _required("source_system", NAME_OR_ANY),
            _required("pipeline"),
            _required("source_stage"),
            _required("stage", NAME, reference="stages.stage"),
            _required("is_opportunity", BOOLEAN),
        ),
        _schema(
            "mql_rule",
            ["alternative", "field"],
            _required("alternative", POSITIVE),
            _required("field", NAME, reference="contract leads"),
            _required("operator", TEXT, "is_true", "equals", "at_least", "present"),
            _optional("value"),
            _required("is_hot_hand", BOOLEAN),
            row_laws=(_needs("operator", "equals", "value"), _needs("operator", "at_least", "value"), _at_least_number),
        ),
        _schema(
            "matrix",
            ["criterion", "level"],
            _required("criterion", NAME),
            _required("criterion_position", POSITIVE),
            _required("level"),
            _required("points", COUNT),
            _required("question"),
            file_laws=(_same_position,),
        ),
        _schema(
            "matrix_bands",
            ["scale", "band"],
            _required("scale", TEXT, "raw110", "normalised100"),
            _required("band", TEXT, "cold", "review", "hot"),
            _required("lower_bound", DECIMAL),
            _required("handover_type", TEXT, "full", "review", "off_rule"),
            row_laws=(_not_below("lower_bound", "0"),),
            file_laws=(_unique("scale", "lower_bound"), _bands_start_at_zero, _bands_in_order),
        ),
        _schema(
            "matrix_gates",
            ["criterion"],
            _required("criterion", NAME, reference="matrix.criterion"),
            _required("min_points", COUNT),
        ),
        _schema(
            "channels",
            ["channel"],
            _required("channel", NAME),
            _required("role", TEXT, "create", "harvest", "neutral"),
            _required("team", TEXT, *TEAMS),
            _required("is_paid", BOOLEAN),
            must_have=("direct", "unknown"),
        ),
        _schema(
            "touch_kinds",
            ["source_system", "kind"],
            _required("source_system", NAME_OR_ANY),
            _required("kind", NAME),
            _required("team", TEXT, *TEAMS),
            _required("is_creditable", BOOLEAN),
            _required("needs_answer", BOOLEAN),
            _optional("session_rank", POSITIVE),
        ),
        _schema(
            "channel_rules",
            ["rule_id"],
            _required("rule_id", NAME),
            _required("priority", COUNT),
            *(_optional(name) for name in MATCHERS),
            _required("channel", NAME, reference="channels.channel"),
            row_laws=(_channel_rule,),
            file_laws=(_unique("priority"), _no_rule_in_the_shadow),
        ),
        _schema(
            "attribution_models",
            ["attribution_model"],
            _required("attribution_model", NAME),
            _required("rule", TEXT, *ATTRIBUTION_RULES),
            *(_optional(name, COUNT) for name in SHARES),
            _optional("half_life_days", POSITIVE),
            _required("lookback_days", POSITIVE),
            _required("is_enabled", BOOLEAN),
            _optional("markov_order", POSITIVE, "1", "2", "3", "4"),
            _optional("path_transform", TEXT, "none", "exposure", "unique"),
            _optional("drops_direct", BOOLEAN),
            row_laws=(_shares, _needs("rule", "time_decay", "half_life_days"), _order_of_a_chain),
        ),
        _schema(
            "custom_weights",
            ["attribution_model", "kind", "team"],
            _required("attribution_model", NAME, reference="attribution_models.attribution_model"),
            _required("kind", NAME_OR_ANY),
            _required("team", TEXT, "*", *TEAMS),
            _required("weight", WEIGHT),
        ),
        _schema(
            "conversion_kinds",
            ["conversion_kind"],
            _required("conversion_kind", NAME),
            _required("journey_level", TEXT, "person", "account"),
            _required("carries_revenue", BOOLEAN),
            _required("is_attributed", BOOLEAN),
        ),
        _schema(
            "policies",
            ["name"],
            _required("name", NAME, *POLICIES),
            _required("value"),
            must_have=tuple(name for name in POLICIES if name not in POLICIES_WITHOUT_DEFAULT),
            says_only_what_differs=True,
            row_laws=(_policy_value,),
        ),
        _schema(
            "targets",
            ["kpi", "variant", "segment", "currency"],
            _required("kpi", NAME, reference="label kpi"),
            _required("variant", NAME, reference="label variant"),
            _required("segment"),
            _optional("target_low", DECIMAL),
            _optional("target_high", DECIMAL),
            _optional("benchmark_low", DECIMAL),
            _optional("benchmark_high", DECIMAL),
            _optional("currency", CURRENCY, reference="currencies.currency"),
            _required("owner_team", TEXT, *OWNER_TEAMS),
            _required("unit", TEXT, "ratio", "money", "days", "count"),
            _required("direction", TEXT, "up", "down"),
            row_laws=(
                _in_order("target_low", "target_high"),
                _in_order("benchmark_low", "benchmark_high"),
                _money_target,
                _share_target,
            ),
        ),
        _schema(
            "step_windows",
            ["from_stage", "to_stage", "cohort_basis"],
            _required("from_stage", NAME, reference="stages.stage"),
            _required("to_stage", NAME, reference="stages.stage"),
            _required("cohort_basis", TEXT, "step", "lead"),
            _required("window_days", POSITIVE),
        ),
        _schema(
            "calendars",
            ["calendar", "weekday", "opens"],
            _required("calendar", NAME),
            _required("kind", TEXT, *CALENDAR_KINDS),
            _required("zone", ZONE),
            _optional("weekday", POSITIVE),
            _optional("opens", TIME),
            _optional("closes", TIME),
            row_laws=(
                _needs("kind", "business_hours", "weekday", "opens", "closes"),
                _needs("kind", "working_days", "weekday"),
                _weekday,
                _opening_hours,
                _kind_of_calendar,
            ),
            file_laws=(_one_kind_and_zone, _intervals_apart("calendar", "weekday")),
        ),
        _schema(
            "calendar_exceptions",
            ["calendar", "date_on", "opens"],
            _required("calendar", NAME, reference="calendars.calendar"),
            _required("date_on", DATE),
            _required("state", TEXT, "closed", "short", "open"),
            _optional("opens", TIME),
            _optional("closes", TIME),
            row_laws=(
                _needs("state", "short", "opens", "closes"),
                _needs("state", "open", "opens", "closes"),
                _opening_hours,
                _closed_day,
            ),
            file_laws=(_one_state_a_day, _intervals_apart("calendar", "date_on")),
        ),
        _schema(
            "costs",
            ["cost_id"],
            _required("cost_id"),
            _required("team", TEXT, "marketing", "sales"),
            _optional("category"),
            _optional("campaign_id"),
            _optional("channel", NAME, reference="channels.channel"),
            _required("started_on", DATE),
            _required("ended_on", DATE),
            _required("amount", DECIMAL),
            _required("currency", TEXT, reference="currencies.currency"),
            _optional("amount_vat", DECIMAL),
            row_laws=(_in_order("started_on", "ended_on"),),
            needs_signature=False,
        ),
        _schema(
            "fx_rates",
            ["date_on", "currency", "reporting_currency"],
            _required("date_on", DATE),
            _required("currency", CURRENCY, reference="currencies.currency"),
            _required("reporting_currency", CURRENCY, reference="currencies.currency"),
            _required("rate", DECIMAL),
            row_laws=(_not_below("rate", "0", included=False),),
            needs_signature=False,
        ),
        Schema(
            "currencies",
            (
                _required("currency"),
                _optional("exponent", COUNT, "0", "1", "2", "3", "4"),
                _optional("alias_of", CURRENCY),
                _optional("alias_factor", POSITIVE),
            ),
            ("currency",),
            row_laws=(_currency_row,),
            file_laws=(_alias_of_a_currency,),
            needs_signature=False,
        ),
        _schema(
            "reasons",
            ["source_system", "source_reason"],
            _required("source_system", NAME_OR_ANY),
            _required("source_reason"),
            _required("reason", TEXT, *REASONS),
            file_laws=(_obligatory_reasons,),
        ),
        _schema(
            "field_map",
            ["source_system", "object", "field", "column_name", "field_value"],
            _required("source_system", NAME),
            _required("object", TEXT, *MAPPED_COLUMNS),
            _required("field"),
            _required("column_name", NAME),
            _optional("field_value"),
            _optional("value"),
            row_laws=(_mapped_field,),
        ),
        _schema(
            "answer_map",
            ["source_system", "field", "field_value"],
            _required("source_system", NAME),
            _required("field"),
            _required("field_value"),
            _required("criterion", NAME, reference="matrix.criterion"),
            _optional("level", TEXT, reference="matrix.level"),
        ),
        _schema(
            "handover_rules",
            ["source_system", "pipeline", "trigger", "value", "event"],
            _required("source_system", NAME_OR_ANY),
            _required("pipeline"),
            _required("trigger", TEXT, *HANDOVER_TRIGGERS),
            _required("value"),
            _required("event", TEXT, *HANDOVER_EVENTS),
            row_laws=(_handover_rule,),
        ),
        _schema(
            "reaction_bands",
            ["reaction_band"],
            _required("reaction_band", NAME),
            _required("position", POSITIVE),
            _optional("upper_minutes", POSITIVE),
            file_laws=(_unique("position"), _last_band_is_open),
        ),
        _schema("required_fields", ["field"], _required("field", TEXT, *REQUIRED_FIELDS)),
        _schema(
            "review_days",
            ["review_day"],
            _required("review_day", POSITIVE),
            _required("window_days", POSITIVE),
            _required("makes_proposal", BOOLEAN),
            row_laws=(_window_inside_review,),
        ),
        _schema(
            "change_metrics",
            ["change_kind", "metric"],
            _required("change_kind", TEXT, *CHANGE_KINDS),
            _required("metric", TEXT, *CHANGE_METRICS),
            _optional("within_days", POSITIVE),
            _optional("within_minutes", POSITIVE),
            _required("window_days", POSITIVE),
            row_laws=(_time_of_metric,),
        ),
        _schema(
            "danger_signs",
            ["sign"],
            _required("sign", TEXT, *DANGER_SIGNS),
            _required("position", POSITIVE),
            _required("threshold", DECIMAL),
            must_have=DANGER_SIGNS,
            row_laws=(_share("threshold"),),
            file_laws=(_unique("position"),),
        ),
        _schema(
            "campaign_alarms",
            ["metric"],
            _required("metric", TEXT, *ALARM_METRICS),
            _required("age_days", COUNT),
            _required("window_days", POSITIVE),
            _required("minimum_leads", POSITIVE),
            _required("rate_share", DECIMAL),
            row_laws=(_share("rate_share"),),
        ),
        _schema(
            "rollout_steps",
            ["step"],
            _required("step", NAME),
            _required("week", POSITIVE),
            _required("evidence", TEXT, "signature", "contract", "target", "builds", "note"),
            _optional("subject"),
            _optional("link"),
            _optional("done_on", DATE),
            row_laws=(
                _needs("evidence", "signature", "subject"),
                _needs("evidence", "contract", "subject"),
                _needs("evidence", "target", "subject"),
                _subject_of_evidence,
            ),
        ),
        _schema(
            "target_baselines",
            ["kpi", "variant", "segment"],
            _required("kpi", NAME),
            _required("variant", NAME),
            _required("segment"),
            _required("baseline_on", DATE),
        ),
        _schema("brand_words", ["word"], _required("word")),
        _schema(
            "yearly_goals",
            ["year", "kpi"],
            _required("year", YEAR),
            _required("kpi", TEXT, "revenue", "lead_to_won"),
            _required("goal", DECIMAL),
            _optional("currency", CURRENCY, reference="currencies.currency"),
            _optional("monthly_growth", DECIMAL),
            row_laws=(_needs("kpi", "revenue", "currency", "monthly_growth"),),
        ),
        _schema(
            "folk_claims",
            ["claim"],
            _required("claim", TEXT, *FOLK_CLAIMS),
            _required("claimed_low", DECIMAL),
            _optional("claimed_high", DECIMAL),
            _required("minimum_n", POSITIVE),
            row_laws=(_in_order("claimed_low", "claimed_high"),),
        ),
        _schema(
            "reporting_rhythm",
            ["event"],
            _required("event", NAME),
            _required("every", TEXT, "hour", "day", "week", "month", "quarter", "year", "campaign"),
            _required("owner_team", TEXT, *OWNER_TEAMS),
            _required("position", POSITIVE),
            file_laws=(_unique("position"),),
        ),
        _schema(
            "alerts",
            ["alert", "subject", "route"],
            _required("alert", TEXT, *ALERTS),
            _required("subject"),
            _required("route", NAME),
            _optional("threshold", COUNT),
            _required("repeat_hours", COUNT),
            _required("severity", TEXT, "critical", "warning", "notice"),
            _required("is_enabled", BOOLEAN),
            row_laws=(_alert_threshold,),
        ),
        Schema(
            "signatures",
            (
                _required("definition", NAME, reference="definitions"),
                _required("version_on", DATE),
                _required("fingerprint", FINGERPRINT),
                _required("team", TEXT, "marketing", "sales"),
                _required("name"),
                _required("signed_on", DATE),
            ),
            ("definition", "team", "version_on", "signed_on"),
            row_laws=(_signed_after_it_was_recorded,),
            needs_signature=False,
        ),
        _schema(
            "sla_clocks",
            ["clock", "segment"],
            _required("clock", NAME, *CLOCKS),
            _required("segment"),
            _required("start_event", TEXT, "lead_created", "handed_over", "accepted"),
            _required("stop_events", Kind("stop events", _stop_events)),
            _required("target_minutes", POSITIVE),
            _required("limit_minutes", POSITIVE),
            _required("calendar_kind", TEXT, *CALENDAR_KINDS),
            _required("is_applicable", BOOLEAN),
            must_have=CLOCKS,
            row_laws=(_in_order("target_minutes", "limit_minutes"), _clock_events),
            file_laws=(_has_default("clock", "segment"),),
        ),
        _schema(
            "owner_calendars",
            ["owner_id", "team", "region"],
            _required("owner_id"),
            _required("team", TEXT, "*", *TEAMS),
            _required("region"),
            _required("calendar", NAME, reference="calendars.calendar"),
            file_laws=(_default_calendar,),
        ),
        Schema(
            "labels",
            (_required("key"), _required("en"), _required("ru"), _required("fa")),
            ("key",),
            needs_signature=False,
        ),
    )
}
"""Every definitions file by name."""
