"""What is missing, kept out or contradictory."""

from __future__ import annotations

from orchestration.reports import figures
from orchestration.reports.elements import Block, Cell, Section, Table
from orchestration.reports.language import Language
from orchestration.reports.reader import PublishedMarts
from orchestration.reports.sections.credit import Credit
from orchestration.reports.sections.kpis import Kpis
from orchestration.reports.sections.part import Part


class Missing(Part):
    """What the figures leave out."""

    def __init__(self, marts: PublishedMarts, words: Language, kpis: Kpis, credit: Credit) -> None:
        super().__init__(marts, words)
        self.kpis, self.credit = kpis, credit

    def missing(self) -> Section:
        section = Section("missing", self.text("missing"), self.text("missing_lead"))
        section.note(self.text("quality_page"))
        self.kpis.missing(section)
        self.credit.unattributed(section)
        self.listing(
            section, "unmapped_stages", "rpt_unmapped_stages", figures.unmapped_stages(self.marts),
            ("source_system", "pipeline", "source_stage", "events"),
        )  # fmt: skip
        self.listing(
            section, "quarantine", "rpt_quarantine", figures.quarantine(self.marts),
            ("source", "stream", "file_name", "column_name", "scope", "reason", "shape", "occurrences"),
        )  # fmt: skip
        self.listing(
            section, "findings", "rpt_findings", figures.findings(self.marts),
            ("file_name", "column_name", "finding", "occurrences", "rows_checked", "message"),
        )  # fmt: skip
        self.listing(
            section, "reconciliation", "rpt_reconciliation", figures.reconciliation(self.marts),
            ("subject", "stream", "measure", "currency", "in_files", "quarantined", "in_contract", "in_mart",
             "excluded", "is_reconciled", "explanation"),
        )  # fmt: skip
        return section

    def oddities(self) -> Section:
        words = self.words
        section = Section("oddities", self.text("oddities"), self.text("oddities_lead"))
        found = figures.oddities(self.marts)
        if found is None:
            section.note(self.not_published("rpt_data_oddities"), "missing")
            return section
        counts, examples = found
        if not counts:
            section.note(self.text("no_oddities"), "good")
            return section
        count_headers = [Cell(self.text("oddity")), Cell(self.text("n_column"), True)]
        section.add(
            Block(
                table=Table(
                    count_headers,
                    [[Cell(words.name("oddity", r["kind"])), Cell(words.number(r["n"]), True)] for r in counts],
                )
            )
        )
        headers = [
            Cell(self.text("oddity")), Cell(self.text("entity")), Cell(self.text("message")), Cell(self.text("record"))
        ]  # fmt: skip
        rows = [
            [
                Cell(words.name("oddity", row["kind"])), Cell(words.data(row["entity_id"])),
                Cell(words.data(row["message"])), Cell(words.data(row["source_record_key"])),
            ]
            for row in examples
        ]  # fmt: skip
        section.add(Block(heading=self.text("examples"), table=Table(headers, rows)))
        return section
