"""The figures of the page, computed from the published marts; no formatting and no language here.

Every function takes the marts and returns plain rows. A mart without rows gives empty figures, which the page words;
a mart that was not published gives None, which the page words differently.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from orchestration.reports.reader import PublishedMarts

ALL = "(all)"

HEADLINE_KPIS = (
    ("lead_to_mql", "default"),
    ("mql_to_sql", "default"),
    ("sql_to_proposal", "default"),
    ("proposal_to_close", "default"),
    ("sql_to_deal", "default"),
    ("lead_to_won", "default"),
    ("revenue", "default"),
    ("acv", "default"),
    ("cycle", "default"),
    ("cac_blended", "default"),
    ("romi", "gross_margin"),
    ("cpl", "default"),
)
"""The strip at the top, (KPI, variant) in order; every KPI stands in the table below it."""

STEP_KPIS = {
    ("lead", "mql"): "lead_to_mql",
    ("mql", "sql"): "mql_to_sql",
    ("sql", "proposal"): "sql_to_proposal",
    ("proposal", "won"): "proposal_to_close",
    ("proposal", "paid"): "proposal_to_close",
}
"""Which KPI's target belongs to a step of funnel view A; its last step ends in the close event."""


@dataclass(frozen=True)
class Kpi:
    """One row of `rpt_kpi_values` for the whole company.

    `unit` is ratio, money (minor units of `currency`), days or count; `direction` says which way is better (up, down).
    `basis` names what the figure was computed from where there is a choice.
    """

    kpi: str
    variant: str
    period: str
    numerator: Decimal | None
    denominator: Decimal | None
    value: Decimal | None
    target_low: Decimal | None
    target_high: Decimal | None
    benchmark_low: Decimal | None
    benchmark_high: Decimal | None
    unit: str | None
    direction: str | None
    basis: str | None
    owner: str | None
    n: int | None
    low: Decimal | None
    high: Decimal | None
    currency: str | None
    is_mature: bool
    missing_reason: str | None

    def reaches_target(self, minimum_n: int) -> bool | None:
        """Whether a mature value keeps the promise; None when there is nothing to compare or n is below the minimum."""
        if self.n is None or self.n < minimum_n:
            return None
        ends = (self.target_high, self.target_low) if self.direction == "down" else (self.target_low, self.target_high)
        bound = ends[0] if ends[0] is not None else ends[1]
        if self.value is None or bound is None or not self.is_mature:
            return None
        return self.value <= bound if self.direction == "down" else self.value >= bound


def kpis(marts: PublishedMarts) -> list[Kpi] | None:
    """The latest mature value of every KPI and variant; where there is none, the latest row with its reason."""
    if not marts.has("rpt_kpi_values"):
        return None
    rows = marts.rows(
        """
        select kpi, variant, period, numerator, denominator, value, target_low, target_high,
            benchmark_low, benchmark_high, unit, direction, basis, owner, n, low, high, currency,
            coalesce(is_mature, true) as is_mature, missing_reason
        from rpt_kpi_values
        where segment = ?
        qualify row_number() over (
            partition by kpi, variant
            order by value is not null and coalesce(is_mature, true) desc, value is not null desc, period desc) = 1
        order by kpi, variant
        """,
        [ALL],
    )
    return [Kpi(**row) for row in rows]


def targets(marts: PublishedMarts) -> dict[str, Decimal]:
    """KPI → its latest target, whole company, default variant."""
    if not marts.has("rpt_kpi_values"):
        return {}
    rows = marts.rows(
        "select kpi, arg_max(target, period) as target from rpt_kpi_values"
        " where segment = ? and variant = 'default' and target is not null group by kpi",
        [ALL],
    )
    return {row["kpi"]: row["target"] for row in rows}


@dataclass(frozen=True)
class Step:
    """One step of one cohort: `numerator` of `denominator` members went on.

    `numerator_implied` of them stand in `to_stage` only because a later stage was recorded (D10).
    """

    cohort_month: date
    from_stage: str
    to_stage: str
    numerator: int
    denominator: int
    numerator_implied: int
    is_mature: bool

    @property
    def rate(self) -> Decimal | None:
        return Decimal(self.numerator) / Decimal(self.denominator) if self.denominator else None


def funnel_steps(marts: PublishedMarts, basis: str) -> list[Step] | None:
    """The company-wide steps of funnel view A from the lead on, by cohort month and position, on one cohort basis.

    `basis` is `step` (step targets) or `lead` (the only one whose steps multiply, D12).
    """
    if not marts.has("rpt_funnel_cohorts"):
        return None
    rows = marts.rows(
        """
        select cast(cohort_month as date) as cohort_month, from_stage, to_stage, numerator, denominator,
            coalesce(numerator_implied, 0) as numerator_implied, coalesce(is_mature, false) as is_mature
        from rpt_funnel_cohorts
        where view = 'A' and channel = ? and cohort_basis = ? and denominator is not null and numerator is not null
        order by cohort_month, step_position
        """,
        [ALL, basis],
    )
    return [Step(**row) for row in rows]


def recorded_stages(steps: Sequence[Step]) -> set[str]:
    """All stages of the steps but those in which every member stands because of a later stage alone (D10)."""
    entered = {step.to_stage for step in steps if step.numerator > step.numerator_implied}
    implied = {step.to_stage for step in steps if step.numerator_implied}
    return {stage for step in steps for stage in (step.from_stage, step.to_stage)} - (implied - entered)


@dataclass(frozen=True)
class FunnelStage:
    """A bar of the funnel: members that reached the stage, and the step that led there (None for the first)."""

    stage: str
    members: int
    step: Step | None


def latest_mature_funnel(steps: Sequence[Step]) -> tuple[date, list[FunnelStage]] | None:
    """The newest of the lead cohorts with the most mature steps (all of them, once there is history).

    None when no cohort has members. Steps that are still young keep `is_mature` false.
    """
    chains: dict[date, list[Step]] = {}
    for step in steps:
        chains.setdefault(step.cohort_month, []).append(step)
    chains = {month: chains[month] for month in sorted(chains, reverse=True) if chains[month][0].denominator}
    if not chains:
        return None
    month = max(chains, key=lambda month: (sum(step.is_mature for step in chains[month]), month))
    chain = chains[month]
    stages = [FunnelStage(chain[0].from_stage, chain[0].denominator, None)]
    stages += [FunnelStage(step.to_stage, step.numerator, step) for step in chain]
    return month, stages


@dataclass(frozen=True)
class Credit:
    """Credit of one model on one channel (None: unattributed) over all months; money in the reporting currency."""

    attribution_model: str
    channel: str | None
    credited_minor: int
    credited_conversions: Decimal


@dataclass(frozen=True)
class CreditTable:
    """Credit by channel × model for one conversion kind; `by_money`: shares are of money, else of conversions."""

    conversion_kind: str
    currency: str | None
    by_money: bool
    models: list[str]
    channels: list[str | None]
    cells: dict[tuple[str, str | None], Credit]
    totals: dict[str, Credit] = field(default_factory=dict)

    def share(self, model: str, channel: str | None) -> Decimal | None:
        """The channel's share of the model's credit, None where the model has none to share."""
        cell, total = self.cells.get((model, channel)), self.totals[model]
        whole = Decimal(total.credited_minor) if self.by_money else total.credited_conversions
        if not whole:
            return None
        part = 0 if cell is None else cell.credited_minor if self.by_money else cell.credited_conversions
        return Decimal(part) / whole


MODEL_ORDER = (
    "first", "last", "last_non_direct", "linear", "u_shaped", "w_shaped", "full_path", "time_decay",
    "markov", "markov_removal", "shapley", "shapley_rate",
)  # fmt: skip
KINDS_FROM_THE_DEEPEST = ("paid", "won", "proposal", "sql", "mql", "lead")


def credit_by_channel(marts: PublishedMarts, preferred_kind: str) -> CreditTable | None:
    """Credit by channel and model for the revenue kind, or for the deepest kind that has any conversions.

    None when the report is not published; a table without models when it is empty.
    """
    if not marts.has("rpt_attribution_by_channel"):
        return None
    rows = marts.rows(
        """
        select conversion_kind, attribution_model, nullif(channel, '(unattributed)') as channel,
            any_value(currency) as currency,
            cast(sum(credited_minor) as bigint) as credited_minor, sum(credited_conversions) as credited_conversions
        from rpt_attribution_by_channel
        where month_basis = 'conversion' and level_asked = 'default' and conversion_kind is not null
        group by conversion_kind, attribution_model, channel
        having sum(credited_conversions) <> 0 or sum(credited_minor) <> 0
        """
    )
    kinds = {row["conversion_kind"] for row in rows}
    order = [preferred_kind, *KINDS_FROM_THE_DEEPEST, *sorted(kinds)]
    kind = next((name for name in order if name in kinds), preferred_kind)
    of_kind = [row for row in rows if row["conversion_kind"] == kind]
    cells = {
        (row["attribution_model"], row["channel"]): Credit(
            row["attribution_model"], row["channel"], row["credited_minor"] or 0, Decimal(row["credited_conversions"])
        )
        for row in of_kind
    }
    models = sorted({model for model, _ in cells}, key=_model_rank)
    totals = {
        model: Credit(
            model,
            ALL,
            sum(cell.credited_minor for (m, _), cell in cells.items() if m == model),
            sum((cell.credited_conversions for (m, _), cell in cells.items() if m == model), Decimal(0)),
        )
        for model in models
    }
    by_money = any(total.credited_minor for total in totals.values())
    sizes: dict[str | None, Decimal] = {}
    for (_, channel), cell in cells.items():
        size = Decimal(cell.credited_minor) if by_money else cell.credited_conversions
        sizes[channel] = sizes.get(channel, Decimal(0)) + size
    channels = sorted(sizes, key=lambda channel: (channel is None, -sizes[channel], channel or ""))
    currency = next((row["currency"] for row in of_kind if row["currency"]), None)
    return CreditTable(kind, currency, by_money, models, channels, cells, totals)


def _model_rank(model: str) -> tuple[int, str]:
    return (MODEL_ORDER.index(model) if model in MODEL_ORDER else len(MODEL_ORDER), model)


@dataclass(frozen=True)
class Claims:
    """What the teams claim of the revenue of one conversion kind (D61), in minor units of the reporting currency.

    `marketing` = revenue whose first creditable touch is marketing's, `sales` = revenue whose last is sales'; a touch
    of team `both` counts for both.
    """

    revenue: int
    conversions: int
    marketing: int
    sales: int

    @property
    def share_of_revenue(self) -> Decimal | None:
        return Decimal(self.marketing + self.sales) / self.revenue if self.revenue else None


COUNTED = ("once", "both_teams")
"""How touches are counted where nothing else is said: what D50 collapses counts once, and both teams' touches count."""


def claims(marts: PublishedMarts, kind: str) -> dict[tuple[str, str], Claims] | None:
    """(counting, touches_of) → claims, `COUNTED` first; None when they are not published."""
    if not marts.has("rpt_attribution_claims"):
        return None
    rows = marts.rows(
        """
        select counting, touches_of, cast(sum(revenue_minor) as bigint) as revenue,
            cast(sum(conversions) as bigint) as conversions, cast(sum(marketing_claim_minor) as bigint) as marketing,
            cast(sum(sales_claim_minor) as bigint) as sales
        from rpt_attribution_claims
        where conversion_kind = ?
        group by counting, touches_of
        order by counting desc, touches_of
        """,
        [kind],
    )
    return {
        (row["counting"], row["touches_of"]): Claims(row["revenue"], row["conversions"], row["marketing"], row["sales"])
        for row in rows
    }


def shared_credit(marts: PublishedMarts, kind: str) -> dict[str, dict[str | None, Decimal]]:
    """Model → team → credit, in minor units, exactly the revenue; unattributed as team None, a touch of both teams half and half."""
    by_team: dict[str, dict[str | None, int]] = {}
    for row in marts.rows(
        "select attribution_model, team, cast(sum(credited_minor) as hugeint) as credited_minor"
        " from fct_attribution_credits where conversion_kind = ? and level_asked = 'default' group by attribution_model, team",
        [kind],
    ):
        by_team.setdefault(row["attribution_model"], {})[row["team"]] = int(row["credited_minor"] or 0)
    shared: dict[str, dict[str | None, Decimal]] = {}
    for model in sorted(by_team, key=_model_rank):
        teams = by_team[model]
        half = Decimal(teams.get("both", 0)) / 2
        shared[model] = {
            "marketing": teams.get("marketing", 0) + half,
            "sales": teams.get("sales", 0) + half,
            None: Decimal(teams.get(None, 0)),
        }
    return shared


def coverage(marts: PublishedMarts, kind: str) -> dict[str, dict[str, tuple[int, int]]] | None:
    """Dimension → value → conversions and revenue in minor units (D62); None when it is not published."""
    if not marts.has("rpt_attribution_coverage"):
        return None
    found: dict[str, dict[str, tuple[int, int]]] = {}
    for row in marts.rows(
        """
        select dimension, value, cast(sum(conversions) as bigint) as conversions,
            cast(sum(revenue_minor) as bigint) as revenue
        from rpt_attribution_coverage
        where conversion_kind = ?
        group by dimension, value
        order by dimension desc, value
        """,
        [kind],
    ):
        found.setdefault(row["dimension"], {})[row["value"]] = (row["conversions"], row["revenue"])
    return found


@dataclass(frozen=True)
class Band:
    """Leads that the matrix puts into one band at one scoring moment, and how many of them won."""

    band: str
    leads: int
    won: int | None
    lowest: Decimal | None
    highest: Decimal | None


def bands(marts: PublishedMarts) -> tuple[str, list[Band]] | None:
    """The matrix's bands at the moment with the most scored leads, cold to hot; None when scores are not published."""
    if not marts.has("fct_lead_scores"):
        return None
    moments = marts.rows(
        "select moment, count(*) as leads from fct_lead_scores where scorer = 'matrix' and band is not null"
        " group by moment order by leads desc, moment limit 1"
    )
    if not moments:
        return "", []
    won = (
        "count(distinct scores.lead_id) filter (where scores.lead_id in"
        " (select lead_id from fct_deals where won_at is not null))"
        if marts.has("fct_deals")
        else "null"
    )
    rows = marts.rows(
        f"""
        select band, count(distinct scores.lead_id) as leads, {won} as won, min(score) as lowest, max(score) as highest
        from fct_lead_scores as scores
        where scorer = 'matrix' and moment = ? and band is not null
        group by band
        """,
        [moments[0]["moment"]],
    )
    order = {"cold": 0, "review": 1, "hot": 2}
    return moments[0]["moment"], sorted((Band(**row) for row in rows), key=lambda band: order.get(band.band, 3))


def score_comparison(marts: PublishedMarts) -> list[dict[str, Any]] | None:
    """Rows of `rpt_score_comparison`, the whole company first."""
    if not marts.has("rpt_score_comparison"):
        return None
    return marts.rows(
        "select metric, segment, matrix, learned, difference, low, high, verdict, verdict_reason, n"
        " from rpt_score_comparison order by segment <> ?, segment, metric <> 'auc', metric limit 40",
        [ALL],
    )


def score_rows(marts: PublishedMarts, table: str, order: str) -> list[dict[str, Any]]:
    """Rows of one table behind the comparison of scores, in an order; none when it is not published."""
    return marts.rows(f"select * from {table} order by {order}") if marts.has(table) else []


def payment_gaps(marts: PublishedMarts, evaluated_at: str) -> list[dict[str, Any]]:
    """D15: per currency, won value older than the won→paid window and the payments on it."""
    if not marts.has("fct_deals", "rpt_funnel_cohorts"):
        return []
    return marts.rows(
        """
        with paid_window as (
            select max(window_days) as days from rpt_funnel_cohorts where from_stage = 'won' and to_stage = 'paid'
        )

        select currency, cast(sum(amount_minor) as bigint) as won_minor,
            cast(sum(coalesce(paid_minor, 0) - coalesce(refunded_minor, 0)) as bigint) as paid_minor
        from fct_deals, paid_window
        where won_at + to_days(cast(days as integer)) <= cast(? as timestamp) and amount_minor is not null
        group by currency
        having sum(amount_minor) > 0
        order by currency
        """,
        [evaluated_at.removesuffix("Z")],
    )


def unattributed(marts: PublishedMarts, kind: str) -> list[dict[str, Any]] | None:
    """Conversions and money without credit, by reason (one model's rows; the reason depends on the journey only)."""
    if not marts.has("fct_attribution_credits"):
        return None
    return marts.rows(
        """
        select unattributed_reason, count(distinct conversion_id) as conversions,
            cast(sum(credited_minor) as bigint) as credited_minor, any_value(currency) as currency
        from fct_attribution_credits
        where conversion_kind = $1 and level_asked = 'default' and touch_id is null and attribution_model = (
            select min(attribution_model) from fct_attribution_credits where conversion_kind = $1)
        group by unattributed_reason
        order by credited_minor desc, conversions desc
        """,
        [kind],
    )


def unmapped_stages(marts: PublishedMarts) -> list[dict[str, Any]] | None:
    """Stages of the CRM that the stage map does not know."""
    return marts.rows("select * from rpt_unmapped_stages limit 50") if marts.has("rpt_unmapped_stages") else None


def quarantine(marts: PublishedMarts) -> list[dict[str, Any]] | None:
    """Quarantined rows and values by reason and place, most frequent first."""
    if not marts.has("rpt_quarantine"):
        return None
    return marts.rows(
        """
        select source, stream, file_name, column_name, scope, reason, any_value(shape) as shape,
            cast(sum(occurrences) as bigint) as occurrences, min(first_row_number) as first_row_number
        from rpt_quarantine
        group by source, stream, file_name, column_name, scope, reason
        order by occurrences desc, source, stream, reason
        limit 50
        """
    )


def findings(marts: PublishedMarts) -> list[dict[str, Any]] | None:
    """What an export lost against its original."""
    if not marts.has("rpt_findings"):
        return None
    return marts.rows(
        "select file_name, column_name, finding, occurrences, rows_checked, message from rpt_findings"
        " order by occurrences desc, file_name, column_name limit 50"
    )


def reconciliation(marts: PublishedMarts) -> list[dict[str, Any]] | None:
    """Totals followed from the files to the marts; those that do not agree first."""
    if not marts.has("rpt_reconciliation"):
        return None
    return marts.rows(
        "select subject, source, stream, measure, currency, in_files, quarantined, in_contract, in_mart, excluded,"
        " is_reconciled, explanation from rpt_reconciliation order by is_reconciled, subject, measure, stream limit 60"
    )


def oddities(marts: PublishedMarts) -> tuple[list[dict[str, Any]], list[dict[str, Any]]] | None:
    """Oddities counted by kind, and the first of each kind as examples."""
    if not marts.has("rpt_data_oddities"):
        return None
    counts = marts.rows("select kind, count(*) as n from rpt_data_oddities group by kind order by n desc, kind")
    examples = marts.rows(
        "select kind, entity_id, message, source_record_key from rpt_data_oddities"
        " qualify row_number() over (partition by kind order by entity_id) <= 5 order by kind, entity_id limit 40"
    )
    return counts, examples
