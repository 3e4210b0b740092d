"""Contact data: one token for one contact however it is written, none for what is not a contact, nothing in clear."""

import hashlib
import hmac

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration.landing import ContactKeyError, Tokeniser
from orchestration.landing.tokens import (
    normalise_digits,
    normalise_email,
    normalise_messenger,
    normalise_phone,
    normalise_tax_id,
)

KEY = b"a key for tests, 32 bytes long.."


def test_without_a_key_the_error_names_the_variable_and_how_to_make_one() -> None:
    with pytest.raises(ContactKeyError, match=r"ONEFUNNEL_CONTACT_KEY.*secrets\.token_hex"):
        Tokeniser(None)
    with pytest.raises(ContactKeyError, match="has 5 bytes: set ONEFUNNEL_CONTACT_KEY"):
        Tokeniser(b"short")


def test_a_region_that_is_no_country_is_refused() -> None:
    with pytest.raises(ContactKeyError, match="phone region 'Russia'"):
        Tokeniser(KEY, "Russia")


def test_the_token_is_the_hmac_sha256_of_kind_and_normalised_value() -> None:
    expected = hmac.new(KEY, b"phone:+79161234567", hashlib.sha256).hexdigest()[:32]
    tokens = Tokeniser(KEY).tokens("phone", pa.array(["8 (916) 123-45-67"]))
    assert tokens.token.to_pylist() == [expected]


def test_the_fingerprint_names_the_key_without_telling_it() -> None:
    assert Tokeniser(KEY).fingerprint == hashlib.sha256(KEY).hexdigest()[:8]


@pytest.mark.parametrize(
    "text",
    [
        "+7 916 123-45-67",
        "8 (916) 123-45-67",
        "89161234567",
        "79161234567",
        "9161234567",
        "79161234567.0",
        "+۷ ۹۱۶ ۱۲۳ ۴۵ ۶۷",
        "٨٩١٦١٢٣٤٥٦٧",
        "нет; +7 916 1234567",
        "007 916 123 45 67",
    ],
)
def test_a_russian_number_written_in_any_way_is_one_number(text: str) -> None:
    assert normalise_phone(text, "RU") == "+79161234567"


@pytest.mark.parametrize(
    ("text", "region"),
    [("09121234567", "IR"), ("989121234567", "RU"), ("00989121234567", "RU"), ("+98 912 123 4567", "RU")],
)
def test_an_iranian_number_is_one_number_from_any_region(text: str, region: str) -> None:
    assert normalise_phone(text, region) == "+989121234567"


@pytest.mark.parametrize(
    "text", ["", "-", "0000000000", "+70000000000", "123", "перезвонить", "1111111111", "+7916123456"]
)
def test_what_cannot_be_called_is_not_a_phone(text: str) -> None:
    assert normalise_phone(text, "RU") is None


@pytest.mark.parametrize(
    ("text", "address"),
    [
        (" Anna.K@Example.COM ", "anna.k@example.com"),
        ("mailto:anna@example.com", "anna@example.com"),
        ("Anna K <anna@example.com>", "anna@example.com"),
        ("info@пример.рф", "info@xn--e1afmkfd.xn--p1ai"),
        ("info@xn--e1afmkfd.xn--p1ai", "info@xn--e1afmkfd.xn--p1ai"),
    ],
)
def test_an_address_is_lower_case_with_an_ascii_domain(text: str, address: str) -> None:
    assert normalise_email(text) == address


@pytest.mark.parametrize(
    "text", ["", "anna", "anna@", "@example.com", "anna@localhost", "a b@example.com", "a@ex..com", "a@-x.com"]
)
def test_what_is_not_an_address_has_no_normal_form(text: str) -> None:
    assert normalise_email(text) is None


@pytest.mark.parametrize(
    ("text", "handle"),
    [
        ("@Anna_K", "anna_k"),
        ("https://t.me/Anna_K", "anna_k"),
        ("t.me/anna_k?start=1", "anna_k"),
        ("+7 916 123 45 67", "+79161234567"),
        ("https://wa.me/79161234567", "+79161234567"),
        ("@", None),
        ("anna k", None),
        ("", None),
    ],
)
def test_a_messenger_handle_loses_its_decoration(text: str, handle: str | None) -> None:
    assert normalise_messenger(text, "RU") == handle


@pytest.mark.parametrize(
    ("text", "identifier"),
    [
        ("77 0708-3893", "7707083893"),
        ("de 123456789", "DE123456789"),
        ("۱۰۱۰۱۲۳۴۵۶۷", "10101234567"),
        ("0000000000", None),
        ("12", None),
    ],
)
def test_a_tax_id_is_letters_and_digits(text: str, identifier: str | None) -> None:
    assert normalise_tax_id(text) == identifier


def test_empty_and_unusable_values_have_no_token_and_are_not_valid() -> None:
    tokens = Tokeniser(KEY).tokens("phone", pa.chunked_array([["+79161234567", None], ["-", "89161234567"]]))
    assert tokens.is_valid.to_pylist() == [True, False, False, True]
    first, empty, unusable, again = tokens.token.to_pylist()
    assert first == again
    assert empty is None
    assert unusable is None


def test_a_column_without_rows_or_without_values_is_fine() -> None:
    tokeniser = Tokeniser(KEY)
    assert tokeniser.tokens("email", pa.array([], pa.string())).token.to_pylist() == []
    assert tokeniser.tokens("email", pa.nulls(2)).is_valid.to_pylist() == [False, False]


def test_kinds_and_keys_do_not_mix() -> None:
    digits = pa.array(["79161234567"])
    made = {
        Tokeniser(KEY).tokens("phone", digits).token[0].as_py(),
        Tokeniser(KEY).tokens("tax_id", digits).token[0].as_py(),
        Tokeniser(KEY[::-1]).tokens("phone", digits).token[0].as_py(),
    }
    assert len(made) == 3
    with pytest.raises(ContactKeyError, match="notation 'fax' has no tokens"):
        Tokeniser(KEY).tokens("fax", digits)


@settings(deadline=None)
@given(st.lists(st.one_of(st.none(), st.sampled_from(["+79161234567", "8 916 123-45-67", "x", "+989121234567"]))))
def test_a_column_of_any_length_keeps_its_order(values: list[str | None]) -> None:
    tokeniser = Tokeniser(KEY)
    column = tokeniser.tokens("phone", pa.array(values, pa.string()))
    alone = [tokeniser.tokens("phone", pa.array([value], pa.string())).token[0].as_py() for value in values]
    assert column.token.to_pylist() == alone
    assert column.is_valid.to_pylist() == [token is not None for token in alone]


@settings(deadline=None)
@given(st.text())
def test_no_text_breaks_a_normaliser_and_no_digits_of_other_scripts_are_left(text: str) -> None:
    normalise_phone(text, "RU")
    normalise_email(text)
    normalise_messenger(text, "RU")
    normalise_tax_id(text)
    assert all(character in "0123456789" for character in normalise_digits(text) if character.isdecimal())
