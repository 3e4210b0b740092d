"""People of the demo company against the truth of its generator, pair of records by pair of records."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Mapping
from decimal import Decimal
from itertools import combinations

import duckdb
import pytest

from demo.exports import build_world
from demo.truth import person_of_record
from tests.conftest import Built


@pytest.fixture(scope="module")
def truth() -> dict[str, int]:
    return person_of_record(build_world())


@pytest.fixture(scope="module")
def told(demo: Built) -> dict[str, str]:
    """Record to person, as identity says it."""
    with duckdb.connect(str(demo.home / "warehouse" / "onefunnel.duckdb"), read_only=True) as connection:
        return dict(
            connection.execute("select record_id, person_id from intermediate.int_people_identified").fetchall()
        )


def pairs(people: Mapping[str, Hashable]) -> set[tuple[str, str]]:
    """Every pair of records that are of one person."""
    records = defaultdict(list)
    for record, person in people.items():
        records[person].append(record)
    return {pair for of_person in records.values() for pair in combinations(sorted(of_person), 2)}


def test_the_pairs_of_records_that_are_merged_are_exactly_those_of_one_person(
    truth: dict[str, int], told: dict[str, str]
) -> None:
    """Precision and recall of pairs are both 1: no switchboard merges two people, no lead without a card stays alone whose person
    has one."""
    assert set(truth) <= set(told)
    merged, true = pairs({record: told[record] for record in truth}), pairs(truth)
    assert len(true) >= 12
    assert merged == true


def test_the_person_who_wrote_from_three_addresses_is_one(demo: Built, told: dict[str, str]) -> None:
    (first,) = {record.removesuffix("-2") for record in told if record.endswith("-2")}
    assert {told[record] for record in (first, f"{first}-2", f"{first}-3")} == {first}
    # the three cards and nothing else; they hang together by the phone
    people = demo.query(f"select records, lowest_confidence from marts.dim_people where person_id like '{first}%'")
    assert people == [(3, Decimal("0.9"))]


def test_an_office_phone_joins_nobody_and_is_reported(demo: Built) -> None:
    """Twelve cards carry the switchboard; the default rule lets five records share a phone."""
    hubs = demo.query(
        "select records, records_allowed, links_cut, length(evidence_key), first_record_id, third_record_id is not null "
        "from marts.rpt_identity_hubs where rule = 'phone'"
    )
    assert [hub[:4] for hub in hubs] == [(12, 5, 11, 8)]
    joined = demo.one(
        "select count(*) from marts.fct_identity_links where rule = 'phone' and records = 12 and not is_cut"
    )
    assert joined == 0
