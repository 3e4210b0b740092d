"""One mature cohort as a funnel, and each step's rate by month."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from orchestration.reports import charts, figures
from orchestration.reports.elements import Block, Cell, Section, Table
from orchestration.reports.sections.part import HATCHED_SWATCH, TARGET_SWATCH, Part

MONTHS_SHOWN = 12


class Funnel(Part):
    """The funnel of view A."""

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
                        (HATCHED_SWATCH, words.text("term.not_mature")),
                        (TARGET_SWATCH, words.text("term.target")),
                    ]
                ),
                table=Table(headers, rows, folded_under=self.text("numbers")),
            )
        )
