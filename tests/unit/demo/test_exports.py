"""The synthetic company's exports: reproducible, plausible, and as messy as they say."""

from __future__ import annotations

import csv
import hashlib
import re
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import jdatetime
import numpy as np
import openpyxl
import pyarrow.parquet as pq
import pytest

from demo.company import ENDS_AT
from demo.exports import ExportSummary, World, build_world, write_exports
from demo.exports.crm import STAGE_NAMES, UNKNOWN_STAGE

Records = list[dict[str, str]]
Read = Callable[[str], Records]
SAME_FOR_EVERY_SEED = {"campaigns.csv", "crm_owners.csv", "crm_plan.csv", "crm_annotations.csv"}


def _digests(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}


def test_the_same_seed_gives_the_same_bytes_a_minute_apart(
    tmp_path: Path, summary: ExportSummary, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "time", lambda: 2_000_000_000.0)
    again = write_exports(tmp_path)
    assert _digests(again.folder) == _digests(summary.folder)
    assert again.files == summary.files
    assert again.planted == summary.planted


def test_another_seed_gives_other_data_in_every_file_that_depends_on_chance(
    tmp_path: Path, summary: ExportSummary
) -> None:
    other = _digests(write_exports(tmp_path, seed=summary.seed + 1).folder)
    same = {name for name, digest in _digests(summary.folder).items() if other[name] == digest}
    assert same == SAME_FOR_EVERY_SEED


def test_an_unknown_size_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="size is 'huge'; expected one of small, medium, large"):
        write_exports(tmp_path, size="huge")


def test_a_small_company_is_written_within_three_seconds(tmp_path: Path) -> None:
    started = time.process_time()
    write_exports(tmp_path)
    assert time.process_time() - started < 3.0


def test_there_is_enough_to_learn_a_score_from(world: World) -> None:
    old_enough = world.company.leads.created_at <= ENDS_AT - np.timedelta64(100, "D")
    won = ~np.isnat(world.sales.outcomes.won_at)
    assert old_enough.sum() >= 1_430
    assert (won & old_enough).sum() >= 170
    taught = np.flatnonzero(old_enough)[: int(old_enough.sum() * 0.7)]
    assert len(taught) >= 1_000
    assert won[taught].sum() >= 120


def test_the_summary_counts_the_records_of_every_file(summary: ExportSummary, read: Read) -> None:
    assert set(summary.files) == {path.name for path in summary.folder.iterdir()}
    assert summary.files["vk_ads_daily.parquet"] == pq.read_metadata(summary.folder / "vk_ads_daily.parquet").num_rows
    book = openpyxl.load_workbook(summary.folder / "crm_payments.xlsx", read_only=True)
    assert summary.files["crm_payments.xlsx"] == sum(1 for _ in book["Платежи"].iter_rows()) - 1
    assert summary.files["crm_leads.csv"] == len(read("crm_leads.csv")) + 3


def test_planted_faults_are_in_the_files_as_counted(summary: ExportSummary, read: Read) -> None:
    assert summary.planted_in("demo_crm", "leads") == {
        "too_many_columns": 2,
        "too_few_columns": 1,
        "not_a_timestamp": 2,
        "duplicate_row": 4,
    }
    assert summary.planted_in("demo_crm", "leads", "value") == {"not_a_boolean": 3}
    with (summary.folder / "crm_leads.csv").open(encoding="utf-8-sig", newline="") as file:
        widths = Counter(len(row) for row in csv.reader(file, delimiter=";"))
    header = widths.most_common(1)[0][0]
    assert widths == {header: summary.files["crm_leads.csv"] + 1 - 3, header + 1: 2, header - 3: 1}
    leads = read("crm_leads.csv")
    assert sum(count - 1 for count in Counter(tuple(row.values()) for row in leads).values()) == 4
    assert sum(not re.fullmatch(r"\d\d\.\d\d\.\d{4} \d\d:\d\d:\d\d", row["Создан"]) for row in leads) == 1
    assert sum(row["Создан"] == "31.02.2026 10:00:00" for row in leads) == 1
    stages = Counter(row["Этап"] for row in read("crm_stage_log.csv"))
    assert stages.pop(UNKNOWN_STAGE) == 3
    assert set(stages) == set(STAGE_NAMES)


def test_encodings_are_those_of_the_systems(summary: ExportSummary) -> None:
    assert (summary.folder / "crm_leads.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    calls = (summary.folder / "crm_calls.csv").read_bytes()
    assert "Разговор состоялся" in calls.decode("cp1251")
    with pytest.raises(UnicodeDecodeError):
        calls.decode("utf-8")


def test_amounts_are_written_in_several_readable_ways(read: Read) -> None:
    amounts = [row["Сумма"] for row in read("crm_deals.csv")]
    assert sum("\u00a0" in amount for amount in amounts) == 12
    assert "12 345,60" in amounts
    assert "по запросу" in amounts
    plain = [amount for amount in amounts if re.fullmatch(r"\d+,\d\d", amount)]
    assert len(plain) == len(amounts) - 12 - 3


def test_keys_refer_to_records_that_exist(read: Read) -> None:
    leads = {row["ID лида"] for row in read("crm_leads.csv")}
    deals = {row["ID сделки"] for row in read("crm_deals.csv")}
    contacts = {row["Контакт"] for row in read("crm_contacts.csv")}
    owners = {row["Сотрудник"] for row in read("crm_owners.csv")}
    names = (
        "calls",
        "activities",
        "stage_log",
        "answers",
        "rejections",
        "assignments",
        "proposals",
        "deals",
        "call_reviews",
    )
    for name in names:
        rows = read(f"crm_{name}.csv")
        assert rows
        assert {row["ID лида"] for row in rows} <= leads | {""}, name
        assert {row.get("ID сделки", "") for row in rows} <= deals | {""}, name
        assert {row.get("Контакт", "") for row in rows} <= contacts | {""}, name
        assert {row.get("Сотрудник", "u11") for row in rows} <= owners, name
    for name, column in (("mailing_clicks.csv", "crm_id"), ("web_visits.tsv", "user_id"), ("web_goals.tsv", "user_id")):
        known = {row[column] for row in read(name)}
        assert known <= contacts | {""}, name
        assert "" in known, f"{name} has nobody unknown"
    visits = {row["visit_id"] for row in read("web_visits.tsv")}
    assert {row["visit_id"] for row in read("web_goals.tsv")} <= visits


def test_flags_and_gaps_of_a_real_crm_are_there(read: Read) -> None:
    leads = read("crm_leads.csv")
    assert sum(row["Дубль"] == "да" for row in leads) >= 24
    assert sum(row["Тест"] == "да" for row in leads) >= 6
    without_person = sum(row["Контакт"] == "" for row in leads) / len(leads)
    assert 0.01 < without_person < 0.05
    contacts = read("crm_contacts.csv")
    by_phone: dict[str, set[str]] = {}
    for row in contacts:
        if row["Телефон"]:
            by_phone.setdefault(row["Телефон"], set()).add(row["E-mail"])
    assert sorted(len(emails) for emails in by_phone.values())[-3:] == [1, 3, 12]
    answers = read("crm_answers.csv")
    assert sum(row["Ответ"] == "" for row in answers) > 100
    assert len(answers) < 6 * sum(row["Дубль"] == row["Тест"] == "нет" for row in leads)


def test_contact_data_is_impossible_on_purpose(summary: ExportSummary, read: Read) -> None:
    contacts = read("crm_contacts.csv")
    assert all(re.fullmatch(r"8 \(900\) 00\d-\d\d-\d\d", row["Телефон"]) for row in contacts if row["Телефон"])
    for path in summary.folder.glob("*.?sv"):
        text = path.read_text(encoding="cp1251" if path.name == "crm_calls.csv" else "utf-8-sig")
        assert set(re.findall(r"[\w.]+@([\w.]+)", text)) <= {"example.com"}, path.name


def test_payments_come_whole_in_parts_and_back(summary: ExportSummary) -> None:
    book = openpyxl.load_workbook(summary.folder / "crm_payments.xlsx", read_only=True)
    rows = list(book["Платежи"].iter_rows(min_row=2, values_only=True))
    numbers = [row for row in rows if isinstance(row[4], int | float)]
    assert sum(row[4] < 0 for row in numbers) >= 5
    assert sum(count > 1 for count in Counter(row[1] for row in numbers if row[4] > 0).values()) >= 40
    assert sum(isinstance(row[4], str) for row in rows) >= 3
    assert any(row[4] == "уточняется" for row in rows)


def test_the_branch_writes_jalali_dates_persian_digits_and_toman(read: Read, world: World) -> None:
    deals = world.sales.deals
    of_branch = np.flatnonzero(deals.is_branch)
    written = {row["شناسه معامله"]: row for row in read("tehran_deals.csv")}
    assert len(written) == len(of_branch) > 10
    digits = str.maketrans("۰۱۲۳۴۵۶۷۸۹", "0123456789")
    for position in of_branch:
        row = written[world.deal_ids[position]]
        assert int(row["مبلغ"].translate(digits).replace("٬", "")) * 10 == deals.amount[position]
        assert row["واحد"] == "تومان"
        day, clock = row["تاریخ ایجاد"].translate(digits).split(" ")
        year, month, day_of_month = map(int, day.split("/"))
        local = jdatetime.date(year, month, day_of_month).togregorian().isoformat() + "T" + clock
        utc = np.datetime64(local) - np.timedelta64(210, "m")
        assert utc == deals.created_at[position].astype("datetime64[m]")


def test_the_truth_is_in_no_export(summary: ExportSummary) -> None:
    for path in summary.folder.glob("*.?sv"):
        text = path.read_text(encoding="cp1251" if path.name == "crm_calls.csv" else "utf-8-sig")
        assert not re.search(r"\b0[.,]\d{4,}", text), f"{path.name} holds a probability"
        assert not re.search(r"quality|probability|truth|demand", text.split("\n")[0], re.IGNORECASE), path.name


def test_the_large_company_is_larger(world: World) -> None:
    large = build_world(seed=1, size="large")
    assert len(large.company.leads) > 10 * len(world.company.leads)
    assert len(set(large.phones)) == len(large.phones)
