"""The types of text that a column may hold, and the names that several files share."""

import functools
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from zoneinfo import available_timezones


@dataclass(frozen=True)
class Kind:
    """A type of text. `check` returns None for a value that is one, else what was expected."""

    name: str
    check: Callable[[str], str | None]


def _pattern(name: str, pattern: str, expected: str) -> Kind:
    compiled = re.compile(pattern)
    return Kind(name, lambda value: None if compiled.fullmatch(value) else f"expected {expected}")


def _parsed(name: str, parse: Callable[[str], object], expected: str) -> Kind:
    def check(value: str) -> str | None:
        try:
            parse(value)
        except (ValueError, InvalidOperation):
            return f"expected {expected}"
        return None

    return Kind(name, check)


def _iso_date(value: str) -> date:
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value, re.ASCII):
        raise ValueError(value)
    return date.fromisoformat(value)


@functools.cache
def _zones() -> frozenset[str]:
    """Every IANA zone; read from disk once, for it takes tens of milliseconds."""
    return frozenset(available_timezones())


def number(value: str) -> Decimal:
    """The number of a text such as -0.25. Raises ValueError for anything else, an exponent included."""
    if not re.fullmatch(r"-?\d+(\.\d+)?", value, re.ASCII):
        raise ValueError(value)
    return Decimal(value)


TEXT = Kind("text", lambda value: None)
NAME = _pattern("name", r"[a-z][a-z0-9_]*", "a name of lower-case letters, digits and _, a letter first")
NAME_OR_ANY = _pattern("name or *", r"\*|[a-z][a-z0-9_]*", "a name such as amocrm, or * for any")
INTEGER = _pattern("integer", r"-?[0-9]{1,18}", "a whole number")
COUNT = _pattern("count", r"[0-9]{1,18}", "a whole number of at least 0")
POSITIVE = _pattern("positive", r"[0-9]{0,17}[1-9][0-9]{0,17}|[1-9][0-9]*0*", "a whole number of at least 1")
DECIMAL = _parsed("decimal", number, "a number with a decimal point, such as 0.25")
SHARE = _pattern("share", r"0(\.[0-9]{1,6})?|1(\.0{1,6})?", "a share from 0 to 1 with at most 6 decimals, such as 0.35")
WEIGHT = _pattern("weight", r"[0-9]{1,6}(\.[0-9]{1,6})?", "a weight from 0 with at most 6 decimals, such as 2.5")
BOOLEAN = _pattern("boolean", r"true|false", "true or false")
YEAR = _pattern("year", r"[0-9]{4}", "a year of the company's period calendar, such as 2026 or 1405")
DATE = _parsed("date", _iso_date, "a date as 2026-06-01")
TIME = _pattern("time", r"(?:[01][0-9]|2[0-3]):[0-5][0-9]|24:00", "a time of day as 09:00 (24:00 ends the day)")
FINGERPRINT = _pattern("fingerprint", r"[0-9a-f]{12}", "the 12 signs that `onefunnel definitions check` prints")
CURRENCY = _pattern("currency", r"[A-Z]{3}", "an ISO 4217 code such as EUR")
ZONE = Kind("zone", lambda value: None if value in _zones() else "expected a zone such as Europe/Moscow")

TEAMS = ("marketing", "sales", "both")
OWNER_TEAMS = ("marketing", "sales", "shared")
