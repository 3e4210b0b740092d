"""Costs, exchange rates and currencies."""

from collections.abc import Iterator, Sequence

from orchestration.sources.definitions.kinds import COUNT, CURRENCY, DATE, DECIMAL, NAME, POSITIVE, TEXT
from orchestration.sources.definitions.laws import in_order, not_below
from orchestration.sources.definitions.schema import BrokenLaw, Row, Schema, optional, required, versioned


def _currency_row(row: Row) -> Iterator[tuple[str, str]]:
    code = row["currency"] or ""
    if row["alias_of"] is None:
        expected = CURRENCY.check(code)
        if expected:
            yield "currency", f"{expected} (or fill alias_of), got {code!r}"
        if row["exponent"] is None:
            yield "exponent", "is empty; a currency needs the number of digits of its minor unit (2 for EUR, 0 for JPY)"
        if row["alias_factor"] is not None:
            yield "alias_factor", "stands without alias_of"
    else:
        if row["alias_factor"] is None:
            yield "alias_factor", "is empty; say how many units of alias_of one unit of the alias is"
        if row["exponent"] is not None:
            yield "exponent", "an alias takes the exponent of its currency; leave this empty"


def _alias_of_a_currency(rows: Sequence[Row]) -> Iterator[BrokenLaw]:
    """An alias stands for a currency, not for another alias."""
    codes = {row["currency"] for row in rows if row["alias_of"] is None}
    for index, row in enumerate(rows):
        if row["alias_of"] is not None and row["alias_of"] not in codes:
            yield BrokenLaw(index, "alias_of", f"{row['alias_of']!r} is not a currency of this file")


FILES: tuple[Schema, ...] = (
    versioned(
        "costs",
        ["cost_id"],
        required("cost_id"),
        required("team", TEXT, "marketing", "sales"),
        optional("category"),
        optional("campaign_id"),
        optional("channel", NAME, reference="channels.channel"),
        required("started_on", DATE),
        required("ended_on", DATE),
        required("amount", DECIMAL),
        required("currency", TEXT, reference="currencies.currency"),
        optional("amount_vat", DECIMAL),
        row_laws=(in_order("started_on", "ended_on"),),
        needs_signature=False,
    ),
    versioned(
        "fx_rates",
        ["date_on", "currency", "reporting_currency"],
        required("date_on", DATE),
        required("currency", CURRENCY, reference="currencies.currency"),
        required("reporting_currency", CURRENCY, reference="currencies.currency"),
        required("rate", DECIMAL),
        row_laws=(not_below("rate", "0", included=False),),
        needs_signature=False,
    ),
    Schema(
        "currencies",
        (
            required("currency"),
            optional("exponent", COUNT, "0", "1", "2", "3", "4"),
            optional("alias_of", CURRENCY),
            optional("alias_factor", POSITIVE),
        ),
        ("currency",),
        row_laws=(_currency_row,),
        file_laws=(_alias_of_a_currency,),
        needs_signature=False,
    ),
)
