"""What every page is made of: sections of blocks (a chart with its table, a table, a note), one template, one way to a file.

Nothing is loaded from anywhere and nothing runs: a page opens from a mail attachment.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

TEMPLATES = Path(__file__).resolve().parent / "templates"


@dataclass(frozen=True)
class Cell:
    """A table cell: text, whether it is a number (aligned to the end), a heat from 0 to 1, a tooltip."""

    text: str
    is_number: bool = False
    heat: float | None = None
    title: str = ""
    css_class: str = ""


@dataclass(frozen=True)
class Table:
    """A table with a caption; cells without rows are said in words by `empty`."""

    headers: Sequence[Cell]
    rows: Sequence[Sequence[Cell]]
    caption: str = ""
    folded_under: str = ""


@dataclass(frozen=True)
class Card:
    """A KPI of the strip."""

    name: str
    value: str
    facts: Sequence[str]
    state: str = ""
    state_text: str = ""
    missing: str = ""


@dataclass(frozen=True)
class Block:
    """One thing in a section; exactly one of the members is set (a chart may have a legend and a table behind it)."""

    note: str = ""
    tone: str = ""
    heading: str = ""
    svg: Markup | None = None
    legend: Markup | None = None
    table: Table | None = None
    cards: Sequence[Card] = ()
    multiples: Sequence[tuple[str, str, Markup]] = ()


@dataclass
class Section:
    """A section of the page with its anchor; one made for a role stands under the role's name."""

    anchor: str
    title: str
    lead: str = ""
    role: str = ""
    blocks: list[Block] = field(default_factory=list)

    @property
    def is_for_a_role(self) -> bool:
        return bool(self.role)

    def note(self, text: str, tone: str = "") -> None:
        self.blocks.append(Block(note=text, tone=tone))

    def add(self, block: Block) -> None:
        self.blocks.append(block)


def rendered(template: str, **values: Any) -> str:
    """A template of `templates/` with the common style; a value that is missing is an error, every text is escaped."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style = Markup((TEMPLATES / "page.css").read_text(encoding="utf-8"))
    return environment.get_template(template).render(style=style, **values)


def write_page(out: Path, html: str) -> Path:
    """Write a page beside its place and put it there at once; returns `out`."""
    out = Path(out)
    out.parent.mkdir(parents=True, exist_ok=True)
    beside = out.with_name(f".{out.name}.{os.getpid()}")
    beside.write_text(html, encoding="utf-8")
    beside.replace(out)
    return out
