"""`reports/index.html`: one self-contained page about one published build, for people who argue about revenue.

Texts come from the label table.
"""

from __future__ import annotations

from pathlib import Path

from orchestration.reports.elements import rendered, write_page
from orchestration.reports.language import Labels, language_of
from orchestration.reports.reader import PublishedMarts
from orchestration.reports.sections.clocks import Clocks
from orchestration.reports.sections.credit import Credit
from orchestration.reports.sections.funnel import Funnel
from orchestration.reports.sections.kpis import Kpis
from orchestration.reports.sections.marketing import Marketing
from orchestration.reports.sections.missing import Missing
from orchestration.reports.sections.part import Part
from orchestration.reports.sections.pulse import Pulse
from orchestration.reports.sections.sales import Sales
from orchestration.reports.sections.scores import Scores
from orchestration.reports.sections.together import Together


def build_page(published: Path, out: Path, *, language: str, labels: Labels | None = None) -> Path:
    """Write the page of a published build.

    Parameters
    ----------
    published : a build's directory or the link `published/current`.
    out : the HTML file; replaced at once when the page is complete.
    language : `en`, `ru` or `fa`.
    labels : key → language → text; default the project's labels overruled by the published ones.

    Returns `out`. Raises LabelError for a missing text, ReportError when published columns are not those read here.
    """
    with PublishedMarts(published) as marts:
        words = language_of(marts, language, labels)
        page = Page(marts, words)
        html = page.html()
    return write_page(out, html)


class Page(Part):
    """Header, sections in their order, and footer."""

    def html(self) -> str:
        """The whole page."""
        kpis, credit = Kpis(self.marts, self.words), Credit(self.marts, self.words)
        missing = Missing(self.marts, self.words, kpis, credit)
        sections = [
            Pulse(self.marts, self.words).pulse(),
            Marketing(self.marts, self.words).marketing(),
            Sales(self.marts, self.words).sales(),
            Clocks(self.marts, self.words).clocks(),
            Together(self.marts, self.words).together(),
            kpis.kpis(),
            Funnel(self.marts, self.words).funnel(),
            credit.credit(),
            credit.claims(),
            Scores(self.marts, self.words).scores(),
            missing.missing(),
            missing.oddities(),
        ]
        return rendered(
            "page.html.j2",
            words=self.words,
            title=self.text("title"),
            company=self.words.data(self.facts["company"]),
            header=self.header(),
            sections=sections,
            footer=self.footer(),
        )

    def header(self) -> list[tuple[str, str]]:
        """Name and value of what governs every figure of the page."""
        words = self.words
        revenue = words.name("stage", self.revenue_event)
        return [
            (words.text("term.as_of"), words.instant(str(self.facts["as_of_at"]))),
            (self.text("evaluated_at"), words.instant(str(self.facts["evaluated_at"]))),
            (self.text("time_zone"), words.data(self.facts["time_zone"])),
            (self.text("close_event"), words.name("stage", self.close_event)),
            (self.text("revenue_event"), revenue if self.has_payments else f"{revenue} · {self.text('contracts')}"),
            (self.text("currency"), words.data(self.facts["reporting_currency"])),
            (self.text("vat"), self.text(f"vat_{self.facts['vat_basis']}")),
            (self.text("build"), words.data(self.marts.build.build_id)),
        ]

    def footer(self) -> list[str]:
        versions = ", ".join(self.marts.build.definition_versions.values())
        lines = [self.text("credit_is_not_cause"), self.text("maturity_rule"), self.text("no_missing_is_zero")]
        if versions:
            lines.append(f"{self.text('definition_versions')}: {self.words.data(versions)}")
        return lines
