"""Who has signed which version of which file."""

from collections.abc import Iterator

from orchestration.sources.definitions.kinds import DATE, FINGERPRINT, NAME, TEXT
from orchestration.sources.definitions.schema import Row, Schema, required


def _signed_after_it_was_recorded(row: Row) -> Iterator[tuple[str, str]]:
    if (row["signed_on"] or "") < (row["version_on"] or ""):
        yield "signed_on", f"expected a day from version_on ({row['version_on']}) on, got {row['signed_on']}"


FILES: tuple[Schema, ...] = (
    Schema(
        "signatures",
        (
            required("definition", NAME, reference="definitions"),
            required("version_on", DATE),
            required("fingerprint", FINGERPRINT),
            required("team", TEXT, "marketing", "sales"),
            required("name"),
            required("signed_on", DATE),
        ),
        ("definition", "team", "version_on", "signed_on"),
        row_laws=(_signed_after_it_was_recorded,),
        needs_signature=False,
    ),
)
