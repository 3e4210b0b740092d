"""What stops Spark from starting is said in one sentence with what to do."""

from pathlib import Path

import pytest

from orchestration.doctor import examine, obstacles
from orchestration.settings import Settings, SettingsError, load_settings
from orchestration.spark import session
from orchestration.spark.session import SparkError, java_version, problem, start_session

needs_pyspark = pytest.mark.skipif(
    session.find_spec("pyspark") is None, reason="the extra `spark` is not installed: make spark"
)


def fake_java(folder: Path, version: str) -> None:
    java = folder / "bin" / "java"
    java.parent.mkdir(parents=True)
    java.write_text(f"#!/bin/sh\necho 'openjdk version \"{version}\" 2024-01-16' >&2\n")
    java.chmod(0o755)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "mapping.yml").write_text("source: shop\n")
    configuration = tmp_path / "onefunnel.yml"
    configuration.write_text(
        "company: Shop\nreporting_currency: EUR\nengine: spark\nspark: {master: 'local[1]'}\nsources:\n  - {type: files, mapping: mapping.yml}\n"
    )
    return load_settings(configuration)


@pytest.mark.parametrize(
    ("version", "major"), [("17.0.15", 17), ("1.8.0_392", 8), ("11.0.2", 11), ("21", 21), ("25-ea", 25)]
)
def test_the_major_version_of_java_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str, major: int
) -> None:
    fake_java(tmp_path, version)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    assert java_version() == major


@needs_pyspark
def test_without_java_the_message_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SparkError, match="no Java was found: install a Java runtime 17 or newer"):
        start_session("local[1]", {}, tmp_path)
    (found,) = [finding for finding in obstacles(settings, rebuilds_the_past=True) if finding.subject == "engine"]
    assert found.text == "Spark cannot start: no Java was found"
    assert "JAVA_HOME" in found.fix


@needs_pyspark
def test_an_old_java_is_named_with_its_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_java(tmp_path, "11.0.2")
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    assert problem() == f"{tmp_path}/bin/java is Java 11, Spark needs 17 or newer: install one or point JAVA_HOME at it"


def test_without_the_extra_the_message_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(session, "find_spec", lambda name: None)
    with pytest.raises(SparkError, match=r"the extra `spark` is not installed: make spark"):
        start_session("local[1]", {}, tmp_path)


def test_a_platform_that_made_the_session_needs_no_java_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    on_platform = settings.model_copy(update={"environment": {"ONEFUNNEL_SPARK_MASTER": "existing"}})
    assert [finding for finding in examine(on_platform) if finding.subject == "engine" and finding.stops_a_run] == []


def test_the_master_of_the_environment_goes_before_the_configuration(settings: Settings) -> None:
    assert settings.spark_master == "local[1]"
    path = settings.path
    assert (
        load_settings(path, environment={"ONEFUNNEL_SPARK_MASTER": "spark://h:7077"}).spark_master == "spark://h:7077"
    )


def test_a_wrong_key_of_the_section_is_named(settings: Settings) -> None:
    settings.path.write_text(settings.path.read_text().replace("master:", "mastr:"))
    with pytest.raises(SettingsError, match=r"line 4: spark\.mastr: unknown key; did you mean master\?"):
        load_settings(settings.path)


@needs_pyspark
def test_dbt_leaves_ansi_on(tmp_path: Path) -> None:
    """dbt-spark 1.11 switches it off for every statement; an overflow would be null."""
    from dbt.adapters.spark.connections import SparkCredentials

    from orchestration.dbt_runner import Dbt

    Dbt(tmp_path, "spark")
    credentials = SparkCredentials(method="session", host="none", schema="main")
    assert credentials.server_side_parameters == {"spark.sql.ansi.enabled": "true"}


def test_a_session_on_this_machine_does_not_look_for_it_in_the_network() -> None:
    assert session.is_local("local[2]")
    assert session.is_local("spark://127.0.0.1:7077")
    assert not session.is_local("spark://master.example:7077")
