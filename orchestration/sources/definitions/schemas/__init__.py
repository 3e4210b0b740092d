"""Every definitions file, one module an area: columns, types, allowed values, keys, references and laws.

Adding a file or a column is a change in the module of its area and nowhere else on the way into the lake.

Amounts (`targets` of unit money, `costs`) are whole units of their currency, as people write them: 50000 USD. Ratios
are fractions (0.25), shares of attribution models integers per mille.
"""

from orchestration.sources.definitions.schema import Schema
from orchestration.sources.definitions.schemas import (
    alerts,
    attribution,
    calendars,
    clocks,
    feedback,
    funnel,
    handovers,
    identity,
    kpi,
    labels,
    mapping,
    money,
    policies,
    scoring,
    signatures,
    targets,
)

_AREAS = (
    funnel,
    scoring,
    attribution,
    policies,
    targets,
    calendars,
    money,
    mapping,
    handovers,
    feedback,
    kpi,
    alerts,
    identity,
    signatures,
    clocks,
    labels,
)
"""In the order in which reports and checks name them."""

SCHEMAS: dict[str, Schema] = {schema.name: schema for area in _AREAS for schema in area.FILES}
"""Every definitions file by name."""
