"""The exports of the synthetic company, as its systems would write them, mess included.

Only what a system could know is written: true causes stay in `demo.company` and are told by `demo.truth` alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from demo.company import build_company
from demo.exports.branch import write_branch
from demo.exports.crm import write_crm
from demo.exports.identities import World
from demo.exports.marketing import write_marketing
from demo.exports.rows import Planted, Rows
from demo.journeys import build_journeys
from demo.mixes import DEFAULT_MIX, Mix
from demo.sales import build_sales

DEFAULT_SEED = 7
System = Callable[[Path, World], tuple[dict[str, int], list[Rows]]]
"""Writes the files of one system: rows a file, and the rows with their planted faults."""


@dataclass(frozen=True)
class ExportSummary:
    """What was written.

    files: file name → its data records, planted ones included. planted: the faults, as the `files` source should find
    them. leads: true leads (without marked duplicates and tests); won: leads whose first deal is won; paid_deals: deals
    with a payment; touches: sessions, goals, clicks, webinars, calls and activities.
    """

    folder: Path
    seed: int
    size: str
    files: dict[str, int]
    planted: tuple[Planted, ...]
    leads: int
    won: int
    paid_deals: int
    touches: int

    def planted_in(self, source: str, stream: str, scope: str = "row") -> dict[str, int]:
        """Return reason → count of the faults planted in one stream with the given scope."""
        counts: dict[str, int] = {}
        for fault in self.planted:
            if (fault.source, fault.stream, fault.scope) == (source, stream, scope):
                counts[fault.reason] = counts.get(fault.reason, 0) + fault.count
        return counts


def build_world(seed: int = DEFAULT_SEED, size: str = "small", mix: Mix = DEFAULT_MIX) -> World:
    """Build the company and everything that happened to it, without writing anything.

    Raises:
        ValueError: unknown size.
    """
    company = build_company(seed, size, mix)
    return World(company=company, journeys=build_journeys(company), sales=build_sales(company))


def write_exports(folder: Path, *, seed: int = DEFAULT_SEED, size: str = "small") -> ExportSummary:
    """Write all exports into `folder` (made if missing; files of the same names are replaced) and say what is in them.

    The same seed and size give the same bytes.

    Raises:
        ValueError: unknown size.
    """
    world = build_world(seed, size)
    folder.mkdir(parents=True, exist_ok=True)
    files: dict[str, int] = {}
    planted: list[Planted] = []
    systems: tuple[System, ...] = (write_crm, write_marketing, write_branch)
    for write_system in systems:
        written, rows = write_system(folder, world)
        files.update(written)
        planted += [fault for export in rows for fault in export.planted]
    sessions, clicks, contacts = world.journeys.sessions, world.journeys, world.sales.contacts
    return ExportSummary(
        folder=folder,
        seed=seed,
        size=size,
        files=files,
        planted=tuple(planted),
        leads=len(world.company.leads),
        won=int((~np.isnat(world.sales.outcomes.won_at)).sum()),
        paid_deals=int((~np.isnat(world.sales.deals.paid_at)).sum()),
        touches=len(sessions.lead)
        + int((sessions.goal > 0).sum())
        + len(clicks.mail_clicks.lead)
        + len(clicks.form_clicks.lead)
        + len(clicks.webinars.lead)
        + len(contacts.lead),
    )
