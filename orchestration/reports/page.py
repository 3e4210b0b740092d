"""`reports/index.html`: one self-contained page about one published build, for people who argue about revenue.

Texts come from the label table.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path

from orchestration.reports import charts, figures
from orchestration.reports.elements import Block, Card, Cell, Section, Table, rendered, write_page
from orchestration.reports.language import Labels, Language, language_of
from orchestration.reports.reader import PublishedMarts

MONTHS_SHOWN = 12

_MULTIPLES = ("ltv_to_cac",)
"""Ratios read as "3 to 1", not as per cent."""

PAYMENT_COVERAGE_FLOOR = Decimal("0.8")
"""D15: below this share of paid won value the gap is printed."""


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


class Page:
    """The figures of one build in one language, as sections."""

    def __init__(self, marts: PublishedMarts, words: Language) -> None:
        self.marts, self.words = marts, words
        self.facts = marts.build.facts
        self.has_payments = bool(self.facts["has_payments_source"])
        self.close_event = marts.build.policies.get("close_event", "won")
        wanted = marts.build.policies.get("revenue_event", "paid")
        self.revenue_event = wanted if self.has_payments else "won"
        self.minimum_n = int(marts.build.policies.get("bottleneck_minimum_n", "30"))

    def html(self) -> str:
        """The whole page."""
        sections = [
            self.kpis(),
            self.funnel(),
            self.credit(),
            self.claims(),
            self.scores(),
            self.missing(),
            self.oddities(),
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

    def text(self, key: str, **values: str) -> str:
        return self.words.text(f"page_text.{key}", **values)

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

    def not_published(self, table: str) -> str:
        return self.text("not_published", table=self.words.data(table))

    def kpis(self) -> Section:
        section = Section("kpis", self.text("kpis"), self.text("kpis_lead"))
        rows = figures.kpis(self.marts)
        if rows is None:
            section.note(self.not_published("rpt_kpi_values"), "missing")
            return section
        if not rows:
            section.note(self.text("no_kpis"), "missing")
            return section
        by_name = {(row.kpi, row.variant): row for row in rows}
        cards = [self.card(by_name[name]) for name in figures.HEADLINE_KPIS if name in by_name]
        section.add(Block(cards=cards))
        if not self.has_payments:
            section.note(self.text("contracts_note"), "warning")
        for gap in figures.payment_gaps(self.marts, str(self.facts["evaluated_at"])) if self.has_payments else []:
            covered = Decimal(gap["paid_minor"]) / Decimal(gap["won_minor"])
            if covered < PAYMENT_COVERAGE_FLOOR:
                section.note(
                    self.text(
                        "payment_gap",
                        share=self.words.percent(covered),
                        won=self.words.money(gap["won_minor"], gap["currency"]),
                        gap=self.words.money(gap["won_minor"] - gap["paid_minor"], gap["currency"]),
                    ),
                    "warning",
                )
        headers = [
            Cell(self.text(key), is_number)
            for key, is_number in (
                ("kpi", False), ("variant", False), ("period", False), ("value", True), ("interval", True),
                ("target", True), ("benchmark", True), ("n_column", True), ("owner", False), ("remark", False),
            )
        ]  # fmt: skip
        section.add(
            Block(table=Table(headers, [self.kpi_row(row) for row in rows], folded_under=self.text("all_kpis")))
        )
        return section

    def kpi_value(self, row: figures.Kpi, value: Decimal | None) -> str:
        """A value of the KPI in its unit."""
        if value is None:
            return "–"
        words = self.words
        places = 0 if value == value.to_integral_value() else 1
        if row.unit == "money" and row.currency:
            return words.short_money(value, row.currency)
        if row.unit == "days":
            return self.text("days", n=words.number(value, places))
        if row.unit == "count":
            return words.number(value, places)
        if row.kpi in _MULTIPLES and row.variant == "default":
            return words.number(value, 2)
        return words.percent(value)

    def kpi_range(self, row: figures.Kpi, low: Decimal | None, high: Decimal | None) -> str:
        """A target or benchmark: its two ends, or the one there is."""
        ends = [self.kpi_value(row, end) for end in (low, high) if end is not None]
        return " – ".join(dict.fromkeys(ends))

    def kpi_period(self, row: figures.Kpi) -> str:
        return self.words.digits(row.period)

    def against_target(self, row: figures.Kpi) -> str:
        """`good`, `bad`, or nothing to say (no target, young cohort, too few)."""
        return {True: "good", False: "bad", None: ""}[row.reaches_target(self.minimum_n)]

    def kpi_name(self, row: figures.Kpi) -> str:
        name = self.words.name("kpi", row.kpi)
        return name if row.variant in ("default", "") else f"{name} · {self.variant(row)}"

    def variant(self, row: figures.Kpi) -> str:
        """The variant's label; the variants of days in stage are the stages."""
        kind = "stage" if self.words.has(f"stage.{row.variant}") else "variant"
        return self.words.name(kind, row.variant)

    def card(self, row: figures.Kpi) -> Card:
        words = self.words
        if row.value is None:
            reason = words.name("missing", row.missing_reason or "unknown")
            return Card(self.kpi_name(row), "–", [self.kpi_period(row)], missing=reason)
        facts = [self.kpi_period(row)]
        if row.n is not None:
            facts.append(self.text("n_is", n=words.number(row.n)))
        if row.low is not None and row.high is not None:
            facts.append(f"{self.kpi_value(row, row.low)} – {self.kpi_value(row, row.high)}")
        state = self.against_target(row)
        state_text = ""
        if target := self.kpi_range(row, row.target_low, row.target_high):
            state_text = f"{words.text('term.target')}: {target}"
        elif benchmark := self.kpi_range(row, row.benchmark_low, row.benchmark_high):
            state_text = f"{words.text('term.benchmark')}: {benchmark}"
        if not row.is_mature:
            facts.append(words.text("term.not_mature"))
            state = "young"
        return Card(self.kpi_name(row), self.kpi_value(row, row.value), facts, state, state_text)

    def kpi_row(self, row: figures.Kpi) -> list[Cell]:
        words = self.words
        interval = ""
        if row.low is not None and row.high is not None:
            interval = f"{self.kpi_value(row, row.low)} – {self.kpi_value(row, row.high)}"
        remark = words.name("missing", row.missing_reason) if row.missing_reason else ""
        if not remark and not row.is_mature:
            remark = words.text("term.not_mature")
        if not remark and row.basis:
            remark = words.data(row.basis)
        return [
            Cell(words.name("kpi", row.kpi)),
            Cell("" if row.variant == "default" else self.variant(row)),
            Cell(self.kpi_period(row)),
            Cell(self.kpi_value(row, row.value), True, css_class=self.against_target(row)),
            Cell(interval, True),
            Cell(self.kpi_range(row, row.target_low, row.target_high), True),
            Cell(self.kpi_range(row, row.benchmark_low, row.benchmark_high), True),
            Cell("" if row.n is None else words.number(row.n), True),
            Cell(words.name("team", row.owner) if row.owner else ""),
            Cell(remark),
        ]

    def funnel(self) -> Section:
        section = Section("funnel", self.words.text("term.funnel"), self.text("funnel_lead"))
        steps = figures.funnel_steps(self.marts, "lead")
        if steps is None:
            section.note(self.not_published("rpt_funnel_cohorts"), "missing")
            return section
        targets = figures.targets(self.marts)
        found = figures.latest_mature_funnel(steps)
        if found is None:
            section.note(self.text("no_leads"), "missing")
        else:
            month, stages = found
            self._funnel_of_cohort(section, self.words.month(month), stages, targets)
        self._rates_by_month(section, figures.funnel_steps(self.marts, "step") or [], targets)
        return section

    def _funnel_of_cohort(
        self, section: Section, month: str, stages: list[figures.FunnelStage], targets: Mapping[str, Decimal]
    ) -> None:
        words = self.words
        bars, rows = [], []
        recorded = figures.recorded_stages([stage.step for stage in stages if stage.step])
        for stage in stages:
            name = words.name("stage", stage.stage)
            members = words.number(stage.members)
            step = stage.step
            rate = None if step is None else step.rate
            is_comparable = step is not None and {step.from_stage, step.to_stage} <= recorded
            target = targets.get(self._step_kpi(step)) if step is not None and is_comparable else None
            rate_text = "" if step is None else "–" if rate is None else words.percent(rate)
            target_text = "" if target is None else f"{words.text('term.target')} {words.percent(target)}"
            is_mature = step is None or step.is_mature
            remarks = [] if is_mature else [words.text("term.not_mature")]
            if step is not None and step.numerator_implied:
                remarks.append(self.text("implied", count=words.number(step.numerator_implied)))
            remark = " · ".join(remarks)
            title = " · ".join(part for part in (name, members, rate_text, target_text, remark) if part)
            bars.append(
                charts.FunnelBar(
                    name, stage.members, members, None if rate is None else float(rate), rate_text,
                    None if target is None else float(target), target_text, is_mature,
                    step is not None and step.is_mature and step.denominator >= self.minimum_n, title,
                )
            )  # fmt: skip
            rows.append(
                [
                    Cell(name), Cell(members, True), Cell(rate_text, True),
                    Cell("" if target is None else words.percent(target), True), Cell(remark),
                ]
            )  # fmt: skip
        svg = charts.funnel(
            bars,
            mirrored=words.is_right_to_left,
            label=self.text("funnel_of", month=month),
            step_heading=self.text("step_rate"),
        )
        headers = [
            Cell(self.text("stage")), Cell(self.text("leads"), True), Cell(self.text("step_rate"), True),
            Cell(words.text("term.target"), True), Cell(self.text("remark")),
        ]  # fmt: skip
        section.add(
            Block(
                heading=self.text("funnel_of", month=month),
                svg=svg,
                table=Table(headers, rows, folded_under=self.text("numbers")),
            )
        )
        first, last = stages[0], stages[-1]
        section.note(
            self.text(
                "whole_funnel",
                won=words.number(last.members),
                leads=words.number(first.members),
                share=words.percent(Decimal(last.members) / first.members, 2),
            )
        )
        if not all(stage.step is None or stage.step.is_mature for stage in stages):
            section.note(self.text("young_steps"), "warning")
        if unrecorded := [stage for stage in stages if stage.stage not in recorded]:
            names = words.list(words.name("stage", stage.stage) for stage in unrecorded)
            section.note(self.text("unrecorded_stages", stages=names), "warning")

    def _step_name(self, from_stage: str, to_stage: str) -> str:
        """The step as its KPI is called, else by its two stages."""
        if kpi := figures.STEP_KPIS.get((from_stage, to_stage)):
            return self.words.name("kpi", kpi)
        arrow = "←" if self.words.is_right_to_left else "→"
        return f"{self.words.name('stage', from_stage)} {arrow} {self.words.name('stage', to_stage)}"

    def _step_kpi(self, step: figures.Step) -> str:
        return figures.STEP_KPIS.get((step.from_stage, step.to_stage), "")

    def _rates_by_month(self, section: Section, steps: Sequence[figures.Step], targets: Mapping[str, Decimal]) -> None:
        words = self.words
        if not steps:
            return
        months = sorted({step.cohort_month for step in steps})[-MONTHS_SHOWN:]
        pairs = list(dict.fromkeys((step.from_stage, step.to_stage) for step in steps))
        multiples, rows = [], []
        recorded = figures.recorded_stages(steps)
        for pair in pairs:
            of_pair = {s.cohort_month: s for s in steps if (s.from_stage, s.to_stage) == pair}
            shown = [of_pair[month] for month in months if month in of_pair]
            target = targets.get(figures.STEP_KPIS.get(pair, "")) if set(pair) <= recorded else None
            rates = [float(step.rate) for step in shown if step.rate is not None]
            top = min(max([*rates, float(target or 0)], default=0) * 1.15, 1.0)
            name = self._step_name(*pair)
            target_text = "" if target is None else f"{words.text('term.target')} {words.percent(target)}"
            bars = []
            for step in shown:
                month = words.month(step.cohort_month)
                rate_text = "–" if step.rate is None else words.percent(step.rate)
                counts = self.text("of", part=words.number(step.numerator), whole=words.number(step.denominator))
                implied = (
                    self.text("implied", count=words.number(step.numerator_implied)) if step.numerator_implied else ""
                )
                remark = "" if step.is_mature else words.text("term.not_mature")
                title = " · ".join(part for part in (month, rate_text, counts, implied, remark) if part)
                value = None if step.rate is None else float(step.rate)
                bars.append(charts.Column(month, value, rate_text, step.is_mature, title))
                rows.append([Cell(name), Cell(month), Cell(rate_text, True), Cell(counts, True), Cell(remark)])
            svg = charts.columns(
                bars, target=None if target is None else float(target), target_text=target_text, top=top,
                mirrored=words.is_right_to_left, label=name,
            )  # fmt: skip
            multiples.append((name, target_text, svg))
        headers = [
            Cell(self.text("step")), Cell(words.text("term.cohort")), Cell(self.text("rate"), True),
            Cell(self.text("counts"), True), Cell(self.text("remark")),
        ]  # fmt: skip
        section.add(
            Block(
                heading=self.text("rates_by_month"),
                multiples=multiples,
                legend=charts.legend(
                    [
                        ("var(--accent)", self.text("mature")),
                        (_HATCHED_SWATCH, words.text("term.not_mature")),
                        (_TARGET_SWATCH, words.text("term.target")),
                    ]
                ),
                table=Table(headers, rows, folded_under=self.text("numbers")),
            )
        )

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
        found = figures.claims(self.marts, self.revenue_event)
        if found is None:
            section.note(self.not_published("fct_attribution_credits"), "missing")
            return section
        share_claimed = found.share_of_revenue
        if share_claimed is None or found.revenue < 0 or not found.shared:
            section.note(self.text("no_revenue"), "missing")
            return section
        if not {"first", "last"} <= found.shared.keys():
            section.note(self.text("claims_need_models"), "missing")
            return section
        revenue, currency = found.revenue, found.currency or str(self.facts["reporting_currency"])

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
        rows = [
            [
                Cell(self.text("claims_together")), Cell(words.money(found.marketing, currency), True),
                Cell(words.money(found.sales, currency), True), Cell("", True),
                Cell(words.percent(share_claimed), True),
            ]
        ]  # fmt: skip
        for model, teams in found.shared.items():
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
                n=words.number(found.deals),
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
                        (_HATCHED_SWATCH, unattributed),
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
        if found is None or not found.by_touches:
            return
        rows = []
        for prefix, counts in (("touches", found.by_touches), ("by_team", found.by_team)):
            revenue = sum(money for _, money in counts.values())
            for key, (deals, money) in counts.items():
                if prefix == "by_team" and key == "none":
                    continue
                share = Decimal(money) / revenue if revenue else None
                rows.append(
                    [
                        Cell(words.text(f"coverage.{prefix}_{key}")),
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

    def scores(self) -> Section:
        words = self.words
        section = Section("scores", words.text("page.scores"), self.text("scores_lead"))
        found = figures.bands(self.marts)
        if found is None:
            section.note(self.not_published("fct_lead_scores"), "missing")
        elif not found[1]:
            section.note(self.text("no_scores"), "missing")
        else:
            self._bands(section, *found)
        comparison = figures.score_comparison(self.marts)
        if comparison is None:
            section.note(self.not_published("rpt_score_comparison"), "missing")
        elif not comparison:
            section.note(self.text("no_comparison"), "missing")
        else:
            verdicts = {row["verdict"]: row["verdict_reason"] for row in comparison if row["verdict"]}
            for verdict, reason in verdicts.items():
                section.note(f"{self.text('verdict')}: {words.name('verdict', verdict)}", "key")
                if reason:
                    section.note(f"{self.text('verdict_reason')}: {words.data(reason)}")
            rows = [
                [
                    Cell(words.name("metric", row["metric"])),
                    Cell("" if row["segment"] == figures.ALL else words.data(row["segment"])),
                    Cell(self.decimal(row["matrix"]), True),
                    Cell(self.decimal(row["learned"]), True),
                    Cell(self.decimal(row["difference"]), True),
                    Cell(self.interval(row["low"], row["high"]), True),
                    Cell("" if row["n"] is None else words.number(row["n"]), True),
                    Cell(words.name("verdict", row["verdict"]) if row["verdict"] else ""),
                ]
                for row in comparison
            ]
            headers = [
                Cell(self.text("metric")), Cell(self.text("segment")), Cell(words.text("term.matrix"), True),
                Cell(words.text("term.learned_score"), True), Cell(self.text("difference"), True),
                Cell(self.text("interval"), True), Cell(self.text("n_column"), True), Cell(self.text("verdict")),
            ]  # fmt: skip
            section.add(Block(heading=self.text("comparison"), table=Table(headers, rows)))
        return section

    def _bands(self, section: Section, moment: str, bands: Sequence[figures.Band]) -> None:
        words = self.words
        total = sum(band.leads for band in bands)
        paints = {"cold": "var(--cold)", "review": "var(--review)", "hot": "var(--hot)"}
        bars, rows = [], []
        for band in bands:
            name, share = words.name("band", band.band), Decimal(band.leads) / total
            sold = "" if band.won is None else words.percent(Decimal(band.won) / band.leads)
            title = f"{name}: {words.number(band.leads)} · {words.percent(share)}"
            paint = paints.get(band.band, "var(--neutral)")
            bars.append(
                charts.Bar(
                    name,
                    [charts.Segment(float(share), paint, title, words.percent(share, 0))],
                    words.number(band.leads),
                )
            )
            rows.append(
                [
                    Cell(name),
                    Cell(words.number(band.leads), True),
                    Cell(words.percent(share), True),
                    Cell("–" if band.won is None else words.number(band.won), True),
                    Cell(sold or "–", True),
                    Cell(f"{self.plain(band.lowest)} – {self.plain(band.highest)}", True),
                ]
            )
        heading = self.text("bands", moment=words.name("moment", moment), n=words.number(total))
        headers = [
            Cell(self.text("band")), Cell(self.text("leads"), True), Cell(self.text("share"), True),
            Cell(words.text("stage.won"), True), Cell(self.text("won_share"), True),
            Cell(self.text("score_range"), True),
        ]  # fmt: skip
        largest = max((float(Decimal(band.leads) / total) for band in bands), default=1.0)
        section.add(
            Block(
                heading=heading,
                svg=charts.stacked(bars, mirrored=words.is_right_to_left, label=heading, scale=largest),
                table=Table(headers, rows),
            )
        )

    def decimal(self, value: Decimal | None) -> str:
        return "–" if value is None else self.words.number(value, 3)

    def plain(self, value: Decimal | None) -> str:
        if value is None:
            return "–"
        return self.words.number(value, 0 if value == value.to_integral_value() else 1)

    def interval(self, low: Decimal | None, high: Decimal | None) -> str:
        return "" if low is None or high is None else f"{self.decimal(low)} … {self.decimal(high)}"

    def missing(self) -> Section:
        section = Section("missing", self.text("missing"), self.text("missing_lead"))
        section.note(self.text("quality_page"))
        self._missing_kpis(section)
        self._unattributed(section)
        self._listing(
            section, "unmapped_stages", "rpt_unmapped_stages", figures.unmapped_stages(self.marts),
            ("source_system", "pipeline", "source_stage", "events"),
        )  # fmt: skip
        self._listing(
            section, "quarantine", "rpt_quarantine", figures.quarantine(self.marts),
            ("source", "stream", "file_name", "column_name", "scope", "reason", "shape", "occurrences"),
        )  # fmt: skip
        self._listing(
            section, "findings", "rpt_findings", figures.findings(self.marts),
            ("file_name", "column_name", "finding", "occurrences", "rows_checked", "message"),
        )  # fmt: skip
        self._listing(
            section, "reconciliation", "rpt_reconciliation", figures.reconciliation(self.marts),
            ("subject", "stream", "measure", "currency", "in_files", "quarantined", "in_contract", "in_mart",
             "excluded", "is_reconciled", "explanation"),
        )  # fmt: skip
        return section

    def _missing_kpis(self, section: Section) -> None:
        words = self.words
        by_reason: dict[str, list[str]] = {}
        for row in figures.kpis(self.marts) or []:
            if row.value is None:
                by_reason.setdefault(row.missing_reason or "unknown", []).append(self.kpi_name(row))
        if not by_reason:
            return
        rows = [
            [Cell(words.name("missing", reason)), Cell(words.list(names))]
            for reason, names in sorted(by_reason.items(), key=lambda item: -len(item[1]))
        ]
        headers = [Cell(self.text("why")), Cell(self.text("kpi"))]
        section.add(Block(heading=self.text("missing_kpis"), table=Table(headers, rows)))

    def _unattributed(self, section: Section) -> None:
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

    def _listing(
        self, section: Section, key: str, table: str, rows: list[dict[str, object]] | None, columns: tuple[str, ...]
    ) -> None:
        """A mart shown as it is: names of its columns from the labels, values as data."""
        heading = self.text(key)
        if rows is None:
            section.add(Block(heading=heading, note=self.not_published(table), tone="missing"))
            return
        if not rows:
            section.add(Block(heading=heading, note=self.text(f"no_{key}"), tone="good"))
            return
        numeric = {name for name in columns if any(_is_number(row[name]) for row in rows)}
        headers = [Cell(self.words.text(f"column.{name}"), name in numeric) for name in columns]
        cells = [[self._listed(name, row[name], name in numeric) for name in columns] for row in rows]
        section.add(Block(heading=heading, table=Table(headers, cells)))

    def _listed(self, column: str, value: object, is_number: bool) -> Cell:
        if value is None:
            return Cell("", is_number)
        if isinstance(value, bool):
            return Cell(self.text("yes" if value else "no"), css_class="good" if value else "bad")
        if isinstance(value, int | Decimal):
            return Cell(self.words.number(value), True)
        kind = {"scope": "scope", "reason": "quarantine"}.get(column)
        return Cell(self.words.data(value) if kind is None else self.words.name(kind, str(value)))

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


_HATCHED_SWATCH = "repeating-linear-gradient(45deg,var(--young) 0 3px,var(--paper) 3px 5px)"
_TARGET_SWATCH = "linear-gradient(var(--ink),var(--ink)) center/100% 2px no-repeat"


def _is_number(value: object) -> bool:
    return isinstance(value, int | Decimal) and not isinstance(value, bool)
