"""Sections for a role: the figures of hand-filled reports in sentences, and what is said where there is nothing."""

import re

import pytest

from orchestration.reports import build_page
from orchestration.reports.language import LANGUAGES
from tests.unit.reports.test_page import page, visible

TABLES = {
    "pulse": (
        "rpt_joint_results", "rpt_bottlenecks", "rpt_danger_signs", "rpt_yearly_goal", "rpt_target_consistency",
        "rpt_folk_claims",
    ),
    "marketing": (
        "rpt_campaign_reviews", "rpt_campaign_alarms", "rpt_change_effects", "rpt_lead_quality", "rpt_gate_failures",
        "rpt_icp_drift", "rpt_recycled_leads",
    ),
    "sales": (
        "rpt_reason_checks", "rpt_fault_matrix", "rpt_rep_scorecard", "rpt_reason_completeness",
        "rpt_neglected_accounts", "rpt_stage_durations",
    ),
    "clocks": (
        "rpt_sla_monthly", "fct_sla_clocks", "rpt_auto_returns", "rpt_reaction_bands", "rpt_lateness_price",
        "rpt_sla_report",
    ),
    "together": (
        "rpt_rollout_steps", "fct_handovers", "rpt_cooperation", "rpt_definition_signatures", "rpt_definitions",
        "rpt_after_sale",
    ),
}  # fmt: skip
"""Anchor of a section → the reports it shows."""

NO_ROWS = {
    "pulse": (
        "No period has a result yet.",
        "No step of the funnel can be judged",
        "No danger sign could be read.",
        "No shared yearly goal is defined.",
        "No targets are defined",
        "No claim is defined.",
    ),
    "marketing": (
        "No campaign has reached a day of review.",
        "No campaign has raised an alarm.",
        "No dated change is on record.",
        "No lead has a score or a quality on record.",
        "No lead is hot by its points.",
        "No year has both leads and deals with a segment.",
        "No lead was sent back to marketing.",
    ),
    "sales": (
        "No rejection and no return is on record.",
        "No lost hand-over is old enough to judge.",
        "No employee has a figure yet.",
        "Every account with a deal or an open lead was tried in time.",
        "No passage of a stage is on record.",
    ),
    "clocks": (
        "No clock has started",
        "No clock is running.",
        "Every hand-over was accepted within its limit.",
        "No source records attempts.",
        "No hand-over is old enough to compare late leads with punctual ones.",
        "No month has a figure of the SLA report.",
    ),
    "together": (
        "No step of the rollout is defined.",
        "No hand-over is on record.",
        "No period has a dispute, a decision or a change of definitions.",
        "No definition needs a signature.",
        "No definition that both teams sign is on record.",
        "Nothing is on record after a first purchase.",
    ),
}


def section(html: str, anchor: str) -> str:
    """The visible text of one section; of a chart's texts and tooltips too."""
    found = re.search(rf'<section id="{anchor}">.*?</section>', html, flags=re.S)
    assert found is not None
    return visible(found.group())


@pytest.fixture(scope="module")
def pages(small_company, tmp_path_factory):
    """The small company's page by language."""
    folder = tmp_path_factory.mktemp("pages")
    return {
        code: build_page(small_company, folder / f"{code}.html", language=code).read_text(encoding="utf-8")
        for code in LANGUAGES
    }


@pytest.fixture
def shown(pages, make_publication, tmp_path):
    """shown(anchor, language="en", **changes) -> the text of a section of the small company's page."""

    def show(anchor: str, language: str = "en", **changes) -> str:
        html = page(make_publication, tmp_path, language, **changes) if changes else pages[language]
        return section(html, anchor)

    return show


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_role_has_a_section_under_its_name_in_the_navigation(pages, language):
    html = pages[language]
    navigation = html[html.index("<nav>") : html.index("</nav>")]
    for anchor in TABLES:
        assert f'href="#{anchor}"' in navigation
    names = {
        "en": ("Revenue leader", "Head of marketing", "Head of sales", "SLA manager", "Both teams"),
        "ru": (
            "Директор по выручке",
            "Руководитель маркетинга",
            "Руководитель продаж",
            "Менеджер по SLA",
            "Оба отдела",
        ),
        "fa": ("مدیر درآمد", "مدیر بازاریابی", "مدیر فروش", "مدیر \u2066SLA\u2069", "هر دو تیم"),
    }
    for anchor, name in zip(TABLES, names[language], strict=True):
        assert name in visible(navigation)
        assert section(html, anchor).startswith(f" {name}")


def test_a_report_that_is_not_published_is_named_in_its_section(make_publication, tmp_path):
    without = tuple(table for tables in TABLES.values() for table in tables)
    html = page(make_publication, tmp_path, without=without)
    for anchor, tables in TABLES.items():
        for table in tables:
            assert f"The table {table} is not part of this build." in section(html, anchor)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_report_without_rows_is_said_in_other_words(make_publication, tmp_path, language):
    html = page(make_publication, tmp_path, language, filled=False)
    for anchor, sentences in NO_ROWS.items():
        text = section(html, anchor)
        assert language != "en" or all(sentence in text for sentence in sentences), text
        assert "is not part of this build" not in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_sections_for_a_role_load_nothing_and_escape_what_the_company_wrote(pages, language):
    assert not re.search(r"<script|<link|<img|<iframe|@import|https?://|url\((?!#)", pages[language])
    assert "Audit <free>" not in pages[language]
    assert "Audit &lt;free&gt;" in pages[language]


@pytest.mark.parametrize("anchor", TABLES)
def test_no_section_for_a_role_says_that_one_thing_brought_about_another(shown, anchor):
    assert not re.search(r"\b(because|thanks to|due to|led to|resulted in)\b", shown(anchor))


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("en", "MQL → SQL: 23.1% (14.9% … 29.4%, n = 52) against a target of 30.0%. Owner: Shared (both teams)."
               " Qualification problem (shared). Contracts held back: about 3,600 RUB."),
        ("ru", "Задержано договоров примерно на 3\u00a0600\u00a0RUB."),
        ("fa", "ارزش قراردادهای بازمانده: حدود ۳٬۶۰۰\u00a0\u2066RUB\u2069."),
    ],
)  # fmt: skip
def test_the_bottleneck_of_view_a_is_named_with_its_owner_and_money(shown, language, sentence):
    text = shown("pulse", language)
    assert sentence.replace("\u00a0", " ") in text.replace("\u00a0", " ")
    # the 9 900 roubles of view B are not mixed in
    assert "9,900" not in text


def test_without_a_proven_bottleneck_the_page_says_so(shown):
    change = """
        delete from marts.rpt_bottlenecks where verdict = 'bottleneck';
        insert into marts.rpt_bottlenecks by name select 'A' as view, 0 as step_position, '(none)' as from_stage,
            '(none)' as to_stage, 'no_bottleneck_proven' as verdict, true as is_bottleneck, 'b1' as build_id
    """
    text = shown("pulse", change=change)
    assert "No bottleneck is proven: no step with n of at least 30 is below its target" in text
    assert "a problem of" not in text


def test_contradictory_targets_of_cases_t1_t2_t4_and_t5_are_sentences(shown):
    text = shown("pulse")
    assert "SQL → deal: the targets of its steps multiply to 12.50%, the stated target is 20.0% … 30.0%." in text
    assert "107 leads for one customer, at a cost of 428,000 RUB" in text
    assert "55.0% would be neither SQL nor returned. They fit if at most 35.3% of the MQLs are handed over." in text
    assert "40.0% of the MQLs of the months old enough were handed over (40 of 100)." in text
    assert "A ROMI of 200% comes to an LTV:CAC of 1.20; an LTV:CAC of 3.00 takes a ROMI of 650%." in text
    assert "Decision on day 60 MQL → SQL 60 44 Can be read by that day" in text
    assert "No target contradicts another." not in text


def test_targets_that_fit_are_said_to_fit(shown):
    text = shown("pulse", change="update marts.rpt_target_consistency set verdict = 'consistent'")
    assert "No target contradicts another." in text


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("en", "Campaigns on day 60: keep 1, fix 0, stop 1, wait for data 0."),
        ("ru", "Кампании на 60-й день: продолжать 1, доработать 0, остановить 1, ждать данных 0."),
        ("fa", "ادامه ۱، اصلاح ۰، توقف ۱، انتظار برای داده ۰."),
    ],
)
def test_marketing_opens_with_what_to_do_about_the_newest_campaigns(shown, language, sentence):
    # the older review of c1, a proposal to fix it, is not counted beside its newest one
    assert sentence in shown("marketing", language)


def test_a_review_shows_its_rate_interval_n_reference_and_the_reason_of_the_proposal(shown):
    text = shown("marketing")
    assert re.search(
        r"Audit <free> 2026-05-01 Stop Far below the other campaigns and much dearer 2\.5% 0\.6% … 10\.0% 40 30\.0%"
        r" 90,000 RUB 9,000 RUB 40 4 Does not match the ICP 90,000 RUB no",
        text,
    )


def test_decisions_stand_with_their_later_effect_or_with_why_there_is_none(shown):
    text = shown("marketing")
    assert "Fix Fix 2026-05-02 No difference shown +8.0 pp −2.0 pp … +18.0 pp 31 40 Ask for a phone" in text
    assert re.search(r"Stop Stop 2026-06-30 Too young to compare –\s+– – Stop the promo", text)


def test_an_active_alarm_names_its_campaign(shown):
    assert "Active now: Audit <free>." in shown("marketing")


def test_without_an_active_alarm_the_past_ones_are_said_to_be_over(shown):
    text = shown("marketing", change="update marts.rpt_campaign_alarms set is_active = false")
    assert "No alarm is active; the ones below are over." in text


def test_a_change_shows_quality_beside_volume_and_what_is_too_young(shown):
    text = shown("marketing")
    assert "2026-05-01 Promotion: Free audit · When it began · The campaign beside all others" in text
    assert "−27.5 pp · n = 100 / 40" in text
    assert "40.0% 180 26.0% 200 −14.0 pp −22.0 pp … −6.0 pp 1.50 More leads, worse quality 1" in text
    assert "Too young to compare" in text


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("en", "12 quality leads stand in the cold band. Of those old enough 20.0% closed (8.0% … 19.0%, n = 10);"
               " of all cold leads 6.0% (n = 50)."),
        ("ru", "В холодной группе 12 качественных лидов."),
        ("fa", "۱۲ لید باکیفیت در گروه سرد هستند."),
    ],
)  # fmt: skip
def test_quality_leads_in_the_cold_band_are_told_with_how_they_close(shown, language, sentence):
    assert sentence in shown("marketing", language)


def test_hot_leads_that_fail_a_gate_stand_beside_those_that_pass_it(shown):
    text = shown("marketing")
    assert "A hot lead that fails a gate is handed over for review. Gates in force: Budget." in text
    assert "Budget Fails the gate 10 yes 12 50.0% 26.9% … 73.1% 10 12.5% 3.1% … 38.8% 8 400,000 RUB" in text
    assert "Budget Passes the gate 10 yes 30 60.0% 45.0% … 73.3% 30 40.0% 25.7% … 56.3% 25 5.0 M RUB" in text
    assert "Budget and decision maker Fails the gate – no 1 0.0% 0.0% … 73.0% 1" in text


def test_a_gate_that_nobody_defined_is_said_not_to_be_in_force(shown):
    text = shown("marketing", change="update marts.rpt_gate_failures set is_in_force = false, gate_min_points = null")
    assert "No gate is in force: the rows show how hot leads without a point there sell" in text
    assert "Gates in force" not in text


def test_a_cell_in_which_nothing_closed_shows_zero_and_one_without_old_leads_shows_none(shown):
    change = """
        update marts.rpt_lead_quality set closed = 0, closed_rate = 0;
        update marts.rpt_lead_quality set closed_rate = null where quality = 'quality' and band = 'hot'
    """
    text = shown("marketing", change=change)
    assert "0.0% · Won (contract) · n = 40" in text
    assert "– · leads: 30" in text


def test_segments_of_leads_stand_beside_segments_of_deals_of_the_newest_year(shown):
    text = shown("marketing")
    assert "2026: 80 leads from channels of marketing, 40 deals won." in text
    assert "logistics · ICP not known" in text
    assert "75.0% · 30" in text
    assert "Sales closes this segment more often than marketing brings it: logistics" in text
    assert "Sales closes this segment less often than marketing brings it: retail" in text
    assert "farms" not in text


def test_of_the_leads_sent_back_only_mature_months_are_summed(shown):
    # 5 of 20; the 8 leads of May are too young, and those of e-mail are the same 20
    assert "5 of 20 leads sent back long enough ago were later confirmed by sales: 25.0%." in shown("marketing")


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("en", "2026-05: 1 of 3 shared targets that can be judged are met."),
        ("ru", "2026-05: выполнено 1 из 3 общих целей, которые можно оценить."),
        ("fa", "۱ از ۳ هدف مشترکِ قابل داوری محقق شده است."),
    ],
)
def test_the_pulse_opens_with_the_joint_result_of_the_newest_month_that_can_be_judged(shown, language, sentence):
    assert sentence in shown("pulse", language)


def test_the_three_figures_of_the_joint_result_stand_against_their_targets(shown):
    text = shown("pulse")
    assert "Monthly revenue 45,000 RUB Target: 60,000 RUB 2026-05" in text
    assert "Whole-funnel conversion 5.0% Target: 4.0% 2026-05 n = 200" in text
    assert "540,000 RUB Change in 90 days: −2%; target −10% 2026-05 n = 30" in text


def test_danger_signs_are_those_of_the_newest_period_and_what_cannot_be_read_is_named(shown):
    text = shown("pulse")
    assert "Signs above their threshold: 1." in text
    assert "Sales says the leads are bad 36.0% Threshold: 30% · Above the threshold" in text
    assert "Cannot be read, for want of data or too few cases: Marketing says nobody follows up." in text
    assert "2.0 h → 2.5 h" in text
    assert "Rejection r-7" in text
    assert "r-1" not in text
    assert "9.0%" not in text


def test_the_yearly_goal_stands_with_path_forecast_and_compounding_of_case_k8(shown):
    text = shown("pulse")
    assert "Goal of 2026: Revenue" in text
    assert "Goal 60.0 M RUB; came so far 5.5 M RUB, the path asks for 5.9 M RUB." in text
    assert "Forecast 54.0 M RUB" in text
    assert "by its last month it is at 3.14 times the month before the year, and the year makes 1.96 times" in text
    assert "No forecast: Not enough history for a comparison yet." in text


def test_common_sayings_stand_with_what_is_claimed_and_what_is_seen(shown):
    text = shown("pulse")
    assert "0% … +30% +12% −5% … +29% 14 12 Not shown by own data" in text
    assert "Claimed: +10% … +25%" in text


def test_sayings_about_an_early_answer_stand_with_an_open_claim_and_the_odds_of_a_day(shown):
    text = shown(
        "pulse",
        change="""
        insert into marts.rpt_folk_claims values
            ('five_minute_answer_converts_better', 1, null, null, 150, 30, 2, 1.219551, 3.054873, 'supported', 'b1'),
            ('delay_lowers_odds', -1, 0, null, 450, 30, -0.292893219, -0.384932, -0.187081, 'supported', 'b1')
        """,
    )
    assert (
        "Conversion of leads first tried within five minutes, against those tried later"
        " at least +100% +200% +122% … +305% 150 30 Supported by own data"
    ) in text
    assert (
        "Odds of a close for each day that the first attempt came later, inside the first week"
        " −100% … 0% −29% −38% … −19% 450 30 Supported by own data"
    ) in text


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("en", "The evidence contradicts 2 of 4 reasons that can be checked (50.0%); 1 cannot be checked."
               " Of the rejected 1 bought later."),
        ("ru", "Данные противоречат 2 из 4 причин, которые можно проверить (50,0 %); 1 проверить нельзя."),
        ("fa", "شواهد با ۲ از ۴ دلیلِ قابل بررسی ناسازگار است (۵۰٫۰٪)"),
    ],
)  # fmt: skip
def test_sales_opens_with_how_many_reasons_hold(shown, language, sentence):
    assert sentence in shown("sales", language).replace("\u00a0", " ")


def test_decisions_that_the_evidence_contradicts_are_listed_with_it(shown):
    text = shown("sales")
    assert "lead 1 2026-05-11 12:00 Беляева О. Does not match the ICP The segment is inside the ICP 1 – yes d3" in text
    assert "lead 3 2026-05-13 12:00 Беляева О. Unreachable Too few attempts on record 1 – no" in text
    assert "lead 2 2026" not in text


def test_the_fault_matrix_shows_count_and_expected_money_of_the_example_of_d71(shown):
    text = shown("sales")
    assert "Good lead / follow-up broken 12 2 2.4 M RUB 22.0% 16.0% … 29.5% 100 900,000 RUB" in text
    assert "expected: 2.4 M RUB" in text
    assert "Bad lead / follow-up kept 9 0 324,000 RUB 4.0%" in text
    assert "Outside the matrix: Process at fault: 4." in text


def test_the_scorecard_shows_each_figure_with_its_n_and_leaves_the_running_month_out(shown):
    text = shown("sales")
    assert "Беляева О. 1.5 h (44) 84.0% (50) 73.0% … 91.0%" in text
    assert "All figures, 2026-05; n in brackets" in text
    assert "2026-06; n in brackets" not in text


def test_neglected_accounts_are_counted_by_size_and_listed_small_ones_first(shown):
    text = shown("sales")
    assert "at least 90 days: 2, of them small: 1." in text
    assert text.index("a1 Беляева О. retail 12 Open deal 149") < text.index("a2 Громов И. retail 900 Customer 300 –")


def test_time_in_a_stage_is_that_of_completed_passages_with_the_newest_month_named(shown):
    text = shown("sales")
    assert "Marketing · 2.3 days · n = 38" in text
    assert "Still in the stage 2026-06 11 8.0 90.0" in text


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("en", "2026-06: 92 of 140 clocks were in target. Furthest from it: Qualification, 50.0% in target"
               " (60.0% … 80.0%, n = 40)."),
        ("ru", "2026-06: в срок 92 из 140. Хуже всего: Квалификация, в срок 50,0 %"),
        ("fa", "۹۲ از ۱۴۰ در زمان مقرر. دورترین از هدف: زمان ارزیابی لید، ۵۰٫۰٪ در زمان مقرر"),
    ],
)  # fmt: skip
def test_the_clock_wall_is_of_the_newest_month_that_is_over(shown, language, sentence):
    assert sentence in shown("clocks", language).replace("\u00a0", " ")


def test_breaches_stand_by_cause_and_by_employee_and_process(shown):
    text = shown("clocks")
    assert "Outside working hours · 5" in text
    assert "Late attempt · 23" in text
    assert "Reaction time The process (both teams) 66.7%" in text
    assert "Reaction time Беляева О. 74.3%" in text


def test_clocks_that_have_not_stopped_nor_broken_are_listed_nearest_first(shown):
    text = shown("clocks")
    assert "2 clocks are running at the evaluation instant" in text
    assert text.index("Qualification lead 22 Громов И. Late") < text.index("First contact lead 21 Беляева О. Running")
    assert "lead 23" not in text
    assert "lead 24" not in text


def test_leads_to_take_back_are_told_apart_from_those_accepted_too_late(shown):
    text = shown("clocks")
    assert (
        "1 hand-overs are past the limit of acceptance and go back to marketing by the agreement. 1 more were" in text
    )
    assert "lead 11 Hand-over (full) Беляева О. 2026-06-29 10:00 2026-06-30 10:00 – Nobody tried" in text


def test_conversion_by_reaction_band_stands_with_n_and_interval(shown):
    text = shown("clocks")
    assert "SQL (confirmed by sales) Within 5 minutes 70 40.0% 30.2% … 50.7% 60 44" in text
    assert "Nobody tried 12 0.0% 0.0% … 21.3% 10 44" in text


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("en", "First contact: Late leads won less, alike on band, channel, segment and hour. Wins fewer than those of"
               " their likes: 5.0 (1.2 … 8.9); contracts: 5.0 M RUB (1.2 M RUB … 8.9 M RUB)."
               " Late leads with a like: 60 of 70."),
        ("ru", "Побед меньше, чем у сравнимых: 5,0 (1,2 … 8,9); договоров на 5,0 млн RUB"),
        ("fa", "فروشِ کمتر از همتایان: ۵٫۰ (۱٫۲ … ۸٫۹)؛ ارزش قراردادها: ۵٫۰ میلیون"),
    ],
)  # fmt: skip
def test_the_price_of_lateness_of_the_worked_example_is_a_sentence_without_a_cause(shown, language, sentence):
    text = shown("clocks", language).replace("\u00a0", " ")
    assert sentence in text
    assert not re.search("because|из-за опоздания|باعث", text)


def test_where_no_price_is_told_the_page_says_why(shown):
    text = shown("clocks")
    assert "Acceptance: Too many late leads have no like to be compared with (late leads with a like: 5 of 20)." in text


def test_the_monthly_report_marks_what_is_young_and_says_why_a_figure_is_missing(shown):
    text = shown("clocks")
    assert "MQL → SQL 30.0%* (52) 20.0% … 40.0% · Too young to compare" in text
    assert "Response time (nine of ten) 1.5 h (100)" in text
    assert "SQL → customer – Nothing to divide by in this period" in text


def test_both_teams_open_with_the_rollout(shown):
    text = shown("together")
    assert "1 of 2 steps of the rollout have their evidence; overdue: 1." in text
    assert "Rule of the MQL signed 1 2026-01-08 Done 2026-01-05 mql_rule@3" in text
    assert "Playbook linked 4 2026-01-29 Overdue –" in text


def test_a_file_is_signed_when_both_teams_have_signed_it_as_it_stands(shown):
    text = shown("together")
    assert "1 of 2 definitions files are signed by both teams as they stand." in text
    assert "mql_rule signed · A. Ivanova · 2026-02-01 changed since: new rows · B. Petrov · 2026-02-01" in text
    assert "costs" not in text


def test_hand_overs_are_told_by_type_and_outcome_and_the_cooperation_by_period(shown):
    text = shown("together")
    assert "Confirmed as SQL · 2" in text
    assert "Open · 1" in text
    assert "2026-06 3 2 1 4 5 1 of 2 yes" in text


def test_after_the_sale_only_months_that_are_over_are_summed_and_gaps_are_named(shown):
    text = shown("together")
    assert "Repeat purchase (product unknown) Deals after the first 5 42 15,000 RUB –" in text
    assert "No subscriptions on file: Churn (Subscriptions)" in text
