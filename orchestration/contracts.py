"""The contracts: the columns that every source must fill, read from the dbt models that enforce them.

`dbt_project/models/contracts/<contract>.yml` is the only place where a contract is written down. Mappings, the
files reader and the binding of raw views read it here, so a column added there is a column everywhere.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import yaml

CONTRACTS_FOLDER = Path(__file__).resolve().parent.parent / "dbt_project" / "models" / "contracts"

LINEAGE_COLUMNS = ("source_system", "source_record_key")
"""Columns that end every contract and are filled by the loader, never by a mapping."""

CONTACT_NOTATIONS = ("phone", "email", "messenger", "tax_id")
"""Notations whose values are replaced by keyed tokens before they reach the lake."""

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""PyYAML's safe loader, the compiled one (ten times as fast) where it is built in."""

NOTATIONS = (*CONTACT_NOTATIONS, "money")


DBT_PROJECT_FILE = CONTRACTS_FOLDER.parent.parent / "dbt_project.yml"


class ContractError(ValueError):
    """A contract file that cannot be used; the message names the file and the field."""


@dataclass(frozen=True)
class Field:
    """One column of a contract.

    `data_type` is dbt's (`string`, `bigint`, `decimal(38,9)`, `boolean`, `date`, `timestamp`); `notation` says that the
    value is not written as it arrives (`money` becomes integer minor units, contact data become tokens).
    """

    name: str
    data_type: str
    notation: str | None
    required: bool
    accepted_values: tuple[str, ...]
    description: str

    @property
    def is_contact(self) -> bool:
        return self.notation in CONTACT_NOTATIONS


@dataclass(frozen=True)
class Contract:
    """One contract: its key and its fields in the order of the model, without the lineage columns."""

    name: str
    primary_key: str
    description: str
    fields: tuple[Field, ...]

    @property
    def field_names(self) -> tuple[str, ...]:
        return tuple(field.name for field in self.fields)

    def field(self, name: str) -> Field:
        """The field of that name; KeyError when the contract has none."""
        for field in self.fields:
            if field.name == name:
                return field
        raise KeyError(f"contract {self.name} has no field {name}")


@cache
def load_contracts(folder: Path = CONTRACTS_FOLDER) -> Mapping[str, Contract]:
    """All contracts by name, sorted by name; read once a process. Raises ContractError naming the file for anything unusable."""
    paths = sorted(folder.glob("*.yml"))
    if not paths:
        raise ContractError(f"{folder}: no contract (*.yml) found")
    contracts: dict[str, Contract] = {}
    for path in paths:
        document = yaml.load(path.read_text(encoding="utf-8"), Loader=_LOADER) or {}
        for model in document.get("models", []):
            contract = _contract(path, model)
            if contract.name in contracts:
                raise ContractError(f"{path}: contract {contract.name} is defined twice")
            contracts[contract.name] = contract
    return MappingProxyType(contracts)


def contracts_of(source: str, file: Path = DBT_PROJECT_FILE) -> frozenset[str]:
    """Contracts that the staging models of a vendor fill: those that name it in `contract_sources` of dbt_project.yml."""
    document = yaml.load(file.read_text(encoding="utf-8"), Loader=_LOADER)
    filling: dict[str, list[str]] = document["vars"]["contract_sources"]
    return frozenset(contract for contract, sources in filling.items() if source in sources)


def _contract(path: Path, model: dict[str, Any]) -> Contract:
    name = model.get("name")
    if not name:
        raise ContractError(f"{path}: a model without a name")
    primary_key = ((model.get("config") or {}).get("meta") or {}).get("primary_key")
    if not primary_key:
        raise ContractError(f"{path}: {name} needs config.meta.primary_key")
    columns = model.get("columns") or []
    asked = [
        test[kind]["arguments"]
        for test in model.get("data_tests") or []
        if isinstance(test, dict)
        for kind in ("key", "filled")
        if kind in test
    ]
    required = {column for arguments in asked for column in arguments.get("filled", arguments["columns"])}
    accepted = {column: values for arguments in asked for column, values in arguments.get("accepted", {}).items()}
    fields = tuple(
        _field(path, name, column, column.get("name") in required, tuple(accepted.get(column.get("name"), ())))
        for column in columns
        if column.get("name") not in LINEAGE_COLUMNS
    )
    if primary_key not in {field.name for field in fields}:
        raise ContractError(f"{path}: primary_key {primary_key} of {name} is not one of its columns")
    return Contract(name, primary_key, str(model.get("description", "")), fields)


def _field(path: Path, contract: str, column: dict[str, Any], required: bool, accepted: tuple[str, ...]) -> Field:
    name, data_type = column.get("name"), column.get("data_type")
    if not name or not data_type:
        raise ContractError(f"{path}: a column of {contract} lacks name or data_type: {column}")
    notation = ((column.get("config") or {}).get("meta") or {}).get("notation")
    if notation is not None and notation not in NOTATIONS:
        raise ContractError(
            f"{path}: {contract}.{name} has notation {notation!r}, expected one of {', '.join(NOTATIONS)}"
        )
    return Field(name, data_type, notation, required, accepted, str(column.get("description", "")))
