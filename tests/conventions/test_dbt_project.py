"""What every dbt model must have, read from dbt's own manifest and from the files."""

import json
import re
from pathlib import Path

import pytest
import yaml

from orchestration.dbt_runner import Dbt
from orchestration.settings import DBT_PROJECT

CLOCK = re.compile(
    r"\b(current_timestamp|current_date|current_time|localtimestamp|now\s*\(|today\s*\(|getdate\s*\()", re.IGNORECASE
)

DIALECT = {
    r"::": "`::` casts (write cast(x as …))",
    r"\bexclude\s*\(": "`* exclude (…)` (name the columns)",
    r"\bunion\s+all\s+by\s+name\b": "`union all by name`",
    r"\bunion\s+by\s+name\b": "`union by name`",
    r"\bquantile_cont\s*\(": "quantile_cont",
    r"\bquantile_disc\s*\(": "quantile_disc",
    r"\blist_\w+\s*\(": "list functions",
    r"\bstring_agg\s*\(": "string_agg",
    r"\bstrftime\s*\(": "strftime",
    r"\bstrptime\s*\(": "strptime",
    r"\bepoch(_ms|_us)?\s*\(": "epoch",
    r"\bdate_?diff\s*\(": "date_diff",
    r"\bto_(days|hours|minutes|seconds|months)\s*\(": "to_days and its like",
    r"\btimezone\s*\(": "timezone",
    r"\bat\s+time\s+zone\b": "at time zone",
    r"\barg_(max|min)\s*\(": "arg_max/arg_min (write max_by/min_by)",
    r"\bhash\s*\(": "hash",
    r"\bprintf\s*\(": "printf",
    r"\bhugeint\b": "hugeint",
    r"\bvarchar\b": "varchar (write string)",
    r"\basof\b": "asof join",
    r"\bgenerate_series\s*\(|\brange\s*\(": "generate_series/range",
    r"(?<![/:*])//(?!/)": "`//` (use floor_divide)",
}
"""Pattern → what a reader is told. DESIGN §4: dialect lives in macros/ only."""

TESTS_THAT_KEY = re.compile(r"^(unique|unique_combination|key)")

KEYS = {
    "file": {"version", "models", "sources", "unit_tests", "exposures", "macros", "data_tests"},
    "model": {"name", "description", "config", "columns", "data_tests", "docs", "constraints", "meta"},
    "column": {"name", "description", "data_type", "data_tests", "config", "constraints", "meta", "quote"},
    "source": {"name", "description", "tables", "schema", "config", "meta"},
    "unit_test": {"name", "description", "model", "given", "expect", "overrides", "config"},
}


@pytest.fixture(scope="module")
def manifest() -> dict:
    dbt = Dbt(DBT_PROJECT / "target")
    return json.loads(dbt.parse().read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def models(manifest: dict) -> list[dict]:
    return [node for node in manifest["nodes"].values() if node["resource_type"] == "model"]


def sql_files() -> list[Path]:
    return sorted([*(DBT_PROJECT / "models").rglob("*.sql"), *(DBT_PROJECT / "tests").rglob("*.sql")])


def without_comments(text: str) -> str:
    text = re.sub(r"\{#.*?#\}", lambda match: "\n" * match[0].count("\n"), text, flags=re.DOTALL)
    return re.sub(r"--.*", "", text)


def data_tests_of(manifest: dict, model: dict) -> list[dict]:
    return [
        manifest["nodes"][child] for child in manifest["child_map"][model["unique_id"]] if child.startswith("test.")
    ]


def test_every_model_is_described_by_its_grain(models: list[dict]) -> None:
    assert [model["name"] for model in models if not model["description"].startswith("One row per ")] == []


def test_every_model_is_tested(manifest: dict, models: list[dict]) -> None:
    assert [model["name"] for model in models if not data_tests_of(manifest, model)] == []


def test_every_mart_and_intermediate_model_has_a_key_test(manifest: dict, models: list[dict]) -> None:
    """A key test; staging is keyed in its contract."""
    missing = [
        model["name"]
        for model in models
        if model["schema"] in ("marts", "intermediate")
        and not any(
            TESTS_THAT_KEY.match(test["test_metadata"]["name"])
            for test in data_tests_of(manifest, model)
            if test.get("test_metadata")
        )
    ]
    assert missing == []


def test_every_mart_has_an_enforced_contract_described_columns_and_a_build_id(models: list[dict]) -> None:
    marts = [model for model in models if model["schema"] == "marts"]
    assert marts
    assert [model["name"] for model in marts if not model["config"]["contract"]["enforced"]] == []
    assert [model["name"] for model in marts if list(model["columns"])[-1:] != ["build_id"]] == []
    undescribed = [
        f"{model['name']}.{name}"
        for model in marts
        for name, column in model["columns"].items()
        if not column["description"]
    ]
    assert undescribed == []


def test_staging_alone_reads_sources(manifest: dict, models: list[dict]) -> None:
    readers = [
        model["name"]
        for model in models
        if model["schema"] != "staging" and any(parent.startswith("source.") for parent in model["depends_on"]["nodes"])
    ]
    assert readers == []


@pytest.mark.parametrize(
    "path", [*sql_files(), *sorted((DBT_PROJECT / "macros").rglob("*.sql"))], ids=lambda path: path.stem
)
def test_no_sql_reads_the_clock(path: Path) -> None:
    assert CLOCK.findall(without_comments(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize("path", sql_files(), ids=lambda path: path.stem)
def test_no_dialect_outside_macros(path: Path) -> None:
    text = without_comments(path.read_text(encoding="utf-8"))
    found = [
        f"{path.name}, line {number}: {what} belongs in macros/"
        for number, line in enumerate(text.splitlines(), 1)
        for pattern, what in DIALECT.items()
        if re.search(pattern, line, re.IGNORECASE)
    ]
    assert found == []
    assert "target." not in text, f"{path.name}: a model does not ask for its target"


def test_no_yaml_key_is_misspelt() -> None:
    """dbt on DuckDB ignores a key it does not know, and with it the tests below that key."""
    wrong = []
    for path in sorted((DBT_PROJECT / "models").rglob("*.yml")):
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
        parts = [("file", document, path.stem)]
        for model in document.get("models", []):
            parts.append(("model", model, model["name"]))
            parts += [("column", column, f"{model['name']}.{column['name']}") for column in model.get("columns", [])]
        parts += [("source", source, source["name"]) for source in document.get("sources", [])]
        parts += [("unit_test", test, test["name"]) for test in document.get("unit_tests", [])]
        wrong += [f"{path.name}: {name}: {key}" for kind, part, name in parts for key in set(part) - KEYS[kind]]
    assert wrong == []


def test_contract_sources_name_models_that_exist(models: list[dict]) -> None:
    variables = yaml.safe_load((DBT_PROJECT / "dbt_project.yml").read_text(encoding="utf-8"))["vars"][
        "contract_sources"
    ]
    names = {model["name"] for model in models}
    expected = {
        f"stg_{source}__{contract}"
        for contract, sources in variables.items()
        if contract != "default"
        for source in sources
    }
    assert expected <= names
