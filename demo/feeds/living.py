"""The three filled simulators of one company, running."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from demo.exports import build_world
from demo.exports.identities import World
from demo.feeds.amocrm import fill_amocrm
from demo.feeds.bookkeeping import CrmBooks, DirectBooks, MetrikaBooks
from demo.feeds.yandex_direct import fill_yandex_direct
from demo.feeds.yandex_metrika import fill_yandex_metrika
from demo.simulators.amocrm import AmoCrm, Rules
from demo.simulators.yandex_direct import YandexDirect
from demo.simulators.yandex_metrika import YandexMetrika
from orchestration.clock import FixedClock

MOSCOW = ZoneInfo("Europe/Moscow")
MORNINGS = tuple(
    datetime(2026, month, day, 6, tzinfo=MOSCOW) for month, day in ((5, 29), (6, 3), (6, 10), (6, 22), (7, 1))
)
"""Mornings on which the demo asks the vendors; on the last one all of the company's history is known."""
CRM_ACCOUNT, DIRECT_LOGIN, COUNTER = "severny-veter", "sv-direct", 44147844
DIRECT_TOKEN, METRIKA_TOKEN = "direct-token-of-the-demo", "metrika-token-of-the-demo"
TOKENS_UNTIL = datetime(2030, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class LivingCompany:
    """The company's vendors: simulators that run, what they are asked by, and the mess that was put into them."""

    world: World
    clock: FixedClock
    crm: AmoCrm
    direct: YandexDirect
    metrika: YandexMetrika
    crm_token: str
    crm_books: CrmBooks
    direct_books: DirectBooks
    metrika_books: MetrikaBooks
    crm_account: str = CRM_ACCOUNT
    direct_login: str = DIRECT_LOGIN
    direct_token: str = DIRECT_TOKEN
    counter: int = COUNTER
    metrika_token: str = METRIKA_TOKEN
    mornings: tuple[datetime, ...] = MORNINGS

    @property
    def urls(self) -> dict[str, str]:
        """Type of the vendor → the address of its simulator."""
        return {"amocrm": self.crm.url, "yandex_direct": self.direct.url, "yandex_metrika": self.metrika.url}

    @property
    def tokens(self) -> dict[str, str]:
        """The variables that hold what the simulators know the company by."""
        return {
            "ONEFUNNEL_AMOCRM_TOKEN": self.crm_token,
            "ONEFUNNEL_YANDEX_DIRECT_TOKEN": self.direct_token,
            "ONEFUNNEL_YANDEX_METRIKA_TOKEN": self.metrika_token,
        }


@contextmanager
def _without_collections() -> Iterator[None]:
    """No garbage is looked for: millions of objects are made and none is dropped, and searching was 40 % of the filling."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


@contextmanager
def living_company(
    seed: int, size: str, clock: FixedClock, *, with_hits: bool = False, ports: Sequence[int] | None = None
) -> Iterator[LivingCompany]:
    """Build the company, put its history into three simulators without limits of rate, and run them until the end.

    Parameters
    ----------
    clock : shared with whoever asks; move it to a morning before asking. with_hits : Metrika also has every page view.
    ports : of amoCRM, Direct and Metrika, for a company that is left running: Metrika's logs are ready at once; any ports that
    are free when None.

    Raises
    ------
    ValueError
        unknown size.
    OSError
        a port is taken.
    """
    world = build_world(seed, size)
    crm = AmoCrm(clock, rules=Rules(requests_a_second=None, account_requests_a_second=None, minor_units=True))
    direct = YandexDirect(clock, report_rate=(None, 10.0), online_rows=None, units_daily=None, gives_stored=False)
    metrika = YandexMetrika(
        clock,
        token=METRIKA_TOKEN,
        # whoever asks a company that is left running waits in real time
        log_seconds=90.0 if ports is None else 0.0,
        requests_per_second=None,
        logs_per_second=None,
        requests_per_day=None,
    )
    direct.put_token(DIRECT_TOKEN, DIRECT_LOGIN)
    with _without_collections():
        crm_books = fill_amocrm(crm, world)
        direct_books = fill_yandex_direct(direct, world, login=DIRECT_LOGIN)
        metrika_books = fill_yandex_metrika(metrika, world, counter=COUNTER, with_hits=with_hits)
    # a full history lives as long as the simulators: without this every full collection walks through millions of its
    # objects, which took a third of the time of a later morning
    gc.freeze()
    with ExitStack() as running:
        running.callback(gc.unfreeze)
        for simulator, port in zip((crm, direct, metrika), ports or (0, 0, 0), strict=True):
            simulator.port = port
            running.enter_context(simulator)
        yield LivingCompany(
            world=world,
            clock=clock,
            crm=crm,
            direct=direct,
            metrika=metrika,
            crm_token=crm.long_lived_token(TOKENS_UNTIL),
            crm_books=crm_books,
            direct_books=direct_books,
            metrika_books=metrika_books,
        )
