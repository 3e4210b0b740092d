"""From a connector into the lake: tokens, scrubbing, quarantine, and what the log then knows."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from orchestration.clock import FixedClock
from orchestration.landing import ContactKeyError, Lake
from orchestration.sources.api.http import ApiError
from orchestration.sources.api.load import door_columns, known_of, pull_stream
from orchestration.sources.api.stream import Known, Pulled, Span, Stream, as_text

KEY = b"0123456789abcdef"
CONTACTS = Stream(
    "contacts",
    ("id", "phone", "note", "extra"),
    ("id",),
    "changes",
    "People.",
    contacts={"phone": "phone"},
    free_text=("note",),
)
DAYS = Stream("days", ("date", "ad_id", "clicks"), ("date", "ad_id"), "window", "Statistics.")


class Shop:
    """Yields what it was given, then fails if it was told to."""

    name, version, account = "shop", "1", "main"
    streams: Sequence[Stream] = (CONTACTS, DAYS)

    def __init__(self, *pulls: Pulled, error: ApiError | None = None) -> None:
        self.pulls = pulls
        self.error = error
        self.told: list[Known] = []

    def pull(self, stream: Stream, known: Known, span: Span | None = None) -> Iterator[Pulled]:
        self.told.append(known)
        yield from self.pulls
        if self.error:
            raise self.error


def pulled(stream: Stream, rows: list[dict], **facts: str) -> Pulled:
    return Pulled(stream, "main", stream.kind, iter([as_text(rows, stream.columns)]), **facts)  # type: ignore[arg-type]


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path, FixedClock(datetime(2026, 6, 1, 6, tzinfo=UTC)))


def rows_of(lake: Lake, stream: str) -> list[dict]:
    return [
        row for pull in lake.pulls("shop", stream) for part in pull.parts for row in pq.read_table(part).to_pylist()
    ]


def test_contact_data_become_tokens_and_texts_are_scrubbed(lake: Lake) -> None:
    rows = [
        {
            "id": 2**63 + 5,
            "phone": "8 (900) 000-00-01",
            "note": "call +7 900 000-00-01 or a@example.com",
            "extra": {"b": [1, None], "a": True},
        },
        {"id": "2", "phone": "none"},
    ]
    (pull,) = pull_stream(lake, Shop(pulled(CONTACTS, rows, cursor_to="17")), CONTACTS, contact_key=KEY).pulls
    assert (
        pull.columns
        == door_columns(CONTACTS)
        == ("id", "phone_token", "phone_is_valid", "note", "extra", "_row", "_key")
    )
    first, second = rows_of(lake, "contacts")
    assert first["id"] == first["_key"] == "9223372036854775813"
    assert len(first["phone_token"]) == 32
    assert (first["phone_is_valid"], first["note"], first["extra"]) == (
        "true",
        "call [phone] or [e-mail]",
        '{"a":true,"b":[1,null]}',
    )
    assert second == {
        "id": "2", "phone_token": None, "phone_is_valid": "false", "note": None, "extra": None, "_row": "2", "_key": "2",
    }  # fmt: skip
    assert (pull.cursor_to, pull.key_columns, pull.kind) == ("17", ("id",), "changes")


def test_a_stream_with_contacts_needs_the_key(lake: Lake) -> None:
    with pytest.raises(ContactKeyError, match="ONEFUNNEL_CONTACT_KEY"):
        pull_stream(lake, Shop(pulled(CONTACTS, [])), CONTACTS, contact_key=None)
    assert lake.pulls() == []


def test_a_row_without_a_whole_key_is_kept_out_with_its_shape(lake: Lake) -> None:
    rows = [{"date": "2026-06-01", "ad_id": "7|8", "clicks": 1}, {"date": "2026-06-01", "ad_id": "", "clicks": 2}]
    (pull,) = pull_stream(lake, Shop(pulled(DAYS, rows)), DAYS, contact_key=None).pulls
    assert (pull.rows_in, pull.rows, pull.quarantined) == (2, 1, 1)
    assert [row["_key"] for row in rows_of(lake, "days")] == ["2026-06-01|7\\|8"]
    (kept_out,) = pq.read_table(pull.quarantine_files[0]).to_pylist()
    assert (kept_out["row_number"], kept_out["reason"], kept_out["shape"]) == (
        2,
        "missing_key",
        "date=9999-99-99, ad_id=empty",
    )


def test_what_was_committed_before_an_error_stays_and_the_next_run_is_told(lake: Lake) -> None:
    may = pulled(DAYS, [{"date": "2026-05-31", "ad_id": "1"}], window_from="2026-05-01", window_to="2026-05-31")
    with pytest.raises(ApiError, match="no units left"):
        pull_stream(lake, Shop(may, error=ApiError("no units left")), DAYS, contact_key=None)
    shop = Shop(pulled(DAYS, [], window_from="2026-06-01", window_to="2026-06-02"))
    assert pull_stream(lake, shop, DAYS, contact_key=None).rows == 0
    assert shop.told == [Known(None, "2026-05-01", "2026-05-31", datetime(2026, 6, 1, 6, tzinfo=UTC))]
    assert known_of(lake, shop, DAYS).window_to == "2026-06-02"


def test_an_error_inside_a_pull_leaves_nothing_of_it(lake: Lake) -> None:
    def broken() -> Iterator[pa.Table]:
        yield as_text([{"date": "2026-06-01", "ad_id": "1"}], DAYS.columns)
        raise ApiError("the connection failed")

    with pytest.raises(ApiError):
        pull_stream(lake, Shop(Pulled(DAYS, "main", "window", broken())), DAYS, contact_key=None)
    assert lake.pulls() == []
    assert list(lake.raw.rglob("part-*")) == []


def test_a_stream_whose_key_is_no_column_is_refused() -> None:
    with pytest.raises(ValueError, match="stream x: id is not one of its columns"):
        Stream("x", ("a",), ("id",), "snapshot", "")
