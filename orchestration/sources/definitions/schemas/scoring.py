"""The scoring matrix, its bands and its gates."""

import itertools
from collections import defaultdict
from collections.abc import Iterator, Sequence
from decimal import Decimal

from orchestration.sources.definitions.kinds import COUNT, DECIMAL, NAME, POSITIVE, TEXT, number
from orchestration.sources.definitions.laws import not_below, unique
from orchestration.sources.definitions.schema import BrokenLaw, Row, Schema, required, versioned

BANDS = ("cold", "review", "hot")


def _same_position(rows: Sequence[Row]) -> Iterator[BrokenLaw]:
    """All levels of a criterion share its position and question."""
    first: dict[tuple[str | None, str | None], Row] = {}
    for index, row in enumerate(rows):
        known = first.setdefault((row["criterion"], row["valid_from"]), row)
        for name in ("criterion_position", "question"):
            if row[name] != known[name]:
                yield BrokenLaw(
                    index, name, f"differs within criterion {row['criterion']}: {row[name]!r}, {known[name]!r}"
                )


def _bands_start_at_zero(rows: Sequence[Row]) -> Iterator[BrokenLaw]:
    scales: dict[str | None, list[tuple[Decimal, int]]] = defaultdict(list)
    for index, row in enumerate(rows):
        scales[row["scale"]].append((number(row["lower_bound"] or "0"), index))
    for scale, bounds in scales.items():
        lowest, index = min(bounds)
        if lowest != 0:
            yield BrokenLaw(index, "lower_bound", f"the lowest band of {scale} starts at 0, got {lowest}")


def _bands_in_order(rows: Sequence[Row]) -> Iterator[BrokenLaw]:
    """On every day cold, review and hot of a scale are all there and follow each other, so that each score has one band."""
    scales = sorted({row["scale"] or "" for row in rows})
    for scale in scales:
        own = [(index, row) for index, row in enumerate(rows) if row["scale"] == scale]
        lacking = [band for band in BANDS if band not in {row["band"] for _, row in own}]
        if lacking:
            yield BrokenLaw(
                own[0][0], "band", f"scale {scale} has no band {', '.join(lacking)}", "add the row with its lower bound"
            )
            continue
        for day in sorted({row["valid_from"] or "" for _, row in own}):
            # the first version of a band reaches back without limit
            held: dict[str | None, tuple[int, Row]] = {}
            for index, row in sorted(own, key=lambda pair: pair[1]["valid_from"] or ""):
                if row["band"] not in held or (row["valid_from"] or "") <= day:
                    held[row["band"]] = (index, row)
            bounds = [(number(held[band][1]["lower_bound"] or "0"), held[band][0], band) for band in BANDS]
            for (low, _, lower), (high, index, upper) in itertools.pairwise(bounds):
                if low >= high:
                    yield BrokenLaw(
                        index, "lower_bound", f"from {day} on {upper} begins at {high}, not above {lower} ({low}) of {scale}",
                        f"write a bound above {low}",
                    )  # fmt: skip


FILES: tuple[Schema, ...] = (
    versioned(
        "matrix",
        ["criterion", "level"],
        required("criterion", NAME),
        required("criterion_position", POSITIVE),
        required("level"),
        required("points", COUNT),
        required("question"),
        file_laws=(_same_position,),
    ),
    versioned(
        "matrix_bands",
        ["scale", "band"],
        required("scale", TEXT, "raw110", "normalised100"),
        required("band", TEXT, "cold", "review", "hot"),
        required("lower_bound", DECIMAL),
        required("handover_type", TEXT, "full", "review", "off_rule"),
        row_laws=(not_below("lower_bound", "0"),),
        file_laws=(unique("scale", "lower_bound"), _bands_start_at_zero, _bands_in_order),
    ),
    versioned(
        "matrix_gates",
        ["criterion"],
        required("criterion", NAME, reference="matrix.criterion"),
        required("min_points", COUNT),
    ),
)
