"""Texts, digits, dates and money of one language, and the direction isolates that keep Persian lines readable.

Three kinds of text reach a reader: *labels* (from `definitions/labels.csv`), *numbers* (formatted here) and *data*
(names and values that came from the company's systems). In Persian, Latin terms, numbers and arrows inside a label, and
every piece of data, are wrapped in direction isolates (U+2066 … U+2069); otherwise "40/20/40" changes its order.
"""

from __future__ import annotations

import copy
import csv
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import jdatetime

from orchestration.reports.reader import PublishedMarts

LANGUAGES = ("en", "ru", "fa")
DEFAULT_LABELS = Path(__file__).resolve().parents[2] / "definitions" / "labels.csv"

LEFT_TO_RIGHT_ISOLATE = "\u2066"
FIRST_STRONG_ISOLATE = "\u2068"
END_OF_ISOLATE = "\u2069"

_PERSIAN_DIGITS = str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")
_LATIN_RUN = re.compile(r"[A-Za-z0-9→←↔](?:[A-Za-z0-9→←↔ .,:;/_%+&'\-–]*[A-Za-z0-9→←↔%])?")
_HAS_LETTER = re.compile(r"[A-Za-z]")
_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")

Labels = Mapping[str, Mapping[str, str]]


class LabelError(Exception):
    """A text that is not in the label table; the message names the key and the language."""


def load_labels(marts: PublishedMarts, defaults: Path = DEFAULT_LABELS) -> dict[str, dict[str, str]]:
    """Every label, key → language → text: the defaults, overruled by the published `dim_labels`.

    A company's own label file may hold a few keys only; the page needs all of them, so the defaults stand behind it.
    """
    labels = read_labels(defaults)
    if marts.has("dim_labels"):
        for row in marts.rows("select label_key, en, ru, fa from dim_labels"):
            own = {code: row[code] for code in LANGUAGES if row[code]}
            labels[row["label_key"]] = {**labels.get(row["label_key"], {}), **own}
    return labels


def read_labels(file: Path = DEFAULT_LABELS) -> dict[str, dict[str, str]]:
    """The labels of one file, key → language → text."""
    with file.open(encoding="utf-8-sig", newline="") as rows:
        return {row["key"]: {code: row[code] for code in LANGUAGES} for row in csv.DictReader(rows)}


def language_of(marts: PublishedMarts, code: str, labels: Labels | None = None) -> Language:
    """The language of a page about a published build: its calendar, zone and currencies; `labels` default as published."""
    facts = marts.build.facts
    return Language(
        code,
        load_labels(marts) if labels is None else labels,
        period_calendar=str(facts["period_calendar"]),
        time_zone=str(facts["time_zone"]),
        exponents=marts.build.currency_exponents,
    )


class Language:
    """Formatting for one language.

    Parameters
    ----------
    code : `en`, `ru` or `fa`.
    labels : key → language → text.
    period_calendar : `gregorian` or `jalali`; decides how a month is written (D2).
    time_zone : IANA name; instants are shown in it.
    exponents : currency → digits after the point of its major unit.
    """

    def __init__(
        self,
        code: str,
        labels: Labels,
        *,
        period_calendar: str = "gregorian",
        time_zone: str = "UTC",
        exponents: Mapping[str, int] | None = None,
    ) -> None:
        if code not in LANGUAGES:
            raise LabelError(f"language {code!r}: expected one of {', '.join(LANGUAGES)}")
        self.code = code
        self.is_right_to_left = code == "fa"
        self._labels = labels
        self._is_jalali = period_calendar == "jalali"
        self._zone = ZoneInfo(time_zone)
        self._exponents = dict(exponents or {})

    def overruled(self, own: Labels) -> Language:
        """The same language with a company's own labels over these."""
        language = copy.copy(self)
        language._labels = {**self._labels, **own}
        return language

    @property
    def direction(self) -> str:
        return "rtl" if self.is_right_to_left else "ltr"

    def list(self, parts: Iterable[str]) -> str:
        """The parts in one line, with the language's comma."""
        return ("، " if self.is_right_to_left else ", ").join(parts)

    def text(self, key: str, **values: str) -> str:
        """The label `key`, its `{placeholders}` filled by formatted values. LabelError when it is missing."""
        label = self._labels.get(key, {}).get(self.code)
        if not label:
            raise LabelError(f"definitions/labels.csv: no text for key {key!r} in language {self.code!r}; add it")
        parts = _PLACEHOLDER.split(label)
        filled = [self._own(part) if index % 2 == 0 else values[part] for index, part in enumerate(parts)]
        return "".join(filled)

    def has(self, key: str) -> bool:
        """Whether the label table holds `key` in this language."""
        return bool(self._labels.get(key, {}).get(self.code))

    def english(self, key: str) -> str | None:
        """The label's English text, which tells whether a text of the definitions is the default one."""
        return self._labels.get(key, {}).get("en")

    def name(self, kind: str, value: str | None) -> str:
        """The label `kind.value` where the table has one, else the value itself as data (names are open-ended)."""
        if value is None:
            return "–"
        if self.has(f"{kind}.{value}"):
            return self.text(f"{kind}.{value}")
        return self.data(value.replace("_", " ") if kind in ("channel", "kpi", "missing", "unattributed") else value)

    def data(self, value: object) -> str:
        """A value from the company's systems, as it is; in Persian isolated, so that it cannot turn its line around."""
        text = "–" if value is None else str(value)
        return f"{FIRST_STRONG_ISOLATE}{text}{END_OF_ISOLATE}" if self.is_right_to_left else text

    def number(self, value: int | float | Decimal, places: int = 0) -> str:
        """A number with grouped thousands: 1,234.5 · 1 234,5 · ۱٬۲۳۴٫۵, rounded half up."""
        rounded = Decimal(str(value)).quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)
        text = f"{abs(rounded):,.{places}f}"
        if self.code == "ru":
            text = text.replace(",", "\u00a0").replace(".", ",")
        elif self.code == "fa":
            text = text.replace(",", "٬").replace(".", "٫").translate(_PERSIAN_DIGITS)
        if rounded >= 0:
            return text
        return f"{LEFT_TO_RIGHT_ISOLATE}\u2212{text}{END_OF_ISOLATE}" if self.is_right_to_left else f"\u2212{text}"

    def signed(self, value: int | float | Decimal, places: int = 0) -> str:
        """A difference: as `number`, with its sign also when it is positive; in Persian isolated with it."""
        text = self.number(value, places)
        if value <= 0:
            return text
        return f"{LEFT_TO_RIGHT_ISOLATE}+{text}{END_OF_ISOLATE}" if self.is_right_to_left else f"+{text}"

    def percent(self, ratio: float | Decimal, places: int = 1) -> str:
        """A ratio as per cent: 12.3% · 12,3 % · ۱۲٫۳٪."""
        return self._with_percent_sign(self.number(Decimal(str(ratio)) * 100, places))

    def signed_percent(self, ratio: float | Decimal, places: int = 0) -> str:
        """A relative change as per cent, with its sign also when it is positive."""
        return self._with_percent_sign(self.signed(Decimal(str(ratio)) * 100, places))

    def money(self, minor: int | Decimal, currency: str | None) -> str:
        """Minor units as whole major units with the currency's code: 1,234 RUB."""
        return self._with_currency(self.number(self._major(minor, currency)), currency)

    def exact_money(self, minor: int, currency: str | None) -> str:
        """Money to the minor unit, for sums that must agree: 1,234.56 RUB."""
        major = self._major(minor, currency)
        return self._with_currency(self.number(major, self._exponents[str(currency)]), currency)

    def short_money(self, minor: int | Decimal, currency: str | None) -> str:
        """Money for charts and cards: 1.2 M RUB from a million on, whole units below."""
        major = self._major(minor, currency)
        for key, size in (("page_text.billion", 10**9), ("page_text.million", 10**6)):
            if abs(major) >= size:
                unit = self._labels.get(key, {}).get(self.code) or ""
                return self._with_currency(f"{self.number(major / size, 1)}\u00a0{self._own(unit)}", currency)
        return self.money(minor, currency)

    def day(self, value: date) -> str:
        """A date: 2026-06-30, in the Persian calendar where the company uses it."""
        if self._is_jalali:
            persian = jdatetime.date.fromgregorian(date=value)
            return self.digits(f"{persian.year:04d}-{persian.month:02d}-{persian.day:02d}")
        return self.digits(value.isoformat())

    def month(self, first_day: date) -> str:
        """The period that begins on a day: 2026-06, or 1405-04."""
        if self._is_jalali:
            persian = jdatetime.date.fromgregorian(date=first_day)
            return self.digits(f"{persian.year:04d}-{persian.month:02d}")
        return self.digits(f"{first_day:%Y-%m}")

    def instant(self, utc_text: str) -> str:
        """An instant (ISO text with Z) in the company's zone: 2026-06-30 12:00."""
        local = datetime.fromisoformat(utc_text).astimezone(self._zone)
        return f"{self.day(local.date())} {self.digits(f'{local:%H:%M}')}"

    def local_day(self, instant: datetime) -> date:
        """The company's day of an aware instant."""
        return instant.astimezone(self._zone).date()

    def local_instant(self, utc: datetime) -> str:
        """As `instant`, from a UTC timestamp without a zone (the marts' columns)."""
        return self.instant(utc.replace(tzinfo=UTC).isoformat())

    def digits(self, text: str) -> str:
        """A date, period or time. In Persian: its digits, as 1405/04 (a hyphen beside ۰ cannot be read), isolated."""
        if not self.is_right_to_left:
            return text
        return f"{LEFT_TO_RIGHT_ISOLATE}{text.replace('-', '/').translate(_PERSIAN_DIGITS)}{END_OF_ISOLATE}"

    def _own(self, text: str) -> str:
        """Label text; in Persian with its Latin runs isolated and its bare numbers in Persian digits."""
        if not self.is_right_to_left:
            return text

        def isolated(run: re.Match[str]) -> str:
            found = run.group()
            shown = found if _HAS_LETTER.search(found) else found.translate(_PERSIAN_DIGITS)
            return f"{LEFT_TO_RIGHT_ISOLATE}{shown}{END_OF_ISOLATE}"

        return _LATIN_RUN.sub(isolated, text)

    def _with_percent_sign(self, number: str) -> str:
        sign = {"en": "%", "ru": "\u00a0%", "fa": "٪"}[self.code]
        # outside the isolate the sign would stand before a minus
        if number.endswith(END_OF_ISOLATE):
            return f"{number.removesuffix(END_OF_ISOLATE)}{sign}{END_OF_ISOLATE}"
        return number + sign

    def _major(self, minor: int | Decimal, currency: str | None) -> Decimal:
        if currency not in self._exponents:
            raise LabelError(f"definitions/currencies.csv: no exponent for currency {currency!r}; add the currency")
        return Decimal(minor).scaleb(-self._exponents[currency])

    def _with_currency(self, number: str, currency: str | None) -> str:
        code = f"{LEFT_TO_RIGHT_ISOLATE}{currency}{END_OF_ISOLATE}" if self.is_right_to_left else str(currency)
        return f"{number}\u00a0{code}"
