"""Days of a vendor's statistics asked for again, by the command line and by Dagster's page alike.

The pull log is the only memory. A day that a pull has covered less than RECENT ago, and after that day was over, is not asked
again unless that is wanted: so the command that was killed is simply given again, and repeats at most the window in which it
died.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from orchestration.clock import Clock
from orchestration.connectors import STREAMS, account_of, api_sources, connectors
from orchestration.landing import Lake, Pull
from orchestration.settings import Settings
from orchestration.sources.api.load import StreamPulls, known_of, pull_stream
from orchestration.sources.api.stream import Connector, Span, Stream

RECENT = timedelta(hours=24)
"""How long a day that was read counts as read. A vendor's daily quota may make a long backfill wait for the next day."""

ONE_DAY = timedelta(days=1)


class BackfillError(Exception):
    """A backfill that cannot be as it is asked for; the text says what can be had."""


@dataclass(frozen=True)
class Wanted:
    """What is to be read again.

    source : type of the vendor. span : days, both included, in the time zone in which the vendor counts its days.
    account, stream : only these; None for all. again : also days that were read a moment ago.
    """

    source: str
    span: Span
    account: str | None = None
    stream: str | None = None
    again: bool = False


def has_days(stream: Stream) -> bool:
    """Whether a stream can be asked for days; a snapshot knows only how things are now."""
    return stream.kind != "snapshot"


def backfill(
    settings: Settings, wanted: Wanted, clock: Clock, progress: Callable[[str], None] = lambda message: None
) -> list[StreamPulls]:
    """Ask for days of a range again; every pull is committed before the next is asked for. The caller holds the home's lock.

    Streams that change (amoCRM's) give what changed on these days. Returns what landed, a stream and account each.

    Raises
    ------
    BackfillError
        before anything is asked: an unknown account or stream, days in the future, before `since`, or, of statistics, after
        those that runs have read (the next run would take them for the end of what is known).
    ApiError, SettingsError, ContactKeyError, LandingError
        pulls committed before it stay.
    """
    lake = Lake(settings.lake, clock)
    zone = ZoneInfo(settings.configuration.time_zone)
    asked = [
        (connector, stream, span)
        for connector, span in _accounts(settings, wanted, clock, progress)
        for stream in _streams(wanted, connector.streams, progress)
    ]
    for connector, stream, span in asked:
        _refuse_unread(lake, connector, stream, span)
    landed = []
    for connector, stream, whole in asked:
        name = f"{connector.name}/{stream.name} of {connector.account}"
        spans = [whole]
        if not wanted.again:
            spans = list(_unread(whole, _read_lately(lake, connector, stream, clock.now(), zone)))
            skipped = len(list(_days(whole))) - sum(len(list(_days(span))) for span in spans)
            if skipped:
                progress(f"{name}: {skipped} of the days were read less than {RECENT} ago and are not asked again")
        pulls: list[Pull] = []
        for span in spans:
            result = pull_stream(
                lake, connector, stream, contact_key=settings.contact_key, span=span, progress=progress
            )
            pulls += result.pulls
        landed.append(StreamPulls(stream.name, tuple(pulls)))
    return landed


def _accounts(
    settings: Settings, wanted: Wanted, clock: Clock, progress: Callable[[str], None]
) -> list[tuple[Connector, Span]]:
    """The connectors that are asked, each with the days since its `since`. Raises BackfillError."""
    configured = {account_of(source): source for source in api_sources(settings) if source.type == wanted.source}
    if not configured:
        raise BackfillError(f"{settings.path}: sources: no {wanted.source}")
    if wanted.account is not None and wanted.account not in configured:
        raise BackfillError(
            f"{settings.path}: sources: no {wanted.source} {wanted.account}; there is {', '.join(sorted(configured))}"
        )
    since = {name: source.since for name, source in configured.items() if wanted.account in (None, name)}
    first, last = wanted.span.first, wanted.span.last
    today = clock.now().astimezone(ZoneInfo(settings.configuration.time_zone)).date()
    if first > last:
        raise BackfillError(f"{first} to {last} are no days: the first one is after the last one")
    if last > today:
        raise BackfillError(f"{last} is in the future; today is {today}")
    if first < (oldest := min(since.values())):
        raise BackfillError(
            f"{first} is before {oldest}, since when {wanted.source} {' and '.join(sorted(since))} is asked; set an earlier "
            f"`since` in {settings.path} if these days are wanted"
        )
    asked = []
    for connector in connectors(settings, wanted.source, clock):
        if connector.account not in since:
            continue
        own = Span(max(first, since[connector.account]), last)
        if own.first > first:
            progress(
                f"{wanted.source} {connector.account}: asked since {since[connector.account]}, no earlier day of it is"
            )
        if own.first <= own.last:
            asked.append((connector, own))
    return asked


def _streams(wanted: Wanted, streams: Sequence[Stream], progress: Callable[[str], None]) -> list[Stream]:
    """The streams of an account that can be asked for days; says which ones cannot. Raises BackfillError."""
    known = STREAMS[wanted.source]
    with_days = ", ".join(stream.name for stream in known if has_days(stream))
    if wanted.stream is not None:
        named = [stream for stream in streams if stream.name == wanted.stream]
        if not named:
            raise BackfillError(f"{wanted.source} has no stream {wanted.stream}; those with days are {with_days}")
        if not has_days(named[0]):
            raise BackfillError(
                f"{wanted.source}/{wanted.stream} has no days: every run reads the whole list; those with days are {with_days}"
            )
        return named
    if without := [stream.name for stream in streams if not has_days(stream)]:
        progress(f"{wanted.source}: not asked, since they have no days: {', '.join(without)}")
    return [stream for stream in streams if has_days(stream)]


def _refuse_unread(lake: Lake, connector: Connector, stream: Stream, span: Span) -> None:
    """Runs go on after the newest day that is known, so a day beyond it must not come from here."""
    if stream.kind != "window":
        return
    name = f"{connector.name}/{stream.name} of {connector.account}"
    known = known_of(lake, connector, stream).window_to
    if known is None:
        raise BackfillError(f"{name}: no run has read it yet; the first one reads all days since `since`")
    if span.last.isoformat() > known:
        raise BackfillError(
            f"{name}: runs have read days up to {known}; ask for days up to then, a run reads what comes after"
        )


def _read_lately(lake: Lake, connector: Connector, stream: Stream, now: datetime, zone: tzinfo) -> set[date]:
    """Days that pulls have covered since `now` - RECENT, each after its end."""
    days: set[date] = set()
    for pull in lake.pulls(connector.name, stream.name):
        if pull.account != connector.account or pull.window_from is None or pull.window_to is None:
            continue
        if now - pull.committed_at < RECENT:
            read_on = pull.committed_at.astimezone(zone).date()
            window = Span(date.fromisoformat(pull.window_from), date.fromisoformat(pull.window_to))
            days.update(day for day in _days(window) if day < read_on)
    return days


def _days(span: Span) -> Iterator[date]:
    return (span.first + number * ONE_DAY for number in range((span.last - span.first).days + 1))


def _unread(span: Span, read: Iterable[date]) -> Iterator[Span]:
    """What is left of a span without the days that are read, as spans without a gap."""
    known = set(read)
    first: date | None = None
    for day in _days(span):
        if day in known:
            if first is not None:
                yield Span(first, day - ONE_DAY)
            first = None
        elif first is None:
            first = day
    if first is not None:
        yield Span(first, span.last)
