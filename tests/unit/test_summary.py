"""The sections of the summary that a run prints only when something is unusual."""

from types import SimpleNamespace

import duckdb

from orchestration import summary


def test_a_source_whose_touches_mostly_may_not_earn_is_named() -> None:
    with duckdb.connect() as connection:
        connection.execute(
            "create table rpt_touch_creditability as select * from (values ('ads', 62483, 60645, true), ('crm', 10, 5, false)) "
            "as rows(source_system, touches, not_creditable_touches, is_mostly_not_creditable)"
        )
        lines = summary._uncreditable(connection).splitlines()
        assert "touch_kinds.csv" in lines[0]
        assert [line.split() for line in lines[1:]] == [
            ["source", "touches", "may", "not", "earn"],
            ["ads", "62,483", "60,645"],
        ]
        connection.execute("delete from rpt_touch_creditability where source_system = 'ads'")
        assert summary._uncreditable(connection) == ""


def test_touches_that_no_channel_rule_takes_are_named_by_what_they_say_unless_they_earn_nothing() -> None:
    with duckdb.connect() as connection:
        connection.execute(
            "create table rpt_unmatched_touches as select * from (values ('ads', 'click', 'Somewhere', '(empty)', '(empty)', 'a.example', 3), "
            "('ads', 'click', 'Somewhere', '(empty)', '(empty)', 'b.example', 4), ('ads', 'impression', 'Else', '(empty)', '(empty)', 'c.example', 0)) "
            "as rows(source_system, kind, channel_label, utm_source, utm_medium, referrer_domain, earning_touches)"
        )
        lines = summary._unmatched(connection).splitlines()
        assert "channel_rules.csv" in lines[0]
        assert [line.split() for line in lines[2:]] == [["ads", "click", "Somewhere", "(empty)", "(empty)", "7"]]
        connection.execute("delete from rpt_unmatched_touches where kind = 'click'")
        assert summary._unmatched(connection) == ""


def test_credit_is_shown_of_payments_then_wins_then_whatever_has_conversions() -> None:
    with duckdb.connect() as connection:
        connection.execute(
            "create table rpt_attribution_by_channel(conversion_kind varchar, attribution_model varchar, channel varchar, "
            "month_basis varchar, credited_conversions decimal(38, 12), level_asked varchar)"
        )
        assert summary._credit(connection) == ""
        for kind, shown in (("imported", "imported"), ("won", "won"), ("lead", "won"), ("paid", "paid")):
            connection.execute(
                f"insert into rpt_attribution_by_channel values ('{kind}', 'linear', 'email', 'conversion', 2.5, 'default'), "
                f"('{kind}', 'linear', 'email', 'conversion', 2.5, 'person'), ('{kind}', 'linear', 'email', 'touch', 2.5, 'default')"
            )
            lines = summary._credit(connection).splitlines()
            assert lines[0] == f"Credited conversions ({shown}) by channel and model"
            assert [line.split() for line in lines[2:]] == [["email", "2.5"], ["total", "2.5"]]


def test_money_at_the_capacity_is_told_in_whole_units_of_the_currency() -> None:
    build = SimpleNamespace(facts={"reporting_currency": "RUB"}, currency_exponents={"RUB": 2})
    with duckdb.connect() as connection:
        connection.execute(
            "create table rpt_score_comparison as select * from (values ('auc', '(all)', 0.7::decimal(28, 6), null, 'no_signal', 9), "
            "('money_at_capacity', '(all)', 1234567, 200, 'no_signal', 9)) as rows(metric, segment, matrix, learned, verdict, n)"
        )
        lines = [line.split() for line in summary._scores(connection, build).splitlines()[2:]]
    assert lines == [
        ["auc", "0.700", "–", "no_signal", "9"],
        ["money_at_capacity,", "RUB", "12346", "2", "no_signal", "9"],
    ]
