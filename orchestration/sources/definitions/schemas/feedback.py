"""Reviews of campaigns, effects of changes, danger signs and alarms."""

from collections.abc import Iterator

from orchestration.sources.definitions.kinds import BOOLEAN, COUNT, DECIMAL, POSITIVE, TEXT
from orchestration.sources.definitions.laws import share, unique
from orchestration.sources.definitions.schema import Row, Schema, optional, required, versioned

CHANGE_KINDS = ("form", "promo", "creative", "routing", "sla_change", "sales_material")
STEP_METRICS = ("lead_to_mql", "lead_to_sql", "lead_to_won", "sql_to_won", "proposal_to_won")
"""Shares of leads that went from one stage to another within some days."""

CHANGE_METRICS = (
    *STEP_METRICS,
    "quality_lead_share",
    "proven_quality_share",
    "valid_phone_share",
    "prompt_answer_share",
)
ALARM_METRICS = ("quality_lead_share", "lead_to_mql", "lead_to_sql")
DANGER_SIGNS = ("bad_leads", "no_follow_up", "no_return", "slow_customers", "no_data")


def _window_inside_review(row: Row) -> Iterator[tuple[str, str]]:
    if int(row["window_days"] or 0) > int(row["review_day"] or 0):
        yield "window_days", f"expected at most review_day ({row['review_day']}), got {row['window_days']}"


def _time_of_metric(row: Row) -> Iterator[tuple[str, str]]:
    """Steps are judged within days, answers within minutes, flags at once."""
    metric = row["metric"]
    needed = {"within_days": metric in STEP_METRICS, "within_minutes": metric == "prompt_answer_share"}
    for name, is_needed in needed.items():
        if is_needed and row[name] is None:
            yield name, f"is empty, but metric {metric} needs it"
        elif not is_needed and row[name] is not None:
            yield name, f"has no meaning for metric {metric}; leave it empty"


FILES: tuple[Schema, ...] = (
    versioned(
        "review_days",
        ["review_day"],
        required("review_day", POSITIVE),
        required("window_days", POSITIVE),
        required("makes_proposal", BOOLEAN),
        row_laws=(_window_inside_review,),
    ),
    versioned(
        "change_metrics",
        ["change_kind", "metric"],
        required("change_kind", TEXT, *CHANGE_KINDS),
        required("metric", TEXT, *CHANGE_METRICS),
        optional("within_days", POSITIVE),
        optional("within_minutes", POSITIVE),
        required("window_days", POSITIVE),
        row_laws=(_time_of_metric,),
    ),
    versioned(
        "danger_signs",
        ["sign"],
        required("sign", TEXT, *DANGER_SIGNS),
        required("position", POSITIVE),
        required("threshold", DECIMAL),
        must_have=DANGER_SIGNS,
        row_laws=(share("threshold"),),
        file_laws=(unique("position"),),
    ),
    versioned(
        "campaign_alarms",
        ["metric"],
        required("metric", TEXT, *ALARM_METRICS),
        required("age_days", COUNT),
        required("window_days", POSITIVE),
        required("minimum_leads", POSITIVE),
        required("rate_share", DECIMAL),
        row_laws=(share("rate_share"),),
    ),
)
