"""Credit by channel and model, and the claims of both teams beside it."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from orchestration.reports import charts, figures
from orchestration.reports.elements import Block, Cell, Section, Table
from orchestration.reports.sections.part import HATCHED_SWATCH, Part


class Credit(Part):
    """What the ledger says."""

    def credit(self) -> Section:
        words = self.words
        section = Section("credit", self.text("credit"), self.text("credit_lead"))
        table = figures.credit_by_channel(self.marts, self.revenue_event)
        if table is None:
            section.note(self.not_published("rpt_attribution_by_channel"), "missing")
            return section
        if not table.models:
            section.note(self.text("no_credit"), "missing")
            return section
        kind = words.name("stage", table.conversion_kind)
        if not table.by_money:
            section.note(self.text("credit_without_money", kind=kind), "warning")
        elif table.conversion_kind != self.revenue_event:
            revenue = words.name("stage", self.revenue_event)
            section.note(self.text("credit_of_other_kind", kind=kind, revenue=revenue), "warning")
        named = [channel for channel in table.channels if channel and channel != "unknown"]
        palette = {channel: charts.series(index) for index, channel in enumerate(named)}
        bars, rows = [], []
        for model in table.models:
            segments = []
            for channel in table.channels:
                share = table.share(model, channel)
                if not share or share < 0:
                    continue
                percent = words.percent(share, 0)
                title = f"{words.name('model', model)} · {self.channel(channel)}: {words.percent(share)}"
                segments.append(
                    charts.Segment(float(share), self.paint(palette, channel), title, percent, hatched=not channel)
                )
            total = table.totals[model]
            note = (
                words.short_money(total.credited_minor, table.currency)
                if table.by_money
                else words.number(total.credited_conversions, 1)
            )
            bars.append(charts.Bar(words.name("model", model), segments, note))
        for channel in table.channels:
            row = [Cell(self.channel(channel))]
            for model in table.models:
                share = table.share(model, channel)
                cell = table.cells.get((model, channel))
                if share is None or cell is None:
                    row.append(Cell("–", True))
                    continue
                amount = (
                    words.money(cell.credited_minor, table.currency)
                    if table.by_money
                    else words.number(cell.credited_conversions, 1)
                )
                row.append(Cell(words.percent(share), True, heat=float(share), title=amount))
            rows.append(row)
        legend = charts.legend([(self.paint(palette, c), self.channel(c)) for c in table.channels])
        section.add(
            Block(
                heading=self.text("credit_of", kind=kind),
                svg=charts.stacked(bars, mirrored=words.is_right_to_left, label=self.text("credit_of", kind=kind)),
                legend=legend,
            )
        )
        headers = [Cell(self.text("channel")), *(Cell(words.name("model", m), True) for m in table.models)]
        section.add(Block(table=Table(headers, rows, caption=self.text("credit_table"))))
        if table.by_money:
            money_rows = [
                [
                    Cell(self.channel(channel)),
                    *(
                        Cell(words.money(cell.credited_minor, table.currency) if cell else "–", True)
                        for cell in (table.cells.get((model, channel)) for model in table.models)
                    ),
                ]
                for channel in table.channels
            ]
            totals = [words.money(table.totals[model].credited_minor, table.currency) for model in table.models]
            money_rows.append(
                [Cell(self.text("total"), css_class="total"), *(Cell(t, True, css_class="total") for t in totals)]
            )
            conversions = [words.number(table.totals[model].credited_conversions) for model in table.models]
            money_rows.append([Cell(self.text("conversions")), *(Cell(text, True) for text in conversions)])
            section.add(Block(table=Table(headers, money_rows, folded_under=self.text("credit_money"))))
        return section

    def channel(self, channel: str | None) -> str:
        return self.words.name("channel", channel) if channel else self.words.text("term.unattributed")

    def paint(self, palette: Mapping[str, str], channel: str | None) -> str:
        return palette.get(channel or "", "var(--neutral)")

    def claims(self) -> Section:
        words = self.words
        section = Section("claims", self.text("claims"), self.text("claims_lead"))
        ways = figures.claims(self.marts, self.revenue_event)
        if ways is None or not self.marts.has("fct_attribution_credits"):
            missing = "rpt_attribution_claims" if ways is None else "fct_attribution_credits"
            section.note(self.not_published(missing), "missing")
            return section
        found = ways.get(figures.COUNTED)
        share_claimed = None if found is None else found.share_of_revenue
        if found is None or share_claimed is None or found.revenue < 0:
            section.note(self.text("no_revenue"), "missing")
            return section
        shared = figures.shared_credit(self.marts, self.revenue_event)
        revenue, currency = found.revenue, str(self.facts["reporting_currency"])

        def segment(amount: Decimal | int, paint: str, name: str, hatched: bool = False) -> charts.Segment:
            share = Decimal(amount) / revenue
            title = f"{name}: {words.money(amount, currency)} · {words.percent(share)}"
            return charts.Segment(max(float(share), 0), paint, title, words.percent(share, 0), hatched)

        marketing, sales = words.text("team.marketing"), words.text("team.sales")
        bars = [
            charts.Bar(
                self.text("claim_of", team=marketing),
                [segment(found.marketing, "var(--marketing)", marketing)],
                words.short_money(found.marketing, currency),
            ),
            charts.Bar(
                self.text("claim_of", team=sales),
                [segment(found.sales, "var(--sales)", sales)],
                words.short_money(found.sales, currency),
            ),
            charts.Bar(
                self.text("claims_together"),
                [segment(found.marketing, "var(--marketing)", marketing), segment(found.sales, "var(--sales)", sales)],
                words.percent(share_claimed),
            ),
        ]
        unattributed = words.text("term.unattributed")
        rows = []
        for (counting, touches_of), claimed in ways.items():
            way = (
                self.text("claims_together") if claimed is found else words.text(f"claims_way.{counting}.{touches_of}")
            )
            share = claimed.share_of_revenue
            rows.append(
                [
                    Cell(way), Cell(words.money(claimed.marketing, currency), True),
                    Cell(words.money(claimed.sales, currency), True), Cell("", True),
                    Cell("–" if share is None else words.percent(share), True),
                ]
            )  # fmt: skip
        for model, teams in shared.items():
            if model in ("first", "last"):
                continue
            bars.append(
                charts.Bar(
                    f"{words.text('term.credit')}: {words.name('model', model)}",
                    [
                        segment(teams["marketing"], "var(--marketing)", marketing),
                        segment(teams["sales"], "var(--sales)", sales),
                        segment(teams[None], "var(--neutral)", unattributed, hatched=True),
                    ],
                    words.percent(sum(teams.values(), Decimal(0)) / revenue),
                )
            )
            rows.append(
                [
                    Cell(words.name("model", model)), Cell(words.money(teams["marketing"], currency), True),
                    Cell(words.money(teams["sales"], currency), True), Cell(words.money(teams[None], currency), True),
                    Cell(words.percent(sum(teams.values(), Decimal(0)) / revenue), True),
                ]
            )  # fmt: skip
        scale = max(1.0, float(share_claimed))
        section.note(
            self.text(
                "claims_sentence",
                claimed=words.percent(share_claimed),
                revenue=words.money(revenue, currency),
                n=words.number(found.conversions),
            ),
            "key",
        )
        section.add(
            Block(
                heading=self.text("claims_chart"),
                svg=charts.stacked(
                    bars, mirrored=words.is_right_to_left, label=self.text("claims_chart"), scale=scale,
                    mark=(1.0, self.text("revenue_mark", share=words.percent(1, 0))),
                ),
                legend=charts.legend(
                    [
                        ("var(--marketing)", marketing),
                        ("var(--sales)", sales),
                        (HATCHED_SWATCH, unattributed),
                    ]
                ),
                table=Table(
                    [
                        Cell(self.text("claims")), Cell(marketing, True), Cell(sales, True),
                        Cell(unattributed, True), Cell(self.text("share_of_revenue"), True),
                    ],
                    rows,
                    folded_under=self.text("numbers"),
                ),
            )
        )  # fmt: skip
        self._coverage(section, currency)
        return section

    def _coverage(self, section: Section, currency: str) -> None:
        words = self.words
        found = figures.coverage(self.marts, self.revenue_event)
        if not found:
            return
        rows = []
        for dimension, counts in found.items():
            revenue = sum(money for _, money in counts.values())
            for value, (deals, money) in counts.items():
                # no touch at all stands among the numbers of touches already
                if (dimension, value) == ("teams", "none"):
                    continue
                share = Decimal(money) / revenue if revenue else None
                rows.append(
                    [
                        Cell(words.text(f"coverage.{dimension}.{value}")),
                        Cell(words.number(deals), True),
                        Cell(words.money(money, currency), True),
                        Cell(
                            "–" if share is None else words.percent(share),
                            True,
                            None if share is None else float(share),
                        ),
                    ]
                )
        headers = [
            Cell(words.text("term.touch")), Cell(self.text("deals"), True), Cell(self.text("revenue"), True),
            Cell(self.text("share_of_revenue"), True),
        ]  # fmt: skip
        section.add(Block(heading=self.text("coverage"), table=Table(headers, rows)))

    def unattributed(self, section: Section) -> None:
        words = self.words
        found = figures.unattributed(self.marts, self.revenue_event)
        if not found:
            if found is not None and self.marts.count("fct_attribution_credits"):
                section.add(
                    Block(heading=words.text("term.unattributed"), note=self.text("all_attributed"), tone="good")
                )
            return
        rows = [
            [
                Cell(words.name("unattributed", row["unattributed_reason"])),
                Cell(words.number(row["conversions"]), True),
                Cell(
                    "–" if row["credited_minor"] is None else words.money(row["credited_minor"], row["currency"]), True
                ),
            ]
            for row in found
        ]
        headers = [Cell(self.text("why")), Cell(self.text("deals"), True), Cell(self.text("revenue"), True)]
        section.add(Block(heading=words.text("term.unattributed"), table=Table(headers, rows)))
