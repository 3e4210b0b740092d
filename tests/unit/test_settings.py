"""Settings: what is right loads, what is wrong says file, line, key and what was expected."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from orchestration.pipeline import parse_as_of
from orchestration.settings import SettingsError, load_settings

GOOD = """\
company: Acme
time_zone: Asia/Tehran
period_calendar: jalali
reporting_currency: IRR
sources:
  - {type: files, mapping: mapping.yml}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("ONEFUNNEL_HOME", raising=False)
    monkeypatch.delenv("ONEFUNNEL_CONTACT_KEY", raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mapping.yml").write_text("source: a\n")
    (tmp_path / "onefunnel.yml").write_text(GOOD)
    return tmp_path


def rewrite(folder: Path, old: str, new: str) -> Path:
    path = folder / "onefunnel.yml"
    path.write_text(GOOD.replace(old, new))
    return path


def test_paths_are_relative_to_the_configuration(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir("/")
    settings = load_settings(folder / "onefunnel.yml")
    assert settings.home == folder / "var"
    assert settings.mappings == [folder / "mapping.yml"]


def test_the_home_variable_overrides_the_file_and_an_argument_overrides_both(folder: Path) -> None:
    path = folder / "onefunnel.yml"
    assert load_settings(path, environment={"ONEFUNNEL_HOME": "/elsewhere"}).home == Path("/elsewhere")
    assert (
        load_settings(path, home=folder / "here", environment={"ONEFUNNEL_HOME": "/elsewhere"}).home == folder / "here"
    )


def test_a_misspelt_key_is_named_with_its_line_and_the_nearest_name(folder: Path) -> None:
    path = rewrite(folder, "period_calendar", "period_calender")
    with pytest.raises(
        SettingsError, match=r"onefunnel\.yml, line 3: period_calender: unknown key; did you mean period_calendar"
    ):
        load_settings(path)


def test_a_misspelt_key_inside_a_source_is_named_with_its_line(folder: Path) -> None:
    path = rewrite(folder, "mapping: mapping.yml", "maping: mapping.yml")
    with pytest.raises(SettingsError) as caught:
        load_settings(path)
    assert "line 6: sources.0.mapping: Field required" in str(caught.value)
    assert "line 6: sources.0.maping: unknown key; did you mean mapping?" in str(caught.value)


def test_an_unknown_time_zone_suggests_the_nearest(folder: Path) -> None:
    with pytest.raises(SettingsError, match=r"line 2: time_zone: .*did you mean Asia/Tehran"):
        load_settings(rewrite(folder, "Asia/Tehran", "Asia/Teheran"))


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            "reporting_currency: IRR",
            "reporting_currency: toman",
            "line 4: reporting_currency: expected an ISO 4217 code",
        ),
        (
            "period_calendar: jalali",
            "period_calendar: lunar",
            "line 3: period_calendar: Input should be 'gregorian' or 'jalali'",
        ),
        ("company: Acme\n", "", "company: Field required"),
        ("  - {type: files, mapping: mapping.yml}\n", "  []\n", "sources: List should have at least 1 item"),
    ],
)
def test_a_wrong_value_says_what_was_expected(folder: Path, old: str, new: str, expected: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings(rewrite(folder, old, new))
    assert expected in str(caught.value)


def test_a_missing_mapping_and_a_missing_file_are_named(folder: Path) -> None:
    with pytest.raises(SettingsError, match=r"no such mapping file .*other\.yml"):
        load_settings(rewrite(folder, "mapping.yml", "other.yml"))
    with pytest.raises(SettingsError, match="no such configuration file"):
        load_settings(folder / "none.yml")


def test_secrets_come_from_the_environment_or_the_dotenv_file_and_do_not_show(folder: Path) -> None:
    assert load_settings(folder / "onefunnel.yml").contact_key is None
    (folder / ".env").write_text("ONEFUNNEL_CONTACT_KEY=from-file\n")
    settings = load_settings(folder / "onefunnel.yml")
    assert settings.contact_key == b"from-file"
    assert "from-file" not in repr(settings)
    assert (
        load_settings(folder / "onefunnel.yml", environment={"ONEFUNNEL_CONTACT_KEY": "direct"}).contact_key
        == b"direct"
    )


def test_an_as_of_date_means_the_end_of_that_local_day() -> None:
    """Moscow is three hours ahead of UTC: its 30 June ends at 21:00 UTC."""
    assert parse_as_of("2026-06-30", "Europe/Moscow") == datetime(2026, 6, 30, 20, 59, 59, tzinfo=UTC)
    assert parse_as_of("2026-06-30T18:00:00+03:00", "Asia/Tehran") == datetime(2026, 6, 30, 15, 0, 0, tzinfo=UTC)
    assert parse_as_of("2026-06-30T18:00:00", "Asia/Tehran") == datetime(2026, 6, 30, 14, 30, 0, tzinfo=UTC)
    with pytest.raises(SettingsError, match="expected a date"):
        parse_as_of("yesterday", "UTC")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{max_quarantined_share: 5}", "less than or equal to 1"),
        ("{max_share: 0.1}", "did you mean max_quarantined_share?"),
        ("{streams: {crm/leads: -1}}", "greater than or equal to 0"),
    ],
)
def test_a_wrong_limit_of_the_quarantine_is_named(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "mapping.yml").write_text("source: shop\n")
    configuration = tmp_path / "onefunnel.yml"
    configuration.write_text(
        f"company: Shop\nreporting_currency: EUR\nquality: {text}\nsources:\n  - {{type: files, mapping: mapping.yml}}\n"
    )
    with pytest.raises(SettingsError, match=message) as caught:
        load_settings(configuration)
    assert "line 3: quality." in str(caught.value)
