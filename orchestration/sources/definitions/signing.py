"""Who has signed which definitions, and what was changed since.

A signature names the newest `recorded_on` that it covers and a fingerprint of the rows recorded until then, so a row that is
added later and a row that is changed in place are told apart. The fingerprint covers filled columns by name: a column that a
newer version of the product adds changes no signature.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from orchestration.sources.definitions.schema import Row
from orchestration.sources.definitions.schemas import SCHEMAS

SIGNING_TEAMS = ("marketing", "sales")

SIGNED, UNSIGNED, ADDED_SINCE, CHANGED_IN_PLACE = "signed", "unsigned", "added_since", "changed_in_place"


@dataclass(frozen=True)
class SignOff:
    """Where one team stands with one definitions file.

    state : `signed`, `unsigned`, `added_since` (rows were recorded after what was signed) or `changed_in_place` (a signed row
    is not what it was). name, signed_on, version_on : of the team's newest signature, None without one.
    rows_since : rows recorded after `version_on`; without a signature all rows. newest_on, fingerprint : what a signature of
    the file as it is now would say.
    """

    definition: str
    team: str
    state: str
    name: str | None
    signed_on: str | None
    version_on: str | None
    rows_since: int
    newest_on: str
    fingerprint: str


def fingerprint(rows: Sequence[Row], until: str) -> str:
    """Twelve signs of the rows recorded on `until` (an ISO date) or before, whatever their order."""
    filled = [
        sorted((name, value) for name, value in row.items() if value is not None)
        for row in rows
        if (row["recorded_on"] or "") <= until
    ]
    return hashlib.sha256(json.dumps(sorted(filled), ensure_ascii=False).encode()).hexdigest()[:12]


def sign_offs(definitions: Mapping[str, Sequence[Row]]) -> list[SignOff]:
    """A line for each file that needs a signature and has rows, and each team; in the order of the schema.

    definitions : file name to its rows; `signatures` among them, where the company has some.
    """
    signatures = definitions.get("signatures", ())
    return [
        _sign_off(name, team, definitions[name], signatures)
        for name, schema in SCHEMAS.items()
        if schema.needs_signature and definitions.get(name)
        for team in SIGNING_TEAMS
    ]


def _sign_off(name: str, team: str, rows: Sequence[Row], signatures: Sequence[Row]) -> SignOff:
    newest_on = max(str(row["recorded_on"]) for row in rows)
    own = [row for row in signatures if row["definition"] == name and row["team"] == team]
    if not own:
        return SignOff(
            name, team, UNSIGNED, None, None, None, len(rows), newest_on, fingerprint(rows, newest_on)
        )  # fmt: skip
    latest = max(own, key=lambda row: (str(row["signed_on"]), str(row["version_on"])))
    version_on = str(latest["version_on"])
    rows_since = sum(str(row["recorded_on"]) > version_on for row in rows)
    if fingerprint(rows, version_on) != latest["fingerprint"]:
        state = CHANGED_IN_PLACE
    else:
        state = ADDED_SINCE if rows_since else SIGNED
    return SignOff(
        name, team, state, latest["name"], latest["signed_on"], version_on, rows_since, newest_on, fingerprint(rows, newest_on)
    )  # fmt: skip
