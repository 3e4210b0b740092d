"""Keyed tokens in place of contact data.

A token is HMAC-SHA256 over the normalised value, so that the same phone written two ways, or in two systems, gets the
same token, and nobody without the key can try numbers until one fits. Kinds do not mix: a phone and a tax id with the
same digits have different tokens.
"""

import hashlib
import hmac
import re
import unicodedata
from collections.abc import Callable
from typing import NamedTuple

import phonenumbers
import pyarrow as pa
import pyarrow.compute as pc

from orchestration.landing.errors import ContactKeyError

KEY_VARIABLE = "ONEFUNNEL_CONTACT_KEY"
MINIMUM_KEY_BYTES = 16
TOKEN_DIGITS = 32
"""Hexadecimal digits of a token: 128 bits of the HMAC, far beyond any chance of two contacts meeting."""

_HOW_TO = (
    f"set {KEY_VARIABLE} in the environment or in .env to a secret of at least {MINIMUM_KEY_BYTES} characters and keep "
    "it: another key gives other tokens. Make one with: "
    "python -c 'import secrets; print(secrets.token_hex(32))'"
)
_LOCAL = re.compile(r"[^\s@<>()\[\],;:\"\\]+")
_DOMAIN = re.compile(r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]")
_HANDLE = re.compile(r"[\w.\-]{2,64}")
_HANDLE_URL = re.compile(
    r"^(?:https?://)?(?:www\.)?(?:t\.me|telegram\.me|wa\.me|vk\.com|vk\.me|instagram\.com)/", re.IGNORECASE
)
_TAX_ID = re.compile(r"[0-9A-Z]{6,20}")


class Tokens(NamedTuple):
    """Tokens of a column. `token` is null where there is no valid value, `is_valid` is never null."""

    token: pa.ChunkedArray
    is_valid: pa.ChunkedArray


class Tokeniser:
    """Makes tokens with one key. Raises ContactKeyError when the key is missing or too short to protect anything.

    `region` is the country whose numbering plan reads phone numbers written without a country code.
    """

    def __init__(self, key: bytes | None, region: str = "RU") -> None:
        if not key:
            raise ContactKeyError(f"a contact column (phone, e-mail, messenger, tax id) is mapped: {_HOW_TO}")
        if len(key) < MINIMUM_KEY_BYTES:
            raise ContactKeyError(f"the contact key has {len(key)} bytes: {_HOW_TO}")
        if region not in phonenumbers.SUPPORTED_REGIONS:
            raise ContactKeyError(f"phone region {region!r} is not a country code such as RU or IR")
        self._key = key
        self.region = region
        self.fingerprint = hashlib.sha256(key).hexdigest()[:8]

    def tokens(self, notation: str, values: pa.Array | pa.ChunkedArray) -> Tokens:
        """Tokens of a column of contact data; `notation` is phone, email, messenger or tax_id.

        The work is done once per distinct value. An empty or unusable value has no token and is not valid, so that
        people are never joined by a placeholder such as `-` or `0000000000`.
        """
        normalise: dict[str, Callable[[str], str | None]] = {
            "phone": lambda text: normalise_phone(text, self.region),
            "email": normalise_email,
            "messenger": lambda text: normalise_messenger(text, self.region),
            "tax_id": normalise_tax_id,
        }
        if notation not in normalise:
            raise ContactKeyError(f"notation {notation!r} has no tokens; expected one of {', '.join(normalise)}")
        column = values if isinstance(values, pa.ChunkedArray) else pa.chunked_array([values])
        encoded = column.cast(pa.string()).combine_chunks().dictionary_encode()
        of_distinct = [
            self._token(notation, normalised) if (normalised := normalise[notation](text)) is not None else None
            for text in encoded.dictionary.to_pylist()
        ]
        token = pc.take(pa.array(of_distinct, pa.string()), encoded.indices)
        return Tokens(pa.chunked_array([token]), pa.chunked_array([pc.is_valid(token)]))

    def _token(self, notation: str, normalised: str) -> str:
        message = f"{notation}:{normalised}".encode()
        return hmac.new(self._key, message, hashlib.sha256).hexdigest()[:TOKEN_DIGITS]


def normalise_digits(text: str) -> str:
    """The text with the decimal digits of every script (۰–۹, ٠–٩ …) written 0–9."""
    return "".join(str(unicodedata.decimal(c)) if c.isdecimal() else c for c in text)


def normalise_phone(text: str, region: str) -> str | None:
    """The first valid phone number of the text in E.164 (+79161234567), or None.

    Read by the plan of `region`; what does not fit it is tried with the `+` that exports lose (989121234567).
    A spreadsheet's `.0` at the end is dropped.
    """
    cleaned = re.sub(r"\.0$", "", normalise_digits(text).strip())
    for piece in re.split(r"[,;|]", cleaned):
        digits = re.sub(r"\D", "", piece).removeprefix("00")
        for candidate in (piece, f"+{digits}" if len(digits) >= 10 else ""):
            number = _parsed(candidate, region)
            if number is not None:
                return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
    return None


def _parsed(text: str, region: str) -> "phonenumbers.PhoneNumber | None":
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    return number if phonenumbers.is_valid_number(number) else None


def normalise_email(text: str) -> str | None:
    """The address in lower case with its domain in ASCII, or None when it is not one."""
    address = unicodedata.normalize("NFKC", text).strip().removeprefix("mailto:")
    if address.endswith(">") and "<" in address:
        address = address[address.rindex("<") + 1 : -1].strip()
    local, separator, domain = address.lower().rpartition("@")
    if not separator or not _LOCAL.fullmatch(local) or local.startswith(".") or local.endswith("."):
        return None
    try:
        ascii_domain = domain.rstrip(".").encode("idna").decode("ascii")
    except UnicodeError:
        return None
    return f"{local}@{ascii_domain}" if _DOMAIN.fullmatch(ascii_domain) else None


def normalise_messenger(text: str, region: str) -> str | None:
    """The handle in lower case without @ or the messenger's address; a phone number as E.164; None when neither."""
    handle = _HANDLE_URL.sub("", normalise_digits(text).strip()).split("?")[0].strip("/ ").lstrip("@").casefold()
    if re.fullmatch(r"\+?[\d\s().\-]{9,}", handle):
        return normalise_phone(handle, region)
    return handle if _HANDLE.fullmatch(handle) and any(c.isalnum() for c in handle) else None


def normalise_tax_id(text: str) -> str | None:
    """Letters and digits in upper case, or None when there are fewer than 6 or all are the same."""
    identifier = re.sub(r"[^0-9A-Z]", "", normalise_digits(text).upper())
    return identifier if _TAX_ID.fullmatch(identifier) and len(set(identifier)) > 1 else None
