"""Options that several commands have."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from orchestration.settings import Settings, SettingsError, load_settings


def config_option(command: Any) -> Any:
    """`--config`, the configuration file."""
    return click.option(
        "--config", "config", type=click.Path(dir_okay=False, path_type=Path), default=Path("onefunnel.yml"), show_default=True,
        help="The configuration: sources, mappings, definitions, time zone, currency.",
    )(command)  # fmt: skip


def engine_option(command: Any) -> Any:
    """`--engine`, where the models run."""
    return click.option(
        "--engine", type=click.Choice(["duckdb", "spark"]),
        help="Where the models run [default: `engine:` of the configuration, else duckdb]; docs/scale.md says when to change.",
    )(command)  # fmt: skip


def settings_of(config: Path, **overrides: Any) -> Settings:
    """The settings of a configuration; what is wrong with it is said to whoever typed the command."""
    try:
        return load_settings(config, **overrides)
    except SettingsError as error:
        raise click.ClickException(str(error)) from error


def with_engine(settings: Settings, engine: str | None) -> Settings:
    """The same with another engine, where one was named."""
    return settings.replaced(engine=engine) if engine else settings
