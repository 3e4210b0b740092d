"""The page: self-contained, escaped, in three languages, and useful when there is nothing to show."""

import re
from datetime import date
from decimal import Decimal
from html.parser import HTMLParser

import pytest

from orchestration.reports import PublishedMarts, ReportError, build_page, figures
from orchestration.reports.figures import Step


def page(make_publication, tmp_path, language="en", **changes):
    published = make_publication(**changes)
    return build_page(published, tmp_path / "reports" / "index.html", language=language).read_text(encoding="utf-8")


def visible(html: str) -> str:
    """The text of a page without tags, in one line."""

    class Reader(HTMLParser):
        def __init__(self) -> None:
            super().__init__()
            self.parts: list[str] = []

        def handle_data(self, data: str) -> None:
            self.parts.append(data)

    reader = Reader()
    reader.feed(html)
    return re.sub(r"\s+", " ", " ".join(reader.parts))


@pytest.mark.parametrize("language", ["en", "ru", "fa"])
def test_the_page_loads_nothing_and_runs_nothing(make_publication, tmp_path, language):
    html = page(make_publication, tmp_path, language)
    assert not re.search(r"<script|<link|<img|<iframe|@import|https?://|url\((?!#)", html)
    assert f'lang="{language}" dir="{"rtl" if language == "fa" else "ltr"}"' in html


def test_everything_from_the_company_is_escaped(make_publication, tmp_path):
    html = page(make_publication, tmp_path)
    assert "Ромашка &amp; &lt;Co&gt;" in html
    assert "Won before &lt;b&gt;its&lt;/b&gt; lead" in html
    assert "<b>" not in html


@pytest.mark.parametrize("language", ["en", "ru", "fa"])
@pytest.mark.parametrize("has_payments_source", [True, False])
def test_a_company_without_any_data_gets_a_page_that_says_so(make_publication, tmp_path, language, has_payments_source):
    html = page(make_publication, tmp_path, language, filled=False, has_payments_source=has_payments_source)
    if language == "en":
        text = visible(html)
        for sentence in (
            "No KPI could be computed",
            "No leads in the sources",
            "No conversions yet",
            "No revenue is on record",
            "No lead was scored",
            "No comparison was made.",
            "Nothing was quarantined.",
            "No contradictions were found.",
        ):
            assert sentence in text


def test_a_mart_that_is_not_published_is_named(make_publication, tmp_path):
    without = ("rpt_kpi_values", "rpt_funnel_cohorts", "fct_attribution_credits", "fct_lead_scores", "rpt_findings")
    text = visible(page(make_publication, tmp_path, without=without))
    for table in without:
        assert f"The table {table} is not part of this build." in text


def test_a_column_that_is_not_published_is_an_error_not_a_gap(make_publication, tmp_path):
    published = make_publication(change="alter table marts.rpt_kpi_values rename column value to amount")
    with pytest.raises(ReportError, match="not those of this version"):
        build_page(published, tmp_path / "index.html", language="en")
    assert not list(tmp_path.glob("*.html"))


def test_cards_show_value_n_target_and_the_reason_of_a_gap_in_words(make_publication, tmp_path):
    text = visible(page(make_publication, tmp_path))
    # the young June cohort of 1 % is passed over for May
    assert re.search(r"Lead → MQL 26\.0% Target: 25\.0% 2026-05 n = 200 21\.0% – 31\.0%", text)
    assert re.search(r"Customer acquisition cost \(CAC\) – No cost data", text)
    assert re.search(r"SQL → deal – Too young to compare", text)
    assert "Monthly revenue 1.2 M RUB" in text
    assert "Benchmark: 50,000 RUB – 100,000 RUB" in text


def test_contracts_are_named_as_contracts_where_there_is_no_payments_source(make_publication, tmp_path):
    text = visible(page(make_publication, tmp_path, has_payments_source=False))
    assert "Won (contract) · contracts, not payments" in text
    assert "No payments source is configured." in text


def test_claims_of_case_a20_beside_the_other_ways_to_count(make_publication, tmp_path):
    published = make_publication()
    with PublishedMarts(published) as marts:
        ways = figures.claims(marts, "paid")
    assert ways is not None
    found = ways[figures.COUNTED]
    assert (found.marketing, found.sales, found.revenue, found.conversions) == (40000, 30000, 60000, 3)
    assert round(found.share_of_revenue * 100, 1) == Decimal("116.7")
    text = visible(build_page(published, tmp_path / "index.html", language="en").read_text(encoding="utf-8"))
    assert "Together the two teams claim 116.7% of 600 RUB revenue (n = 3)." in text
    assert "Both claims without the touches of sales 400 RUB 0 RUB 66.7%" in text
    assert "Both claims, every record counted 400 RUB 600 RUB 166.7%" in text


def test_shared_credit_is_the_revenue_and_a_touch_of_both_teams_counts_half_and_half(make_publication):
    change = "update marts.fct_attribution_credits set team = 'both' where conversion_id = 'd200'"
    with PublishedMarts(make_publication(change=change)) as marts:
        shared = figures.shared_credit(marts, "paid")
    # linear: marketing 50 + 100 + 300, sales 50 + 100
    assert shared["linear"] == {"marketing": Decimal(45000), "sales": Decimal(15000), None: Decimal(0)}
    assert sum(shared["first"].values()) == 60000


def test_coverage_is_summed_over_the_months_and_a_want_of_touches_is_told_once(make_publication, tmp_path):
    published = make_publication()
    with PublishedMarts(published) as marts:
        found = figures.coverage(marts, "paid")
    assert found is not None
    assert found["touches"] == {"1": (1, 20000), "2": (1, 10000), "3+": (1, 30000)}
    text = visible(build_page(published, tmp_path / "index.html", language="en").read_text(encoding="utf-8"))
    assert "Three touches or more 1 300 RUB 50.0%" in text
    assert "The customer did not say 3 600 RUB 100.0%" in text


def test_unattributed_revenue_is_shown_as_a_channel_of_its_own_with_its_reason(make_publication, tmp_path):
    change = """
        update marts.fct_attribution_credits set touch_id = null, channel = null, team = null,
            unattributed_reason = 'no_touch' where conversion_id = 'd200';
        update marts.rpt_attribution_by_channel set channel = '(unattributed)', credited_minor = 20000
            where channel = 'sales' and attribution_model = 'first'
    """
    published = make_publication(change=change)
    with PublishedMarts(published) as marts:
        table = figures.credit_by_channel(marts, "paid")
        assert table is not None
        assert table.channels[-1] is None
        assert table.share("first", None) == Decimal(20000) / 60000
        assert [row["unattributed_reason"] for row in figures.unattributed(marts, "paid") or []] == ["no_touch"]
    html = build_page(published, tmp_path / "index.html", language="en").read_text(encoding="utf-8")
    assert "No touch on record" in visible(html)


def test_without_money_credit_is_shown_of_conversions_and_the_page_says_so(make_publication, tmp_path):
    change = """
        update marts.rpt_attribution_by_channel set conversion_kind = 'lead', credited_minor = 0;
        delete from marts.fct_attribution_credits; delete from marts.fct_conversions
    """
    text = visible(page(make_publication, tmp_path, change=change))
    assert "No revenue is on record; the credit shown is of conversions: Lead." in text


def test_money_of_another_kind_than_the_revenue_event_is_named_as_such(make_publication, tmp_path):
    change = """
        update marts.rpt_attribution_by_channel set conversion_kind = 'imported';
        delete from marts.fct_attribution_credits; delete from marts.fct_conversions
    """
    text = visible(page(make_publication, tmp_path, change=change))
    assert "has no conversions; the money and credit shown are of: Imported conversions." in text
    assert "No revenue is on record; the credit" not in text


def test_a_gap_between_contracts_and_payments_is_printed(make_publication, tmp_path):
    # eight deals of 100 roubles, six of them paid: 75 %, below the floor of 80 %
    change = (
        "insert into marts.rpt_funnel_cohorts values"
        " ('B', '2025-01-01', 'step', '(all)', 5, 'won', 'paid', 1, 2, 0, true, 60, 'b1')"
    )
    text = visible(page(make_publication, tmp_path, change=change))
    assert "Payments cover 75.0% of 800 RUB" in text
    assert "Not paid so far: 200 RUB" in text


def test_the_funnel_is_of_the_newest_cohort_whose_every_step_is_mature():
    def chain(month: int, mature: tuple[bool, bool]) -> list[Step]:
        day = date(2026, month, 1)
        return [Step(day, "lead", "mql", 5, 10, 0, mature[0]), Step(day, "mql", "sql", 2, 5, 0, mature[1])]

    steps = chain(1, (True, True)) + chain(2, (True, True)) + chain(3, (True, False)) + chain(4, (False, False))
    found = figures.latest_mature_funnel(steps)
    assert found is not None
    month, stages = found
    assert month == date(2026, 2, 1)
    assert [(stage.stage, stage.members) for stage in stages] == [("lead", 10), ("mql", 5), ("sql", 2)]
    assert figures.latest_mature_funnel(steps[4:])[0] == date(2026, 3, 1)
    assert figures.latest_mature_funnel([]) is None


def test_young_months_are_hatched_and_said_to_be_young(make_publication, tmp_path):
    html = page(make_publication, tmp_path)
    assert "url(#hatch)" in html
    assert "Too young to compare" in visible(html)


def test_a_stage_that_no_source_records_is_named_and_not_compared_with_its_target(make_publication, tmp_path):
    """Every proposal is implied by a win; of the SQLs one was recorded."""
    change = """
        update marts.rpt_funnel_cohorts set numerator_implied = numerator where to_stage = 'proposal';
        update marts.rpt_funnel_cohorts set numerator_implied = numerator - 1 where to_stage = 'sql'
    """
    text = visible(page(make_publication, tmp_path, change=change))
    assert "No source records these stages: Proposal." in text
    assert "6 implied by a later stage" in text
    assert "11 implied by a later stage" in text


def test_a_stage_is_recorded_unless_all_its_members_are_implied_by_later_ones():
    def step(a: str, b: str, numerator: int, implied: int) -> Step:
        return Step(date(2026, 1, 1), a, b, numerator, 10, implied, True)

    steps = [step("lead", "mql", 5, 1), step("mql", "sql", 4, 4), step("sql", "proposal", 0, 0)]
    assert figures.recorded_stages(steps) == {"lead", "mql", "proposal"}
    assert figures.recorded_stages([*steps, step("mql", "sql", 3, 2)]) == {"lead", "mql", "sql", "proposal"}


def test_a_funnel_of_recorded_stages_says_nothing_about_implied_ones(make_publication, tmp_path):
    assert "implied" not in visible(page(make_publication, tmp_path))


def test_a_persian_page_has_no_latin_digits_of_its_own(make_publication, tmp_path):
    html = page(make_publication, tmp_path, "fa")
    body = html[html.index("<main>") : html.index("</main>")]
    texts = re.sub(r"\u2068[^\u2069]*\u2069", "", visible(re.sub(r"<details>.*?</details>", "", body, flags=re.S)))
    assert "۲۶٫۰٪" in texts
    assert not re.search(r"[0-9]", re.sub(r"\u2066[^\u2069]*[A-Za-z][^\u2069]*\u2069", "", texts))


def test_months_of_a_company_with_the_persian_calendar_are_persian_months(make_publication, tmp_path):
    change = "update marts.rpt_funnel_cohorts set cohort_month = '2025-06-22' where cohort_month = '2025-09-01'"
    text = visible(page(make_publication, tmp_path, period_calendar="jalali", change=change))
    assert "1404-04" in text


def test_claims_need_no_model(make_publication, tmp_path):
    change = "delete from marts.fct_attribution_credits where attribution_model in ('first', 'last')"
    text = visible(page(make_publication, tmp_path, change=change))
    assert "Together the two teams claim 116.7% of 600 RUB revenue" in text
