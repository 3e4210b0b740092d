"""The company as its vendors serve it, morning after morning."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

from demo.exports import build_world
from demo.feeds.amocrm import fill_amocrm
from demo.feeds.yandex_direct import fill_yandex_direct
from demo.feeds.yandex_metrika import fill_yandex_metrika
from demo.simulators.amocrm import AmoCrm
from demo.simulators.yandex_direct import YandexDirect
from demo.simulators.yandex_metrika import YandexMetrika
from orchestration.clock import FixedClock
from orchestration.sources.api.stream import Known, Pulled

Row = dict[str, Any]
Pull = Callable[[str, Known], Iterator[tuple[Pulled, dict[str, Row]]]]


def test_the_mornings_begin_in_may_and_end_after_the_last_day_at_six_in_moscow(asked: Any) -> None:
    mornings = asked.company.mornings
    assert len(mornings) == 5
    assert list(mornings) == sorted(mornings)
    assert {(one.hour, str(one.tzinfo)) for one in mornings} == {(6, "Europe/Moscow")}
    assert (mornings[0].date(), mornings[-1].date()) == (date(2026, 5, 29), date(2026, 7, 1))


def test_the_same_seed_gives_the_same_mess_and_another_one_another() -> None:
    clock = FixedClock()

    def books(seed: int) -> tuple[Any, ...]:
        world = build_world(seed)
        return (
            fill_amocrm(AmoCrm(clock), world),
            fill_yandex_direct(YandexDirect(clock), world, login="shop"),
            fill_yandex_metrika(YandexMetrika(clock), world, counter=1),
        )

    first, second, other = books(5), books(5), books(6)
    assert first == second
    assert all(one != another for one, another in zip(first, other, strict=True))


def test_what_five_mornings_gathered_is_what_the_last_one_alone_would_say(asked: Any, pull: Pull) -> None:
    gathered: dict[str, dict[str, Row]] = {"leads": {}, "events": {}, "performance_daily": {}, "visits": {}}
    known: dict[str, Known] = {}
    for morning in asked.company.mornings:
        asked.company.clock.move_to(morning)
        for stream, rows in gathered.items():
            for pulled, found in pull(stream, known.get(stream, Known())):
                if pulled.window_from is not None:
                    inside = [
                        key
                        for key, row in rows.items()
                        if pulled.window_from <= (row.get("Date") or row["date"]) <= pulled.window_to
                    ]
                    for key in inside:
                        del rows[key]
                rows.update(found)
                known[stream] = Known(pulled.cursor_to, pulled.window_from, pulled.window_to)
    for lead in deleted_leads(gathered["events"]):
        gathered["leads"].pop(lead, None)
    asked.company.clock.move_to(asked.company.mornings[-1])
    for stream, rows in gathered.items():
        alone = {key: row for _, found in pull(stream, Known()) for key, row in found.items()}
        assert rows == alone, stream


def deleted_leads(events: dict[str, Row]) -> set[str]:
    """Leads of which the newest event of that kind says that they are gone."""
    newest: dict[str, str] = {}
    for event in sorted(events.values(), key=lambda event: (int(event["created_at"]), event["id"])):
        if event["type"] in ("lead_deleted", "lead_restored"):
            newest[event["entity_id"]] = event["type"]
    return {lead for lead, kind in newest.items() if kind == "lead_deleted"}
