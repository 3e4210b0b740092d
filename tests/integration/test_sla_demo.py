"""The clocks of the made-up company against the company itself, through exports, lake and models."""

import numpy as np
import pytest

from demo.exports import World, build_world
from tests.conftest import Built


@pytest.fixture(scope="module")
def world() -> World:
    return build_world()


def test_every_reaction_clock_shows_what_the_customer_really_waited(demo: Built, world: World) -> None:
    leads = world.company.leads
    minutes = (leads.first_attempt_at - leads.created_at) / np.timedelta64(60, "s")
    waited = dict(zip(world.lead_ids, minutes.tolist(), strict=True))
    clocks = demo.query(
        "select lead_id, cast(clock_minutes as double), state from marts.fct_sla_clocks where clock = 'reaction' "
        "and stopped_at is not null and not is_implied and state <> 'waived'"
    )
    known = [
        (waited[lead_id], told, state) for lead_id, told, state in clocks if not np.isnan(waited.get(lead_id, np.nan))
    ]
    assert len(known) > 1_600
    assert [row for row in known if abs(row[0] - row[1]) > 1e-6] == []
    assert [row for row in known if (row[0] <= 5) != (row[2] == "met")] == []


def test_a_breach_counts_against_the_rep_only_when_a_person_had_the_time(demo: Built) -> None:
    causes = dict(
        demo.query(
            "select cause, count(*) from marts.fct_sla_clocks where clock = 'reaction' and state = 'breached' group by cause"
        )
    )
    assert set(causes) == {"unassigned", "routing", "off_hours", "late", "never_tried"}
    assert (
        demo.one(
            "select count(*) from marts.fct_sla_clocks where state = 'breached' and not is_process_cause "
            "and human_minutes <= target_minutes and clock_minutes > target_minutes"
        )
        == 0
    )


def test_the_exported_crms_have_one_action_for_accepting_and_confirming_so_no_confirmation_is_timed(
    demo: Built,
) -> None:
    """D32: both tell of an acceptance by the SQL alone; timed, every confirmation would be met in 0 minutes."""
    found = demo.query(
        "select leads.source_system, clocks.state, clocks.cause, bool_and(handovers.accepted_at = handovers.ended_at) "
        "from marts.fct_sla_clocks as clocks inner join marts.fct_leads as leads using (lead_id) "
        "inner join marts.fct_handovers as handovers using (lead_id, episode) "
        "where clocks.clock = 'confirmation' group by all order by all"
    )
    assert found == [(source, "not_applicable", "one_action", True) for source in ("demo_crm", "demo_tehran")]


def test_the_tehran_office_works_by_its_own_calendar(demo: Built) -> None:
    calendars = demo.query(
        "select owners.region = 'Тегеран', clocks.calendar, count(*) from marts.fct_sla_clocks as clocks "
        "inner join marts.dim_owners as owners using (owner_id) where clock = 'acceptance' group by all order by all"
    )
    assert [(is_tehran, calendar) for is_tehran, calendar, _ in calendars] == [(False, "msk"), (True, "teh_b")]


def test_the_price_of_lateness_is_told_for_clocks_whose_late_leads_have_their_like(demo: Built) -> None:
    prices = {
        clock: (late, matched, verdict, lost)
        for clock, late, matched, verdict, lost in demo.query(
            "select clock, late_leads, matched_late_leads, verdict, lost_wins from marts.rpt_lateness_price"
        )
    }
    assert set(prices) == {"reaction", "acceptance", "contact", "qualification"}
    for late, matched, verdict, lost in prices.values():
        is_comparable = late > 0 and (late - matched) * 10 <= late * 3
        assert (lost is not None) == is_comparable
        assert (verdict in ("no_price", "no_late_leads")) != is_comparable
