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
    r"\bconcat(_ws)?\s*\(": "concat: a null is skipped on DuckDB and makes all null on Spark (write a || b)",
    r"\bsign\s*\(": "sign: a double on Spark (use sign_of)",
    r"(?<!_)\blower\s*\(|(?<!_)\bupper\s*\(": "lower/upper: Java and DuckDB differ in İ and Σ (use lower_text)",
    r"(?<=[\w)\]]) / (?=[\w({])": "`/`: decimals divide to floating point on DuckDB (use ratio or floor_divide)",
    r"\b(float|real|double)\b": "floating point (money and weights are whole numbers, rates decimals)",
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

PORTABLE = frozenset(
    {
        *(
            "cast",
            "coalesce",
            "nullif",
            "greatest",
            "least",
            "abs",
            "floor",
            "round",
            "trim",
            "replace",
            "substr",
            "length",
        ),
        *("count", "sum", "min", "max", "median", "max_by", "min_by"),
        *("row_number", "rank", "dense_rank", "lag", "lead", "first_value"),
    }
)
"""Functions that mean the same on both engines. Another one joins them with a case in `dbt_project/tests/macros/` that says
so, or becomes a macro."""

NOT_FUNCTIONS = frozenset(
    {
        *(
            "and",
            "as",
            "between",
            "by",
            "case",
            "decimal",
            "distinct",
            "else",
            "exists",
            "filter",
            "from",
            "having",
            "in",
        ),
        *(
            "join",
            "not",
            "on",
            "or",
            "over",
            "partition",
            "select",
            "sets",
            "then",
            "union",
            "using",
            "values",
            "when",
            "where",
        ),
    }
)
"""Words that may stand before a bracket."""

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


def _arguments(call: re.Match[str]) -> str:
    """The SQL that a call of a macro is given in its quoted arguments."""
    quoted = re.findall(r"\"([^\"]*)\"|'([^']*)'", call[0])
    return " ".join(double or single for double, single in quoted) + "\n" * call[0].count("\n")


def unknown_functions(sql: str) -> list[str]:
    """Functions of a model that are neither portable nor a macro, each with its line, as `line N: name`."""
    text = re.sub(r"\{%.*?%\}", lambda match: "\n" * match[0].count("\n"), without_comments(sql), flags=re.DOTALL)
    plain = re.sub(r"\{\{.*?\}\}", _arguments, text, flags=re.DOTALL)
    plain = re.sub(r"'[^'\n]*'", "''", plain)
    return [
        f"line {number}: {name}"
        for number, line in enumerate(plain.splitlines(), 1)
        for name in re.findall(r"\b([a-z_]\w*)\s*\(", line, re.IGNORECASE)
        if name.lower() not in PORTABLE | NOT_FUNCTIONS and not re.search(rf"\b{name} as\s*\(", line)
    ]


@pytest.mark.parametrize("path", sql_files(), ids=lambda path: path.stem)
def test_every_function_outside_macros_means_the_same_on_both_engines(path: Path) -> None:
    found = [
        f"{path.name}, {place}() is not known to mean the same on DuckDB and Spark: write a macro for it (dbt_project/macros/), or "
        "add it to PORTABLE with a case in dbt_project/tests/macros/"
        for place in unknown_functions(path.read_text(encoding="utf-8"))
    ]
    assert found == []


def test_a_function_of_one_engine_is_found_wherever_it_stands() -> None:
    sql = (
        "select\n    cast(list_sort(x) as string),\n    {{ ratio('array_agg(y)', \"max('z(')\") }}\nfrom t -- regexp_extract(z)\n"
        "qualify date_trunc ('month', d) in ('a(b)')"
    )
    assert unknown_functions(sql) == ["line 2: list_sort", "line 3: array_agg", "line 5: date_trunc"]


def test_no_mart_has_floating_point(models: list[dict]) -> None:
    """So that the engines can be compared exactly (DESIGN §2.3)."""
    floats = [
        f"{model['name']}.{name}"
        for model in models
        for name, column in model["columns"].items()
        if re.search("float|double|real", column.get("data_type") or "")
    ]
    assert floats == []


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
