"""The contracts as the loaders read them."""

from pathlib import Path

import pytest

from orchestration.contracts import ContractError, load_contracts

CONTRACT = """
version: 2
models:
  - name: leads
    description: One row per lead.
    config: {meta: {primary_key: lead_id}}
    data_tests: [{key: {arguments: {columns: [lead_id], filled: [lead_id], accepted: {status: [open, won]}}}}]
    columns:
      - {name: lead_id, data_type: string}
      - {name: phone_token, data_type: string, config: {meta: {notation: phone}}}
      - {name: status, data_type: string}
      - {name: source_system, data_type: string}
      - {name: source_record_key, data_type: string}
"""


def test_the_project_has_the_23_contracts_and_each_key_is_required() -> None:
    contracts = load_contracts()
    assert len(contracts) == 23
    for contract in contracts.values():
        assert contract.field(contract.primary_key).required, contract.name


def test_a_contract_gives_its_fields_in_order_without_the_lineage_columns(tmp_path: Path) -> None:
    (tmp_path / "leads.yml").write_text(CONTRACT)
    leads = load_contracts(tmp_path)["leads"]
    assert leads.field_names == ("lead_id", "phone_token", "status")
    assert [field.required for field in leads.fields] == [True, False, False]
    assert leads.field("phone_token").is_contact
    assert leads.field("status").accepted_values == ("open", "won")


def test_a_notation_that_nobody_knows_is_refused_with_file_and_field(tmp_path: Path) -> None:
    (tmp_path / "leads.yml").write_text(CONTRACT.replace("notation: phone", "notation: fone"))
    with pytest.raises(ContractError, match=r"leads\.yml: leads\.phone_token has notation 'fone'"):
        load_contracts(tmp_path)


def test_a_primary_key_that_is_not_a_column_is_refused(tmp_path: Path) -> None:
    (tmp_path / "leads.yml").write_text(CONTRACT.replace("primary_key: lead_id", "primary_key: id"))
    with pytest.raises(ContractError, match="primary_key id of leads is not one of its columns"):
        load_contracts(tmp_path)


def test_a_folder_without_contracts_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match="no contract"):
        load_contracts(tmp_path)
