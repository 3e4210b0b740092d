"""The definitions: the defaults are what the specification says, and every mistake is told with its place."""

import csv
import itertools
import shutil
from datetime import UTC, datetime
from itertools import product
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration.clock import FixedClock
from orchestration.landing import Lake
from orchestration.sources.definitions import (
    SCHEMAS,
    DefinitionsError,
    land_definitions,
    load_currencies,
    read_definitions,
)
from orchestration.sources.definitions.kinds import BOOLEAN, DATE, DECIMAL, POSITIVE, TIME

DEFAULTS = Path(__file__).resolve().parents[3] / "definitions"


@pytest.fixture
def company(tmp_path: Path) -> Path:
    folder = tmp_path / "company"
    folder.mkdir()
    return folder


def rows(name: str) -> list[dict[str, str | None]]:
    return [dict(row) for file in read_definitions(DEFAULTS) if file.name == name for row in file.rows]


def override(company: Path, name: str, old: str, new: str) -> Path:
    """The default file in the company's folder with one text replaced."""
    text = (DEFAULTS / f"{name}.csv").read_text(encoding="utf-8")
    assert old in text
    (company / f"{name}.csv").write_text(text.replace(old, new, 1), encoding="utf-8")
    return company


def problems(company: Path) -> list[str]:
    with pytest.raises(DefinitionsError) as caught:
        read_definitions(DEFAULTS, company)
    return [str(problem).removeprefix(f"{company}/") for problem in caught.value.problems]


def test_the_defaults_are_valid_and_every_file_is_there() -> None:
    assert [file.name for file in read_definitions(DEFAULTS)] == list(SCHEMAS)
    assert sorted(path.stem for path in DEFAULTS.glob("*.csv")) == sorted(SCHEMAS)


def test_d32_the_five_clocks() -> None:
    clocks = {
        str(row["clock"]): (
            row["start_event"], row["stop_events"], row["target_minutes"], row["limit_minutes"], row["calendar_kind"]
        )
        for row in rows("sla_clocks")
    }  # fmt: skip
    assert clocks == {
        "reaction": ("lead_created", "attempt", "5", "5", "24x7"),
        "acceptance": ("handed_over", "accepted|rejected|returned", "480", "480", "business_hours"),
        "confirmation": ("accepted", "sql|returned", "240", "240", "business_hours"),
        "contact": ("handed_over", "two_way_contact", "1440", "1440", "working_days"),
        "qualification": ("handed_over", "sql|rejected|returned", "1440", "2880", "working_days"),
    }


def test_d10a_the_three_views_of_the_funnel() -> None:
    def view(name: str) -> list[str | None]:
        positioned = [(int(row[name] or 0), row["stage"]) for row in rows("stages") if row[name] is not None]
        return [stage for _, stage in sorted(positioned)]

    assert view("view_a") == ["visit", "lead", "mql", "sql", "proposal", "won"]
    assert view("view_b") == ["visit", "engaged", "lead", "mql", "sql", "won", "retained", "expanded"]
    assert view("view_c") == ["visit", "lead", "mql", "sql", "won"]
    assert [row["stage"] for row in rows("stages") if row["is_main_chain"] == "true"] == [
        "lead",
        "mql",
        "sql",
        "proposal",
        "won",
        "paid",
    ]


def test_d6a_our_own_stage_names_map_to_themselves_and_sql_opens_the_opportunity() -> None:
    stage_map = [row for row in rows("stage_map") if row["source_system"] == "*"]
    assert all(row["source_stage"] == row["stage"] for row in stage_map)
    assert [row["stage"] for row in stage_map if row["is_opportunity"] == "true"] == ["sql"]
    assert {row["stage"] for row in stage_map} == {row["stage"] for row in rows("stages")}


def test_amocrms_142_and_143_are_won_and_lost_in_every_pipeline() -> None:
    own = [row for row in rows("stage_map") if row["source_system"] == "amocrm"]
    assert [(row["pipeline"], row["source_stage"], row["stage"]) for row in own] == [
        ("*", "142", "won"),
        ("*", "143", "lost"),
    ]


def test_d22_the_matrix_has_729_profiles_of_which_198_are_hot_raw_and_97_normalised() -> None:
    criteria: dict[str, list[int]] = {}
    for row in rows("matrix"):
        criteria.setdefault(str(row["criterion"]), []).append(int(str(row["points"])))
    assert criteria == {
        "industry_fit": [0, 10, 20],
        "budget": [0, 10, 20],
        "need_urgency": [0, 15, 30],
        "authority": [0, 10, 20],
        "timeline": [0, 5, 10],
        "engagement": [0, 5, 10],
    }
    sums = [sum(profile) for profile in product(*criteria.values())]
    bounds = {(row["scale"], row["band"]): int(str(row["lower_bound"])) for row in rows("matrix_bands")}
    hot_raw = sum(total >= bounds["raw110", "hot"] for total in sums)
    hot_normalised = sum(total * 100 >= bounds["normalised100", "hot"] * 110 for total in sums)
    assert (len(sums), max(sums), hot_raw, hot_normalised) == (729, 110, 198, 97)
    assert sum(total < bounds["raw110", "review"] for total in sums) == 260


def test_the_shares_of_the_anchored_models_are_those_of_the_specification() -> None:
    shares = {
        row["attribution_model"]: [
            row[name] for name in ("first_share", "lead_created_share", "last_share", "rest_share")
        ]
        for row in rows("attribution_models")
        if row["rule"] == "anchored"
    }
    assert shares == {
        "u_shaped": ["400", "0", "400", "200"],
        "w_shaped": ["300", "300", "0", "100"],
        "full_path": ["225", "225", "225", "100"],
    }
    enabled = [row["attribution_model"] for row in rows("attribution_models") if row["is_enabled"] == "true"]
    assert set(enabled) == {
        *("first", "last", "last_non_direct", "linear", "u_shaped", "w_shaped", "full_path", "time_decay"),
        *("markov", "shapley"),
    }


def test_d50_outcomes_impressions_and_mail_sent_or_opened_earn_nothing() -> None:
    flags = {row["kind"]: row["is_creditable"] for row in rows("touch_kinds")}
    barred = {kind for kind, flag in flags.items() if flag == "false"}
    assert barred == {"impression", "mailing_sent", "mailing_opened", "contract", "invoice", "payment"}
    assert flags["touch"] == "true"
    ranks = {row["kind"]: int(row["session_rank"]) for row in rows("touch_kinds") if row["session_rank"] is not None}
    assert ranks["form"] > ranks["chat"] > ranks["content_download"] > ranks["visit"]


def test_d14_windows_of_steps_and_of_lead_cohorts() -> None:
    windows = {
        (row["cohort_basis"], row["from_stage"], row["to_stage"]): row["window_days"] for row in rows("step_windows")
    }
    assert windows["step", "sql", "won"] == "180"
    assert windows["step", "proposal", "won"] == "90"
    assert [windows["lead", "lead", stage] for stage in ("mql", "sql", "proposal", "won", "paid")] == [
        "30",
        "44",
        "89",
        "270",
        "330",
    ]


def test_t1_the_default_targets_still_hold_the_contradiction_the_product_reports() -> None:
    low = {(row["kpi"], row["variant"]): row["target_low"] for row in rows("targets")}
    assert low["sql_to_proposal", "default"] == "0.50"
    assert low["proposal_to_close", "default"] == "0.25"
    assert low["sql_to_deal", "default"] == "0.20"


def test_labels_are_those_of_the_definitions_in_three_languages_with_persian_letters() -> None:
    labels = {row["key"]: row for row in rows("labels")}
    assert labels["stage.paid"]["ru"] == "Оплачено"
    assert labels["stage.paid"]["fa"] == "پرداخت‌شده"
    assert not any(letter in str(row["fa"]) for row in labels.values() for letter in "يك")


def test_a_file_of_the_company_stands_in_place_of_the_default(company: Path) -> None:
    override(company, "matrix_bands", "raw110,hot,70", "raw110,hot,77")
    bands = next(file for file in read_definitions(DEFAULTS, company) if file.name == "matrix_bands")
    assert bands.path == company / "matrix_bands.csv"
    assert [row["lower_bound"] for row in bands.rows][:3] == ["0", "50", "77"]


def test_a_company_says_only_the_policies_that_differ(company: Path) -> None:
    """Every version of a name that it says, in the place of the default's; the others stay."""
    head = "name,value,valid_from,recorded_on,marketing_owner,sales_owner\n"
    versions = ("2000-01-01", "normalised100"), ("2026-05-01", "raw110")
    rows = "".join(f"matrix_scale,{value},{day},2026-01-01,m,s\n" for day, value in versions)
    (company / "policies.csv").write_text(
        head + rows + "gross_margin,0.4,2000-01-01,2026-01-01,m,s\n", encoding="utf-8"
    )
    defaults, own = (
        {file.name: file for file in read_definitions(DEFAULTS, folder)}["policies"] for folder in (None, company)
    )
    told = [(row["name"], row["value"], row["valid_from"]) for row in own.rows]
    scale = [("matrix_scale", value, day) for day, value in versions]
    before, after = (
        [(row["name"], row["value"], row["valid_from"]) for row in rows]
        for rows in (
            itertools.takewhile(lambda row: row["name"] != "matrix_scale", defaults.rows),
            itertools.islice(itertools.dropwhile(lambda row: row["name"] != "matrix_scale", defaults.rows), 1, None),
        )
    )
    assert told == [*before, *scale, *after, ("gross_margin", "0.4", "2000-01-01")]


def test_semicolons_bom_crlf_and_capital_true_are_the_same_definition(company: Path) -> None:
    with (DEFAULTS / "channels.csv").open(encoding="utf-8", newline="") as file:
        records = list(csv.reader(file))
    text = "\r\n".join(";".join(record) for record in records).replace("true", "TRUE")
    (company / "channels.csv").write_bytes(b"\xef\xbb\xbf" + text.encode())
    default = next(file for file in read_definitions(DEFAULTS) if file.name == "channels")
    ours = next(file for file in read_definitions(DEFAULTS, company) if file.name == "channels")
    assert (ours.rows, ours.sha256) == (default.rows, default.sha256)


@pytest.mark.parametrize(
    ("name", "old", "new", "expected"),
    [
        (
            "stages",
            "lead,3,true,marketing",
            "lead,3,yes,marketing",
            ":4: column is_main_chain: expected true or false, got 'yes'",
        ),
        (
            "stages",
            "sql,6,true,sales",
            "sql,6,true,sails",
            ":7: column owner_team: expected one of marketing, sales, shared, got 'sails'; did you mean sales?",
        ),
        ("stages", "paid,9", "payed,9", ": column stage: paid is missing; the models rely on it"),
        (
            "stage_map",
            "*,*,mql,mql,",
            "*,*,mql,mqll,",
            ":5: column stage: 'mqll' is not in stages.stage; did you mean mql?",
        ),
        (
            "stage_map",
            "source_stage",
            "source_stgae",
            ":1: column source_stgae: is not a column of stage_map; did you mean source_stage?",
        ),
        (
            "mql_rule",
            "showed_interest",
            "showed_interst",
            ":3: column field: 'showed_interst' is not in contract leads; did you mean showed_interest?",
        ),
        (
            "mql_rule",
            "asked_for_demo,is_true",
            "asked_for_demo,equals",
            ":4: column value: is empty, but operator equals needs it",
        ),
        (
            "matrix",
            "budget,2,partly",
            "budget,3,partly",
            ":6: column criterion_position: differs within criterion budget: '3', '2'",
        ),
        (
            "matrix_bands",
            "raw110,cold,0",
            "raw110,cold,5",
            ":2: column lower_bound: the lowest band of raw110 starts at 0, got 5",
        ),
        ("channel_rules", ",100,", ",101,", ":3: column priority: 101 stands in data row 1 too"),
        (
            "channels",
            "direct,harvest",
            "direct,neutrl",
            ":23: column role: expected one of create, harvest, neutral, got 'neutrl'; did you mean neutral?",
        ),
        (
            "attribution_models",
            "400,0,0,400,200",
            "400,0,0,400,300",
            ":6: column first_share: the shares of an anchored model are per mille and sum to 1000, got 1100",
        ),
        ("attribution_models", ",30,365", ",,365", ":9: column half_life_days: is empty, but rule time_decay needs it"),
        (
            "policies",
            "raw110",
            "raw100",
            ":5: column value: expected one of raw110, normalised100 for matrix_scale, got 'raw100'",
        ),
        (
            "policies",
            "n,30",
            "n,many",
            ":6: column value: expected a whole number of at least 1 for bottleneck_minimum_n, got 'many'",
        ),
        (
            "handover_rules",
            "*,*,owner_team,sales",
            "*,*,owner_team,seller",
            ":2: column value: expected one of marketing, sales for owner_team, got 'seller'",
        ),
        (
            "handover_rules",
            "*,*,rejection,returned",
            "*,Sales,rejection,returned",
            ":7: column pipeline: expected *, because rejection is not told a pipeline, got 'Sales'",
        ),
        (
            "reaction_bands",
            "after_3_days,6,",
            "after_3_days,6,9000",
            ":7: column upper_minutes: the last band has no upper end; leave it empty",
        ),
        ("reaction_bands", "hour,2,60", "hour,2,4", ":3: column upper_minutes: expected more than 5, got 4"),
        ("targets", "0.20,0.30", "0.40,0.30", ":7: column target_high: expected at least target_low (0.40), got 0.30"),
        (
            "targets",
            "0.50",
            "50%",
            ":5: column target_low: expected a number with a decimal point, such as 0.25, got '50%'",
        ),
        ("targets", "100000,USD", "100000,", ":24: column currency: is empty; a target in money needs its currency"),
        (
            "step_windows",
            "mql,sql,step,14",
            "mql,sql,step,0",
            ":3: column window_days: expected a whole number of at least 1, got '0'",
        ),
        (
            "calendars",
            "Europe/Moscow",
            "Moscow",
            ":3: column zone: expected a zone such as Europe/Moscow, got 'Moscow'",
        ),
        (
            "calendars",
            "1,09:00,18:00",
            "1,18:00,09:00",
            ":3: column closes: expected a time after opens (18:00), got 09:00",
        ),
        (
            "calendars",
            "msk,business_hours,Europe/Moscow,3",
            "msk,business_hours,Europe/Samara,3",
            ":5: column zone: calendar msk has Europe/Moscow elsewhere; another zone is another calendar",
        ),
        (
            "calendars",
            "always,24x7,UTC,,",
            "always,24x7,UTC,1,",
            ":2: column weekday: a calendar of kind 24x7 has none",
        ),
        (
            "sla_clocks",
            "1440,2880",
            "2880,1440",
            ":6: column limit_minutes: expected at least target_minutes (2880), got 1440",
        ),
        (
            "sla_clocks",
            "accepted|rejected|returned",
            "accepted|refused",
            ":3: column stop_events: expected one or more of attempt, two_way_contact, accepted, sql, rejected, returned",
        ),
        (
            "sla_clocks",
            "lead_created,attempt",
            "lead_created,sql",
            ":2: column stop_events: a clock from lead_created stops by attempt or two_way_contact",
        ),
        (
            "sla_clocks",
            "accepted,sql|returned",
            "accepted,sql|accepted",
            ":4: column stop_events: accepted starts the clock and cannot stop it",
        ),
        ("sla_clocks", "contact,*", "contact,retail", ":5: column clock: contact has no row with segment *"),
        ("sla_clocks", "reaction,*", "reacting,*", ": column clock: reaction is missing; the models rely on it"),
        (
            "owner_calendars",
            "*,*,*,msk",
            "*,sales,*,msk",
            ":2: column owner_id: no row has * in owner_id, team and region: the calendar of everybody else",
        ),
        (
            "owner_calendars",
            "*,*,*,msk",
            "*,*,*,mks",
            ":2: column calendar: 'mks' is not in calendars.calendar; did you mean msk?",
        ),
        (
            "calendar_exceptions",
            "2026-06-12,closed,,",
            "2026-06-12,short,,",
            ":4: column opens: is empty, but state short needs it",
        ),
        (
            "calendar_exceptions",
            "2026-06-12",
            "12.06.2026",
            ":4: column date_on: expected a date as 2026-06-01, got '12.06.2026'",
        ),
        (
            "currencies",
            "EUR,2",
            "EUR,",
            ":27: column exponent: is empty; a currency needs the number of digits of its minor unit",
        ),
        ("currencies", "toman,,IRR,10", "toman,,IRX,10", ":91: column alias_of: 'IRX' is not a currency of this file"),
        (
            "reasons",
            "competitor,competitor",
            "competitor,competitors",
            ":5: column reason: expected one of no_budget, not_icp, too_early, competitor, unreachable",
        ),
        (
            "reasons",
            "*,not_icp",
            "*,no_budget",
            ":3: column source_system: source_system *, source_reason no_budget, valid_from 2000-01-01 stands",
        ),
        (
            "field_map",
            "UTM_TERM,utm_term",
            "UTM_TERM,utm_termin",
            ":6: column column_name: expected one of campaign_id, form_id, landing_page",
        ),
        (
            "field_map",
            "contact,POSITION,job_title,,",
            "contact,POSITION,is_decision_maker,director,yes",
            ":11: column value: expected true or false for is_decision_maker, got 'yes'",
        ),
        ("field_map", "2,kind,,meeting", "2,kind,,", ":12: column value: is empty; say what task_type 2 means"),
        (
            "answer_map",
            "marketing_owner,sales_owner",
            "marketing_owner,sales_owner\namocrm,7001,да,budgte,yes,2000-01-01,2026-01-01,marketing,sales",
            ":2: column criterion: 'budgte' is not in matrix.criterion; did you mean budget?",
        ),
        ("labels", "Визит,بازدید", ",بازدید", ":2: column ru: is empty, expected text"),
        ("labels", "Visit,Визит", "Visit", ":2: has 3 values, expected 4 as in the header"),
    ],
)
def test_a_mistake_is_told_with_file_line_column_and_what_was_expected(
    company: Path, name: str, old: str, new: str, expected: str
) -> None:
    found = problems(override(company, name, old, new))
    assert [problem for problem in found if problem.startswith(f"{name}.csv{expected}")], found


def test_all_mistakes_of_all_files_are_told_at_once(company: Path) -> None:
    override(company, "stages", "lead,3,true", "lead,3,yes")
    override(company, "channels", "paid_search,create", "paid_search,invent")
    override(company, "stage_map", "*,*,mql,mql,", "*,*,mql,mqll,")
    found = problems(company)
    assert [line.split(":")[0] for line in found] == ["stages.csv", "channels.csv", "stage_map.csv"]


def test_a_file_that_nobody_reads_is_told_with_the_nearest_name(company: Path) -> None:
    (company / "chanels.csv").write_text("channel\n")
    assert problems(company) == ["chanels.csv: is not a definitions file; did you mean channels?"]


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(DefinitionsError, match="is not a folder"):
        read_definitions(DEFAULTS, tmp_path / "nowhere")


def test_a_missing_default_an_empty_file_and_another_encoding_are_told(tmp_path: Path, company: Path) -> None:
    defaults = tmp_path / "defaults"
    shutil.copytree(DEFAULTS, defaults)
    (defaults / "costs.csv").unlink()
    (company / "reasons.csv").write_bytes("source_system,source_reason,reason\n*,цена,no_budget\n".encode("cp1251"))
    (company / "labels.csv").write_text("")
    with pytest.raises(DefinitionsError) as caught:
        read_definitions(defaults, company)
    text = str(caught.value)
    assert "3 errors in the definitions" in text
    assert "costs.csv: is missing" in text
    assert "reasons.csv:2: is not UTF-8; save it as CSV UTF-8 (it may be cp1251 now)" in text
    assert "labels.csv:1: is empty; expected the header key,en,ru,fa" in text


def test_a_line_number_counts_lines_inside_quotes(company: Path) -> None:
    (company / "labels.csv").write_text('key,en,ru,fa\na,"two\nlines",x,y\nb,,x,y\n')
    assert problems(company) == ["labels.csv:4: column en: is empty, expected text"]


def test_each_file_is_a_stream_that_lands_once_until_its_content_changes(tmp_path: Path, company: Path) -> None:
    lake = Lake(tmp_path / "lake", FixedClock(datetime(2026, 6, 1, tzinfo=UTC)))
    first = land_definitions(lake, read_definitions(DEFAULTS))
    assert [landed.is_new for landed in first] == [True] * len(SCHEMAS)
    again = land_definitions(lake, read_definitions(DEFAULTS))
    assert [landed.is_new for landed in again] == [False] * len(SCHEMAS)
    assert [landed.pull for landed in again] == [landed.pull for landed in first]
    override(company, "matrix_bands", "raw110,hot,70", "raw110,hot,77")
    changed = [landed.pull for landed in land_definitions(lake, read_definitions(DEFAULTS, company)) if landed.is_new]
    assert [(pull.stream, pull.pull) for pull in changed] == [("matrix_bands", 2)]


def test_a_landed_definition_is_the_csv_as_text_with_its_row_number(tmp_path: Path) -> None:
    lake = Lake(tmp_path, FixedClock())
    landed = land_definitions(lake, read_definitions(DEFAULTS))
    bands = next(one.pull for one in landed if one.pull.stream == "matrix_bands")
    table = pq.read_table(bands.parts[0], partitioning=None)
    assert table.column_names == [*SCHEMAS["matrix_bands"].column_names, "_row"]
    assert table.slice(2, 1).to_pylist() == [
        {
            "scale": "raw110",
            "band": "hot",
            "lower_bound": "70",
            "handover_type": "full",
            "valid_from": "2000-01-01",
            "recorded_on": "2026-01-01",
            "marketing_owner": "head_of_marketing",
            "sales_owner": "head_of_sales",
            "_row": "3",
        }
    ]
    costs = next(one.pull for one in landed if one.pull.stream == "costs")
    assert costs.rows == 0
    assert "amount" in pq.read_table(costs.parts[0], partitioning=None).column_names


def test_d4_a_toman_is_ten_rial_and_the_rial_has_no_minor_unit() -> None:
    currencies = load_currencies(DEFAULTS)
    for name in ("toman", " Toman ", "تومان", "IRT"):
        unit = currencies.unit(name)
        assert (unit.currency, unit.exponent, unit.minor_per_unit) == ("IRR", 0, 10)
    assert currencies.unit("RUB").minor_per_unit == 100
    assert currencies.unit("rur").currency == "RUB"
    assert currencies.unit("KWD").minor_per_unit == 1000
    assert "xyz" not in currencies
    with pytest.raises(KeyError, match="did you mean toman"):
        currencies.unit("tomam")


def test_currencies_of_the_company_are_used_and_their_mistakes_told(company: Path) -> None:
    (company / "currencies.csv").write_text("currency,exponent,alias_of,alias_factor\nEUR,2,,\nkilo,,EUR,1000\n")
    assert load_currencies(DEFAULTS, company).unit("kilo").minor_per_unit == 100_000
    (company / "currencies.csv").write_text("currency,exponent,alias_of,alias_factor\nEUR,many,,\n")
    with pytest.raises(DefinitionsError, match="column exponent: expected one of 0, 1, 2, 3, 4, got 'many'"):
        load_currencies(DEFAULTS, company)


@settings(deadline=None)
@given(st.decimals(allow_nan=False, allow_infinity=False, places=6, min_value=-(10**9), max_value=10**9))
def test_every_plain_decimal_is_a_number(value: object) -> None:
    assert DECIMAL.check(f"{value:f}") is None


@settings(deadline=None)
@given(st.integers(min_value=1, max_value=10**17))
def test_every_natural_number_is_positive_and_its_negative_is_not(value: int) -> None:
    assert POSITIVE.check(str(value)) is None
    assert POSITIVE.check(str(-value)) is not None


@settings(deadline=None)
@given(st.dates())
def test_every_iso_date_is_a_date_and_no_other_order_is(value: object) -> None:
    year, month, day = str(value).split("-")
    assert DATE.check(f"{year}-{month}-{day}") is None
    assert DATE.check(f"{day}.{month}.{year}") is not None


@settings(deadline=None)
@given(st.times())
def test_every_minute_of_the_day_is_a_time(value: object) -> None:
    assert TIME.check(str(value)[:5]) is None


@settings(deadline=None)
@given(st.text())
def test_only_the_two_words_are_booleans(value: str) -> None:
    assert (BOOLEAN.check(value) is None) == (value in ("true", "false"))


def test_a_rule_of_identity_is_of_people_or_of_accounts_and_the_crms_own_link_is_never_off(company: Path) -> None:
    override(company, "identity_rules", "crm_link,person,1,1,,true", "crm_link,person,1,1,7,false")
    text = (company / "identity_rules.csv").read_text(encoding="utf-8")
    text = text.replace("tax_id,account", "tax_id,person").replace("phone,person,3,", "phone,person,2,")
    (company / "identity_rules.csv").write_text(text, encoding="utf-8")
    places = {tuple(problem.split(": ")[:2]) for problem in problems(company)}
    assert places == {
        ("identity_rules.csv:2", "column is_enabled"),
        ("identity_rules.csv:2", "column max_degree"),
        ("identity_rules.csv:4", "column priority"),
        ("identity_rules.csv:7", "column applies_to"),
    }


def test_a_decision_is_about_two_records(company: Path) -> None:
    header = (DEFAULTS / "identity_overrides.csv").read_text(encoding="utf-8")
    (company / "identity_overrides.csv").write_text(
        header + "person,P1,P1,join,anna,same card,2026-01-01,2026-01-01,anna,boris\n", encoding="utf-8"
    )
    (found,) = problems(company)
    assert found.startswith("identity_overrides.csv:2: column other_record_id: is the record itself")
