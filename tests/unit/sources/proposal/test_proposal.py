"""A mapping proposed for unknown files: what is seen is said, what is not seen is asked, contact data stay hidden."""

from pathlib import Path

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from demo.exports import write_exports
from orchestration.contracts import load_contracts
from orchestration.landing import Lake
from orchestration.settings import DEFAULT_DEFINITIONS
from orchestration.sources.definitions import load_currencies
from orchestration.sources.files import land_stream
from orchestration.sources.files.mapping import FilesMapping, MappingError, load_mapping
from orchestration.sources.proposal.command import MapError, map_exports
from orchestration.sources.proposal.deciding import FileProposal, Proposal, ProposalError, propose
from orchestration.sources.proposal.matching import load_synonyms, words_of
from orchestration.sources.proposal.preview import preview
from orchestration.sources.proposal.sniffing import layouts, read_tolerantly
from orchestration.sources.proposal.writing import mapping_text

CONTRACTS = load_contracts()
CURRENCIES = load_currencies(DEFAULT_DEFINITIONS)
ROOT = Path(__file__).resolve().parents[4]


def write(folder: Path, name: str, text: str, encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


def proposed(*paths: Path, **options: str) -> Proposal:
    return propose(paths, CONTRACTS, CURRENCIES, **options)


def loaded(proposal: Proposal, folder: Path) -> FilesMapping:
    path = folder / "proposed.yml"
    path.write_text(mapping_text(proposal, path), encoding="utf-8")
    return load_mapping(path, {}, contracts=CONTRACTS)


def columns_of(file: FileProposal, contract: str) -> dict[str, str | None]:
    fill = next(fill for fill in file.fills if fill.contract.name == contract)
    return {name: line.match.column for name, line in fill.lines.items()}


LEADS = "Lead ID;Created;Phone;E-mail;Source;Comment\n" + "".join(
    f"L{number};{number % 27 + 1:02d}.03.2024 10:{number % 60:02d};+7 (916) 123-45-{number:02d};"
    f"anna{number}@mail.example;{'Google' if number % 3 else 'Select'};call Anna on +7 916 123-45-{number:02d}\n"
    for number in range(60)
)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1251", "utf-16-le"])
def test_encodings_are_found_and_the_mapping_reads_the_file(tmp_path: Path, encoding: str) -> None:
    text = "ID лида;Создан;Источник\n" + "".join(f"{n};0{n}.02.2024 12:00;реклама в поиске\n" for n in range(1, 9))
    proposal = proposed(write(tmp_path, "лиды.csv", text, encoding))
    assert columns_of(proposal.files[0], "leads") == {
        "lead_id": "ID лида",
        "person_id": "ID лида",
        "created_at": "Создан",
        "channel_label": "Источник",
    }
    assert proposal.decisions == []
    results = preview(proposal, CONTRACTS, CURRENCIES)
    assert [(item.result.rows, item.result.quarantined) for item in results] == [(8, 0)]
    assert loaded(proposal, tmp_path).streams["lidy"].delimiter == ";"


def test_the_header_is_found_below_a_title(tmp_path: Path) -> None:
    text = "Report of March\n\nDeal ID,Amount,Created\n" + "".join(f"d{n},{n}.50,2024-03-0{n}\n" for n in range(1, 9))
    proposal = proposed(write(tmp_path, "deals.csv", text), currency="EUR")
    assert proposal.files[0].layout.header_row == 3
    assert loaded(proposal, tmp_path).streams["deals"].header_row == 3


def test_every_sheet_with_rows_is_a_stream(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for name, header in (("Сделки", ("ID сделки", "Сумма")), ("Платежи", ("ID платежа", "Дата", "Сумма"))):
        sheet = book.create_sheet(name)
        sheet.append(header)
        for number in range(1, 6):
            sheet.append(
                (f"x{number}", "2024-03-01", number)[: len(header)] if len(header) == 3 else (f"x{number}", number)
            )
    path = tmp_path / "crm.xlsx"
    book.save(path)
    proposal = proposed(path, currency="RUB")
    assert [(file.layout.sheet, file.fills[0].contract.name) for file in proposal.files] == [
        ("Сделки", "deals"),
        ("Платежи", "payments"),
    ]
    assert loaded(proposal, tmp_path).streams["crm_platezhi"].sheet == "Платежи"


def test_dates_that_could_be_read_two_ways_are_asked_about_and_the_mapping_does_not_load(tmp_path: Path) -> None:
    rows = "".join(f"l{n},0{n % 9 + 1}/0{(n + 1) % 9 + 1}/2024\n" for n in range(30))
    proposal = proposed(write(tmp_path, "leads.csv", "lead_id,created\n" + rows))
    assert len(proposal.decisions) == 1
    assert "day or month first" in proposal.decisions[0]
    text = mapping_text(proposal, tmp_path / "m.yml")
    assert '# created_at: {column: created, formats: ["%d/%m/%Y"]}  # DECIDE day first: 03/04 is 3 April' in text
    assert '# created_at: {column: created, formats: ["%m/%d/%Y"]}  # DECIDE month first: 03/04 is 4 March' in text
    with pytest.raises(MappingError, match="requires created_at"):
        loaded(proposal, tmp_path)


def test_one_day_above_twelve_anywhere_in_a_large_file_decides(tmp_path: Path) -> None:
    rows = [f"l{n},0{n % 9 + 1}/0{(n + 1) % 9 + 1}/2024" for n in range(60_000)]
    rows[31_337] = "l31337,04/25/2024"
    proposal = proposed(write(tmp_path, "leads.csv", "lead_id,created\n" + "\n".join(rows)))
    assert proposal.decisions == []
    assert proposal.files[0].column("created").formats == ("%m/%d/%Y",)


def test_jalali_dates_in_persian_digits_get_their_calendar(tmp_path: Path) -> None:
    rows = "".join(f"س{n},۱۴۰۳/۰{n}/۱۲ ۱۰:۲۴\n" for n in range(1, 8))
    proposal = proposed(write(tmp_path, "سرنخ.csv", "شناسه سرنخ,تاریخ ایجاد\n" + rows))
    rule = {item.field: item for item in next(iter(loaded(proposal, tmp_path).streams.values())).fills[0].rules}
    assert (rule["created_at"].calendar, rule["created_at"].formats) == ("jalali", ("%Y/%m/%d %H:%M",))


def test_contact_data_stand_nowhere_in_clear(tmp_path: Path) -> None:
    path = write(tmp_path, "leads.csv", LEADS)
    lines = list(map_exports([path], out=tmp_path / "m" / "m.yml", config_out=tmp_path / "c.yml"))
    shown = "\n".join([*lines, (tmp_path / "m" / "m.yml").read_text(encoding="utf-8")])
    assert "@mail.example" not in shown
    assert "916" not in shown
    assert "Anna" not in shown
    assert "token " in shown
    assert columns_of(proposed(path).files[0], "leads")["phone_token"] == "Phone"


def test_placeholders_are_proposed_as_empty_with_their_counts(tmp_path: Path) -> None:
    proposal = proposed(write(tmp_path, "leads.csv", LEADS))
    assert proposal.placeholders == {"Select": ["leads.Source: 20 of 60"]}
    assert loaded(proposal, tmp_path).empty == ("", "Select")


def test_a_required_field_without_a_column_is_a_todo_with_its_description(tmp_path: Path) -> None:
    proposal = proposed(write(tmp_path, "leads.csv", "lead_id,source\n" + "".join(f"l{n},ads\n" for n in range(9))))
    assert "# created_at:  # DECIDE required: When the lead was created." in mapping_text(proposal, tmp_path / "m.yml")
    with pytest.raises(MappingError, match="requires created_at"):
        loaded(proposal, tmp_path)


def test_keys_and_joins_are_counted_on_the_whole_files(tmp_path: Path) -> None:
    deals = "deal_id,lead_id,status\n" + "".join(f"d{n},l{n * 2},won\n" for n in range(30))
    leads = "lead_id,created\n" + "".join(f"l{n},2024-01-01\n" for n in range(50))
    proposal = proposed(write(tmp_path, "deals.csv", deals), write(tmp_path, "leads.csv", leads))
    assert [file.key for file in proposal.files] == [("deal_id",), ("lead_id",)]
    join = next(join for join in proposal.joins if join.file == "deals.csv")
    assert (join.column, join.other_file, join.other_column, join.matched, join.distinct) == (
        "lead_id", "leads.csv", "lead_id", 25, 30,
    )  # fmt: skip
    assert join.unmatched == ("l50", "l52", "l54")


def test_a_closing_date_becomes_won_or_lost_by_the_state(tmp_path: Path) -> None:
    rows = "".join(f"d{n},{('Won', 'Lost', 'Negotiation')[n % 3]},2024-01-0{n % 9 + 1}\n" for n in range(30))
    proposal = proposed(write(tmp_path, "deals.csv", "deal_id,stage name,close date\n" + rows))
    fills = {fill.name: fill for fill in proposal.files[0].fills}
    assert fills["deals_won"].lines["won_at"].match.column == "close date"
    assert fills["deals_lost"].lines["lost_at"].match.column == "close date"
    assert "won_at" not in fills["deals_open"].lines
    result = preview(proposal, CONTRACTS, CURRENCIES)[0].result
    assert result.pull is not None
    assert [fill["rows_filled"] for fill in result.pull.fills] == [10, 10, 10]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("empty.csv", b"", "is empty"),
        ("blank.csv", b"\n \n", "is empty"),
        ("header.csv", b"lead_id,created\n", "only a header"),
        ("binary.csv", bytes(range(256)) * 20, "binary"),
        ("old.xls", b"\xd0\xcf\x11\xe0" + bytes(100), "old .xls"),
        ("broken.xlsx", b"PK\x03\x04" + bytes(100), "not an XLSX workbook"),
        ("broken.parquet", b"PAR1" + bytes(100), "not a Parquet file"),
        ("text.xlsx", b"a,b\n1,2\n", "not XLSX inside"),
    ],
)
def test_what_is_no_table_is_one_line_that_names_the_file(
    tmp_path: Path, name: str, content: bytes, message: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(MapError) as caught:
        list(map_exports([path, tmp_path / "absent.csv"], out=tmp_path / "m.yml"))
    lines = str(caught.value).splitlines()
    assert len(lines) == 2
    assert lines[0].startswith(str(path))
    assert message in lines[0]
    assert lines[1] == f"{tmp_path / 'absent.csv'}: no such file"
    assert not (tmp_path / "m.yml").exists()


def test_an_edited_mapping_is_not_overwritten_without_force(tmp_path: Path) -> None:
    path = write(tmp_path, "leads.csv", LEADS)
    out = write(tmp_path, "m.yml", "mine")
    with pytest.raises(MapError, match="--force"):
        list(map_exports([path], out=out))
    assert out.read_text() == "mine"
    list(map_exports([path], out=out, force=True))
    assert out.read_text(encoding="utf-8").startswith("# Proposed")


def test_the_same_files_give_the_same_proposal(tmp_path: Path) -> None:
    path = write(tmp_path, "leads.csv", LEADS)
    assert mapping_text(proposed(path), tmp_path / "m.yml") == mapping_text(proposed(path), tmp_path / "m.yml")


def test_a_large_file_is_read_as_the_loader_reads_it_but_for_rows_of_a_wrong_width(tmp_path: Path) -> None:
    path = write(tmp_path, "leads.csv", 'a,b\n1,"x\ny"\n2\n3,z\n4,,5\n')
    table, misfits = read_tolerantly(layouts(path)[0])
    assert table.to_pylist() == [{"a": "1", "b": "x\ny"}, {"a": "3", "b": "z"}]
    assert dict(misfits) == {"too_few_columns": 1, "too_many_columns": 1}


def test_names_are_compared_without_case_endings_and_order() -> None:
    assert words_of("CostWithoutVat") == words_of("cost_without_VAT")
    assert words_of("Дата создания") == words_of("дата  создание")
    assert words_of("شناسهٔ‌ سرنخ")[-1] == "سرنخ"
    assert load_synonyms(CONTRACTS).is_key_name("ID сделки")


NAMES = st.text(
    st.characters(blacklist_categories=("Cs",), blacklist_characters='\r\n",;\t|\0'), min_size=1, max_size=12
)


@given(
    st.lists(NAMES, min_size=1, max_size=4, unique_by=lambda text: text.strip()),
    st.lists(st.lists(st.sampled_from(["", "-", "no", "12", "1,5", "03/04/2024", "x: y", "# z", "'q'", "٣"]), min_size=4, max_size=4), min_size=1, max_size=8),
)  # fmt: skip
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_columns_are_called_the_proposal_without_its_open_decisions_loads(
    tmp_path: Path, names: list[str], rows: list[list[str]]
) -> None:
    body = "\n".join('"' + '","'.join(row[: len(names)]) + '"' for row in rows)
    path = write(
        tmp_path,
        "leads.csv",
        '"'
        + '","'.join(["lead_id", *names])
        + '"\n'
        + "\n".join(f'"l{n}",{line}' for n, line in enumerate(body.split("\n"))),
    )
    try:
        proposal = proposed(path)
    except ProposalError:
        return
    out = tmp_path / "proposed.yml"
    out.write_text(mapping_text(proposal, out, only_complete=True), encoding="utf-8")
    load_mapping(out, {}, contracts=CONTRACTS)


@pytest.fixture(scope="module")
def exports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo")
    write_exports(folder, seed=7)
    return folder


@pytest.mark.parametrize("name", ["crm", "ads", "web", "mailing", "tehran"])
def test_the_proposal_agrees_with_the_mappings_of_the_demo_company_written_by_hand(exports: Path, name: str) -> None:
    """Every field that the hand-written mapping fills from a column is filled from that column; nothing is left open but
    the currency that stands in no file."""
    environment = {"ONEFUNNEL_DEMO_EXPORTS": str(exports)}
    by_hand = load_mapping(ROOT / "demo" / "company" / "mappings" / f"{name}.yml", environment, contracts=CONTRACTS)
    proposal = proposed(*(exports / stream.file for stream in by_hand.streams.values()), currency="RUB")
    assert proposal.decisions == []
    files = {file.layout.path.name: file for file in proposal.files}
    for stream in by_hand.streams.values():
        for fill in stream.fills:
            said = columns_of(files[stream.file], fill.contract)
            expected = {rule.field: rule.columns[0] for rule in fill.rules if rule.columns}
            assert {field: said.get(field) for field in expected} == expected


@pytest.mark.parametrize("name", ["crm", "ads", "web", "mailing", "tehran"])
def test_a_proposal_without_decisions_loads_and_lands_every_row(exports: Path, tmp_path: Path, name: str) -> None:
    environment = {"ONEFUNNEL_DEMO_EXPORTS": str(exports)}
    by_hand = load_mapping(ROOT / "demo" / "company" / "mappings" / f"{name}.yml", environment, contracts=CONTRACTS)
    proposal = proposed(*(exports / stream.file for stream in by_hand.streams.values()), currency="RUB")
    mapping = loaded(proposal, tmp_path)
    assert len(mapping.streams) == len(by_hand.streams)
    for stream in mapping.streams:
        result = land_stream(
            Lake(tmp_path / "lake"),
            mapping,
            stream,
            contracts=CONTRACTS,
            currencies=CURRENCIES,
            company_time_zone="UTC",
            contact_key=b"a key for this test only",
        )[0]
        assert result.rows_in == result.rows + result.quarantined
        assert result.rows > 0.9 * result.rows_in
