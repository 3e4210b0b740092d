"""What every file of the repository must keep to."""

import re
import subprocess
from pathlib import Path

import pytest

from orchestration.settings import PROJECT_ROOT

HOSTS = re.compile(r"pypi\.org|pythonhosted|registry\.npmjs|deb\.debian", re.IGNORECASE)
MACHINE_PATH = re.compile(r"(?<![A-Za-z0-9_.])/(work|root|home/\w+|Users/\w+)/")
SILENCED = re.compile(r"except( Exception)?:\s*pass\b|\bTODO\b|\bFIXME\b")


def tracked() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=PROJECT_ROOT, capture_output=True, text=True, check=True
    )
    binary = {".png", ".parquet", ".xlsx", ".skops"}
    files = [PROJECT_ROOT / name for name in listed.stdout.splitlines()]
    return [file for file in files if file.is_file() and file.suffix not in binary and file != Path(__file__)]


def offending(pattern: re.Pattern[str]) -> list[str]:
    return [
        f"{file.relative_to(PROJECT_ROOT)}:{number}"
        for file in tracked()
        for number, line in enumerate(file.read_text(encoding="utf-8", errors="replace").splitlines(), 1)
        if pattern.search(line)
    ]


def test_no_file_names_a_registry_host() -> None:
    assert offending(HOSTS) == []


def test_no_file_names_a_path_of_a_machine() -> None:
    assert offending(MACHINE_PATH) == []


def test_nothing_is_silenced_or_left_for_later() -> None:
    assert offending(SILENCED) == []


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-spark.lock"])
def test_a_lock_file_has_hashes_and_no_index_lines(lock: str) -> None:
    lines = (PROJECT_ROOT / lock).read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if line.startswith("-")] == []
    pinned = [number for number, line in enumerate(lines) if re.match(r"[A-Za-z0-9]", line)]
    assert pinned
    assert all("==" in lines[number] and "--hash=" in lines[number + 1] for number in pinned)


def test_the_room_of_sources_knows_neither_dagster_nor_dbt() -> None:
    """Data flows one way (DESIGN §1): sources, landing and ml never import what stands after them."""
    rules = {
        "orchestration/sources": r"(dagster|dbt|orchestration\.(defs|publication|reports|binding|warehouse))",
        "orchestration/landing": r"(dagster|dbt|orchestration\.(sources|defs|publication|reports|binding|warehouse))",
        "ml": r"(dagster|dbt|orchestration|data_quality)",
        "data_quality": r"(dagster|dbt|orchestration)",
        "orchestration/spark": r"(dagster|dbt|orchestration\.(sources|landing|defs|publication|reports|binding))",
        "orchestration/publication": r"(dagster|dbt|orchestration\.(sources|landing|defs))",
        "orchestration/reports": r"(dagster|dbt|orchestration\.(sources|landing|defs|warehouse))",
    }
    wrong = []
    for folder, pattern in rules.items():
        for file in sorted((PROJECT_ROOT / folder).rglob("*.py")):
            imports = re.findall(r"^\s*(?:from|import)\s+([\w.]+)", file.read_text(encoding="utf-8"), re.MULTILINE)
            wrong += [
                f"{file.relative_to(PROJECT_ROOT)}: {name}" for name in imports if re.match(pattern + r"\b", name)
            ]
    assert wrong == []


def test_only_tests_and_benchmarks_read_the_truth_about_the_demo_company() -> None:
    """A pipeline that knew the causes could not be measured by them."""
    pipeline = ["orchestration", "dbt_project", "ml", "data_quality", "dashboard", "demo/exports", "demo/simulators"]
    reads_truth = re.compile(r"\bdemo\.truth\b|\bfrom demo import\b.*\btruth\b")
    files = [file for folder in pipeline for file in sorted((PROJECT_ROOT / folder).rglob("*.py"))]
    assert len(files) > 50
    assert [
        str(file.relative_to(PROJECT_ROOT))
        for file in files
        # the docstring of the exports says where the causes are told
        if reads_truth.search(re.sub(r'"""(?s:.*?)"""', "", file.read_text(encoding="utf-8")))
    ] == []
