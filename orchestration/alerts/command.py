"""`onefunnel alerts`, and the same after a run."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import click

from orchestration.clock import Clock, SystemClock
from orchestration.command_options import config_option, settings_of
from orchestration.settings import Settings, SettingsError


@click.command()
@config_option
@click.option("--send", is_flag=True, help="Send, and remember what was sent [default: only show it].")
def alerts(config: Path, send: bool) -> None:
    """Say what is wrong now: a failed critical check, a silent source, a clock about to break or broken, a campaign of bad leads.

    What is a problem and whom it is told is the definition alerts.csv; the routes stand under `alerts:` of the configuration
    (docs/alerts.md). A problem is told once until it ends, or again after its repeat_hours.
    """
    from orchestration.alerts.run import tell_alerts
    from orchestration.sources.definitions import DefinitionsError
    from orchestration.sources.files import MappingError

    settings = settings_of(config)
    try:
        outcome = tell_alerts(settings, SystemClock(), send=send)
    except (SettingsError, DefinitionsError, MappingError) as error:
        raise click.ClickException(str(error)) from error
    for route, message in outcome.messages.items():
        state = "sent" if route in outcome.sent else "NOT sent" if send else "dry run"
        click.echo(f"--- route {route} ({state})\n{message.text}\n")
    for kind, why in outcome.unknown.items():
        click.echo(f"{kind}: not looked at: {why}")
    click.echo(
        f"{sum(len(message.document['alerts']) for message in outcome.messages.values())} alerts, {outcome.known} told before"
        + ("" if send else "; nothing was sent (--send sends)")
    )
    if outcome.complaint:
        click.echo(outcome.complaint, err=True)
        sys.exit(1)


def alert_after_run(
    settings: Settings, clock: Clock, failures: Sequence[tuple[str, str]], tell: Callable[[str], None]
) -> str:
    """Note how a run ended and tell its alerts; returns what could not be sent, empty when all was.

    failures : name and message of every step or check that stopped the run; none for a good run.
    """
    from orchestration.alerts.outcome import Failure, write_outcome
    from orchestration.alerts.run import tell_alerts

    write_outcome(settings.home, clock.now(), [Failure(name, message) for name, message in failures])
    send = settings.configuration.alerts.send
    outcome = tell_alerts(settings, clock, send=send)
    count = sum(len(message.document["alerts"]) for message in outcome.messages.values())
    routes = ", ".join(outcome.sent if send else outcome.messages) or "nobody"
    tell(
        f"alerts: {count} for {routes}, {outcome.known} told before"
        + ("" if send else " (dry run: alerts.send is off)")
    )
    return outcome.complaint
