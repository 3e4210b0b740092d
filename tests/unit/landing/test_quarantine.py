"""Law 7: nothing that was kept out, and no free text, tells a contact."""

import re

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration.landing import scrub_free_text, shape_of


@pytest.mark.parametrize(
    ("value", "shape"),
    [
        (None, None),
        ("", ""),
        ("+7 (916) 123-45-67", "+9 (999) 999-99-99"),
        ("Anna.K@mail.ru", "Aaaa.A@aaaa.aa"),
        ("Иванов И.", "Aaaaaa A."),
        ("۱۲ تومان", "99 aaaaa"),
        ("05.jan", "99.aaa"),
        ("a\tb\nc", "a a a"),
        ("1234567890123456789012345", "999999999999999999999999…"),
    ],
)
def test_a_shape_shows_the_form_and_not_the_value(value: str | None, shape: str | None) -> None:
    assert shape_of(value) == shape


@settings(deadline=None)
@given(st.text(max_size=60))
def test_a_shape_never_holds_a_letter_or_digit_of_the_value(value: str) -> None:
    shape = shape_of(value)
    assert shape is not None
    assert set(re.sub(r"[\W_]", "", shape)) <= {"9", "a", "A"}
    assert len(shape) <= 25


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("write to Anna.K@mail.ru, please", "write to [e-mail], please"),
        ("почта: вася@пример.рф", "почта: [e-mail]"),
        ("call +7 (916) 123-45-67 after six", "call [phone] after six"),
        ("тел.89161234567", "тел.[phone]"),
        ("тел89161234567", "тел[phone]"),
        ("8-916-123-45-67 or 8 916 765 43 21", "[phone] or [phone]"),
        ("تماس: ۰۰۹۸۹۱۲۱۲۳۴۵۶۷", "تماس: [phone]"),
        ("two: a@b.ru and +49 30 901820", "two: [e-mail] and [phone]"),
        ("paid 1 250 000 on 2026-06-01 12:30:00", "paid 1 250 000 on 2026-06-01 12:30:00"),
        ("01.06.2026 10:00", "01.06.2026 10:00"),
        ("88740e65d5d6b056e0cda098e1ea6313", "88740e65d5d6b056e0cda098e1ea6313"),
        ("order 1234567890123456789", "order 1234567890123456789"),
        ("", ""),
        (None, None),
    ],
)
def test_free_text_keeps_its_words_and_loses_its_contacts(text: str | None, clean: str | None) -> None:
    assert scrub_free_text(pa.array([text], pa.string())).to_pylist() == [clean]


def test_a_column_keeps_its_length_order_and_nulls() -> None:
    column = pa.chunked_array([["a", None, "89161234567"], ["b@c.de", "89161234567"]])
    assert scrub_free_text(column).to_pylist() == ["a", None, "[phone]", "[e-mail]", "[phone]"]
    assert scrub_free_text(pa.array([], pa.string())).to_pylist() == []


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(
            st.text(alphabet="абвxyz ,.!", max_size=8),
            st.sampled_from(["", "+79161234567", "8 (916) 123-45-67", "ivan@mail.ru", "Ivan.Petrov@Sub.Example.COM"]),
            st.text(alphabet="абвxyz ,.!", max_size=8),
        ),
        max_size=6,
    )
)
def test_no_contact_survives_among_other_words(pieces: list[tuple[str, str, str]]) -> None:
    texts = [f"{before} {contact} {after}" for before, contact, after in pieces]
    clean = scrub_free_text(pa.array(texts, pa.string())).to_pylist()
    for text in clean:
        assert "@" not in text
        assert not re.search(r"\d{3}", text)
