"""The only reader of the environment and of `onefunnel.yml`.

Everything else gets a `Settings` object. A wrong setting is reported with the file, the line, the key and what was
expected; all errors of a file are reported together.
"""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import available_timezones

import yaml
from dotenv import dotenv_values
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

PROJECT_ROOT = Path(__file__).resolve().parents[1]
DEFAULT_DEFINITIONS = PROJECT_ROOT / "definitions"
DBT_PROJECT = PROJECT_ROOT / "dbt_project"

CONTACT_KEY_VARIABLE = "ONEFUNNEL_CONTACT_KEY"
HOME_VARIABLE = "ONEFUNNEL_HOME"
SPARK_MASTER_VARIABLE = "ONEFUNNEL_SPARK_MASTER"
CONFIG_VARIABLE = "ONEFUNNEL_CONFIG"


class SettingsError(Exception):
    """A setting is missing or wrong; the text names file, line, key and what was expected."""


def _known_time_zone(value: str) -> str:
    if value not in available_timezones():
        near = difflib.get_close_matches(value, sorted(available_timezones()), n=1)
        hint = f"; did you mean {near[0]}?" if near else ""
        raise ValueError(f"expected an IANA time zone such as Europe/Moscow, got {value!r}{hint}")
    return value


def _currency_code(value: str) -> str:
    if not re.fullmatch(r"[A-Z]{3}", value):
        raise ValueError(f"expected an ISO 4217 code of three capital letters such as EUR, got {value!r}")
    return value


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class FilesSource(_Section):
    """Exported files of one system, read through a mapping file."""

    type: Literal["files"]
    mapping: Path = Field(description="mapping file, relative to the configuration")


Percent = Annotated[Decimal, Field(ge=0, lt=100, decimal_places=2)]


class _Asked(_Section):
    """A system that is asked over HTTP. Its credentials stand in the environment, never in this file."""

    since: date = Field(description="first day that is ever asked for")
    base_url: str | None = Field(default=None, description="another address of the API, for example a simulator's")


class AmoCrm(_Asked):
    """An account of amoCRM or Kommo (Kommo by its `base_url`)."""

    type: Literal["amocrm"]
    account: str = Field(min_length=1, description="the subdomain: company of company.amocrm.ru")
    keep_fields: list[str] = Field(
        default_factory=list, description="ids or codes of free-text fields to keep, scrubbed"
    )
    keep_ids: list[str] = Field(
        default_factory=list, description="ids or codes of text fields that hold ids of other systems: kept as they are"
    )
    tax_id_field: str | None = Field(
        default=None, min_length=1, description="id or code of the companies' field that holds their tax number (INN)"
    )
    history_fields: list[int] = Field(
        default_factory=list, description="ids of fields chosen from a list whose changes are read, such as the answers"
    )
    has_customers: bool = Field(default=False, description="customers are switched on in the account: ask for them too")
    currency: Annotated[str, AfterValidator(_currency_code)] | None = Field(
        default=None, description="of the account's amounts [default: the reporting currency]"
    )
    amounts_include_vat: bool = Field(default=True, description="what is typed in as a price contains the VAT")
    vat_rates: dict[date, Percent] = Field(
        default_factory=dict, description="percent of VAT from a day on; none: the VAT inside the prices is not known"
    )
    client_id: str | None = Field(default=None, description="id of an OAuth integration; without it a long-lived token")
    redirect_uri: str | None = Field(default=None, description="redirect URI of the OAuth integration")

    @model_validator(mode="after")
    def _whole_integration(self) -> AmoCrm:
        if (self.client_id is None) != (self.redirect_uri is None):
            raise ValueError("client_id and redirect_uri of an OAuth integration go together")
        return self


class YandexDirect(_Asked):
    """An advertiser of Yandex Direct."""

    type: Literal["yandex_direct"]
    account: str = Field(min_length=1, description="login of the advertiser")
    is_agency: bool = Field(default=False, description="the token is an agency's: send the login as Client-Login")
    goals: list[int] = Field(
        default_factory=list, max_length=10, description="goals of Metrika whose conversions are asked for"
    )


class YandexMetrika(_Asked):
    """A counter of Yandex Metrika."""

    type: Literal["yandex_metrika"]
    counter: int = Field(ge=1, description="number of the counter")
    field_names: dict[str, Annotated[str, Field(min_length=1)] | None] = Field(
        default_factory=dict,
        description="column: the vendor's present name of the field, without prefix; null leaves the field out",
    )


Source = Annotated[FilesSource | AmoCrm | YandexDirect | YandexMetrika, Field(discriminator="type")]


class Spark(_Section):
    """Where a build with the engine `spark` runs."""

    master: str = Field(default="local[*]", min_length=1, description="local[n], spark://host:port, yarn, existing")
    settings: dict[str, str] = Field(default_factory=dict, description="settings of Spark, as text")


Share = Annotated[Decimal, Field(ge=0, le=1)]


class Quality(_Section):
    """How much of a stream may be set aside (rows, as a share) before nothing is published."""

    max_quarantined_share: Share = Decimal("0.05")
    min_rows: Annotated[int, Field(ge=1)] = 50
    streams: dict[str, Share] = Field(default_factory=dict, description="source/stream: its own share")


class SlackRoute(_Section):
    """An incoming webhook of Slack."""

    type: Literal["slack"]
    url_variable: str = Field(min_length=1, description="variable that holds the webhook's address, which is a secret")


class TelegramRoute(_Section):
    """A bot of Telegram that writes into a chat."""

    type: Literal["telegram"]
    chat: str = Field(min_length=1, description="id of the chat, such as -1001234567890, or @name of a channel")
    token_variable: str = Field(min_length=1, description="variable that holds the bot's token")
    base_url: str = Field(
        default="https://api.telegram.org", description="another address, such as a local Bot API server"
    )


class WebhookRoute(_Section):
    """Any receiver of JSON over HTTP; messages are signed."""

    type: Literal["webhook"]
    url: str = Field(pattern=r"^https?://", description="address that takes a POST")
    secret_variable: str = Field(min_length=1, description="variable that holds the secret of the signature")


class MailRoute(_Section):
    """A mail server."""

    type: Literal["smtp"]
    host: str = Field(min_length=1)
    port: int = Field(default=587, ge=1, le=65535)
    security: Literal["starttls", "tls", "none"] = "starttls"
    sender: str = Field(pattern=r"^[^@\s]+@[^@\s]+$")
    recipients: list[Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+$")]] = Field(min_length=1)
    user_variable: str | None = Field(default=None, description="variable that holds the user's name; none: no login")
    password_variable: str | None = Field(default=None, description="variable that holds the password")

    @model_validator(mode="after")
    def _whole_login(self) -> MailRoute:
        if (self.user_variable is None) != (self.password_variable is None):
            raise ValueError("user_variable and password_variable go together")
        return self


Route = Annotated[SlackRoute | TelegramRoute | WebhookRoute | MailRoute, Field(discriminator="type")]


class Alerts(_Section):
    """Whom problems are told. What is a problem, and whose, is the definition alerts.csv, which names these routes."""

    send: bool = Field(default=False, description="send after each run; without it a run only says what it would send")
    routes: dict[str, Route] = Field(default_factory=dict)


class Configuration(_Section):
    """What `onefunnel.yml` may say."""

    company: str = Field(min_length=1)
    time_zone: Annotated[str, AfterValidator(_known_time_zone)] = "UTC"
    period_calendar: Literal["gregorian", "jalali"] = "gregorian"
    reporting_currency: Annotated[str, AfterValidator(_currency_code)]
    vat_basis: Literal["net", "gross"] = "net"
    language: Literal["en", "ru", "fa"] = "en"
    home: Path = Path("var")
    definitions: Path | None = None
    quality: Quality = Quality()
    alerts: Alerts = Alerts()
    engine: Literal["duckdb", "spark"] = "duckdb"
    spark: Spark = Spark()
    sources: list[Source] = Field(min_length=1)


class Settings(BaseModel):
    """A configuration with its paths resolved and the environment it was read in."""

    model_config = ConfigDict(frozen=True)

    path: Path
    configuration: Configuration
    home: Path
    definitions: Path | None
    mappings: list[Path]
    environment: dict[str, str] = Field(repr=False)

    def replaced(self, **values: Any) -> Settings:
        """The same with other values in its configuration, as given on the command line."""
        return self.model_copy(update={"configuration": self.configuration.model_copy(update=values)})

    @property
    def lake(self) -> Path:
        return self.home / "lake"

    @property
    def engine(self) -> str:
        return self.configuration.engine

    @property
    def spark_master(self) -> str:
        """ONEFUNNEL_SPARK_MASTER, else the configuration's."""
        return self.environment.get(SPARK_MASTER_VARIABLE) or self.configuration.spark.master

    @property
    def contact_key(self) -> bytes | None:
        """Key of the contact tokens, or None when it is not set (needed only when a contact column is mapped)."""
        value = self.environment.get(CONTACT_KEY_VARIABLE, "")
        return value.encode() if value else None

    def secret(self, variable: str) -> str:
        """A secret of the environment. Raises SettingsError naming the variable when it is not set."""
        value = self.environment.get(variable)
        if not value:
            raise SettingsError(f"{self.path}: {variable} is not set; set it in the environment or in .env")
        return value


def load_settings(path: Path, *, home: Path | None = None, environment: Mapping[str, str] | None = None) -> Settings:
    """Read a configuration file.

    Parameters
    ----------
    path : the configuration file; every path in it is relative to its folder.
    home : overrides ONEFUNNEL_HOME, which overrides the file's `home`.
    environment : variables that override the process's; a `.env` file beside the configuration or in the working
        directory is read below both.

    Raises
    ------
    SettingsError
        naming file, line, key, what was expected.
    """
    path = path.expanduser().absolute()
    if not path.is_file():
        raise SettingsError(
            f"{path}: no such configuration file; give one with --config (see onefunnel.yml for a start)"
        )
    merged: dict[str, str] = {}
    for dotenv in (Path.cwd() / ".env", path.parent / ".env"):
        if dotenv.is_file():
            merged.update({name: value for name, value in dotenv_values(dotenv).items() if value is not None})
    merged.update(os.environ)
    merged.update(environment or {})

    configuration = _parse(path)
    base = path.parent
    chosen_home = home or (Path(merged[HOME_VARIABLE]) if merged.get(HOME_VARIABLE) else base / configuration.home)
    problems = []
    definitions = None
    if configuration.definitions is not None:
        definitions = (base / configuration.definitions).resolve()
        if not definitions.is_dir():
            problems.append(f"{path}: definitions: no such folder {definitions}; create it or remove the key")
    mappings = [
        (base / source.mapping).resolve() for source in configuration.sources if isinstance(source, FilesSource)
    ]
    problems += [f"{path}: sources: no such mapping file {mapping}" for mapping in mappings if not mapping.is_file()]
    if problems:
        raise SettingsError("\n".join(problems))
    return Settings(
        path=path,
        configuration=configuration,
        home=chosen_home.expanduser().absolute(),
        definitions=definitions,
        mappings=mappings,
        environment=merged,
    )


def _parse(path: Path) -> Configuration:
    text = path.read_text(encoding="utf-8-sig")
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        content = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise SettingsError(f"{path}: not valid YAML: {error}") from error
    if not isinstance(content, dict):
        raise SettingsError(f"{path}, line 1: expected keys such as company, reporting_currency, sources")
    try:
        return Configuration.model_validate(content)
    except ValidationError as error:
        raise SettingsError("\n".join(_explain(path, node, content, item) for item in error.errors())) from error


def _explain(path: Path, node: yaml.Node | None, content: Any, item: Any) -> str:
    """One validation error as `file, line N: key: what was expected`."""
    location = list(item["loc"])
    kinds = {"files": FilesSource, "amocrm": AmoCrm, "yandex_direct": YandexDirect, "yandex_metrika": YandexMetrika}
    of_source = FilesSource if len(location) < 3 else kinds.get(str(location[2]), FilesSource)
    if location[0] == "sources" and len(location) > 2 and location[2] in kinds:
        del location[2]  # pydantic names the kind of source there; the file has no such key
    routes = {"slack": SlackRoute, "telegram": TelegramRoute, "webhook": WebhookRoute, "smtp": MailRoute}
    of_route = routes.get(str(location[3]), SlackRoute) if len(location) > 3 else Alerts
    if location[:2] == ["alerts", "routes"] and len(location) > 3 and location[3] in routes:
        del location[3]  # the kind of route, as above
    key = ".".join(str(part) for part in location)
    message = item["msg"].removeprefix("Value error, ")
    if item["type"] == "extra_forbidden":
        of_alerts = of_route if location[:2] == ["alerts", "routes"] else Alerts
        sections = {"quality": Quality, "spark": Spark, "sources": of_source, "alerts": of_alerts}
        section = Configuration if len(location) == 1 else sections[str(location[0])]
        names = sorted(section.model_fields)
        near = difflib.get_close_matches(str(location[-1]), names, n=1)
        message = "unknown key; " + (f"did you mean {near[0]}?" if near else f"known keys: {', '.join(names)}")
    return f"{path}, line {_line_of(node, location)}: {key}: {message}"


def _line_of(node: yaml.Node | None, location: list[Any]) -> int:
    """Line (from 1) of the deepest part of the location that the document has."""
    line = 1 if node is None else node.start_mark.line + 1
    for part in location:
        if isinstance(node, yaml.MappingNode):
            found = [(key, value) for key, value in node.value if key.value == str(part)]
            if not found:
                return line
            line, node = found[0][0].start_mark.line + 1, found[0][1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
            line = node.start_mark.line + 1
        else:
            return line
    return line
