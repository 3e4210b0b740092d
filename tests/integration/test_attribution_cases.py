"""The worked attribution cases of DEFINITIONS §6, from exported rows to the ledger, in one dbt build with its laws."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

import duckdb
import pytest

from tests.unit.attribution.ledger_warehouse import LedgerWarehouse

START = datetime(2026, 1, 1, 9, 0, 0)

MODEL_COLUMNS = (
    "attribution_model",
    "rule",
    "first_share",
    "lead_created_share",
    "opportunity_created_share",
    "last_share",
    "rest_share",
)
MODELS = [
    ("first", "first", None, None, None, None, None, None),
    ("last", "last", None, None, None, None, None, None),
    ("last_non_direct", "last_non_direct", None, None, None, None, None, None),
    ("linear", "linear", None, None, None, None, None, None),
    ("u_shaped", "anchored", 400, 0, 0, 400, 200, None),
    ("w_shaped", "anchored", 300, 300, 300, 0, 100, None),
    ("full_path", "anchored", 225, 225, 225, 225, 100, None),
    ("milestones_only", "anchored", 0, 500, 500, 0, 0, None),
    ("time_decay", "time_decay", None, None, None, None, None, 30),
    ("time_decay_week", "time_decay", None, None, None, None, None, 7),
    ("shapley", "shapley", None, None, None, None, None, None),
    ("markov", "markov", None, None, None, None, None, None),
    ("kinds_weighed", "custom", None, None, None, None, None, None),
    ("nothing_weighed", "custom", None, None, None, None, None, None),
]


@dataclass(frozen=True)
class Case:
    """A won deal: days of its touches, milestones and closing after START; `opportunity` is the deal's creation."""

    name: str
    model: str
    touches: tuple[int, ...]
    amount: int
    credits: tuple[int, ...]
    lead: int | None = None
    opportunity: int | None = None
    won: int | None = None
    rule: str | None = None


CASES = [
    Case("A1", "u_shaped", (1,), 100_001, (100_001,)),
    Case("A2", "u_shaped", (1, 2), 100_001, (50_000, 50_001)),
    Case("A3", "u_shaped", (1, 2, 3, 4), 100_001, (40_000, 10_000, 10_000, 40_001)),
    Case("A4", "w_shaped", (1, 2, 3, 4, 5), 100_001, (30_000, 5_000, 30_000, 30_000, 5_001), lead=3, opportunity=4),
    Case("A5", "w_shaped", (1, 2, 3, 4), 10_000, (4_285, 4_286, 714, 715), lead=2),
    Case("A6", "w_shaped", (1, 2, 3), 10_000, (3_000, 6_000, 1_000), lead=2, opportunity=2),
    Case("A7", "w_shaped", (1, 2), 10_000, (6_666, 3_334), lead=1, opportunity=2),
    Case("A8", "w_shaped", (1, 2, 3), 10_000, (3_333, 3_333, 3_334), rule="milestones_missing"),
    Case(
        "A9",
        "full_path",
        (1, 2, 3, 4, 5, 6),
        1_234_567,
        (277_777, 277_778, 61_728, 277_778, 61_728, 277_778),
        lead=2,
        opportunity=4,
    ),
    Case("A10", "full_path", (1, 2, 3, 4), 1_000_000, (290_322, 290_323, 129_032, 290_323), lead=2),
    Case("A11", "full_path", (1, 2), 10_001, (5_000, 5_001), lead=1, opportunity=2),
    Case("A12", "time_decay_week", (0, 5, 12, 30, 38), 1_200_000, (17_519, 28_744, 57_487, 341_705, 754_545), won=38),
    Case("A13", "time_decay", (0, 5, 12, 30, 38), 1_200_000, (152_904, 171_630, 201_759, 305_810, 367_897), won=38),
    # a milestone before the first touch, and one after the closing, are missing like one that does not exist (D53)
    Case(
        "milestones_outside",
        "w_shaped",
        (2, 3, 4),
        9_000,
        (3_000, 3_000, 3_000),
        lead=1,
        opportunity=9,
        won=5,
        rule="milestones_missing",
    ),
    # both anchors on the first touch, nothing else carries a share: the touches without an anchor earn nothing
    Case("milestones_only", "milestones_only", (1, 2), 500, (500,), lead=1, opportunity=1),
]


def at(days: float, seconds: int = 0) -> str:
    """Canonical text of START plus days and seconds."""
    return f"{START + timedelta(days=days, seconds=seconds):%Y-%m-%d %H:%M:%S}"


def add_case(warehouse: LedgerWarehouse, case: Case) -> None:
    name = case.name
    won = case.won if case.won is not None else max(case.touches) + 1
    lead_id = None
    if case.lead is not None:
        lead_id = f"lead-{name}"
        warehouse.add("leads", lead_id=lead_id, person_id=f"person-{name}", created_at=at(case.lead))
    warehouse.add(
        "deals",
        deal_id=name,
        lead_id=lead_id,
        person_id=f"person-{name}",
        status="won",
        won_at=at(won),
        created_at=None if case.opportunity is None else at(case.opportunity),
        amount_minor=case.amount,
        currency="RUB",
    )
    for number, day in enumerate(case.touches, start=1):
        warehouse.add(
            "touches", touch_id=f"{name}-T{number}", person_id=f"person-{name}", occurred_at=at(day), kind="form"
        )


def add_touch(warehouse: LedgerWarehouse, touch_id: str, person: str, occurred_at: str, **values: object) -> None:
    warehouse.add(
        "touches", **{"touch_id": touch_id, "person_id": person, "occurred_at": occurred_at, "kind": "form", **values}
    )


def add_deal(
    warehouse: LedgerWarehouse, deal_id: str, won_at: str | None, amount: int | None = 1_000, **values: object
) -> None:
    warehouse.add(
        "deals",
        **{
            "deal_id": deal_id,
            "person_id": f"person-{deal_id}",
            "status": "won",
            "won_at": won_at,
            "amount_minor": amount,
            "currency": "RUB",
            **values,
        },
    )


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    warehouse = LedgerWarehouse(tmp_path_factory.mktemp("ledger") / "onefunnel.duckdb")
    warehouse.definitions["attribution_models"] = [
        {
            **dict(zip(MODEL_COLUMNS, model[:7], strict=True)),
            "half_life_days": model[7],
            "lookback_days": 365,
            "is_enabled": "true",
            "valid_from": "2000-01-01",
        }
        for model in MODELS
    ]
    warehouse.definitions["conversion_levels"] = [
        {"conversion_kind": "won", "journey_level": level, "is_stored": is_stored, "valid_from": "2000-01-01"}
        for level, is_stored in (("person", "true"), ("deal", "true"), ("account", "true"))
    ] + [{"conversion_kind": "paid", "journey_level": "person", "is_stored": "false", "valid_from": "2000-01-01"}]
    warehouse.definitions["custom_weights"] = [
        {"attribution_model": model, "kind": kind, "team": team, "weight": weight, "valid_from": "2000-01-01"}
        for model, kind, team, weight in (
            ("kinds_weighed", "*", "*", 1),
            ("kinds_weighed", "*", "sales", "0.5"),
            ("kinds_weighed", "meeting", "*", "2.5"),
            ("kinds_weighed", "visit", "*", 0),
            ("nothing_weighed", "payment", "*", 1),
        )
    ]
    for case in CASES:
        add_case(warehouse, case)

    # A14: paid in one sum, part of it returned; the same returned whole; two payments returned in one sum
    for deal_id, amounts in {
        "A14": (10_001, -4_000),
        "A14-all": (10_001, -10_001),
        "two-returned": (6_000, 4_001, -10_001),
    }.items():
        add_deal(warehouse, deal_id, at(4), sum(amount for amount in amounts if amount > 0))
        for number in (1, 2, 3):
            add_touch(warehouse, f"{deal_id}-T{number}", f"person-{deal_id}", at(number))
        for number, amount in enumerate(amounts, start=1):
            warehouse.add(
                "payments",
                payment_id=f"{deal_id}-{number}",
                deal_id=deal_id,
                paid_at=at(4 + 20 * number),
                amount_minor=amount,
                currency="RUB",
            )

    # A15: won, re-opened, won again for less; re-opened and lost; lost after it was won, without a passage on record; a win whose
    # event leads on to later stages was never taken back
    for deal_id, passages in {
        "A15": [("won", 4, 100_000), ("proposal", 19, None), ("won", 40, 80_000)],
        "reopened-lost": [("won", 4, None), ("proposal", 19, None), ("lost", 30, None)],
        "won-paid": [("won", 4, None), ("paid", 9, None)],
    }.items():
        status = "lost" if deal_id == "reopened-lost" else "won"
        add_deal(warehouse, deal_id, None, 80_000 if deal_id == "A15" else 1_000, status=status)
        for number, (stage, day, amount) in enumerate(passages, start=1):
            warehouse.add(
                "stage_events",
                event_id=f"{deal_id}-{number}",
                deal_id=deal_id,
                source_stage=stage,
                entered_at=at(day),
                amount_minor=amount,
                currency=None if amount is None else "RUB",
            )
    for number, day in enumerate((1, 2, 35), start=1):
        add_touch(warehouse, f"A15-T{number}", "person-A15", at(day))
    add_touch(warehouse, "reopened-lost-T1", "person-reopened-lost", at(1))
    add_deal(warehouse, "lost-later", at(4), status="lost", lost_at=at(9))

    # A16: both ends of the window are in, a second further is out
    add_deal(warehouse, "A16", at(0), 200)
    for touch_id, occurred_at in {
        "A16-too-early": at(-365, -1),
        "A16-first": at(-365),
        "A16-last": at(0),
        "A16-too-late": at(0, 1),
    }.items():
        add_touch(warehouse, touch_id, "person-A16", occurred_at)

    # A17: two people of one account
    warehouse.add("people", person_id="A17-P1", account_id="A17-account")
    warehouse.add("people", person_id="A17-P2", account_id="A17-account")
    add_deal(warehouse, "A17", at(9), 1_000, person_id="A17-P1", account_id="A17-account")
    for number, person in enumerate(("A17-P1", "A17-P2", "A17-P1", "A17-P2"), start=1):
        add_touch(warehouse, f"A17-T{number}", person, at(number))

    # A18: contract and payment are the outcome, not touches
    add_deal(warehouse, "A18", at(9), 1_000)
    add_touch(warehouse, "A18-ad", "person-A18", at(1), kind="click")
    add_touch(warehouse, "A18-call", "person-A18", at(2), kind="call", direction="outgoing", outcome="answered")
    add_touch(warehouse, "A18-contract", "person-A18", at(3), kind="contract")
    add_touch(warehouse, "A18-payment", "person-A18", at(4), kind="payment")

    # A19: last touch that is not direct; all direct
    add_deal(warehouse, "A19", at(9), 1_000)
    add_touch(warehouse, "A19-ad", "person-A19", at(1), kind="click", utm_source="google", utm_medium="cpc")
    add_touch(warehouse, "A19-mail", "person-A19", at(2), kind="mailing_clicked")
    add_touch(warehouse, "A19-direct-1", "person-A19", at(3), kind="visit")
    add_touch(warehouse, "A19-direct-2", "person-A19", at(4), kind="visit")
    add_deal(warehouse, "A19-all", at(9), 1_000)
    add_touch(warehouse, "A19-all-1", "person-A19-all", at(3), kind="visit")
    add_touch(warehouse, "A19-all-2", "person-A19-all", at(4), kind="visit")

    # A22: more logging is not more credit
    add_deal(warehouse, "A22", at(9), 900)
    add_touch(warehouse, "A22-ad", "person-A22", at(1), kind="click")
    for number in range(1, 6):
        add_touch(
            warehouse,
            f"A22-call-{number}",
            "person-A22",
            at(2, 600 * number),
            kind="call",
            direction="outgoing",
            outcome="answered",
            owner_id="rep",
        )
    add_touch(warehouse, "A22-meeting", "person-A22", at(2, 9000), kind="meeting", owner_id="rep")

    # one session: its form stands for it; the next session stands for itself
    add_deal(warehouse, "session", at(9), 1_000)
    for touch_id, kind, session, second in (
        ("session-visit", "visit", "s1", 0),
        ("session-download", "content_download", "s1", 60),
        ("session-form", "form", "s1", 120),
        ("session-later", "visit", "s2", 7200),
    ):
        add_touch(warehouse, touch_id, "person-session", at(2, second), kind=kind, session_id=session)

    # D54: weights by kind and team; two channels of which one has two touches
    add_deal(warehouse, "weighed", at(9), 1_000)
    add_touch(warehouse, "weighed-ad", "person-weighed", at(1), kind="click", utm_source="google", utm_medium="cpc")
    add_touch(warehouse, "weighed-visit", "person-weighed", at(2), kind="visit")
    add_touch(warehouse, "weighed-call", "person-weighed", at(3), kind="call", outcome="answered", owner_id="rep")
    add_touch(warehouse, "weighed-meeting", "person-weighed", at(4), kind="meeting", owner_id="rep")

    # D60
    add_deal(warehouse, "no_identity", at(9), person_id=None)
    add_deal(warehouse, "no_touch", at(9))
    add_touch(warehouse, "no_touch-after", "person-no_touch", at(10))
    add_deal(warehouse, "outside_lookback", at(9))
    add_touch(warehouse, "outside_lookback-old", "person-outside_lookback", at(-400))
    add_deal(warehouse, "not_creditable", at(9))
    add_touch(
        warehouse,
        "not_creditable-call",
        "person-not_creditable",
        at(8),
        kind="call",
        direction="outgoing",
        outcome="unanswered",
    )

    # D4: an amount without a rate has no credit in the reporting currency, and is not 0
    add_deal(warehouse, "no_rate", at(9), 700, currency="XTS")
    add_touch(warehouse, "no_rate-T1", "person-no_rate", at(1))

    with warehouse.build(
        ["+rpt_touch_creditability", "+fct_touches", "+fct_conversions", "+dim_channels"],
        after_python=["rpt_attribution_by_channel"],
    ) as connection:
        yield connection


def credits_of(
    ledger: duckdb.DuckDBPyConnection, revenue_row_id: str, model: str, level: str = "default"
) -> list[tuple[str, int]]:
    """Touch and credit in journey order, at the level of the kind or one that is asked for."""
    return ledger.execute(
        "select touch_id, credited_minor from marts.fct_attribution_credits "
        "where revenue_row_id = ? and attribution_model = ? and level_asked = ? order by touch_position",
        [revenue_row_id, model, level],
    ).fetchall()


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_a_worked_case_gives_the_credits_of_the_definitions(ledger: duckdb.DuckDBPyConnection, case: Case) -> None:
    expected = [(f"{case.name}-T{number}", credit) for number, credit in enumerate(case.credits, start=1)]
    assert credits_of(ledger, f"won:{case.name}", case.model) == expected
    rules = ledger.execute(
        "select distinct rule from marts.fct_attribution_credits where conversion_id = ? and attribution_model = ? "
        "and level_asked = 'default'",
        [f"won:{case.name}", case.model],
    ).fetchall()
    assert rules == [(case.rule or {model[0]: model[1] for model in MODELS}[case.model],)]


def test_a_partial_refund_takes_back_by_the_same_weights_and_counts_nothing(ledger: duckdb.DuckDBPyConnection) -> None:
    assert [credit for _, credit in credits_of(ledger, "paid:A14:A14-1", "linear")] == [3_333, 3_334, 3_334]
    assert [credit for _, credit in credits_of(ledger, "paid:A14:A14-2", "linear")] == [-1_333, -1_333, -1_334]
    conversion = ledger.execute(
        "select revenue_minor, revenue_reporting_minor, conversion_count from marts.fct_conversions where "
        "conversion_id = 'paid:A14'"
    ).fetchone()
    assert conversion == (6_001, 6_001, 1)


@pytest.mark.parametrize(("deal_id", "refund"), [("A14-all", 2), ("two-returned", 3)])
def test_returning_everything_is_the_exact_negation_and_count_minus_one(
    ledger: duckdb.DuckDBPyConnection, deal_id: str, refund: int
) -> None:
    net = ledger.execute(
        "select touch_id, sum(credited_minor) from marts.fct_attribution_credits "
        "where level_asked = 'default' and conversion_id = ? group by touch_id, attribution_model",
        [f"paid:{deal_id}"],
    ).fetchall()
    assert {credit for _, credit in net} == {0}
    counts = ledger.execute(
        "select distinct revenue_row_id, conversion_count from marts.fct_attribution_credits where level_asked = 'default' and "
        "conversion_id = ? order by 1",
        [f"paid:{deal_id}"],
    ).fetchall()
    assert [count for _, count in counts] == [1] + [0] * (refund - 2) + [-1]
    if deal_id == "A14-all":
        assert [credit for _, credit in credits_of(ledger, "paid:A14-all:A14-all-2", "linear")] == [
            -3_333,
            -3_334,
            -3_334,
        ]


def test_a_win_of_a_re_opened_deal_is_taken_back_on_that_day_and_the_next_has_its_own_journey(
    ledger: duckdb.DuckDBPyConnection,
) -> None:
    """A15: May +50000, +50000, -50000, -50000; June 26666, 26667, 26667; net revenue 800.00, net count 1."""
    rows = ledger.execute(
        "select credited_on, conversion_id, conversion_count, touch_id, credited_minor from marts.fct_attribution_credits "
        "where level_asked = 'default' and conversion_id like 'won:A15%' and attribution_model = 'linear' order by credited_on, touch_position"
    ).fetchall()
    first, reopened, second = (START + timedelta(days=day) for day in (4, 19, 40))
    assert rows == [
        (first.date(), "won:A15", 1, "A15-T1", 50_000),
        (first.date(), "won:A15", 1, "A15-T2", 50_000),
        (reopened.date(), "won:A15", -1, "A15-T1", -50_000),
        (reopened.date(), "won:A15", -1, "A15-T2", -50_000),
        (second.date(), "won:A15:2", 1, "A15-T1", 26_666),
        (second.date(), "won:A15:2", 1, "A15-T2", 26_667),
        (second.date(), "won:A15:2", 1, "A15-T3", 26_667),
    ]
    net = ledger.execute(
        "select conversion_id, revenue_minor, conversion_count from marts.fct_conversions where deal_id = 'A15' and kind = 'won' "
        "order by conversion_id"
    ).fetchall()
    assert net == [("won:A15", 0, 0), ("won:A15:2", 80_000, 1)]


@pytest.mark.parametrize(("deal_id", "day"), [("reopened-lost", 19), ("lost-later", 9)])
def test_a_deal_that_was_lost_after_it_was_won_keeps_only_the_reversal(
    ledger: duckdb.DuckDBPyConnection, deal_id: str, day: int
) -> None:
    rows = ledger.execute(
        "select conversion_id, credited_on, conversion_count, credited_minor from marts.fct_attribution_credits "
        "where level_asked = 'default' and conversion_id like ? and attribution_model = 'markov' order by credited_on",
        [f"won:{deal_id}%"],
    ).fetchall()
    on = [(START + timedelta(days=of)).date() for of in (4, day)]
    assert rows == [(f"won:{deal_id}", on[0], 1, 1_000), (f"won:{deal_id}", on[1], -1, -1_000)]


def test_a_deal_that_is_paid_after_it_was_won_is_won_once(ledger: duckdb.DuckDBPyConnection) -> None:
    wins = (
        "select conversion_id, conversion_count from marts.fct_conversions where deal_id = 'won-paid' and kind = 'won'"
    )
    assert ledger.execute(wins).fetchall() == [("won:won-paid", 1)]


def test_both_ends_of_the_lookback_belong_to_it(ledger: duckdb.DuckDBPyConnection) -> None:
    assert credits_of(ledger, "won:A16", "linear") == [("A16-first", 100), ("A16-last", 100)]


def test_all_people_of_the_account_share_the_deal(ledger: duckdb.DuckDBPyConnection) -> None:
    assert credits_of(ledger, "won:A17", "linear") == [(f"A17-T{number}", 250) for number in (1, 2, 3, 4)]
    levels = ledger.execute(
        "select journey_level from marts.fct_conversions where conversion_id in ('won:A17', 'won:A1') order by "
        "conversion_id"
    )
    assert levels.fetchall() == [("deal",), ("account",)]


def test_at_the_level_of_the_person_or_the_deal_the_other_people_of_the_account_have_no_share(
    ledger: duckdb.DuckDBPyConnection,
) -> None:
    # A17: the deal's contact is P1, whose touches are T1 and T3
    for level in ("person", "deal"):
        assert credits_of(ledger, "won:A17", "linear", level) == [("A17-T1", 500), ("A17-T3", 500)]


def test_a_level_is_stored_where_a_definition_asks_for_it_and_only_once(ledger: duckdb.DuckDBPyConnection) -> None:
    def stored(kind: str, conversion_id: str) -> list[tuple[str, str]]:
        return ledger.execute(
            "select distinct level_asked, journey_level from marts.fct_attribution_credits "
            "where conversion_kind = ? and conversion_id = ? order by all",
            [kind, conversion_id],
        ).fetchall()

    assert stored("won", "won:A17") == [("deal", "deal"), ("default", "account"), ("person", "person")]
    # without an account a deal stands at the level of the deal anyway, and nobody asked for what is the kind's own level
    assert stored("won", "won:A1") == [("default", "deal"), ("person", "person")]
    assert stored("paid", "paid:A14") == [("default", "deal")]
    # the kind asked for, every conversion of it stands at the level, also one of which nobody is known
    assert credits_of(ledger, "won:no_identity", "linear", "person") == [(None, 1_000)]
    per_level = ledger.execute(
        "select count(distinct conversion_id) filter (where level_asked = 'default'), "
        "count(distinct conversion_id) filter (where journey_level = 'person'), "
        "count(distinct conversion_id) filter (where journey_level = 'deal') "
        "from marts.fct_attribution_credits where conversion_kind = 'won'"
    ).fetchone()
    assert per_level is not None
    assert len(set(per_level)) == 1


def test_a_level_that_is_asked_for_changes_no_sum_of_the_default_level(ledger: duckdb.DuckDBPyConnection) -> None:
    """Both stand in the report, each with all the money of the wins."""
    sums = ledger.execute(
        """
        select attribution_model, sum(credited_minor) filter (where level_asked = 'default'),
            sum(credited_minor) filter (where journey_level = 'person'), sum(credited_minor) filter (where journey_level = 'deal')
        from marts.rpt_attribution_by_channel
        where conversion_kind = 'won' and month_basis = 'conversion' group by attribution_model
        """
    ).fetchall()
    revenue = ledger.execute(
        "select sum(amount_reporting_minor) from intermediate.int_revenue_rows where conversion_id like 'won:%'"
    ).fetchone()
    assert revenue is not None
    assert revenue[0] > 0
    assert {amount for _, *amounts in sums for amount in amounts} == {revenue[0]}
    assert len(sums) > 10


def test_the_outcome_earns_nothing(ledger: duckdb.DuckDBPyConnection) -> None:
    assert credits_of(ledger, "won:A18", "last") == [("A18-call", 1_000)]
    assert credits_of(ledger, "won:A18", "linear") == [("A18-ad", 500), ("A18-call", 500)]


def test_last_non_direct_passes_over_direct_visits_and_says_when_it_cannot(ledger: duckdb.DuckDBPyConnection) -> None:
    assert credits_of(ledger, "won:A19", "last_non_direct") == [("A19-mail", 1_000)]
    rule = ledger.execute(
        "select touch_id, rule from marts.fct_attribution_credits where level_asked = 'default' and conversion_id = 'won:A19-all' and "
        "attribution_model = 'last_non_direct'"
    ).fetchall()
    assert rule == [("A19-all-2", "all_direct")]


def test_five_calls_of_one_rep_on_one_day_are_one_touch(ledger: duckdb.DuckDBPyConnection) -> None:
    assert credits_of(ledger, "won:A22", "linear") == [("A22-ad", 300), ("A22-call-1", 300), ("A22-meeting", 300)]
    collapsed = ledger.execute(
        "select touch_id, collapsed_into from marts.fct_touches where touch_id like 'A22-call%' order by 1"
    ).fetchall()
    assert collapsed == [("A22-call-1", None), *((f"A22-call-{number}", "A22-call-1") for number in range(2, 6))]


def test_a_web_session_counts_once_by_its_strongest_kind(ledger: duckdb.DuckDBPyConnection) -> None:
    assert credits_of(ledger, "won:session", "linear") == [("session-form", 500), ("session-later", 500)]


def test_custom_weights_are_found_by_kind_before_team_and_nothing_weighed_is_linear(
    ledger: duckdb.DuckDBPyConnection,
) -> None:
    # ad 1, visit 0, call 0.5 (sales), meeting 2.5 (its kind beats its team): 1000 · 0.25, 0, 0.125, 0.625
    assert credits_of(ledger, "won:weighed", "kinds_weighed") == [
        ("weighed-ad", 250),
        ("weighed-call", 125),
        ("weighed-meeting", 625),
    ]
    rules = "select distinct rule from marts.fct_attribution_credits where conversion_id = 'won:weighed' and attribution_model = ?"
    assert ledger.execute(rules, ["kinds_weighed"]).fetchall() == [("custom",)]
    assert ledger.execute(rules, ["nothing_weighed"]).fetchall() == [("linear",)]
    assert [credit for _, credit in credits_of(ledger, "won:weighed", "nothing_weighed")] == [250, 250, 250, 250]


def test_shapley_splits_over_distinct_channels_before_it_splits_over_touches(ledger: duckdb.DuckDBPyConnection) -> None:
    channels = dict(
        ledger.execute("select touch_id, channel from marts.fct_touches where touch_id like 'weighed-%'").fetchall()
    )
    assert len(set(channels.values())) == 3
    assert channels["weighed-call"] == channels["weighed-meeting"]
    # three channels of 333, 333, 334 in the order of their first touch; the third has two touches of 167
    assert credits_of(ledger, "won:weighed", "shapley") == [
        ("weighed-ad", 333),
        ("weighed-visit", 333),
        ("weighed-call", 167),
        ("weighed-meeting", 167),
    ]


@pytest.mark.parametrize("reason", ["no_identity", "no_touch", "outside_lookback", "not_creditable"])
def test_an_unattributed_deal_is_one_row_with_its_reason(ledger: duckdb.DuckDBPyConnection, reason: str) -> None:
    rows = ledger.execute(
        "select touch_id, weight, credited_minor, rule, unattributed_reason from marts.fct_attribution_credits "
        "where level_asked = 'default' and conversion_id = ? and attribution_model = 'linear'",
        [f"won:{reason}"],
    ).fetchall()
    assert rows == [(None, Decimal(1), 1_000, "unattributed", reason)]


def test_an_amount_without_a_rate_has_no_credit_and_is_not_zero(ledger: duckdb.DuckDBPyConnection) -> None:
    assert credits_of(ledger, "won:no_rate", "linear") == [("no_rate-T1", None)]
    conversion = ledger.execute(
        "select revenue_minor, currency, revenue_reporting_minor from marts.fct_conversions where conversion_id "
        "= 'won:no_rate'"
    )
    assert conversion.fetchone() == (700, "XTS", None)


def test_a_channel_month_without_cost_data_has_no_cost_rather_than_zero(ledger: duckdb.DuckDBPyConnection) -> None:
    costs = ledger.execute(
        "select distinct cost_minor, cost_missing_reason from marts.rpt_attribution_by_channel"
    ).fetchall()
    assert costs == [(None, "no_cost_data")]
