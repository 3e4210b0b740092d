"""62,483 ad touches through the whole chain, against a reference written from D50–D60 that reads the CSV file only.

One whole run shows the rule `independent`. The other rule needs no second run: the warehouse file of the first is copied,
one definition in it is replaced by the one of `definitions_reset/`, and the models from the journeys on are built again with
their laws (6 s where a run takes 50). The landed files, the views over them and the SQL are those of the run.
"""

import csv
import shutil
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, localcontext
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from orchestration.dbt_runner import Dbt
from orchestration.defs.table_steps import write_table_steps
from orchestration.settings import DEFAULT_DEFINITIONS, PROJECT_ROOT, load_settings
from orchestration.sources.definitions import read_definitions
from orchestration.warehouse import DuckDbWarehouse
from tests.conftest import Built
from tests.unit.ml.test_markov import in_fractions, transitions_of

# a build and two rebuilds of its own: a push has twenty minutes; the ledger's worked cases and properties stay in it
pytestmark = pytest.mark.verify

EXAMPLE = PROJECT_ROOT / "examples" / "attribution_touches"
JOURNEYS = (
    "int_journeys", "int_journeys_measured", "int_journey_channels", "int_owners_converted", "int_channel_transitions",
    "int_channel_sets", "int_conversions_unattributed",
)  # fmt: skip
FROM_THE_JOURNEYS_ON = ("stg_definitions__policies", *JOURNEYS)
FROM_THE_TOUCHES_ON = (
    "stg_definitions__touch_kinds",
    "int_touches_channelled",
    *JOURNEYS,
    "rpt_touch_creditability",
)
LEDGER = (
    "int_journey_parts", "int_credits_apportioned", "fct_attribution_credits", "int_credits_daily", "int_channel_credits",
    "int_channel_effects", "rpt_attribution_by_channel",
)  # fmt: skip
"""Built after the removal effects were computed from the journeys."""
CHANNELS = {
    "Facebook": "facebook",
    "Instagram": "instagram",
    "Online Display": "display",
    "Online Video": "video",
    "Paid Search": "paid_search",
}
MODELS = ("first", "last", "last_non_direct", "linear", "time_decay", "u_shaped", "w_shaped", "full_path")
OVER_CHANNELS = ("shapley", "markov")

Credits = dict[tuple[str, str, str], int]
"""(conversion, touch, model) → minor units; rows of nothing are left out."""


@dataclass(frozen=True)
class Touch:
    touch_id: str
    at: datetime
    channel: str
    minor: int | None
    """Worth of the conversion in minor units; None for an impression."""


@pytest.fixture(scope="module")
def journeys_of_customers(example_data: Path) -> dict[str, list[Touch]]:
    """Customer → touches in order of time, straight from the file."""
    customers: dict[str, list[Touch]] = defaultdict(list)
    with (example_data / "attribution_touches" / "attribution_data.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            minor = int(Decimal(row["conversion_value"]) * 100) if row["conversion"] == "1" else None
            at = datetime.strptime(row["time"], "%Y-%m-%dT%H:%M:%SZ")
            customers[row["customer_id"]].append(
                Touch(f"{row['customer_id']}/{row['time']}", at, CHANNELS[row["channel"]], minor)
            )
    for touches in customers.values():
        touches.sort(key=lambda touch: touch.at)
    return dict(customers)


def lookback_and_half_life() -> tuple[int, int]:
    """Days, as the definitions say (the example keeps the defaults)."""
    with (DEFAULT_DEFINITIONS / "attribution_models.csv").open(encoding="utf-8", newline="") as file:
        models = {row["attribution_model"]: row for row in csv.DictReader(file)}
    assert len({models[model]["lookback_days"] for model in MODELS}) == 1
    return int(models["linear"]["lookback_days"]), int(models["time_decay"]["half_life_days"])


def journey(touches: list[Touch], conversion: Touch, resets: bool) -> list[Touch]:
    """D51: both ends of the window belong to it; under the reset rule it starts after the conversion before."""
    lookback, _ = lookback_and_half_life()
    earlier = [touch.at for touch in touches if touch.minor is not None and touch.at < conversion.at]
    return [
        touch
        for touch in touches
        if 0 <= (conversion.at - touch.at).total_seconds() <= lookback * 86400
        and not (resets and earlier and touch.at <= max(earlier))
    ]


def parts(model: str, path: list[Touch], conversion: Touch) -> list[int]:
    """D53, D54, D57. The data know no lead and no opportunity, so w_shaped and full_path are linear (`milestones_missing`); no ad is
    a direct visit."""
    count = len(path)
    if model == "first":
        return [1] + [0] * (count - 1)
    if model in ("last", "last_non_direct"):
        return [0] * (count - 1) + [1]
    if model == "u_shaped" and count >= 3:
        return [2 * (count - 2), *[1] * (count - 2), 2 * (count - 2)]
    if model == "time_decay":
        _, half_life = lookback_and_half_life()
        with localcontext() as context:
            context.prec = 40
            powers = [
                Decimal(2) ** (30 - Decimal(int((conversion.at - touch.at).total_seconds())) / (half_life * 86400))
                for touch in path
            ]
            return [max(1, int(power.to_integral_value(rounding="ROUND_HALF_UP"))) for power in powers]
    return [1] * count


def floors(amount: int, shares: list[int]) -> list[int]:
    """D57: differences of the floors of the running shares."""
    total, running, before, credits = sum(shares), 0, 0, []
    for share in shares:
        running += share
        through = amount * running // total
        credits.append(through - before)
        before = through
    return credits


def effects(customers: dict[str, list[Touch]], resets: bool) -> dict[str, int]:
    """D55: removal effects in parts of 2^30. Whoever never converted has one path, up to the export, which the lookback holds whole."""
    paths = []
    for touches in customers.values():
        conversions = [touch for touch in touches if touch.minor is not None]
        for conversion in conversions:
            paths.append((tuple(touch.channel for touch in journey(touches, conversion, resets)), True))
        if not conversions:
            paths.append((tuple(touch.channel for touch in touches), False))
    counts = transitions_of(paths)
    whole = in_fractions(counts, None)
    return {
        channel: round(round(1 - in_fractions(counts, channel) / whole, 12) * 2**30) for channel in CHANNELS.values()
    }


def split_over_channels(amount: int, path: list[Touch], weights: dict[str, int]) -> list[int]:
    """D54, D57: over the channels in the order of their first touch, then each channel's share over its touches."""
    channels = list(dict.fromkeys(touch.channel for touch in path))
    earned: dict[str, list[int]] = {}
    for channel, credit in zip(channels, floors(amount, [weights[channel] for channel in channels]), strict=True):
        earned[channel] = floors(credit, [1] * sum(touch.channel == channel for touch in path))
    return [earned[touch.channel].pop(0) for touch in path]


def reference(customers: dict[str, list[Touch]], resets: bool) -> Credits:
    credits: Credits = {}
    weights = {"markov": effects(customers, resets), "shapley": dict.fromkeys(CHANNELS.values(), 1)}
    for touches in customers.values():
        for conversion in touches:
            if conversion.minor is None:
                continue
            path = journey(touches, conversion, resets)
            for model in OVER_CHANNELS:
                credits |= {
                    (conversion.touch_id, touch.touch_id, model): minor
                    for touch, minor in zip(
                        path, split_over_channels(conversion.minor, path, weights[model]), strict=True
                    )
                    if minor
                }
            for model in MODELS:
                earned = floors(conversion.minor, parts(model, path, conversion))
                credits |= {
                    (conversion.touch_id, touch.touch_id, model): minor
                    for touch, minor in zip(path, earned, strict=True)
                    if minor
                }
    return credits


def ledger(connection: duckdb.DuckDBPyConnection) -> Credits:
    rows = connection.execute(
        "select substr(conversion_id, 10), touch_id, attribution_model, credited_minor from marts.fct_attribution_credits "
        "where credited_minor <> 0"
    ).fetchall()
    return {(conversion, touch, model): minor for conversion, touch, model, minor in rows}


def by_channel(credits: Credits, customers: dict[str, list[Touch]]) -> dict[tuple[str, str], int]:
    channels = {touch.touch_id: touch.channel for touches in customers.values() for touch in touches}
    totals: dict[tuple[str, str], int] = defaultdict(int)
    for (_, touch, model), minor in credits.items():
        totals[model, channels[touch]] += minor
    return dict(totals)


def report(connection: duckdb.DuckDBPyConnection) -> dict[tuple[str, str], int]:
    rows = connection.execute(
        "select attribution_model, channel, cast(sum(credited_minor) as bigint) from marts.rpt_attribution_by_channel "
        "where month_basis = 'conversion' and conversion_kind = 'imported' and attribution_model not in ('markov_removal', 'shapley_rate') group by 1, 2"
    ).fetchall()
    return {(model, channel): minor for model, channel, minor in rows}


def rebuilt(built: Built, folder: Path, definition: Path, models: tuple[str, ...]) -> duckdb.DuckDBPyConnection:
    """A copy of the run's warehouse with one definition replaced and the models that read it built again, laws included."""
    warehouse = folder / "onefunnel.duckdb"
    shutil.copy(built.home / "warehouse" / "onefunnel.duckdb", warehouse)
    with duckdb.connect(str(warehouse)) as connection:
        name = definition.stem
        connection.execute(f"drop view raw_definitions.{name}")
        files = {file.name: file for file in read_definitions(DEFAULT_DEFINITIONS, definition.parent)}
        rows = pa.table(
            {column: pa.array([row[column] for row in files[name].rows], pa.string()) for column in files[name].columns}
        )
        connection.register("said", rows)
        connection.execute(
            f"create table raw_definitions.{name} as select *, '1' as _pull, cast(row_number() over () as varchar) as _row from said"
        )
    dbt = Dbt(folder / "target")
    for names in (models, LEDGER):
        results = dbt.build(
            DuckDbWarehouse(warehouse),
            ["--indirect-selection", "buildable", "--exclude-resource-type", "unit_test", "--select", *names],
        )
        assert len(results) > len(names)
        assert [f"{result.name}: {result.message}" for result in results if not result.is_good] == []
        write_table_steps(DuckDbWarehouse(warehouse), ["removal_effects", "shapley_values"])
    return duckdb.connect(str(warehouse), read_only=True)


@pytest.fixture(scope="module")
def references(journeys_of_customers: dict[str, list[Touch]]) -> dict[str, Credits]:
    """The reference under each rule."""
    return {
        "independent": reference(journeys_of_customers, resets=False),
        "reset_after_conversion": reference(journeys_of_customers, resets=True),
    }


@pytest.fixture(scope="module")
def independent(attribution_touches: Built) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(attribution_touches.published / "onefunnel.duckdb"), read_only=True) as connection:
        yield connection


@pytest.fixture(scope="module")
def after_reset(
    attribution_touches: Built, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[duckdb.DuckDBPyConnection]:
    with rebuilt(
        attribution_touches,
        tmp_path_factory.mktemp("reset"),
        EXAMPLE / "definitions_reset" / "policies.csv",
        FROM_THE_JOURNEYS_ON,
    ) as connection:
        yield connection


def test_every_row_is_a_touch_and_a_conversion_row_is_its_conversion_too(
    attribution_touches: Built, journeys_of_customers: dict[str, list[Touch]]
) -> None:
    touches = [touch for touches in journeys_of_customers.values() for touch in touches]
    worth = [touch.minor for touch in touches if touch.minor is not None]
    assert (len(journeys_of_customers), len(touches), len(worth), sum(worth)) == (7896, 60_645 + 1838, 1838, 1_142_350)
    assert attribution_touches.query(
        "select kind, count(*), bool_and(is_creditable) from marts.fct_touches group by 1 order by 1"
    ) == [("conversion", 1838, True), ("impression", 60_645, True)]
    assert attribution_touches.query(
        "select kind, count(*), sum(revenue_minor), sum(revenue_reporting_minor) from marts.fct_conversions group by 1"
    ) == [("imported", 1838, 1_142_350, 1_142_350)]
    assert attribution_touches.query(
        "select rows_in, rows, quarantined from marts.rpt_pulls where source = 'ad_touches'"
    ) == [(62_483, 62_483, 0)]


def test_a_conversion_is_the_last_touch_of_its_own_journey(
    independent: duckdb.DuckDBPyConnection, after_reset: duckdb.DuckDBPyConnection
) -> None:
    for connection in (independent, after_reset):
        assert connection.execute(
            "select count(*), count(distinct conversion_id), bool_and('imported:' || touch_id = conversion_id) "
            "from marts.fct_attribution_credits where attribution_model = 'last'"
        ).fetchall() == [(1838, 1838, True)]


@pytest.mark.parametrize("rule", ["independent", "reset_after_conversion"])
def test_the_ledger_is_that_of_an_independent_reference_to_the_minor_unit(
    independent: duckdb.DuckDBPyConnection,
    after_reset: duckdb.DuckDBPyConnection,
    journeys_of_customers: dict[str, list[Touch]],
    references: dict[str, Credits],
    rule: str,
) -> None:
    connection = independent if rule == "independent" else after_reset
    expected = references[rule]
    found = ledger(connection)
    different = {key: (expected.get(key), found.get(key)) for key in expected.keys() | found.keys()}
    assert {key: pair for key, pair in different.items() if pair[0] != pair[1]} == {}
    channels = by_channel(expected, journeys_of_customers)
    assert report(connection) == channels
    assert len(channels) == (len(MODELS) + len(OVER_CHANNELS)) * len(CHANNELS)
    assert {
        model: sum(minor for (of, _), minor in channels.items() if of == model) for model in MODELS
    } == dict.fromkeys(MODELS, 1_142_350)


@pytest.mark.parametrize("rule", ["independent", "reset_after_conversion"])
def test_every_model_counts_every_conversion_once(
    independent: duckdb.DuckDBPyConnection, after_reset: duckdb.DuckDBPyConnection, rule: str
) -> None:
    connection = independent if rule == "independent" else after_reset
    rows = connection.execute(
        "select attribution_model, sum(weight), count(*) filter (where touch_id is null) from marts.fct_attribution_credits "
        "group by 1 order by 1"
    ).fetchall()
    assert rows == [(model, Decimal(1838), 0) for model in sorted((*MODELS, *OVER_CHANNELS))]


def test_touches_after_an_earlier_conversion_are_where_the_two_rules_differ(
    independent: duckdb.DuckDBPyConnection,
    after_reset: duckdb.DuckDBPyConnection,
    journeys_of_customers: dict[str, list[Touch]],
) -> None:
    after, converted_again, credited_twice = 0, 0, 0
    for touches in journeys_of_customers.values():
        conversions = [touch.at for touch in touches if touch.minor is not None]
        if not conversions:
            continue
        after += sum(touch.at > conversions[0] for touch in touches)
        converted_again += len(conversions) > 1
        credited_twice += sum(len([at for at in conversions if at >= touch.at]) > 1 for touch in touches)
    assert (after, converted_again) == (6737, 181)
    in_journeys = "select touch_id, count(*) as journeys from marts.fct_attribution_credits where attribution_model = 'linear' group by 1"
    counts = [
        connection.execute(f"select count(*) filter (where journeys > 1) from ({in_journeys})").fetchall()
        for connection in (independent, after_reset)
    ]
    assert counts == [[(credited_twice,)], [(0,)]]
    assert credited_twice > 0
    # the later conversions of the 181 change, the first one of a customer is credited alike; not by Markov, whose chain is made of
    # all journeys: shorter ones give every channel another effect
    changed = {
        conversion
        for (conversion, _, model), _ in ledger(independent).items() ^ ledger(after_reset).items()
        if model != "markov"
    }
    first = {
        next(touch.touch_id for touch in touches if touch.minor is not None)
        for touches in journeys_of_customers.values()
        if any(touch.minor is not None for touch in touches)
    }
    assert len(first) == 1642
    assert changed & first == set()
    assert len(changed) == 1838 - 1642 == 196


def test_without_the_definition_impressions_earn_nothing_and_the_build_says_so(
    attribution_touches: Built, tmp_path: Path
) -> None:
    with rebuilt(
        attribution_touches, tmp_path, DEFAULT_DEFINITIONS / "touch_kinds.csv", FROM_THE_TOUCHES_ON
    ) as connection:
        assert connection.execute(
            "select touches, not_creditable_touches, is_mostly_not_creditable from marts.rpt_touch_creditability"
        ).fetchall() == [(62_483, 60_645, True)]
        assert connection.execute(
            "select touches.kind, count(distinct credits.conversion_id) from marts.fct_attribution_credits as credits "
            "left join marts.fct_touches as touches on touches.touch_id = credits.touch_id group by 1"
        ).fetchall() == [("conversion", 1838)]


def test_the_second_configuration_differs_by_its_conversion_rule_only() -> None:
    one, other = (load_settings(EXAMPLE / name) for name in ("onefunnel.yml", "onefunnel_reset.yml"))
    assert one.mappings == other.mappings
    said = [
        {file.name: file.rows for file in read_definitions(DEFAULT_DEFINITIONS, settings.definitions)}
        for settings in (one, other)
    ]
    differing = {name for name in said[0] if said[0][name] != said[1][name]}
    assert differing == {"policies"}
    changed = [
        (before["name"], before["value"], after["value"])
        for before, after in zip(said[0]["policies"], said[1]["policies"], strict=True)
        if before != after
    ]
    assert changed == [("conversion_rule", "independent", "reset_after_conversion")]


def test_the_table_of_the_readme_is_that_of_the_reference(
    journeys_of_customers: dict[str, list[Touch]], references: dict[str, Credits]
) -> None:
    readme = (EXAMPLE / "README.md").read_text(encoding="utf-8")
    totals = [by_channel(credits, journeys_of_customers) for credits in references.values()]
    names = {
        "Facebook": "facebook",
        "Paid search": "paid_search",
        "Online video": "video",
        "Instagram": "instagram",
        "Online display": "display",
    }
    for name, channel in names.items():
        minors = [
            total[model, channel] for total in totals for model in ("first", "last", "linear", "time_decay", "u_shaped")
        ]
        assert f"| {name} | {' | '.join(f'{Decimal(minor) / 100:,.2f}' for minor in minors)} |" in readme


def test_the_run_prints_the_credit_of_the_kind_that_has_conversions(attribution_touches: Built) -> None:
    assert "Credited conversions (imported) by channel and model" in attribution_touches.printed
