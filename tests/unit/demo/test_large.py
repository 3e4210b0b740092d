"""The company of benchmarks: as many touches as asked for, a quarter of them converting, with a truth that it keeps."""

from __future__ import annotations

from pathlib import Path

import duckdb
import numpy as np
import pytest

from demo.company import CHANNEL_NAMES, ENDS_AT, STARTS_AT
from demo.large import SOURCE, LargeCompany, land_large
from orchestration.contracts import load_contracts
from orchestration.landing import Lake

TOUCHES = 60_000


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    return Lake(tmp_path_factory.mktemp("lake"))


@pytest.fixture(scope="module")
def company(lake: Lake) -> LargeCompany:
    return land_large(lake, TOUCHES)


@pytest.fixture(scope="module")
def rows(lake: Lake, company: LargeCompany) -> duckdb.DuckDBPyConnection:
    """A view a contract over what stands in the lake."""
    connection = duckdb.connect()
    for pull in lake.pulls(SOURCE):
        files = ", ".join(f"'{part}'" for part in pull.parts)
        connection.execute(f"create view {pull.stream} as select * from read_parquet([{files}])")
    return connection


def _one(rows: duckdb.DuckDBPyConnection, query: str) -> tuple:
    found = rows.execute(query).fetchone()
    assert found is not None
    return found


def test_there_are_as_many_touches_as_asked_for_and_each_has_a_person(
    rows: duckdb.DuckDBPyConnection, company: LargeCompany
) -> None:
    assert _one(rows, "select count(*), count(distinct touch_id), count(distinct person_id) from touches") == (
        TOUCHES,
        TOUCHES,
        company.journeys,
    )
    assert _one(rows, "select count(*) from people semi join touches using (person_id)") == (company.journeys,)
    first, last = _one(
        rows, "select min(cast(occurred_at as timestamp)), max(cast(occurred_at as timestamp)) from touches"
    )
    assert np.datetime64(first) >= STARTS_AT
    assert np.datetime64(last) < ENDS_AT


def test_a_quarter_of_touches_is_on_converting_journeys(rows: duckdb.DuckDBPyConnection, company: LargeCompany) -> None:
    (converting,) = _one(rows, "select count(*) from touches semi join deals using (person_id)")
    assert converting == company.converting_touches
    # 12 000 journeys know the share to ± 0.4 points
    assert converting / TOUCHES == pytest.approx(0.25, abs=0.016)


def test_every_deal_is_won_after_its_last_touch_and_paid_whole_after_that(
    rows: duckdb.DuckDBPyConnection, company: LargeCompany
) -> None:
    assert _one(rows, "select count(*), sum(cast(amount_minor as bigint)) from deals") == (
        company.deals,
        company.revenue_minor,
    )
    assert _one(
        rows,
        """
        select count(*) from deals
        inner join payments using (deal_id, person_id, account_id, amount_minor, currency)
        inner join leads using (lead_id, person_id, account_id)
        inner join (select person_id, max(occurred_at) as last_at from touches group by person_id) using (person_id)
        where leads.created_at = last_at and last_at < won_at and won_at <= paid_at
        """,
    ) == (company.deals,)
    (paid_at,) = _one(rows, "select max(cast(paid_at as timestamp)) from payments")
    assert np.datetime64(paid_at) < ENDS_AT


def test_channels_convert_as_the_truth_says_and_harvesting_ones_have_no_effect(
    rows: duckdb.DuckDBPyConnection, company: LargeCompany
) -> None:
    told = {truth.channel: truth for truth in company.channels}
    assert list(told) == list(CHANNEL_NAMES)
    for name in ("brand_search", "retargeting", "direct"):
        assert (told[name].incremental_wins, told[name].incremental_revenue_minor) == (0.0, 0)
    # The first touch of a journey is of the channel that created its demand; each channel's tags tell it.
    won = rows.execute(
        """
        with firsts as (
            select person_id, arg_min(coalesce(utm_campaign, referrer_domain), occurred_at) as tag
            from touches group by person_id
        )
        select tag, count(*), sum(cast(amount_minor as bigint)) from firsts semi join deals using (person_id)
        inner join deals using (person_id) group by tag
        """
    ).fetchall()
    by_tag = {tag: (count, amount) for tag, count, amount in won}
    tags = {"search_wms": "paid_search", "vk_logist": "paid_social", "digest": "email", "webinar_1": "webinar"}
    for tag, channel in {**tags, "partner_1c": "referral", "yandex.ru": "organic_search"}.items():
        count, amount = by_tag[tag]
        assert count == pytest.approx(told[channel].incremental_wins, abs=4 * np.sqrt(count)), channel
        assert amount == pytest.approx(told[channel].incremental_revenue_minor, rel=0.25), channel
    assert told["referral"].incremental_wins > told["paid_social"].incremental_wins


def test_harvesting_channels_stand_last_more_often_than_first(rows: duckdb.DuckDBPyConnection) -> None:
    shares = _one(
        rows,
        """
        with placed as (
            select utm_campaign, row_number() over (partition by person_id order by occurred_at) as number,
                count(*) over (partition by person_id) as touches
            from touches
        )
        select avg(cast(utm_campaign in ('brand_sv', 'retarget_visit') as int)) filter (where number = 1),
            avg(cast(utm_campaign in ('brand_sv', 'retarget_visit') as int)) filter (where number = touches)
        from placed where touches > 1
        """,
    )
    assert shares[1] > 2 * shares[0]


def test_the_pulls_fill_contracts_with_fields_that_exist(lake: Lake, company: LargeCompany) -> None:
    contracts = load_contracts()
    pulls = lake.pulls(SOURCE)
    assert sorted(pull.stream for pull in pulls) == ["deals", "leads", "payments", "people", "touches"]
    for pull in pulls:
        lake.verify(pull)
        (fill,) = pull.fills
        contract = contracts[fill["contract"]]
        assert set(fill["columns"]) <= set(contract.field_names)
        assert {field.name for field in contract.fields if field.required} <= set(fill["columns"])
        assert set(fill["columns"].values()) <= set(pull.columns)
        assert fill["rows_filled"] == pull.rows == pull.rows_in


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(tmp_path: Path) -> None:
    digests = []
    for number, seed in enumerate((3, 3, 4)):
        lake = Lake(tmp_path / str(number))
        land_large(lake, 5_000, seed=seed)
        digests.append([pull.sha256 for pull in lake.pulls(SOURCE)])
    assert digests[0] == digests[1]
    assert not set(digests[0]) & set(digests[2])


def test_a_company_without_touches_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="touches is 0; expected 1 or more"):
        land_large(Lake(tmp_path), 0)
