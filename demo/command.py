"""`onefunnel demo`: a made-up company through the whole chain, asked over HTTP or from its exports."""

from __future__ import annotations

import json
import os
import socket
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import click

from orchestration.clock import FixedClock
from orchestration.command_options import engine_option, settings_of, with_engine
from orchestration.console import say, shown
from orchestration.settings import PROJECT_ROOT, Settings

FILES_CONFIG = PROJECT_ROOT / "demo" / "company" / "onefunnel.yml"
LIVING_CONFIG = PROJECT_ROOT / "demo" / "company" / "living.yml"
PORTS = (8701, 8702, 8703)
"""Of the simulators of amoCRM, Direct and Metrika that `--serve` leaves running; the addresses in living.yml."""


@click.command()
@click.option(
    "--files", "from_files", is_flag=True, help="A small company from its exports only, without the vendors' APIs."
)
@click.option(
    "--size",
    type=click.Choice(["small", "medium", "large"]),
    help="How large a company [default: medium; small with --files].",
)
@click.option("--seed", default=7, show_default=True, help="Another seed is another company.")
@click.option("--serve", is_flag=True, help="Leave the vendors' simulators running afterwards, for runs of your own.")
@click.option("--home", type=click.Path(path_type=Path), help="Where to build [default: var/demo of the project].")
@click.option(
    "--language", type=click.Choice(["en", "ru", "fa"]), help="Language of the page [default: the configuration's]."
)
@engine_option
@click.option("--quiet", is_flag=True, help="Only the summary.")
def demo(
    from_files: bool,
    size: str | None,
    seed: int,
    serve: bool,
    home: Path | None,
    language: str | None,
    engine: str | None,
    quiet: bool,
) -> None:
    """A made-up company through the whole chain.

    Its CRM, ad cabinet and web counter are simulators on this machine that speak the protocols of amoCRM, Yandex Direct and
    Yandex Metrica. They are asked over HTTP on several simulated mornings, as a schedule would, so the lake holds a real
    history: try `onefunnel run --config demo/company/living.yml --as-of 2026-06-10` afterwards. Marts are built once.
    """
    if from_files and serve:
        raise click.UsageError("--serve leaves the vendors' simulators running, and --files asks none")
    started = time.monotonic()
    base = (home or Path(os.environ.get("ONEFUNNEL_HOME") or PROJECT_ROOT / "var" / "demo")).absolute()
    tell: Callable[[str], None] = (lambda message: None) if quiet else (lambda message: say(started, message))
    changes = {"language": language} if language else {}
    if from_files:
        sys.exit(_from_files(base, seed, size or "small", changes, engine, tell, started))
    sys.exit(_living(base, seed, size or "medium", changes, engine, serve, tell, started))


def demo_environment(settings: Settings) -> dict[str, str]:
    """What the demo's configurations need in the environment: the exports' folder, and a key for the tokens of made-up people,
    which is no secret. Nothing for another configuration."""
    if settings.path not in (FILES_CONFIG, LIVING_CONFIG):
        return {}
    return _environment(settings.home)


def _environment(home: Path) -> dict[str, str]:
    key = os.environ.get("ONEFUNNEL_CONTACT_KEY") or "demo company: made-up people, so the key is no secret"
    return {"ONEFUNNEL_CONTACT_KEY": key, "ONEFUNNEL_DEMO_EXPORTS": str(home / "exports")}


def _from_files(
    base: Path,
    seed: int,
    size: str,
    changes: dict[str, str],
    engine: str | None,
    tell: Callable[[str], None],
    started: float,
) -> int:
    from demo.exports import write_exports
    from orchestration.running import refuse_obstacles, run_daily_job

    settings = settings_of(FILES_CONFIG, home=base, environment=_environment(base)).replaced(**changes)
    settings = with_engine(settings, engine)
    refuse_obstacles(settings, rebuilds_the_past=True)  # the exports are about to be written, so none is looked for
    summary = write_exports(base / "exports", seed=seed, size=size)
    tell(f"exports of the demo company written to {shown(base / 'exports')}: {len(summary.files)} files")
    return run_daily_job(settings, None, tell, started)


def _living(
    base: Path,
    seed: int,
    size: str,
    changes: dict[str, str],
    engine: str | None,
    serve: bool,
    tell: Callable[[str], None],
    started: float,
) -> int:
    from demo.feeds.process import company_elsewhere
    from demo.mornings import begin_morning, ingest, living_settings, mornings_to_go
    from orchestration.running import import_packages, refuse_obstacles, run_daily_job

    if serve and (taken := [port for port in PORTS if _is_taken(port)]):
        raise click.ClickException(f"port {taken[0]} is taken: end what listens there (an earlier `demo --serve`?)")
    _refuse_another_company(base, seed, size)
    tell(f"making a company of size {size} and filling the simulators of its vendors")
    with company_elsewhere(seed, size, PORTS if serve else None, meanwhile=import_packages) as company:
        tell("the simulators are filled")
        settings = living_settings(company, base, _environment(base)).replaced(**changes)
        settings = with_engine(settings, engine)
        refuse_obstacles(settings, rebuilds_the_past=True)
        *earlier, last = mornings_to_go(settings, company)
        count = len(company.mornings)
        for number, morning in enumerate(earlier, count - len(earlier)):
            begin_morning(company, base / "exports", morning)
            rows = ingest(settings, company, lambda message: None)
            tell(f"morning {number} of {count}, {morning:%Y-%m-%d}: {rows:,} rows landed")
        tell(f"morning {count} of {count}, {last:%Y-%m-%d}: the daily job")
        begin_morning(company, base / "exports", last)
        code = run_daily_job(settings, None, tell, started, company.clock)
        if serve and code == 0:
            _serve(base, company.clock, company.tokens)
    return code


def _refuse_another_company(base: Path, seed: int, size: str) -> None:
    """The lake only ever grows: two companies in one would be one company with the customers of both."""
    note = base / "living_company.json"
    asked = {"seed": seed, "size": size}
    if note.is_file():
        known = json.loads(note.read_text(encoding="utf-8"))
        if known != asked:
            raise click.ClickException(
                f"{shown(base)} holds the living company of seed {known['seed']} and size {known['size']}; give another "
                "--home, or remove that folder"
            )
        return
    base.mkdir(parents=True, exist_ok=True)
    note.write_text(json.dumps(asked), encoding="utf-8")


def _is_taken(port: int) -> bool:
    with socket.socket() as caller:
        return caller.connect_ex(("127.0.0.1", port)) == 0


def _serve(base: Path, clock: FixedClock, secrets: dict[str, str]) -> None:
    """Keep the simulators running, on today's clock, until the user ends them."""
    click.echo("\nThe simulators keep running; end them with Ctrl-C. In another terminal:")
    for name, value in {"ONEFUNNEL_HOME": str(base), **_environment(base), **secrets}.items():
        click.echo(f"  export {name}='{value}'")
    click.echo(f"  onefunnel run --config {shown(LIVING_CONFIG)}")
    try:
        while True:
            clock.move_to(datetime.now(UTC))
            time.sleep(0.5)
    except KeyboardInterrupt:
        click.echo("the simulators are stopped")
