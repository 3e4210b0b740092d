"""What the two teams of the demo company have agreed on: their own rules, but not yet the clocks, which only marketing has signed."""

from orchestration.settings import PROJECT_ROOT
from orchestration.sources.definitions import read_definitions, sign_offs


def test_what_the_demo_company_has_signed_still_stands_as_it_was_signed() -> None:
    """A default that changes in place breaks a signature: its line in signatures.csv is then to be written anew, as the check says."""
    found = sign_offs(
        {
            file.name: file.rows
            for file in read_definitions(
                PROJECT_ROOT / "definitions", PROJECT_ROOT / "demo" / "company" / "definitions"
            )
        }
    )
    states = {(sign_off.definition, sign_off.team): (sign_off.state, sign_off.rows_since) for sign_off in found}
    signed = {key for key, (state, _) in states.items() if state != "unsigned"}
    assert {states[key] for key in signed} == {("signed", 0)}
    assert ("sla_clocks", "marketing") in signed
    assert ("sla_clocks", "sales") not in signed
    both = {definition for definition, team in signed if team == "sales"}
    assert {"stages", "mql_rule", "matrix", "targets", "handover_rules"} <= both
    assert {(definition, "marketing") for definition in both} <= signed
