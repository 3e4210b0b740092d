"""Sections as Markdown: the same blocks that pages are made of, without their charts."""

from __future__ import annotations

from collections.abc import Iterable

from orchestration.reports.elements import Cell, Section, Table


def section_lines(title: str, section: Section) -> list[str]:
    """A section under its title; an empty line before every part."""
    lines = ["", f"## {title}"]
    if section.lead:
        lines += ["", section.lead]
    for block in section.blocks:
        if block.heading:
            lines += ["", f"### {block.heading}"]
        if block.note:
            lines += ["", block.note]
        if block.table is not None:
            lines += ["", *table_lines(block.table)]
    return lines


def table_lines(table: Table) -> list[str]:
    """A table; numbers to the right."""
    rule = " | ".join("---:" if cell.is_number else "---" for cell in table.headers)
    return [_line(table.headers), f"| {rule} |", *map(_line, table.rows)]


def _line(cells: Iterable[Cell]) -> str:
    return "| " + " | ".join(cell.text.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"
