"""What `onefunnel definitions check` tells beyond single values: ranges, overlaps, gaps, names, and who has signed what."""

import shutil
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from orchestration.cli import main
from orchestration.sources.definitions import (
    DefinitionFile,
    DefinitionsError,
    Problem,
    broken_examples,
    read_definitions,
    recorded_in_the_future,
    registry,
    remarks,
    rows_in_force,
    sign_offs,
    signed_files,
)
from orchestration.sources.definitions.schemas import SCHEMAS
from orchestration.sources.definitions.signing import fingerprint

DEFAULTS = Path(__file__).resolve().parents[3] / "definitions"
TODAY = date(2026, 6, 30)
OWNERS = "anna,boris"


@pytest.fixture
def company(tmp_path: Path) -> Path:
    folder = tmp_path / "definitions"
    folder.mkdir()
    return folder


def write(company: Path, name: str, *lines: str) -> Path:
    """A file of the company: the header of its schema, then the lines."""
    header = ",".join(SCHEMAS[name].column_names)
    (company / f"{name}.csv").write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
    return company


def override(company: Path, name: str, old: str, new: str) -> Path:
    text = (DEFAULTS / f"{name}.csv").read_text(encoding="utf-8")
    assert old in text
    (company / f"{name}.csv").write_text(text.replace(old, new, 1), encoding="utf-8")
    return company


def problems(company: Path) -> list[str]:
    with pytest.raises(DefinitionsError) as caught:
        read_definitions(DEFAULTS, company)
    return [str(problem).removeprefix(f"{company}/") for problem in caught.value.problems]


def files_of(company: Path) -> list[DefinitionFile]:
    return read_definitions(DEFAULTS, company)


@pytest.mark.parametrize(
    ("name", "old", "new", "expected"),
    [
        (
            "targets",
            "lead_to_mql,default,(all),0.25",
            "lead_to_mql,default,(all),25",
            ":3: column target_low: expected a share between 0 and 1 for lead_to_mql, got 25 (25 % is 0.25)",
        ),
        (
            "targets",
            "lead_to_mql,default",
            "lead_to_mqll,default",
            ":3: column kpi: 'lead_to_mqll' is not in label kpi; did you mean lead_to_mql?",
        ),
        (
            "targets",
            "lead_to_mql,default",
            "lead_to_mql,defualt",
            ":3: column variant: 'defualt' is not in label variant; did you mean default?",
        ),
        (
            "targets",
            "0.25,,,,,marketing,ratio,up,2000-01-01,2026-01-01",
            "0.25,,,,,marketing,ratio,up,2000-01-01,2206-01-01",
            ":3: column recorded_on: expected a day of the years 1990 to 2059, got 2206-01-01",
        ),
        (
            "matrix_bands",
            "raw110,hot,70",
            "raw110,hot,120",
            ":4: column lower_bound: no score reaches 120: raw110 ends at 110",
        ),
        (
            "matrix_bands",
            "raw110,hot,70,full,2000-01-01,2026-01-01,head_of_marketing,head_of_sales\n",
            "raw110,hot,70,full,2000-01-01,2026-01-01,head_of_marketing,head_of_sales\n"
            "raw110,hot,45,full,2026-07-01,2026-06-01,head_of_marketing,head_of_sales\n",
            ":5: column lower_bound: from 2026-07-01 on hot begins at 45, not above review (50) of raw110",
        ),
        (
            "matrix_bands",
            "raw110,review,50,review,2000-01-01,2026-01-01,head_of_marketing,head_of_sales\n",
            "",
            ":2: column band: scale raw110 has no band review",
        ),
        (
            "calendars",
            "msk,business_hours,Europe/Moscow,1,09:00,18:00,",
            "msk,business_hours,Europe/Moscow,1,17:00,20:00,2000-01-01,2026-01-01,anna,boris\n"
            "msk,business_hours,Europe/Moscow,1,09:00,18:00,",
            ":4: column opens: 09:00–18:00 overlaps 17:00–20:00 of data row 2",
        ),
        (
            "calendar_exceptions",
            "msk,2026-06-12,closed,,,",
            "msk,2026-06-11,closed,,,",
            ":4: column state: 2026-06-11 is closed here and short in data row 2",
        ),
        (
            "channel_rules",
            "nonbrand_joined_yandex,101,,,,,yandex%,cp_,%nonbrand%",
            "nonbrand_joined_yandex,101,,,,,yandex%,cp_,%non_brand%",
            ":3: column rule_id: matches what nonbrand_yandex has taken before it, and never takes a row",
        ),
        (
            "reasons",
            "*,too_early,too_early",
            "*,too_early,other",
            ":2: column reason: nothing maps to too_early, which is obligatory",
        ),
        (
            "step_windows",
            "sql,proposal,step,45,2000-01-01,2026-01-01,head_of_marketing,head_of_sales\n",
            "",
            ": column window_days: the step sql → proposal has no window on basis step",
        ),
        (
            "alerts",
            "stale_source,*,operations,36",
            "stale_source,*,operations,",
            ":3: column threshold: is empty, but alert stale_source needs it",
        ),
        (
            "alerts",
            "critical_check,*,operations,,",
            "critical_check,*,operations,5,",
            ":2: column threshold: alert critical_check has no threshold; leave it empty",
        ),
    ],
)
def test_ranges_overlaps_gaps_and_unknown_names_are_told_with_their_place(
    company: Path, name: str, old: str, new: str, expected: str
) -> None:
    if name == "reasons":
        # every row of the default that maps to too_early
        text = (DEFAULTS / "reasons.csv").read_text(encoding="utf-8")
        (company / "reasons.csv").write_text(text.replace(",too_early,2000", ",other,2000"), encoding="utf-8")
    else:
        override(company, name, old, new)
    found = problems(company)
    assert [problem for problem in found if problem.startswith(f"{name}.csv{expected}")], found


def test_a_rate_of_zero_is_no_rate(company: Path) -> None:
    write(company, "fx_rates", f"2026-06-01,USD,RUB,0,2000-01-01,2026-01-01,{OWNERS}")
    assert problems(company) == ["fx_rates.csv:2: column rate: expected a number above 0, got 0"]


RULES_OF_THE_COMPANY = (
    f"shop_mail,10,,,,,shop%,mail,,,,email,2026-01-01,2026-01-01,{OWNERS}",
    f"shop_any,20,,,,,shop%,,,,,other,2026-01-01,2026-01-01,{OWNERS}",
)


def test_an_example_that_another_rule_takes_or_that_falls_elsewhere_is_told_with_its_place(company: Path) -> None:
    write(company, "channel_rules", *RULES_OF_THE_COMPANY)
    write(
        company,
        "channel_rule_examples",
        "shop_mail,,,,,shop_june,mail,,,,email",
        "shop_any,,,,,shop_june,mail,,,,other",
        "shop_any,,,,,shop_june,banner,,,,display",
        ",,,,,shop_june,,,,,unknown",
        "shop_mail,,,,,elsewhere,mail,,,,email",
        ",,,,,elsewhere,,,,,unknown",
    )
    files = files_of(company)
    mend = "mend the example, or the rules: the first that matches by priority takes a touch"
    found = broken_examples(files)
    assert {problem.path for problem in found} == {company / "channel_rule_examples.csv"}
    assert [(problem.line, problem.column, problem.message, problem.fix) for problem in found] == [
        (3, "rule_id", "rule shop_mail takes this touch (email), not shop_any", mend),
        (
            4, "channel", "rule shop_any puts this touch into other, expected display",
            "mend the channel of the example, or of the rule",
        ),
        (5, "rule_id", "rule shop_any takes this touch (other), which no rule was meant to take", mend),
        (6, "rule_id", "no rule takes this touch, not shop_mail", mend),
    ]  # fmt: skip


def test_examples_are_tried_on_the_newest_version_of_a_rule(company: Path) -> None:
    write(
        company,
        "channel_rules",
        f"shop_any,20,,,,,shop%,,,,,display,2026-07-01,2026-06-01,{OWNERS}",
        f"shop_any,20,,,,,shop%,,,,,other,2026-01-01,2026-01-01,{OWNERS}",
    )
    write(company, "channel_rule_examples", "shop_any,,,,,shop_june,,,,,display")
    assert broken_examples(files_of(company)) == []


def test_a_channel_rule_without_an_example_is_a_remark(company: Path) -> None:
    def said() -> list[tuple[str, int | None, str]]:
        return [
            (problem.path.name, problem.line, problem.message)
            for problem in remarks(files_of(company), TODAY, ["amocrm"])
            if "example" in problem.message
        ]

    assert said() == []
    # the default examples speak of rules that a company with rules of its own does not have
    write(company, "channel_rules", *RULES_OF_THE_COMPANY)
    assert said() == [
        (
            "channel_rules.csv", None,
            "none of the 2 channel rules has an example: nothing says that they do what was meant",
        )
    ]  # fmt: skip
    write(company, "channel_rule_examples", "shop_mail,,,,,shop_june,mail,,,,email")
    assert said() == [
        ("channel_rules.csv", 3, "rule shop_any has no example: nothing says that it does what was meant")
    ]


def test_an_example_of_a_rule_that_is_not_there_or_of_no_rule_in_a_channel_is_an_error(company: Path) -> None:
    write(company, "channel_rules", *RULES_OF_THE_COMPANY)
    write(company, "channel_rule_examples", "shop_male,,,,,shop_june,mail,,,,email")
    assert problems(company) == [
        "channel_rule_examples.csv:2: column rule_id: 'shop_male' is not in channel_rules.rule_id; did you mean shop_mail?"
    ]
    write(company, "channel_rule_examples", ",,,,,elsewhere,,,,,email")
    assert problems(company) == [
        "channel_rule_examples.csv:2: column channel: what no rule takes is unknown, not email; name the rule, or write unknown"
    ]


def test_the_check_ends_with_an_error_when_an_example_is_broken(company: Path, tmp_path: Path) -> None:
    override(company, "channel_rules", "cp_,%non_brand%,,,paid_search", "cp_,%non_brand%,,,display")
    write(company, "channel_rule_examples", "nonbrand_yandex,,,,,yandex,cpc,non-brand,,,paid_search")
    result = check(tmp_path)
    assert result.exit_code == 1
    assert (
        "channel_rule_examples.csv:2: column channel: rule nonbrand_yandex puts this touch into display"
        in result.output
    )


def test_a_gate_that_no_answer_passes_is_told(company: Path) -> None:
    write(company, "matrix_gates", f"budget,30,2000-01-01,2026-01-01,{OWNERS}")
    assert problems(company) == [
        "matrix_gates.csv:2: column min_points: no answer to budget gives 30 points: the most is 20"
    ]


def test_every_problem_says_what_to_do(company: Path) -> None:
    override(company, "stages", "lead,3,true", "lead,3,yes")
    override(company, "channels", "paid_search,create", "paid_search,invent")
    override(company, "stage_map", "*,*,mql,mql,", "*,*,mql,mqll,")
    with pytest.raises(DefinitionsError) as caught:
        read_definitions(DEFAULTS, company)
    assert [(problem.value, problem.fix) for problem in caught.value.problems] == [
        ("yes", "write true or false"),
        ("invent", "write one of them"),
        ("mqll", "write a name that is there, or add it to stages.stage"),
    ]


def test_nothing_was_recorded_or_signed_after_today(company: Path) -> None:
    override(company, "matrix_gates", "sales_owner\n", f"sales_owner\nbudget,10,2026-07-01,2026-07-02,{OWNERS}\n")
    write(company, "signatures", "matrix,2026-01-01,0123456789ab,sales,Boris,2026-07-01")
    found = recorded_in_the_future(files_of(company), TODAY)
    assert [(problem.path.name, problem.line, problem.column, problem.value) for problem in found] == [
        ("matrix_gates.csv", 2, "recorded_on", "2026-07-02"),
        ("signatures.csv", 2, "signed_on", "2026-07-01"),
    ]


def gates(company: Path) -> Path:
    """A gate of three versions: the first reaches back, the second was back-dated by nine days, the third waits."""
    return write(
        company,
        "matrix_gates",
        f"budget,10,2026-01-01,2026-03-01,{OWNERS}",
        f"budget,20,2026-06-01,2026-06-10,{OWNERS}",
        f"budget,10,2026-07-01,2026-06-20,{OWNERS}",
    )


def test_a_version_that_reaches_back_and_one_that_waits_are_remarks(company: Path) -> None:
    found = [
        (problem.line, problem.message)
        for problem in remarks(files_of(gates(company)), TODAY, ["amocrm"])
        if problem.path.name == "matrix_gates.csv" and problem.line
    ]
    assert found == [
        (3, "budget holds from 2026-06-01, 9 days before it was recorded: figures since then change"),
        (4, "budget does not hold yet: from 2026-07-01 on"),
    ]


def test_a_version_holds_until_the_next_one_of_its_key(company: Path) -> None:
    rows = next(file.rows for file in files_of(gates(company)) if file.name == "matrix_gates")
    assert [
        row["min_points"]
        for day in ("2025-01-01", "2026-06-01", "2026-07-01")
        for row in rows_in_force("matrix_gates", rows, day)
    ] == ["10", "20", "10"]
    spans = [
        (version.key, version.content, version.valid_from, version.valid_to)
        for version in registry({"matrix_gates": rows})
    ]
    assert spans == [
        ("budget", "min_points=10", "2026-01-01", "2026-06-01"),
        ("budget", "min_points=20", "2026-06-01", "2026-07-01"),
        ("budget", "min_points=10", "2026-07-01", None),
    ]


def test_days_without_a_rate_and_sources_that_nobody_has_are_remarks(company: Path) -> None:
    write(
        company,
        "fx_rates",
        *(f"2026-06-{day:02d},USD,RUB,80,2000-01-01,2026-01-01,{OWNERS}" for day in (1, 2, 5, 6, 9)),
    )
    override(
        company,
        "reasons",
        "*,no_budget,no_budget",
        f"amocrn,дорого,no_budget,2000-01-01,2026-01-01,{OWNERS}\n*,no_budget,no_budget",
    )
    found = [
        str(problem).removeprefix(f"{company}/")
        for problem in remarks(files_of(company), TODAY, ["amocrm"])
        if problem.line
    ]
    assert (
        "fx_rates.csv:3: column date_on: no rate from USD to RUB on 4 days between 2026-06-01 and 2026-06-09, the first on 2026-06-03"
        in found
    )
    assert (
        "reasons.csv:2: column source_system: no configured source is called 'amocrn'; did you mean amocrm?: 1 rows meet nothing"
        in found
    )


def test_of_one_policy_laid_over_the_defaults_each_remark_and_error_names_the_file_its_row_stands_in(
    company: Path, tmp_path: Path
) -> None:
    defaults = tmp_path / "defaults"
    shutil.copytree(DEFAULTS, defaults)
    with (defaults / "policies.csv").open("a", encoding="utf-8") as file:
        file.write(f"attempt_gap_minutes,45,2026-08-01,2026-07-15,{OWNERS}\n")
    last_line = (defaults / "policies.csv").read_text(encoding="utf-8").count("\n")
    write(company, "policies", f"gross_margin,0.4,2026-09-01,2026-07-20,{OWNERS}")
    files = read_definitions(defaults, company)
    later = recorded_in_the_future(files, TODAY)
    waiting = [problem for problem in remarks(files, TODAY, ["amocrm"]) if "does not hold yet" in problem.message]
    assert [[(problem.path, problem.line, problem.value) for problem in found] for found in (later, waiting)] == [
        [(defaults / "policies.csv", last_line, "2026-07-15"), (company / "policies.csv", 2, "2026-07-20")],
        [(defaults / "policies.csv", last_line, "2026-08-01"), (company / "policies.csv", 2, "2026-09-01")],
    ]


def signature(rows: list[dict[str, str | None]], team: str, version_on: str, signed_on: str) -> str:
    return f"matrix_gates,{version_on},{fingerprint(rows, version_on)},{team},Anna,{signed_on}"


def states(company: Path) -> dict[str, tuple[str, int]]:
    definitions = {file.name: file.rows for file in files_of(company)}
    return {
        found.team: (found.state, found.rows_since)
        for found in sign_offs(definitions)
        if found.definition == "matrix_gates"
    }


def test_a_signature_covers_what_was_recorded_until_its_day(company: Path) -> None:
    rows = [dict(row) for row in next(file.rows for file in files_of(gates(company)) if file.name == "matrix_gates")]
    write(
        company,
        "signatures",
        signature(rows, "marketing", "2026-06-20", "2026-06-21"),
        signature(rows, "sales", "2026-03-01", "2026-03-02"),
    )
    assert states(company) == {"marketing": ("signed", 0), "sales": ("added_since", 2)}
    # one number of a signed row is changed without a new row
    text = (company / "matrix_gates.csv").read_text()
    (company / "matrix_gates.csv").write_text(text.replace("budget,10,2026-01-01", "budget,20,2026-01-01"))
    assert states(company) == {"marketing": ("changed_in_place", 0), "sales": ("changed_in_place", 2)}
    # the newest signature of a team counts
    changed = [dict(row) for row in next(file.rows for file in files_of(company) if file.name == "matrix_gates")]
    with (company / "signatures.csv").open("a") as file:
        file.write(signature(changed, "sales", "2026-06-20", "2026-06-25") + "\n")
    assert states(company)["sales"] == ("signed", 0)


def test_a_fingerprint_is_the_same_in_another_order_of_rows_and_with_an_empty_column_more() -> None:
    one = {"criterion": "budget", "min_points": "10", "recorded_on": "2026-01-01"}
    other = {"criterion": "authority", "min_points": "10", "recorded_on": "2026-01-01"}
    assert fingerprint([one, other], "2026-01-01") == fingerprint([other, {**one, "note": None}], "2026-01-01")
    assert fingerprint([one], "2026-01-01") != fingerprint([{**one, "min_points": "20"}], "2026-01-01")
    assert fingerprint([one, {**other, "recorded_on": "2026-02-01"}], "2026-01-01") == fingerprint([one], "2026-01-01")


def test_a_signature_of_what_was_recorded_later_or_of_nothing_known_is_an_error(company: Path) -> None:
    write(
        company,
        "signatures",
        "matrix,2026-06-02,0123456789ab,sales,Boris,2026-06-01",
        "matrx,2026-01-01,0123456789ab,sales,Boris,2026-06-01",
    )
    found = problems(company)
    assert found == [
        "signatures.csv:2: column signed_on: expected a day from version_on (2026-06-02) on, got 2026-06-01",
        "signatures.csv:3: column definition: 'matrx' is not in definitions; did you mean matrix?",
    ]


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_file_of_nothing_but_its_header_is_read_or_told_what_it_lacks(company: Path, name: str) -> None:
    write(company, name)
    # other files may name what is gone
    assert [problem for problem in problems_or_none(company) if not problem.fix] == []


def problems_or_none(company: Path) -> list[Problem]:
    try:
        read_definitions(DEFAULTS, company)
    except DefinitionsError as error:
        return list(error.problems)
    return []


def test_a_policy_that_names_a_calendar_names_one_of_the_calendars(company: Path) -> None:
    write(company, "policies", f"working_calendar,moscow,2000-01-01,2026-01-01,{OWNERS}")
    assert problems(company) == ["policies.csv:2: column value: 'moscow' is not in calendars.calendar"]
    write(company, "policies", f"working_calendar,msk,2000-01-01,2026-01-01,{OWNERS}")
    assert files_of(company)


def test_a_file_without_its_default_row_is_told_so_at_its_header(company: Path) -> None:
    write(company, "owner_calendars")
    (found,) = [line for line in problems(company) if line.startswith("owner_calendars.csv")]
    assert found.startswith("owner_calendars.csv:1: column owner_id: no row has *")


def test_nobody_has_signed_the_defaults() -> None:
    signed, needed = signed_files(read_definitions(DEFAULTS))
    assert signed == 0
    assert needed >= 15


def check(folder: Path) -> Result:
    (folder / "mapping.yml").write_text("source: crm\n")
    configuration = folder / "onefunnel.yml"
    configuration.write_text(
        "company: Acme\nreporting_currency: EUR\ndefinitions: definitions\nsources:\n  - {type: files, mapping: mapping.yml}\n"
    )
    return CliRunner().invoke(main, ["definitions", "check", "--config", str(configuration)])


def test_the_command_tells_every_error_with_what_to_do_and_ends_with_one(company: Path, tmp_path: Path) -> None:
    override(company, "stages", "lead,3,true", "lead,3,yes")
    override(company, "channels", "paid_search,create", "paid_search,invent")
    result = check(tmp_path)
    assert result.exit_code == 1
    lines = result.output.splitlines()
    assert lines[0] == f"{company}/stages.csv:4: column is_main_chain: expected true or false, got 'yes'"
    assert lines[1] == "    → write true or false"
    assert lines[2].startswith(
        f"{company}/channels.csv:2: column role: expected one of create, harvest, neutral, got 'invent'"
    )
    assert "2 errors in the definitions" in result.output


def test_the_command_prints_remarks_and_still_succeeds(company: Path, tmp_path: Path) -> None:
    shutil.copy(DEFAULTS / "matrix.csv", company)
    result = check(tmp_path)
    assert result.exit_code == 0, result.output
    assert f"{company}/matrix.csv: not signed by marketing and sales" in result.output
    assert "both teams have signed 0 of" in result.output
