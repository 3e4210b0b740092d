"""Texts of names in the languages of the product."""

from orchestration.sources.definitions.schema import Schema, required

FILES: tuple[Schema, ...] = (
    Schema(
        "labels",
        (required("key"), required("en"), required("ru"), required("fa")),
        ("key",),
        needs_signature=False,
    ),
)
