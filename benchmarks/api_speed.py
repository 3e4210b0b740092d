"""Rows per second of the connectors against bare loops of requests and pyarrow over the same simulator, in one run.

    python -m benchmarks.api_speed [--rows 200000] [--leads 20000]

The bare loop asks for the same bytes (same fields, same pages) and writes them to Parquet: no trying again, no keys, no
scrubbing, no tokens, no pull log. Both wait for the simulator, whose own share is part of both. Clocks are simulated, so no
pause of a vendor counts. Target: at least 0.5 of the bare loop's rate, without contact columns.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import requests

from demo.simulators.amocrm import AmoCrm as SimulatedCrm
from demo.simulators.amocrm import Rules, select_field
from demo.simulators.yandex_direct import YandexDirect as SimulatedDirect
from demo.simulators.yandex_metrika import YandexMetrika as SimulatedMetrika
from orchestration.clock import FixedClock
from orchestration.landing import Lake
from orchestration.sources.api.amocrm import STREAMS as CRM_STREAMS
from orchestration.sources.api.amocrm import AmoCrm
from orchestration.sources.api.load import pull_stream
from orchestration.sources.api.stream import Connector, Stream
from orchestration.sources.api.tokens import LongLivedToken
from orchestration.sources.api.yandex_direct import STREAMS as DIRECT_STREAMS
from orchestration.sources.api.yandex_direct import YandexDirect
from orchestration.sources.api.yandex_metrika import YandexMetrika

TARGET = 0.5
NOW = datetime(2026, 3, 10, 6, tzinfo=UTC)
BEFORE = NOW - timedelta(days=1)
DAYS = [date(2026, 3, day) for day in range(1, 8)]
TSV = pyarrow.csv.ParseOptions(delimiter="\t", quote_char=False)


def landed(folder: Path, clock: FixedClock, connector: Connector, stream: Stream) -> int:
    """Rows that one first pull put into a new lake."""
    with tempfile.TemporaryDirectory(dir=folder) as root:
        return pull_stream(Lake(Path(root), clock), connector, stream, contact_key=None).rows


def metrika(folder: Path, rows: int) -> tuple[float, float]:
    """Seconds of the connector and of the bare loop for one week of visits."""
    clock = FixedClock(NOW)
    with SimulatedMetrika(clock, logs_per_second=None, requests_per_second=None) as simulator:
        assert isinstance(simulator, SimulatedMetrika)
        simulator.put_counter(
            {"id": 1, "name": "x", "site": "x.example", "status": "Active", "time_zone_name": "UTC"},
            BEFORE - timedelta(days=60),
        )
        for number in range(rows):
            day = DAYS[number % len(DAYS)]
            visit = {
                "visitID": str(2**63 + number), "clientID": str(17 * 10**17 + number % (rows // 2)), "dateTimeUTC": f"{day} 10:02:11",
                "startURL": f"https://shop.example/page/{number % 500}?utm_source=yandex&utm_campaign={number % 60}",
                "UTMSource": "yandex", "UTMCampaign": str(number % 60), "pageViews": 3, "visitDuration": 120,
            }  # fmt: skip
            simulator.put_visit(1, visit, BEFORE)
        connector = YandexMetrika(1, "metrika-token-of-a-test", clock, since=DAYS[0], base_url=simulator.url)
        stream = next(stream for stream in connector.streams if stream.name == "visits")
        ours, count = timed(lambda: landed(folder, clock, connector, stream))
        asked = next(
            asked for asked in simulator.asked if asked.method == "POST" and asked.path.endswith("/logrequests")
        )

        def bare() -> int:
            headers = {"Authorization": "OAuth metrika-token-of-a-test"}
            created = requests.post(
                f"{simulator.url}{asked.path}", params=dict(asked.query), headers=headers, timeout=60
            ).json()
            request = f"{simulator.url}/management/v1/counter/1/logrequest/{created['log_request']['request_id']}"
            clock.advance(timedelta(hours=1))
            parts = requests.get(request, headers=headers, timeout=60).json()["log_request"]["parts"]
            total = 0
            for part in parts:
                with requests.get(
                    f"{request}/part/{part['part_number']}/download", headers=headers, stream=True, timeout=60
                ) as answer:
                    table = pyarrow.csv.read_csv(answer.raw, parse_options=TSV)
                pq.write_table(table, folder / "bare.parquet", compression="zstd")
                total += table.num_rows
            return total

        return ours, check(count, *timed(bare))


def direct(folder: Path, rows: int) -> tuple[float, float]:
    """Seconds of the connector and of the bare loop for one week of statistics (two reports: with and without VAT)."""
    clock = FixedClock(NOW)
    bodies: list[dict[str, Any]] = []
    with SimulatedDirect(clock, report_rate=(None, 10.0)) as simulator:
        assert isinstance(simulator, SimulatedDirect)
        simulator.put_token("t", "shop")
        campaign = {
            "Id": 1,
            "Name": "x",
            "Type": "TEXT_CAMPAIGN",
            "State": "ON",
            "Status": "ACCEPTED",
            "Currency": "RUB",
        }
        simulator.put_campaign(BEFORE, campaign, login="shop")
        for day in DAYS:
            ads = [
                {
                    "CampaignId": 1, "AdGroupId": 10 + ad % 500, "AdId": 10_000 + ad, "Impressions": 1000 + ad, "Clicks": ad % 90,
                    "Cost": (ad % 5000) * 10_000, "Conversions": {},
                }
                for ad in range(rows // len(DAYS))
            ]  # fmt: skip
            simulator.put_day(BEFORE, day, ads, login="shop")
        answer_of = simulator.answer
        simulator.answer = lambda request, body: (  # type: ignore[method-assign]
            bodies.append(json.loads(body)) if request.url.path.endswith("/reports") else None,
            answer_of(request, body),
        )[1]
        connector = YandexDirect(clock=clock, account="shop", token="t", start_on=DAYS[0], base_url=simulator.url)
        stream = next(stream for stream in DIRECT_STREAMS if stream.name == "performance_daily")
        ours, count = timed(lambda: landed(folder, clock, connector, stream))
        asked = list({body["params"]["IncludeVAT"]: body for body in bodies}.values())

        def bare() -> int:
            total = 0
            for number, body in enumerate(asked):
                body["params"]["ReportName"] = f"bare {number}"
                headers = {
                    "Authorization": "Bearer t",
                    "returnMoneyInMicros": "false",
                    "skipReportHeader": "true",
                    "skipReportSummary": "true",
                }
                while True:
                    answer = requests.post(f"{simulator.url}/json/v501/reports", json=body, headers=headers, timeout=60)
                    if answer.status_code == 200:
                        break
                    clock.advance(timedelta(seconds=int(answer.headers["retryIn"])))
                table = pyarrow.csv.read_csv(pa.BufferReader(answer.content), parse_options=TSV)
                pq.write_table(table, folder / "bare.parquet", compression="zstd")
                total = table.num_rows
            return total

        return ours, check(count, *timed(bare))


def amocrm(folder: Path, leads: int) -> tuple[float, float]:
    """Seconds of the connector and of the bare loop for all leads of an account."""
    clock = FixedClock(NOW)
    with SimulatedCrm(clock, rules=Rules(requests_a_second=None, account_requests_a_second=None)) as simulator:
        assert isinstance(simulator, SimulatedCrm)
        simulator.put_pipeline(BEFORE - timedelta(days=400), 7, {71: "Новый лид"})
        for number in range(leads):
            fields = [
                select_field(5510, "Канал", "Сайт", 881),
                select_field(5511, "Город", f"Город {number % 90}", number % 90),
            ]
            simulator.put_lead(
                BEFORE - timedelta(minutes=leads - number), 1 + number, price=25_000 + number, pipeline_id=7, status_id=71,
                custom_fields_values=fields,
            )  # fmt: skip
        token = simulator.long_lived_token(NOW + timedelta(days=365))
        connector = AmoCrm(
            "company", clock, LongLivedToken("amocrm", token), base_url=simulator.url, requests_a_second=10_000,
            since=BEFORE - timedelta(days=400),
        )  # fmt: skip
        stream = next(stream for stream in CRM_STREAMS if stream.name == "leads")
        ours, count = timed(lambda: landed(folder, clock, connector, stream))

        def bare() -> int:
            total, page = 0, 1
            params: dict[str, Any] = {"with": "contacts,loss_reason", "limit": 250, "order[updated_at]": "asc"}
            writer: pq.ParquetWriter | None = None
            while True:
                answer = requests.get(
                    f"{simulator.url}/api/v4/leads",
                    params={**params, "page": page},
                    headers={"Authorization": f"Bearer {token}"},
                    timeout=60,
                )
                if answer.status_code == 204:
                    break
                found = answer.json()["_embedded"]["leads"]
                texts = [
                    {name: None if value is None else json.dumps(value) for name, value in lead.items()}
                    for lead in found
                ]
                table = pa.Table.from_pylist(texts, schema=pa.schema([(name, pa.string()) for name in found[0]]))
                writer = writer or pq.ParquetWriter(folder / "bare.parquet", table.schema, compression="zstd")
                writer.write_table(table)
                total, page = total + len(found), page + 1
            assert writer is not None
            writer.close()
            return total

        return ours, check(count, *timed(bare))


def timed(work: Callable[[], int]) -> tuple[float, int]:
    """Seconds and the number of rows."""
    started = time.perf_counter()
    rows = work()
    return time.perf_counter() - started, rows


def check(ours: int, seconds: float, bare: int) -> float:
    if ours != bare:
        raise RuntimeError(f"the connector landed {ours} rows, the bare loop {bare}")
    return seconds


def main() -> int:
    """Prints a line a connector; exit code 1 when the target is missed."""
    parser = argparse.ArgumentParser(description="Speed of the connectors against bare loops over the same simulator.")
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--leads", type=int, default=20_000)
    arguments = parser.parse_args()
    print(
        f"{platform.machine()}, Python {platform.python_version()}, pyarrow {pa.__version__}, requests {requests.__version__}"
    )
    missed = False
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for source, work, rows in (
            ("yandex_metrika/visits", metrika, arguments.rows),
            ("yandex_direct/performance_daily", direct, arguments.rows // len(DAYS) * len(DAYS)),
            ("amocrm/leads", amocrm, arguments.leads),
        ):
            ours, bare = work(folder, rows)
            missed |= bare / ours < TARGET
            print(
                f"{source:34}{rows:>9,} rows  connector {ours:6.2f} s {rows / ours:>9,.0f} rows/s   bare {bare:6.2f} s "
                f"{rows / bare:>9,.0f} rows/s   ratio {bare / ours:.2f} (target {TARGET})"
            )
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
