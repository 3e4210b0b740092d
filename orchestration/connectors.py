"""From the configuration to the sources that are asked over HTTP: which there are, their credentials, their streams.

Credentials stand in the environment; a missing one is named before anything is asked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

from orchestration.clock import Clock
from orchestration.settings import AmoCrm, Settings, SettingsError, YandexDirect, YandexMetrika
from orchestration.sources.api import amocrm, yandex_direct, yandex_metrika
from orchestration.sources.api.stream import Connector, Stream
from orchestration.sources.api.tokens import LongLivedToken

ApiSource = AmoCrm | YandexDirect | YandexMetrika

STREAMS: Mapping[str, Sequence[Stream]] = {
    "amocrm": amocrm.STREAMS,
    "yandex_direct": yandex_direct.STREAMS,
    "yandex_metrika": yandex_metrika.YandexMetrika.streams,
}
"""Type of a source, which is its name in the lake → all streams it knows."""

TOKEN_VARIABLES = {
    "amocrm": "ONEFUNNEL_AMOCRM_TOKEN",
    "yandex_direct": "ONEFUNNEL_YANDEX_DIRECT_TOKEN",
    "yandex_metrika": "ONEFUNNEL_YANDEX_METRIKA_TOKEN",
}
"""Type of a source → the variable of its token. An account that is not the only one of its type may have one of its own:
the variable with `_` and the account in capitals, everything but letters and digits as `_`."""


def api_sources(settings: Settings) -> list[ApiSource]:
    """The sources of a configuration that are asked over HTTP, in its order."""
    return [source for source in settings.configuration.sources if isinstance(source, ApiSource)]


def account_of(source: ApiSource) -> str:
    """What the pulls of a source are of: account, login or counter."""
    return str(source.counter) if isinstance(source, YandexMetrika) else source.account


def token_variable(source: ApiSource, environment: Mapping[str, str]) -> str:
    """The variable that holds the token of a source: its account's own where that is set, else its type's."""
    plain = TOKEN_VARIABLES[source.type]
    own = f"{plain}_{''.join(letter if letter.isalnum() else '_' for letter in account_of(source)).upper()}"
    return own if environment.get(own) else plain


def missing_token(source: ApiSource, settings: Settings) -> str | None:
    """The variable that is not set, or None when the token is there."""
    variable = token_variable(source, settings.environment)
    return None if settings.environment.get(variable) else variable


def connectors(settings: Settings, kind: str, clock: Clock) -> list[Connector]:
    """The connectors of all configured accounts of one type.

    Raises
    ------
    SettingsError
        when a token is not in the environment; names the variable.
    """
    return [_connector(source, settings, clock) for source in api_sources(settings) if source.type == kind]


def _connector(source: ApiSource, settings: Settings, clock: Clock) -> Connector:
    if variable := missing_token(source, settings):
        raise SettingsError(
            f"{source.type} {account_of(source)}: no token: set {variable} in the environment or in .env "
            f"(docs/sources.md says how to get one)"
        )
    token = settings.environment[token_variable(source, settings.environment)]
    if isinstance(source, AmoCrm):
        zone = ZoneInfo(settings.configuration.time_zone)
        return amocrm.AmoCrm(
            source.account,
            clock,
            LongLivedToken("amocrm", token),
            base_url=source.base_url,
            timezone=settings.configuration.time_zone,
            since=datetime.combine(source.since, time(), tzinfo=zone).astimezone(UTC),
            text_fields=source.keep_fields,
        )
    if isinstance(source, YandexDirect):
        return yandex_direct.YandexDirect(
            clock=clock,
            account=source.account,
            token=token,
            client_login=source.account if source.is_agency else None,
            goals=[str(goal) for goal in source.goals],
            start_on=source.since,
            base_url=source.base_url or yandex_direct.BASE_URL,
        )
    return yandex_metrika.YandexMetrika(
        source.counter, token, clock, since=source.since, base_url=source.base_url or yandex_metrika.BASE_URL
    )
