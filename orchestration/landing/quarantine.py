"""What was kept out, without its value: shapes instead of values, and free text without e-mails and phones."""

import re
import unicodedata
from functools import lru_cache

import phonenumbers
import pyarrow as pa
import pyarrow.compute as pc

QUARANTINE_SCHEMA = pa.schema(
    [
        ("file_name", pa.string()),
        ("row_number", pa.int64()),
        ("line_number", pa.int64()),
        ("column_name", pa.string()),
        ("contract", pa.string()),
        ("scope", pa.string()),
        ("reason", pa.string()),
        ("shape", pa.string()),
    ]
)
"""Columns of quarantine-*.parquet. scope `row`: the whole row stayed out; `value`: only this value became null."""

QUARANTINE_COLUMNS = tuple(QUARANTINE_SCHEMA.names)

SHAPE_LENGTH = 24
"""Characters kept of a long shape; the rest is cut with an ellipsis."""

EMAIL_PLACEHOLDER = "[e-mail]"
PHONE_PLACEHOLDER = "[phone]"

_EMAIL = r"[\p{L}\p{N}._%+\-]+@[\p{L}\p{N}\-]+(?:\.[\p{L}\p{N}\-]+)+"
_PHONE_LIKE = r"(?:\p{Nd}[\s().\-\x{2010}-\x{2015}/]{0,3}){8}"
_PHONE = re.compile(r"(?<![\da-fA-F_@])(?:\+|00)?\(?\d(?:[\s().\-\u2010-\u2015/]{0,3}\d){8,14}(?![\da-fA-F_])")
_DATE = re.compile(r"(\d{4}[-./]\d{1,2}[-./]\d{1,2}|\d{1,2}[-./]\d{1,2}[-./]\d{4})(\D|$)")


def shape_of(value: str | None) -> str | None:
    """The value's shape: digits become 9, letters a or A, marks of every script too; punctuation stays, long shapes are
    cut. `+7 (916) 123-45-67` → `+9 (999) 999-99-99`. None stays None."""
    if value is None:
        return None
    cut = len(value) > SHAPE_LENGTH
    return "".join(_shape_character(character) for character in value[:SHAPE_LENGTH]) + ("…" if cut else "")


def _shape_character(character: str) -> str:
    category = unicodedata.category(character)
    if category[0] == "N":
        return "9"
    if category in ("Lu", "Lt"):
        return "A"
    if category[0] in ("L", "M"):
        return "a"
    return " " if category[0] in ("C", "Z") else character


def scrub_free_text(values: pa.Array | pa.ChunkedArray, region: str = "RU") -> pa.ChunkedArray:
    """The texts with e-mail addresses and phone numbers replaced by placeholders; nulls stay null.

    A run of digits counts as a phone when it is one by the numbering plan of `region` or of the country it names, so
    amounts, dates and most keys stay. Only texts that look like holding one are looked at one by one.
    """
    texts = values if isinstance(values, pa.ChunkedArray) else pa.chunked_array([values])
    texts = pc.replace_substring_regex(texts.cast(pa.string()), pattern=_EMAIL, replacement=EMAIL_PLACEHOLDER)
    suspicious = pc.match_substring_regex(texts, pattern=_PHONE_LIKE)
    if not pc.any(suspicious).as_py():
        return texts
    found = pc.unique(texts.filter(suspicious))
    clean = pa.array([_without_phones(text, region) for text in found.to_pylist()], pa.string())
    replaced = clean.take(pc.index_in(texts, value_set=found).combine_chunks())
    return pa.chunked_array([pc.coalesce(replaced, texts.combine_chunks())])


def _without_phones(text: str, region: str) -> str:
    return _PHONE.sub(lambda match: PHONE_PLACEHOLDER if _is_phone(match[0], region) else match[0], text)


@lru_cache(maxsize=2**16)
def _is_phone(text: str, region: str) -> bool:
    """Cached: the numbers of ads stand in the addresses of thousands of visits, and each looks like a phone at first."""
    if _DATE.match(text):
        return False
    digits = "".join(str(unicodedata.decimal(character)) for character in text if character.isdecimal())
    if text.startswith("+"):
        return True
    for candidate, of_region in ((digits, region), (f"+{digits.removeprefix('00')}", None)):
        try:
            if phonenumbers.is_valid_number(phonenumbers.parse(candidate, of_region)):
                return True
        except phonenumbers.NumberParseException:
            continue
    return False
