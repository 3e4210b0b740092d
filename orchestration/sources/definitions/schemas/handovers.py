"""What is asked of a handed-over lead: how soon it is answered, and which fields it has."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from orchestration.sources.definitions.kinds import NAME, POSITIVE, TEXT
from orchestration.sources.definitions.laws import unique
from orchestration.sources.definitions.schema import BrokenLaw, Row, Schema, optional, required, versioned

REQUIRED_FIELDS = (
    "person_id",
    "account_id",
    "segment",
    "job_title",
    "phone",
    "email",
    "need",
    "budget",
    "timeline",
    "authority",
)
"""Fields of a handed-over lead whose presence may be asked for."""


def _last_band_is_open(rows: Sequence[Row]) -> Iterator[BrokenLaw]:
    """Reaction bands rise; the last of each version, and no other, has no upper end."""
    versions: dict[str | None, list[tuple[int, int, str | None]]] = defaultdict(list)
    for index, row in enumerate(rows):
        versions[row["valid_from"]].append((int(row["position"] or 0), index, row["upper_minutes"]))
    for bands in versions.values():
        last, highest = max(bands)[1], 0
        for _, index, upper in sorted(bands):
            if (upper is None) != (index == last):
                expected = (
                    "is empty; only the last band is open"
                    if upper is None
                    else "the last band has no upper end; leave it empty"
                )
                yield BrokenLaw(index, "upper_minutes", expected)
            elif upper is not None and int(upper) <= highest:
                yield BrokenLaw(index, "upper_minutes", f"expected more than {highest}, got {upper}")
            highest = max(highest, int(upper or 0))


FILES: tuple[Schema, ...] = (
    versioned(
        "reaction_bands",
        ["reaction_band"],
        required("reaction_band", NAME),
        required("position", POSITIVE),
        optional("upper_minutes", POSITIVE),
        file_laws=(unique("position"), _last_band_is_open),
    ),
    versioned("required_fields", ["field"], required("field", TEXT, *REQUIRED_FIELDS)),
)
