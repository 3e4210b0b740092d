"""What is wrong with a file's values, by name: findings that warn and keep nothing out.

A finding says how many rows it concerns (`occurrences`) of how many looked at (`rows_checked`), what it means and what
to do. Values are shown only where the mapping lets them land in clear: at most three, shortened, without e-mails and
phones. Of contact columns, ids and values that could not be read only the shape is shown.

Columns are looked at by their distinct values wherever the loader has them; only columns of mostly different values are
looked at row by row, by one anchored pattern each.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from copy import copy
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from orchestration.landing import scrub_free_text, shape_of
from orchestration.sources.files import notation
from orchestration.sources.files.fills import DEFAULT_PHONE_REGION, Slab, StreamPlan
from orchestration.sources.files.mapping import FieldRule, FilesMapping, StreamMapping
from orchestration.sources.files.memory import ask
from orchestration.sources.files.shapes import Column, shape_groups

Counts = npt.NDArray[np.int64]

EXAMPLES = 3
EXAMPLE_LENGTH = 30

MOST_CATEGORIES = 20_000
"""Distinct values up to which a column is searched for two spellings; more are names of things, not a vocabulary."""
LONGEST_CATEGORY = 80
"""Characters. A longer text is prose, and two sentences that differ in a comma are no defect."""
ROWS_PER_ID = 3
MOST_IDS = 1_000
"""An id is searched for two spellings only where it is a label: few of them, each in several rows. In a list of keys
that tell upper from lower case, two that differ by it are two things."""
CONSTANT_SHARE = 0.995
"""From this share on a value says the same of every row: nothing can be split by it, and the rest is often a mistake."""
CONSTANT_ROWS = 200
"""With fewer filled rows a share of 99.5 % would be a matter of not even one row."""
FUTURE_TOLERANCE = timedelta(days=1)
"""Clocks differ, and a local time may have been taken for UTC (the same tolerance as of the expectations)."""

PLANNED_FIELDS = frozenset({"started_on", "ended_on", "ended_at", "due_on"})
"""Dates of a plan, which may lie ahead."""

PLACEHOLDERS = frozenset(
    [
        *("-", "--", "---", "–", "—", "?", "??", "???", ".", "..", "...", "…", "_", "*"),
        *("n/a", "n.a.", "n\\a", "nan", "<na>", "null", "(null)", "nil", "none", "undefined", "unknown", "unspecified"),
        *("select", "select...", "please select", "-- select --", "- select -", "empty", "(empty)", "blank", "(blank)"),
        *("(not set)", "not set", "not specified", "not available", "not provided", "(not provided)", "no data", "tbd"),
        *(
            "неизвестно",
            "неизвестный",
            "неизвестен",
            "пусто",
            "(пусто)",
            "н/д",
            "н.д.",
            "н\\д",
            "не указано",
            "не указан",
        ),
        *("не указана", "не задано", "не заполнено", "не определено", "не выбрано", "нет данных", "нет информации"),
        *(
            "نامشخص",
            "نامعلوم",
            "خالی",
            "انتخاب کنید",
            "ثبت نشده",
            "وارد نشده",
            "تعیین نشده",
            "مشخص نشده",
            "بدون اطلاعات",
        ),
        *("0000-00-00", "0000-00-00 00:00:00", "00.00.0000"),
    ]
)
"""Words by which forms, CRMs and people say that nothing was said (case does not matter)."""

_CURRENCY = (
    r"(?:[$€£¥₽₺₴₸₹₪₩﷼৳]|US\$|USD|EUR|RUB|RUR|GBP|IRR|CHF|CNY|JPY|TRY|AED|KZT|UAH|BYN|INR|BRL|PLN|"
    r"руб\.?|рублей|р\.|тг|грн|ریال|تومان|تومن)"
)
_NUMBER = r"[-−]?\p{Nd}[\p{Nd}\s٬٫\x{00A0}\x{202F}'’.,]*"
_TEXT_AMOUNT = rf"(?i)^\s*(?:{_CURRENCY}\s?{_NUMBER}|{_NUMBER}\s?{_CURRENCY})\s*$"
_GROUPED_AMOUNT = (
    r"^\s*[-−]?\d{1,3}(?:(?:[ \x{00A0}\x{202F}'’]\d{3})+(?:[.,]\d{1,2})?|(?:\.\d{3})+,\d{1,2}|(?:,\d{3})+\.\d{1,2})\s*$"
)
_SPREADSHEET_ERROR = (
    r"(?i)^\s*#(?:(?:REF|VALUE|VALEUR|WERT|BEZUG|NUM|ZAHL|NULL|NAME|NOM|NOMBRE|SPILL|CALC|FIELD|DIV/0|¡REF|¡VALOR|¡DIV/0|¡NUM|"
    r"ССЫЛКА|ЗНАЧ|ДЕЛ/0|ИМЯ|ЧИСЛО|ПУСТО|ПЕРЕНОС)[!?]|N/A|NV|Н/Д|GETTING_DATA|ERROR!?|#{2,})\s*$"
)
_RUINED_ID = r"^\s*[-+]?\d(?:[.,]\d+)?[eEеЕ]\+?\d{1,3}\s*$"
_TEST_WORD = (
    r"(?i)^\s*(?:test(?:er|ing|ovich)?|тест|тестовы[йе]|тестовая|тестовое|тестов|asdf\w*|qwerty\w*|фыва\w*|йцук\w*|"
    r"lorem ipsum.*|foo ?bar|تست|آزمایشی|آزمایش)[\s_\-]?\d{0,4}(?:\s+(?:test|тест|lead|лид|user|deal|тестов\w*))?\s*$"
)
_TEST_EMAIL = (
    r"(?i)(?:@(?:[\w\-]+\.)*(?:example\.(?:com|org|net|ru)|[\w\-]+\.(?:example|test|invalid)|test\.\w+|mailinator\.com)|"
    r"^\s*(?:test|тест|asdf|qwerty)\d*@.+)\s*$"
)
_TEST_PHONE = (
    r"(?:"
    + "|".join(rf"(?:{digit}\D{{0,3}}){{7}}" for digit in range(10))
    + r"|1\D{0,3}2\D{0,3}3\D{0,3}4\D{0,3}5\D{0,3}6\D{0,3}7\D{0,3})$"
)
"""Seven times one digit at the end, or 1234567."""

_ALIKE_FOLDED = str.maketrans(
    dict(zip("аеёорсухіјѕԁһԛԝвкмнт", "aeeopcyxijsdhqwbkmht", strict=True))
    | dict(zip("كيىۀةؤأإآ", "کییههوااا", strict=True))
)
"""Small letters: Cyrillic → the Latin one that looks alike (in capitals at least), Arabic → the Persian one."""
_CYRILLIC_ALIKE = frozenset("аеорсухіАВЕКМНОРСТУХІ")
_LATIN_ALIKE = frozenset("aeopcyxiABEKMHOPCTYXI")
_MIXED = r"[A-Za-z]\p{Cyrillic}|\p{Cyrillic}[A-Za-z]"
_WORD = re.compile(r"[^\W\d_]+")
_ABBREVIATION = re.compile(r"[A-Z]{2,}[а-яё]+")
"""`TOPовый`: a Latin abbreviation with a Russian ending."""
_SEPARATOR = r"[\s\-_.,:;/\\'\"’‘“”«»`()\[\]\u00ad\u200b-\u200f\u2010-\u2015]+"
_BETWEEN_DIGITS = re.compile(rf"(?<=\d){_SEPARATOR}(?=\d)")
_SEPARATORS = re.compile(_SEPARATOR)
_DATE_SHAPE = re.compile(r"(9{1,4})([./\-\u2010-\u2015 ])(9{1,2})\2(9{1,4})(?:$|[^9])")


@dataclass(frozen=True)
class Values:
    """The non-empty texts of one column of a file: `texts[i]` stands in `counts[i]` rows.

    `is_merged`: every text is there once. Columns of mostly different values are left as they are, a text a row.
    """

    texts: pa.StringArray
    counts: Counts
    is_merged: bool

    @property
    def rows(self) -> int:
        return int(self.counts.sum())

    def where(self, pattern: str) -> "Values":
        """The values in which a pattern (RE2) is found."""
        return self.among(pc.match_substring_regex(self.texts, pattern=pattern))

    def among(self, mask: pa.BooleanArray) -> "Values":
        chosen = np.flatnonzero(np.asarray(mask.to_numpy(zero_copy_only=False), dtype=np.bool_))
        return Values(self.texts.take(pa.array(chosen)), self.counts[chosen], self.is_merged)

    def by_frequency(self) -> list[tuple[str, int]]:
        """(text, rows), most frequent first, equal ones by their text."""
        totals: dict[str, int] = defaultdict(int)
        for text, count in zip(self.texts.to_pylist(), self.counts.tolist(), strict=True):
            totals[text] += count
        return sorted(totals.items(), key=lambda item: (-item[1], item[0]))


def values_of(columns: Iterable[Column]) -> Values:
    """The values of a column given slab by slab."""
    texts, counts, is_merged = [], [], True
    for column in columns:
        if column.indices is None:
            is_merged = False
            here = np.ones(len(column.items), dtype=np.int64)
        else:
            codes = np.asarray(column.indices.drop_null().to_numpy(zero_copy_only=False))
            here = np.bincount(codes, minlength=len(column.items)).astype(np.int64)
        items = column.items
        if items.null_count:
            here = here[np.asarray(pc.is_valid(items).to_numpy(zero_copy_only=False))]
            items = items.drop_null()
        texts.append(items)
        counts.append(here)
    together = pa.concat_arrays(texts) if texts else pa.array([], pa.string())
    numbers = np.concatenate(counts) if counts else np.zeros(0, np.int64)
    if not is_merged:
        return Values(together, numbers, False)
    encoded = together.dictionary_encode()
    codes = np.asarray(encoded.indices.to_numpy(zero_copy_only=False))
    merged = np.bincount(codes, weights=numbers, minlength=len(encoded.dictionary)).astype(np.int64)
    used = np.flatnonzero(merged)
    return Values(encoded.dictionary.take(pa.array(used)), merged[used], True)


class Profiler:
    """Looks at one file after its conversion."""

    def __init__(
        self,
        mapping: FilesMapping,
        stream: StreamMapping,
        plan: StreamPlan,
        slabs: Sequence[Slab],
        table: pa.Table,
        observed_at: datetime,
        threads: int,
    ) -> None:
        """`table` is the whole file, a text column a column; `observed_at` (aware UTC) the instant of the export."""
        self.threads = threads
        self.mapping = mapping
        self.stream = stream
        self.plan = plan
        self.slabs = slabs
        self.table = table
        self.observed_at = observed_at
        self.region = mapping.phone_region or DEFAULT_PHONE_REGION
        self.found: list[dict[str, Any]] = []
        self.rules: dict[str, list[FieldRule]] = defaultdict(list)
        for rule, _ in plan.conversions.values():
            for column in rule.columns:
                self.rules[column].append(rule)

    def findings(self) -> list[dict[str, Any]]:
        """Findings as {column_name, finding, occurrences, rows_checked, message}, by column, then of the whole file."""
        with ThreadPoolExecutor(self.threads) as pool:
            for found in pool.map(self._of_column, self.plan.written):
                self.found += found
        for column in self.plan.contacts:
            self._contact(column)
        self._future_dates()
        self._missing_currencies()
        self._same_content()
        return self.found

    def _of_column(self, column: str) -> list[dict[str, Any]]:
        """A column by itself, so that columns can be looked at side by side (pyarrow lets go of Python's lock)."""
        part = copy(self)
        part.found = []
        part._column(column, values_of(slab.clean[column] for slab in self.slabs))
        return part.found

    def _add(self, column: str | None, finding: str, occurrences: int, checked: int, message: str) -> None:
        self.found.append(
            {
                "column_name": column,
                "finding": finding,
                "occurrences": occurrences,
                "rows_checked": checked,
                "message": message,
            }
        )

    def _column(self, column: str, values: Values) -> None:
        """A column that is no contact column. `values`: trimmed, declared empties left out."""
        if not values.rows:
            return
        kinds = {rule.kind for rule in self.rules[column]}
        is_text = column not in self.plan.typed
        clear = column in self.plan.scrubbed  # ids pass the door as they are, and one may be a phone number: shapes
        if is_text or kinds & {"money", "decimal", "integer"}:
            self._text_amounts(column, values, clear, is_text)
        self._matching(
            column, values, "spreadsheet_error", _SPREADSHEET_ERROR, clear=True,
            message="{what}: the error of a formula that failed ({examples}); mend the sheet and export it again",
        )  # fmt: skip
        self._undeclared_empties(column, values)
        if is_text:
            self._ruined_ids(column, values)
            self._mixed_alphabets(column, values, clear)
            self._two_spellings(column, clear)
            self._matching(
                column, values, "test_row", _TEST_WORD, clear=clear,
                message="{what}: looks like somebody's test ({examples}); delete the rows at the source, or map a test flag (`is_test`)",
            )  # fmt: skip
        if kinds & {"timestamp", "date"}:
            self._two_date_formats(column, values)
        self._nearly_constant(column, values, kinds, clear)

    def _contact(self, column: str) -> None:
        values = values_of(self._trimmed(slab, column) for slab in self.slabs)
        if not values.rows:
            return
        self._matching(
            column, values, "spreadsheet_error", _SPREADSHEET_ERROR, clear=True,
            message="{what}: the error of a formula that failed ({examples}); mend the sheet and export it again",
        )  # fmt: skip
        self._undeclared_empties(column, values)
        self._ruined_ids(column, values)
        pattern = _TEST_EMAIL if self.plan.contacts[column] == "email" else _TEST_PHONE
        tests = values.where(pattern)
        if tests.rows:
            many = ", nearly all of them (is this the export of a test system?)" if tests.rows > values.rows / 2 else ""
            self._add(
                column, "test_row", tests.rows, values.rows,
                f"{_rows(tests.rows)}: a contact that nobody has (a domain kept for examples, one digit seven times){many}; delete the rows "
                "at the source, or map a test flag (`is_test`)",
            )  # fmt: skip

    def _trimmed(self, slab: Slab, column: str) -> Column:
        return Column.of(slab.original[column]).map(lambda items: notation.trimmed(items, self.mapping.empty))

    def _matching(self, column: str, values: Values, finding: str, pattern: str, *, clear: bool, message: str) -> None:
        hits = values.where(pattern)
        if hits.rows:
            text = message.format(what=_rows(hits.rows), examples=self._examples(hits, clear))
            self._add(column, finding, hits.rows, values.rows, text)

    def _text_amounts(self, column: str, values: Values, clear: bool, is_text: bool) -> None:
        hits = values.where(_TEXT_AMOUNT)
        if is_text:
            plain = values.where(_GROUPED_AMOUNT)
            hits = hits if hits.rows >= plain.rows else plain
        if not hits.rows:
            return
        advice = (
            "this column is used as text, so nothing can be summed: map it to an amount"
            if is_text
            else "an amount with its currency written into it is not read: export the number alone and give the currency by `currency:`"
        )
        self._add(
            column, "text_amount", hits.rows, values.rows,
            f"{_rows(hits.rows)}: an amount as text ({self._examples(hits, clear)}); {advice}",
        )  # fmt: skip

    def _ruined_ids(self, column: str, values: Values) -> None:
        self._matching(
            column, values, "ruined_id", _RUINED_ID, clear=False,
            message="{what}: a number that a spreadsheet cut to its first digits ({examples}), the others are lost; export the "
            "column as text",
        )  # fmt: skip

    def _undeclared_empties(self, column: str, values: Values) -> None:
        known = {word for rule in self.rules[column] for word in (*rule.empty, *(said for said, _ in rule.values))}
        known |= {word for note in self.stream.notes if note.column == column for word in note.values}
        folded = pc.utf8_lower(values.texts)
        hits = values.among(pc.is_in(folded, value_set=pa.array(sorted(PLACEHOLDERS), pa.string())))
        words = [(text, count) for text, count in hits.by_frequency() if text not in known]
        if not words:
            return
        occurrences = sum(count for _, count in words)
        listed = ", ".join(f'"{text}" {count:,}×' for text, count in words[:EXAMPLES])
        is_typed = column in self.plan.typed or column in self.plan.contacts
        effect = "is set aside as unreadable" if is_typed else "counts as a value"
        self._add(
            column, "undeclared_empty", occurrences, values.rows,
            f"{_rows(occurrences)}: a word that stands for nothing said ({listed}) {effect}; list the words under `empty:`",
        )  # fmt: skip

    def _mixed_alphabets(self, column: str, values: Values, clear: bool) -> None:
        suspects = values.where(_MIXED)
        if not suspects.rows:
            return
        hits = suspects.among(pa.array([has_mixed_word(text) for text in suspects.texts.to_pylist()], pa.bool_()))
        if hits.rows:
            self._add(
                column, "mixed_alphabets", hits.rows, values.rows,
                f"{_rows(hits.rows)}: look-alike Cyrillic and Latin letters in one word ({self._examples(hits, clear)}); no "
                "search and no join finds them; retype them at the source, or map them by `values:`",
            )  # fmt: skip

    def _two_spellings(self, column: str, clear: bool) -> None:
        """Of what the contract gets: spellings that the mapping already makes one (`case`, `values`) are no finding."""
        name = next(
            (name for name, (rule, _) in self.plan.conversions.items() if rule.columns == (column,) and (rule.case or rule.values)),
            None,
        )  # fmt: skip
        if name is None:
            values = values_of(slab.clean[column] for slab in self.slabs)
        else:
            values = values_of(Column.of(slab.converted[name].values) for slab in self.slabs)
        if not values.is_merged or len(values.texts) > MOST_CATEGORIES:
            return
        if column in self.plan.identifiers and (
            len(values.texts) > MOST_IDS or values.rows < ROWS_PER_ID * len(values.texts)
        ):
            return
        groups: dict[str, list[tuple[str, int]]] = defaultdict(list)
        for text, count in values.by_frequency():
            if len(text) <= LONGEST_CATEGORY and (key := spelling_key(text)):
                groups[key].append((text, count))
        doubled = [spellings for spellings in groups.values() if len(spellings) > 1]
        if not doubled:
            return
        occurrences = sum(count for spellings in doubled for _, count in spellings[1:])
        shown = "; ".join(
            " / ".join(f"{self._shown(text, clear or column in self.plan.identifiers)} {count:,}×" for text, count in spellings[:EXAMPLES])
            for spellings in doubled[:EXAMPLES]
        )  # fmt: skip
        self._add(
            column, "two_spellings", occurrences, values.rows,
            f"{len(doubled):,} value(s) are spelled in more than one way ({shown}) and count apart: make them one at the source, or by "
            "`values:` or `case:`",
        )  # fmt: skip

    def _two_date_formats(self, column: str, values: Values) -> None:
        kinds: dict[str, int] = defaultdict(int)
        orders: dict[str, set[str]] = defaultdict(set)
        for kind, order, rows in _date_kinds(values):
            kinds[kind] += rows
            orders[kind] |= order
        messages = []
        if len(kinds) > 1:
            listed = sorted(kinds.items(), key=lambda item: (-item[1], item[0]))
            written = ", ".join(f"{kind} {rows:,}×" for kind, rows in listed[:4])
            messages.append(
                (sum(rows for _, rows in listed[1:]), f"dates are written in {len(listed)} ways ({written})")
            )
        for kind, order in orders.items():
            if {"day first", "month first"} <= order:
                messages.append(
                    (kinds[kind], f"dates such as {kind} have the day first in some rows and the month first in others")
                )
        for occurrences, message in messages:
            self._add(
                column, "two_date_formats", occurrences, values.rows,
                message + ": make sure that `formats:` reads each as it was meant, or export them in one way",
            )  # fmt: skip

    def _nearly_constant(self, column: str, values: Values, kinds: set[str], clear: bool) -> None:
        """Of mapped columns; not of flags and currencies, nor of a column by which the mapping chooses rows."""
        fields = {rule.field for rule in self.rules[column]}
        chooses = {condition.column for fill in self.stream.fills for condition in fill.when}
        units = {rule.currency_column for rule, _ in self.plan.conversions.values()}
        if not fields or kinds == {"boolean"} or "currency" in fields or column in chooses or column in units:
            return
        if not values.is_merged or values.rows < CONSTANT_ROWS:
            return
        top = int(values.counts.argmax())
        most = int(values.counts[top])
        if most < CONSTANT_SHARE * values.rows:
            return
        value = self._shown(values.texts[top].as_py(), clear)
        others = "the others" if most < values.rows else "the mapping"
        self._add(
            column, "nearly_constant", most, values.rows,
            f"{value} stands in {most / values.rows:.1%} of the filled rows: nothing can be told apart by this column; check {others}",
        )  # fmt: skip

    def _future_dates(self) -> None:
        limit = self.observed_at + FUTURE_TOLERANCE
        fields: dict[str, set[str]] = defaultdict(set)
        for fill in self.plan.fills:
            for target in fill.targets:
                fields[target.conversion].add(target.item.name)
        seen = set()
        for name, (rule, _) in self.plan.conversions.items():
            column = ", ".join(rule.columns)
            if (
                rule.kind not in ("timestamp", "date")
                or not rule.columns
                or fields[name] <= PLANNED_FIELDS
                or column in seen
            ):
                continue
            last = pa.scalar(f"{limit:%Y-%m-%d %H:%M:%S}" if rule.kind == "timestamp" else f"{limit:%Y-%m-%d}")
            arrays = [slab.converted[name].values for slab in self.slabs]
            ahead = sum(int(pc.sum(pc.greater(values, last)).as_py() or 0) for values in arrays)
            if ahead:
                seen.add(column)
                self._add(
                    column, "future_date", ahead, sum(len(values) - values.null_count for values in arrays),
                    f"{_rows(ahead)}: a date after the export was made ({self.observed_at:%Y-%m-%d %H:%M} UTC); check day and month, calendar, "
                    "time zone and `exported_at:`; if it is a plan, do not map it to what has happened",
                )  # fmt: skip

    def _missing_currencies(self) -> None:
        for name, (rule, _) in self.plan.conversions.items():
            if rule.kind != "money" or rule.currency_column is None or self.mapping.currency is None:
                continue
            without = checked = 0
            for slab in self.slabs:
                given = pc.is_valid(slab.converted[name].values)
                checked += int(pc.sum(given).as_py() or 0)
                unnamed = pc.is_null(slab.clean[rule.currency_column].values)
                without += int(pc.sum(pc.and_(given, unnamed)).as_py() or 0)
            if without:
                self._add(
                    ", ".join(rule.columns), "missing_currency", without, checked,
                    f"{without:,} amount(s) have no currency in {rule.currency_column} and are taken as {self.mapping.currency}, the source's "
                    "`currency:`: fill the column, or make sure that this is meant",
                )  # fmt: skip

    def _same_content(self) -> None:
        """Rows that differ in their key only. Asked of rows with a contact or a time of day: two short rows without either
        are alike by chance (in a real export of leads with date, page and channel a third of them)."""
        others = [name for name in self.table.column_names if name not in self.plan.key]
        telling = [name for name in others if name in self.plan.contacts or self._has_time_of_day(name)]
        if not self.plan.key or not telling or len(others) < 2 or not self.table.num_rows:
            return
        position = {name: f"c{index}" for index, name in enumerate(self.table.column_names)}
        content = ", ".join(position[name] for name in others)
        key = ", ".join(position[name] for name in self.plan.key)
        told = " or ".join(f"{position[name]} <> ''" for name in telling)
        ((rows, with_key, without_key),) = ask(
            self.table.rename_columns(list(position.values())),
            f"select count(*), count(distinct hash({key}, {content})), count(distinct hash({content})) from rows where {told}",
        )
        repeated = with_key - without_key
        if repeated:
            self._add(
                None, "same_content_other_key", repeated, rows,
                f"{_rows(repeated)}: the same as another row in everything but the key ({', '.join(self.plan.key)}); each is counted: delete the "
                "copies at the source",
            )  # fmt: skip

    def _has_time_of_day(self, column: str) -> bool:
        return any(
            sum(slab.converted[name].times.with_time for slab in self.slabs) > 0
            for name, (rule, _) in self.plan.conversions.items()
            if rule.kind == "timestamp" and column in rule.columns
        )

    def _examples(self, values: Values, clear: bool) -> str:
        shown = dict.fromkeys(self._shown(text, clear) for text, _ in values.by_frequency()[: 10 * EXAMPLES])
        return ", ".join(list(shown)[:EXAMPLES])

    def _shown(self, text: str, clear: bool) -> str:
        """A value as a message may show it."""
        if not clear:
            return f"`{shape_of(text)}`"
        said = scrub_free_text(pa.array([text]), self.region)[0].as_py()
        printable = "".join(char if unicodedata.category(char)[0] != "C" else " " for char in said)
        return f'"{printable[:EXAMPLE_LENGTH]}{"…" if len(printable) > EXAMPLE_LENGTH else ""}"'


def spelling_key(text: str) -> str:
    """What stays of a text when case, spaces, punctuation, look-alike letters, ё and the Arabic forms of Persian letters
    are taken away; empty for texts without a letter.

    Punctuation between two digits stays a gap, for 1.5 is not 15.
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    if not any(char.isalpha() for char in folded):
        return ""
    folded = _BETWEEN_DIGITS.sub("|", folded)
    return _SEPARATORS.sub("", folded).translate(_ALIKE_FOLDED)


def has_mixed_word(text: str) -> bool:
    """Whether a word has letters of both alphabets and those of one of them could all be the other's (`Mосква`); not
    words such as `CRMка`, which are what they look like."""
    for word in _WORD.findall(text):
        cyrillic = {char for char in word if "\u0400" <= char <= "\u052f"}
        latin = {char for char in word if char.isascii()}
        if not cyrillic or not latin:
            continue
        if cyrillic <= _CYRILLIC_ALIKE or (latin <= _LATIN_ALIKE and not _ABBREVIATION.fullmatch(word)):
            return True
    return False


def _date_kinds(values: Values) -> Iterator[tuple[str, set[str], int]]:
    """(kind such as `dd.mm.yyyy`, which of day and month its values prove to come first, rows)."""
    texts = notation.with_ascii_digits(values.texts)
    for group in shape_groups(texts):
        match = _DATE_SHAPE.match(group.shape)
        if match is None:
            continue
        counts = values.counts[group.rows]
        first, mark, last = match[1], match[2], match[4]
        if len(first) == 4:
            years = group.number(match.start(1), match.end(1))
            jalali = (years >= 1200) & (years < 1700)
            for is_jalali, rows in ((False, int(counts[years >= 1700].sum())), (True, int(counts[jalali].sum()))):
                if rows:
                    yield f"yyyy{mark}mm{mark}dd" + (" (Jalali)" if is_jalali else ""), set(), rows
            continue
        order = set()
        if (group.number(match.start(1), match.end(1)) > 12).any():
            order.add("day first")
        if (group.number(match.start(3), match.end(3)) > 12).any():
            order.add("month first")
        yield f"nn{mark}nn{mark}{'yyyy' if len(last) == 4 else 'yy'}", order, int(counts.sum())


def _rows(count: int) -> str:
    return f"{count:,} row" + ("" if count == 1 else "s")
