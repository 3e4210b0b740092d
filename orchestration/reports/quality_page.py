"""`reports/quality.html`: one self-contained page to work through what was set aside and what is wrong with the files.

Per file what came in and what stayed out; per reason what it means, how to mend it and the first lines concerned; the
findings; expectations that were not met; totals that do not agree. Language, direction and look are those of the main page.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from orchestration.reports.elements import Block, Cell, Section, Table, rendered, write_page
from orchestration.reports.language import Labels, Language, language_of
from orchestration.reports.reader import PublishedMarts

LINES_SHOWN = 10
"""Lines listed of a reason in a file and column; the others stand in `rpt_quarantined_rows`."""
PLACES_SHOWN = 40
"""Files and columns listed of a reason."""
KEYS_SHOWN = 3
"""Record keys shown of an expectation; all that are known stand in `rpt_expectations`."""


def build_quality_page(published: Path, out: Path, *, language: str, labels: Labels | None = None) -> Path:
    """Write the page of a published build; parameters, result and errors as of `build_page`."""
    with PublishedMarts(published) as marts:
        html = QualityPage(marts, language_of(marts, language, labels)).html()
    return write_page(out, html)


class QualityPage:
    """What was set aside, warned of and not met in one build, as sections."""

    def __init__(self, marts: PublishedMarts, words: Language) -> None:
        self.marts, self.words = marts, words

    def html(self) -> str:
        """The whole page."""
        facts, words = self.marts.build.facts, self.words
        return rendered(
            "page.html.j2",
            words=words,
            title=self.text("title"),
            company=words.data(facts["company"]),
            header=[
                (words.text("term.as_of"), words.instant(str(facts["as_of_at"]))),
                (words.text("page_text.build"), words.data(self.marts.build.build_id)),
            ],
            sections=[self.files(), self.set_aside(), self.findings(), self.expectations(), self.reconciliation()],
            footer=[self.text("footer")],
        )

    def text(self, key: str, **values: str) -> str:
        return self.words.text(f"quality_text.{key}", **values)

    def files(self) -> Section:
        """Rows in, landed and set aside of every file, or of all pulls of an account, the worst first."""
        section = Section("files", self.text("files"), self.text("files_lead"))
        if not self._is_there(section, "rpt_pulls", "rpt_quarantined_rows"):
            return section
        rows = self.marts.rows(
            """
            with emptied as (
                select source, stream, pull, count(*) as emptied from rpt_quarantined_rows where scope = 'value' group by all
            )

            select pulls.source || '/' || pulls.stream as stream, pulls.file_name, max(pulls.pull) as pull,
                max(pulls.observed_at) as observed_at, cast(sum(pulls.rows_in) as bigint) as rows_in,
                cast(sum(pulls.rows) as bigint) as rows, cast(sum(pulls.quarantined) as bigint) as quarantined,
                cast(sum(coalesce(emptied.emptied, 0)) as bigint) as emptied
            from rpt_pulls as pulls
            left join emptied
                on pulls.source = emptied.source and pulls.stream = emptied.stream and pulls.pull = emptied.pull
            where pulls.is_read and pulls.source not in ('definitions', 'calendar')
            group by pulls.source, pulls.stream, pulls.file_name
            order by sum(pulls.quarantined) / greatest(sum(pulls.rows_in), 1) desc, emptied desc, stream, pulls.file_name
            """
        )
        names = (
            "stream",
            "file_name",
            "version",
            "observed_at",
            "rows_in",
            "landed",
            "quarantined",
            "share",
            "emptied",
        )
        numbers = {"version", "rows_in", "landed", "quarantined", "share", "emptied"}
        body = [
            [
                Cell(self.words.data(row["stream"])),
                Cell(self.words.data(row["file_name"])),
                self._number(row["pull"]),
                Cell(self.words.local_instant(row["observed_at"])),
                self._number(row["rows_in"]),
                self._number(row["rows"]),
                self._number(row["quarantined"], "bad" if row["quarantined"] else ""),
                Cell(self.words.percent(row["quarantined"] / row["rows_in"], 2) if row["rows_in"] else "–", True),
                self._number(row["emptied"]),
            ]
            for row in rows
        ]
        section.add(Block(table=Table(self._headers(names, numbers), body)))
        return section

    def set_aside(self) -> Section:
        """Per reason: meaning, remedy, count, and the first lines of every file and column."""
        section = Section("set_aside", self.text("set_aside"), self.text("set_aside_lead"))
        if not self._is_there(section, "rpt_quarantined_rows"):
            return section
        rows = self.marts.rows(
            """
            with numbered as (
                select *, count(*) over (partition by reason) as of_reason, count(*) over place as of_place,
                    row_number() over (place order by line_number, row_number) as position
                from rpt_quarantined_rows
                window place as (partition by reason, scope, source, stream, file_name, column_name)
            )

            select * from numbered where position <= ?
            order by of_reason desc, reason, of_place desc, source, stream, file_name, column_name, scope, position
            """,
            [LINES_SHOWN],
        )
        if not rows:
            section.note(self.words.text("page_text.no_quarantine"), "good")
            return section
        for reason in dict.fromkeys(row["reason"] for row in rows):
            self._reason(section, reason, [row for row in rows if row["reason"] == reason])
        return section

    def _reason(self, section: Section, reason: str, rows: Sequence[dict[str, Any]]) -> None:
        words = self.words
        total = words.number(rows[0]["of_reason"])
        section.add(Block(heading=f"{words.name('quarantine', reason)} ({total})", note=self._remedy("mend", reason)))
        places: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
        for row in rows:
            place = (row["source"], row["stream"], row["file_name"], row["column_name"], row["scope"])
            places.setdefault(place, []).append(row)
        body = []
        for (source, stream, file_name, column, scope), lines in list(places.items())[:PLACES_SHOWN]:
            listed = [self._line(row) for row in lines]
            more = lines[0]["of_place"] - len(lines)
            if more:
                listed.append(self.text("and_more", n=words.number(more)))
            shapes = list(dict.fromkeys(row["shape"] for row in lines if row["shape"]))
            body.append(
                [
                    Cell(words.data(f"{source}/{stream}")),
                    Cell(words.data(file_name)),
                    Cell(words.data(column) if column else ""),
                    Cell(words.name("scope", scope)),
                    self._number(lines[0]["of_place"]),
                    Cell(words.list(listed)),
                    Cell(words.list(words.data(shape) for shape in shapes)),
                ]
            )
        names = ("stream", "file_name", "column_name", "scope", "occurrences", "lines", "shape")
        table = Table(self._headers(names, {"occurrences"}), body)
        if len(places) > PLACES_SHOWN:
            note = self.text("more_places", n=words.number(len(places) - PLACES_SHOWN))
            table = Table(table.headers, table.rows, caption=note)
        section.add(Block(table=table))

    def _line(self, row: dict[str, Any]) -> str:
        """The line of the file, or the number of the data row where the format has no lines."""
        if row["line_number"] is not None:
            return self.words.digits(str(row["line_number"]))
        return self.text("row", n=self.words.digits(str(row["row_number"])))

    def findings(self) -> Section:
        """Per finding: meaning, remedy, and where it is, with the message that names examples."""
        words = self.words
        section = Section("findings", words.text("page_text.findings"), self.text("findings_lead"))
        if not self._is_there(section, "rpt_findings"):
            return section
        rows = self.marts.rows(
            "select finding, source || '/' || stream as stream, file_name, column_name, occurrences, rows_checked, message"
            " from rpt_findings order by occurrences desc, stream, column_name"
        )
        if not rows:
            section.note(words.text("page_text.no_findings"), "good")
        names = ("stream", "column_name", "occurrences", "rows_checked", "message")
        for finding in dict.fromkeys(row["finding"] for row in rows):
            here = [row for row in rows if row["finding"] == finding]
            body = [
                [
                    Cell(words.list(words.data(part) for part in (row["stream"], row["file_name"]) if part)),
                    Cell(words.data(row["column_name"]) if row["column_name"] else ""),
                    self._number(row["occurrences"]),
                    Cell("–", True) if row["rows_checked"] is None else self._number(row["rows_checked"]),
                    Cell(words.data(row["message"])),
                ]
                for row in here
            ]
            note = self._remedy("finding_mend", finding)
            table = Table(self._headers(names, {"occurrences", "rows_checked"}), body)
            section.add(Block(heading=words.name("finding", finding), note=note))
            section.add(Block(table=table))
        return section

    def expectations(self) -> Section:
        """Expectations on the raw rows that were not met, with the keys of some of the rows."""
        words = self.words
        section = Section("expectations", self.text("expectations"), self.text("expectations_lead"))
        if not self._is_there(section, "rpt_expectations"):
            return section
        rows = self.marts.rows(
            "select contract, expectation, severity, rows_failed, rows_checked, description, failing_keys from rpt_expectations"
            " where not is_met order by severity, rows_failed desc, contract, expectation"
        )
        if not rows:
            section.note(self.text("no_expectations"), "good")
            return section
        names = ("contract", "expectation", "severity", "occurrences", "rows_checked", "explanation", "records")
        body = [
            [
                Cell(words.data(row["contract"])),
                Cell(words.data(row["expectation"])),
                Cell(words.name("severity", row["severity"]), css_class="bad" if row["severity"] == "critical" else ""),
                self._number(row["rows_failed"]),
                self._number(row["rows_checked"]),
                Cell(words.data(row["description"])),
                Cell(words.list(words.data(key) for key in json.loads(row["failing_keys"] or "[]")[:KEYS_SHOWN])),
            ]
            for row in rows
        ]
        section.add(Block(table=Table(self._headers(names, {"occurrences", "rows_checked"}), body)))
        return section

    def reconciliation(self) -> Section:
        """Whether what came in is what stands in the marts; every total that does not agree."""
        words = self.words
        section = Section("reconciliation", words.text("page_text.reconciliation"), self.text("reconciliation_lead"))
        if not self._is_there(section, "rpt_reconciliation"):
            return section
        rows = self.marts.rows(
            "select subject, stream, measure, currency, in_files, quarantined, in_contract, in_mart, excluded, is_reconciled, explanation"
            " from rpt_reconciliation order by is_reconciled, subject, measure, stream"
        )
        wrong = [row for row in rows if not row["is_reconciled"]]
        tone = "bad" if wrong else "good"
        section.note(self.text("agreed", n=words.number(len(rows) - len(wrong)), of=words.number(len(rows))), tone)
        names = (
            "subject",
            "stream",
            "measure",
            "currency",
            "in_files",
            "quarantined",
            "in_contract",
            "in_mart",
            "excluded",
            "explanation",
        )
        numbers = {"in_files", "quarantined", "in_contract", "in_mart", "excluded"}
        for shown, folded in ((wrong, ""), ([row for row in rows if row["is_reconciled"]], self.text("all_totals"))):
            body = [
                [
                    Cell("", name in numbers)
                    if row[name] is None
                    else self._number(row[name])
                    if name in numbers
                    else Cell(words.data(row[name]))
                    for name in names
                ]
                for row in shown
            ]
            if body:
                section.add(Block(table=Table(self._headers(names, numbers), body, folded_under=folded)))
        return section

    def _remedy(self, kind: str, name: str) -> str:
        """What it means and how to mend it; a reason that the label table does not know says so by its name alone."""
        return self.words.text(f"{kind}.{name}") if self.words.has(f"{kind}.{name}") else self.words.data(name)

    def _is_there(self, section: Section, *tables: str) -> bool:
        for table in tables:
            if not self.marts.has(table):
                section.note(self.words.text("page_text.not_published", table=self.words.data(table)), "missing")
                return False
        return True

    def _headers(self, names: Sequence[str], numbers: set[str]) -> list[Cell]:
        return [Cell(self.words.text(f"column.{name}"), name in numbers) for name in names]

    def _number(self, value: Any, css_class: str = "") -> Cell:
        return Cell(self.words.number(value), True, css_class=css_class)
