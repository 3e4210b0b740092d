"""From the configuration to the sources that are asked over HTTP: which there are, their credentials, their streams.

Secrets stand in the environment, tokens that rotate in a file of the home; a missing one is named before anything is asked.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from orchestration.clock import Clock
from orchestration.settings import AmoCrm, Settings, SettingsError, YandexDirect, YandexMetrika
from orchestration.sources.api import amocrm, yandex_direct, yandex_metrika
from orchestration.sources.api.http import Pace
from orchestration.sources.api.stream import Connector, Stream
from orchestration.sources.api.tokens import Credentials, LongLivedToken

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
"""Type of a source → the variable of its token."""

AMOCRM_SECRET_VARIABLE = "ONEFUNNEL_AMOCRM_CLIENT_SECRET"
"""The variable of the secret of amoCRM's OAuth integration."""


def api_sources(settings: Settings) -> list[ApiSource]:
    """The sources of a configuration that are asked over HTTP, in its order."""
    return [source for source in settings.configuration.sources if isinstance(source, ApiSource)]


def asked_kinds(settings: Settings) -> list[str]:
    """Types of the configured sources that are asked over HTTP, each once."""
    return list(dict.fromkeys(source.type for source in api_sources(settings)))


def account_of(source: ApiSource) -> str:
    """What the pulls of a source are of: account, login or counter."""
    return str(source.counter) if isinstance(source, YandexMetrika) else source.account


def facts_of(source: ApiSource, settings: Settings) -> dict[str, Any]:
    """What the configuration says of a source that no answer of it tells, for the models: currency of its amounts, and
    whether they contain the VAT. Null where the vendor tells it."""
    facts: dict[str, Any] = {"source": source.type, "account": account_of(source)}
    if isinstance(source, AmoCrm):
        facts["currency"] = source.currency or settings.configuration.reporting_currency
        facts["amounts_include_vat"] = source.amounts_include_vat
    return facts


def vat_rates_of(source: ApiSource) -> list[dict[str, Any]]:
    """Percent of VAT in the amounts of a source, a row a day from which it holds."""
    rates = source.vat_rates if isinstance(source, AmoCrm) else {}
    account = {"source": source.type, "account": account_of(source)}
    return [
        {**account, "valid_from": day.isoformat(), "percent": str(percent)} for day, percent in sorted(rates.items())
    ]


def history_fields_of(source: ApiSource) -> list[dict[str, Any]]:
    """Fields whose every change is read, a row each: what they held earlier is known."""
    fields = source.history_fields if isinstance(source, AmoCrm) else []
    return [{"source": source.type, "account": account_of(source), "field": str(field)} for field in fields]


def variable_of(source: ApiSource, environment: Mapping[str, str]) -> str:
    """The variable that holds the secret of a source: its token, or the client secret of its integration.

    An account that is not the only one of its type may have one of its own: the variable with `_` and the account in
    capitals, everything but letters and digits as `_`. It goes first where it is set.
    """
    plain = AMOCRM_SECRET_VARIABLE if _has_integration(source) else TOKEN_VARIABLES[source.type]
    own = f"{plain}_{''.join(letter if letter.isalnum() else '_' for letter in account_of(source)).upper()}"
    return own if environment.get(own) else plain


def obstacle(source: ApiSource, settings: Settings) -> tuple[str, str] | None:
    """What keeps a source from being asked, as far as it can be known without asking, and what to do; None when nothing."""
    if isinstance(source, YandexMetrika) and (wrong := _wrong_field_names(source.field_names)):
        return wrong
    variable = variable_of(source, settings.environment)
    if not settings.environment.get(variable):
        what = "no client secret" if _has_integration(source) else "no token"
        return what, f"set {variable} in the environment or in .env (docs/sources.md says how to get one)"
    if _has_integration(source) and not tokens_file(source, settings).is_file():
        return "no consent yet", f"onefunnel sources consent --config {settings.path} --account {account_of(source)}"
    return None


def _wrong_field_names(names: Mapping[str, str | None]) -> tuple[str, str] | None:
    """What cannot be in `field_names` of a counter, and what to do; None when nothing."""
    streams = [stream for stream in yandex_metrika.YandexMetrika.streams if stream.kind == "window"]
    known = {column for stream in streams for column in stream.columns}
    if unknown := sorted(set(names) - known):
        near = difflib.get_close_matches(unknown[0], sorted(known), n=1)
        return (
            f"field_names: no column {unknown[0]}",
            f"did you mean {near[0]}?" if near else "docs/sources/yandex_metrika.md lists the columns",
        )
    needed = {column for stream in streams for column in (*stream.key, "date")}
    if left_out := sorted(column for column in needed & set(names) if names[column] is None):
        return (
            f"field_names leaves out {left_out[0]}",
            "give its present name: rows are told apart and days are read again by it",
        )
    return None


def tokens_file(source: ApiSource, settings: Settings) -> Path:
    """Where the rotating tokens of an OAuth integration are kept."""
    return settings.home / "secrets" / f"{source.type}-{account_of(source)}.json"


def connectors(settings: Settings, kind: str, clock: Clock) -> list[Connector]:
    """The connectors of all configured accounts of one type.

    Raises
    ------
    SettingsError
        when a secret or a consent is missing; says what to do.
    """
    paces: dict[str, Pace] = {}
    return [_connector(source, settings, clock, paces) for source in api_sources(settings) if source.type == kind]


def give_consent(source: AmoCrm, settings: Settings, clock: Clock, code: str) -> Path:
    """Change a code of consent (good once, for twenty minutes) for the first pair of tokens; returns their file.

    Raises
    ------
    SettingsError
        the source has no integration, or its secret is missing.
    ApiError
        the vendor refuses the code.
    """
    if not _has_integration(source):
        raise SettingsError(
            f"amocrm {source.account}: client_id and redirect_uri of the integration are not in the configuration"
        )
    file = tokens_file(source, settings)
    file.parent.mkdir(parents=True, mode=0o700, exist_ok=True)
    integration = _integration(source, settings, clock)
    integration.tokens(file).keep(integration.redeem(code))
    return file


def _has_integration(source: ApiSource) -> bool:
    return isinstance(source, AmoCrm) and source.client_id is not None


def _integration(source: AmoCrm, settings: Settings, clock: Clock) -> amocrm.OAuth:
    variable = variable_of(source, settings.environment)
    secret = settings.environment.get(variable)
    if not secret:
        raise SettingsError(f"amocrm {source.account}: no client secret; set {variable} in the environment or in .env")
    assert source.client_id is not None
    base_url = source.base_url or f"https://{source.account}.amocrm.ru"
    return amocrm.OAuth(base_url, clock, source.client_id, secret, source.redirect_uri or "")


def _connector(source: ApiSource, settings: Settings, clock: Clock, paces: dict[str, Pace]) -> Connector:
    if found := obstacle(source, settings):
        raise SettingsError(f"{source.type} {account_of(source)}: {'; '.join(found)}")
    secret = settings.environment[variable_of(source, settings.environment)]
    if isinstance(source, AmoCrm):
        zone = ZoneInfo(settings.configuration.time_zone)
        credentials: Credentials = LongLivedToken("amocrm", secret)
        if _has_integration(source):
            credentials = _integration(source, settings, clock).tokens(tokens_file(source, settings))
        return amocrm.AmoCrm(
            source.account,
            clock,
            credentials,
            base_url=source.base_url,
            timezone=settings.configuration.time_zone,
            since=datetime.combine(source.since, time(), tzinfo=zone).astimezone(UTC),
            text_fields=source.keep_fields,
            id_fields=source.keep_ids,
            tax_id_field=source.tax_id_field,
            history_fields=source.history_fields,
            has_customers=source.has_customers,
        )
    if isinstance(source, YandexDirect):
        return yandex_direct.YandexDirect(
            clock=clock,
            account=source.account,
            token=secret,
            client_login=source.account if source.is_agency else None,
            goals=[str(goal) for goal in source.goals],
            start_on=source.since,
            base_url=source.base_url or yandex_direct.BASE_URL,
        )
    # the vendor counts the requests of a login, whatever counter they are about
    pace = paces.setdefault(secret, Pace(yandex_metrika.LOGS_PER_SECOND, 1.0, clock))
    return yandex_metrika.YandexMetrika(
        source.counter,
        secret,
        clock,
        since=source.since,
        base_url=source.base_url or yandex_metrika.BASE_URL,
        field_names=source.field_names,
        pace=pace,
    )
