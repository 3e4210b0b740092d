"""Counts and money followed from the files to the marts: nothing is lost or doubled on the way without a name.

Pure functions over frames. The caller runs `totals_sql()`, and `told_sql()` of `vendor_totals` for every vendor that is asked,
on the warehouse, hands the rows and the landing's own books (`raw_landing.pulls`, `raw_landing.fills`) to `reconcile`, and writes the result as `quality.reconciliation`.
Totals are Python integers, because the money of a large company in rial passes what a float holds exactly.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

TABLES: dict[str, dict[str, str]] = {
    "reconciliation": {
        "subject": "varchar",
        "source": "varchar",
        "stream": "varchar",
        "measure": "varchar",
        "currency": "varchar",
        "in_files": "decimal(38,0)",
        "quarantined": "decimal(38,0)",
        "in_contract": "decimal(38,0)",
        "in_mart": "decimal(38,0)",
        "excluded": "decimal(38,0)",
        "is_reconciled": "boolean",
        "explanation": "varchar",
    }
}
"""Columns in order and SQL types of the tables that the caller writes into schema `quality`."""

ROWS = "rows"
TOTALS_COLUMNS = ("contract", "place", "rule", "measure", "currency", "total")
"""Rows of `totals_sql()` and `told_sql()`: place is told (by a vendor), contract, mart or excluded; rule names who told or what
is excluded; total is an integer as text."""

MONEY: dict[str, tuple[str, ...]] = {
    "accounts": ("annual_revenue_minor", "observed_sales_minor"),
    "ad_performance_daily": ("cost_net_minor", "cost_gross_minor"),
    "conversions": ("revenue_minor",),
    "costs": ("amount_minor", "amount_vat_minor"),
    "deals": ("amount_minor", "amount_vat_minor"),
    "payments": ("amount_minor", "amount_vat_minor"),
    "proposals": ("amount_minor",),
    "subscriptions": ("monthly_amount_minor",),
    "touches": ("cost_minor",),
}
"""Money columns of the contracts, in minor units of the row's `currency`."""

CONTRACTS = (
    "people",
    "accounts",
    "owners",
    "campaigns",
    "ad_performance_daily",
    "web_sessions",
    "touches",
    "leads",
    "deals",
    "stage_events",
    "assignments",
    "proposals",
    "payments",
    "subscriptions",
    "rejections",
    "scoring_answers",
    "call_reviews",
    "conversions",
    "costs",
    "plan",
    "annotations",
    "decisions",
    "disputes",
)


@dataclass(frozen=True)
class Excluded:
    """Rows of a contract, or a part of their money, that its mart leaves out by a named rule.

    condition: SQL on the contract's rows `c`. money: SQL of the amount left out for each money column; a column that
    is not named loses nothing. rows: SQL of the number of rows left out; None when only money is.
    """

    rule: str
    condition: str
    money: Mapping[str, str] = field(default_factory=dict)
    rows: str | None = "count(*)"


@dataclass(frozen=True)
class Followed:
    """The mart in which a contract is found again: condition on its rows `m`, money columns that must agree."""

    mart: str
    condition: str = "true"
    money: tuple[str, ...] = ()
    excluded: tuple[Excluded, ...] = ()


_VAT = "case when c.amounts_include_vat and c.amount_minor is not null then coalesce(c.amount_vat_minor, 0) else 0 end"
_IS_TEST = "coalesce(c.is_test, false)"
_IS_MAPPED = "exists (select 1 from intermediate.int_stage_events_mapped as mapped where mapped.event_id = c.event_id)"


def _entity(mart: str, key: str) -> Followed:
    """Several systems or files may describe one entity; its dimension has one row for all of them."""
    merged = Excluded("further records of the same key", "true", rows=f"count(*) - count(distinct c.{key})")
    return Followed(mart, "m.is_on_record", excluded=(merged,))


FOLLOWED: dict[str, Followed] = {
    "people": _entity("marts.dim_people", "person_id"),
    "accounts": _entity("marts.dim_accounts", "account_id"),
    "owners": _entity("marts.dim_owners", "owner_id"),
    "campaigns": _entity("marts.dim_campaigns", "campaign_id"),
    "leads": Followed("marts.fct_leads"),
    "touches": Followed("marts.fct_touches"),
    "ad_performance_daily": Followed("marts.fct_ad_performance_daily", money=("cost_net_minor", "cost_gross_minor")),
    "deals": Followed(
        "marts.fct_deals",
        money=("amount_minor",),
        excluded=(
            Excluded("deals marked as test", _IS_TEST, {"amount_minor": "c.amount_minor"}),
            Excluded("VAT inside the amount", f"not {_IS_TEST}", {"amount_minor": _VAT}, rows=None),
        ),
    ),
    "stage_events": Followed(
        "marts.fct_stage_events",
        # score states are no passages of the CRM (D11)
        "m.source_stage is not null",
        excluded=(Excluded("stages without a row in the stage map", f"not {_IS_MAPPED}"),),
    ),
}
"""Contract → mart. Contracts that no mart holds row by row are followed up to the contract."""


def totals_sql() -> str:
    """One statement whose rows are the totals of contracts, marts and exclusions (TOTALS_COLUMNS)."""
    return "\nunion all\n".join(_selects())


def _selects() -> Iterable[str]:
    own = "coalesce(c.source_system, '') <> 'definitions'"
    for contract in CONTRACTS:
        of_contract = f"contracts.{contract} as c"
        yield _select(contract, "contract", None, ROWS, "count(*)", of_contract, own)
        for column in MONEY.get(contract, ()):
            yield _select(contract, "contract", None, column, f"sum(c.{column})", of_contract, own)
        followed = FOLLOWED.get(contract)
        if followed is None:
            continue
        of_mart = f"{followed.mart} as m"
        yield _select(contract, "mart", None, ROWS, "count(*)", of_mart, followed.condition)
        for column in followed.money:
            yield _select(contract, "mart", None, column, f"sum(m.{column})", of_mart, followed.condition)
        for rule in followed.excluded:
            left_out = f"{own} and {rule.condition}"
            if rule.rows is not None:
                yield _select(contract, "excluded", rule.rule, ROWS, rule.rows, of_contract, left_out)
            for column, amount in rule.money.items():
                yield _select(contract, "excluded", rule.rule, column, f"sum({amount})", of_contract, left_out)


def _select(
    contract: str, place: str, rule: str | None, measure: str, total: str, relation: str, condition: str
) -> str:
    alias = relation.rsplit(" ", 1)[1]
    currency = "cast(null as string)" if measure == ROWS else f"{alias}.currency"
    named = "cast(null as string)" if rule is None else f"'{rule}'"
    text = (
        f"select '{contract}' as contract, '{place}' as place, {named} as rule, '{measure}' as measure, "
        f"{currency} as currency, cast(cast({total} as decimal(38, 0)) as string) as total "
        f"from {relation} where {condition}"
    )
    return text if measure == ROWS else f"{text} group by {alias}.currency"


def reconcile(pulls: pd.DataFrame, fills: pd.DataFrame, totals: pd.DataFrame) -> pd.DataFrame:
    """Follow rows and money; returns the table `quality.reconciliation` (columns of TABLES).

    pulls: source, stream, pull, account, rows_in, rows, quarantined, is_read · fills: source, stream, pull, contract,
    fill, rows_filled, rows_skipped, money_field, currency, money_minor · totals: TOTALS_COLUMNS.

    Only pulls that this build reads count. Three kinds of rows come out:

    * `file <account>`, per source and stream: rows in the file = rows landed + rows quarantined (for a source that is asked
      over HTTP the account, its pulls added up);
    * a fill, `<contract> from <fill>`: rows landed = rows filled + rows skipped by the mapping's conditions;
    * a contract, rows and each money column × currency: filled + told by vendors = in the contract = in the mart + excluded by
      name.

    A difference gives is_reconciled false and an explanation with the numbers; a contract that is nowhere is left out.
    """
    read = pulls[pulls["is_read"].astype(bool)]
    of_pull = read.set_index(["source", "stream", "pull"])
    is_read = pd.MultiIndex.from_frame(fills[["source", "stream", "pull"]]).isin(of_pull.index)
    filled = fills[is_read]
    rows = [_of_file(one) for one in _by_account(read).to_dict("records")]
    rows += _of_fills(filled, {key: int(value) for key, value in of_pull["rows"].items()})
    rows += _of_contracts(filled, totals)
    return pd.DataFrame(rows, columns=list(TABLES["reconciliation"]), dtype=object)


def unreconciled(table: pd.DataFrame) -> list[str]:
    """One line per difference, for the message of a failed check."""
    return [
        f"{row['subject']}, {row['measure']}{' ' + row['currency'] if row['currency'] else ''}: {row['explanation']}"
        for row in table[~table["is_reconciled"].astype(bool)].to_dict("records")
    ]


def _row(subject: str, measure: str, is_reconciled: bool, explanation: str, **values: Any) -> dict[str, Any]:
    empty: dict[str, Any] = dict.fromkeys(TABLES["reconciliation"])
    return (
        empty
        | values
        | {
            "subject": subject,
            "measure": measure,
            "is_reconciled": is_reconciled,
            "explanation": explanation,
        }
    )


def _by_account(read: pd.DataFrame) -> pd.DataFrame:
    """Rows of each file or account; the pulls of an account that is asked over HTTP add up."""
    counts = read.groupby(["source", "stream", "account"], sort=False, as_index=False)
    return counts[["rows_in", "rows", "quarantined"]].sum()


def _of_file(pull: Mapping[Any, Any]) -> dict[str, Any]:
    rows_in, landed, quarantined = int(pull["rows_in"]), int(pull["rows"]), int(pull["quarantined"])
    is_equal = rows_in == landed + quarantined
    return _row(
        f"file {pull['account']}",
        ROWS,
        is_equal,
        f"{rows_in} rows in the file {'=' if is_equal else '≠'} {landed} landed + {quarantined} quarantined",
        source=pull["source"],
        stream=pull["stream"],
        in_files=rows_in,
        quarantined=quarantined,
    )


def _of_fills(fills: pd.DataFrame, landed_of: Mapping[Any, int]) -> list[dict[str, Any]]:
    """Fills of one stream, summed over its files; a row of a fill without money columns carries its counts."""
    counts = fills[fills["money_field"].isna()]
    rows = []
    for (source, stream, contract, fill), group in counts.groupby(
        ["source", "stream", "contract", "fill"], sort=True, dropna=False
    ):
        landed = sum(landed_of[(source, stream, pull)] for pull in group["pull"])
        taken, skipped = int(group["rows_filled"].sum()), int(group["rows_skipped"].sum())
        is_equal = landed == taken + skipped
        rows.append(
            _row(
                f"{contract} from {fill}",
                ROWS,
                is_equal,
                f"{landed} rows landed {'=' if is_equal else '≠'} {taken} filled + {skipped} skipped by the mapping",
                source=source,
                stream=stream,
                in_files=landed,
                excluded=skipped,
                in_contract=taken,
            )
        )
    return rows


def _of_contracts(fills: pd.DataFrame, totals: pd.DataFrame) -> list[dict[str, Any]]:
    in_files: dict[tuple[str, str, str | None], int] = {}
    for fill in fills.to_dict("records"):
        is_count = _is_null(fill["money_field"])
        measure = ROWS if is_count else str(fill["money_field"])
        currency = None if is_count or _is_null(fill["currency"]) else str(fill["currency"])
        amount = int(fill["rows_filled"]) if is_count else _integer(fill["money_minor"])
        where = (str(fill["contract"]), measure, currency)
        in_files[where] = in_files.get(where, 0) + amount

    filled = dict(in_files)
    placed: dict[str, dict[tuple[str, str, str | None], int]] = {"contract": {}, "mart": {}, "excluded": {}}
    told: dict[tuple[str, str, str | None], list[str]] = {}
    rules: dict[tuple[str, str, str | None], list[str]] = {}
    for total in totals.to_dict("records"):
        currency = None if _is_null(total["currency"]) else str(total["currency"])
        where = (str(total["contract"]), str(total["measure"]), currency)
        amount = _integer(total["total"])
        if total["place"] == "told":
            in_files[where] = in_files.get(where, 0) + amount
            if amount:
                told.setdefault(where, []).append(f"{amount} {total['rule']}")
            continue
        place = placed[str(total["place"])]
        place[where] = place.get(where, 0) + amount
        if total["place"] == "excluded" and amount:
            rules.setdefault(where, []).append(f"{amount} {total['rule']}")

    followed = {(contract, ROWS) for contract in FOLLOWED}
    followed |= {(contract, column) for contract, mart in FOLLOWED.items() for column in mart.money}
    keys = sorted(set(in_files) | set(placed["contract"]) | set(placed["mart"]), key=lambda key: tuple(map(str, key)))
    rows = []
    for key in keys:
        contract, measure, currency = key
        files, contracted = in_files.get(key, 0), placed["contract"].get(key, 0)
        has_mart = (contract, measure) in followed
        mart, excluded = placed["mart"].get(key, 0), placed["excluded"].get(key, 0)
        if not (files or contracted or mart):
            continue
        is_equal = files == contracted and (not has_mart or contracted == mart + excluded)
        origins = [f"{filled.get(key, 0)} filled from files"] if key in filled or key not in told else []
        steps = [" + ".join([*origins, *told.get(key, [])]), f"{contracted} in the contract"]
        if has_mart:
            named = f" ({'; '.join(rules[key])})" if key in rules else ""
            steps.append(f"{mart} in {FOLLOWED[contract].mart} + {excluded} excluded{named}")
        rows.append(
            _row(
                contract,
                measure,
                is_equal,
                (" = " if is_equal else " | ").join(steps),
                currency=currency,
                in_files=files,
                in_contract=contracted,
                in_mart=mart if has_mart else None,
                excluded=excluded if has_mart else None,
            )
        )
    return rows


def _integer(value: object) -> int:
    """Integer of a total; a sum over no amounts is null and counts as 0."""
    return 0 if _is_null(value) else int(str(value))


def _is_null(value: object) -> bool:
    return value is None or value is pd.NA or value != value
