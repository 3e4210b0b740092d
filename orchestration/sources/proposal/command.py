"""What `onefunnel map` does: propose, write, preview, say what is left to decide. Yields the lines to print."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from zoneinfo import available_timezones

from orchestration.contracts import load_contracts
from orchestration.sources.definitions import load_currencies
from orchestration.sources.files.mapping import MappingError, load_mapping
from orchestration.sources.files.reading import FilesError
from orchestration.sources.files.yaml_nodes import nearest
from orchestration.sources.proposal.deciding import Proposal, ProposalError, propose
from orchestration.sources.proposal.preview import StreamPreview, preview
from orchestration.sources.proposal.writing import (
    configuration_text,
    counted,
    is_previewed,
    mapping_text,
    report,
    undecided_amounts,
)

DEFINITIONS = Path(__file__).resolve().parents[3] / "definitions"


class MapError(Exception):
    """The proposal cannot be made or written; one line a reason, each naming the file or the option."""


def map_exports(
    files: Sequence[Path],
    *,
    out: Path | None = None,
    config_out: Path | None = None,
    source: str | None = None,
    currency: str | None = None,
    time_zone: str | None = None,
    force: bool = False,
    progress: Callable[[str], None] | None = None,
) -> Iterator[str]:
    """Proposes and writes a mapping (and a configuration where there is none); yields what the terminal shows.

    Raises MapError; nothing is written then, except when the preview itself fails after the mapping was written.
    """
    if time_zone is not None and time_zone not in available_timezones():
        raise MapError(
            f"--time-zone {time_zone!r} is no IANA time zone{nearest(time_zone, available_timezones())[:200]}"
        )
    contracts, currencies = load_contracts(), load_currencies(DEFINITIONS)
    try:
        proposal = propose(
            files, contracts, currencies, source=source, currency=currency, time_zone=time_zone, progress=progress
        )
    except (ProposalError, FilesError) as error:
        raise MapError(str(error)) from error
    mapping = (out or proposal.folder / "mappings" / f"{proposal.source}.yml").absolute()
    configuration = config_out.absolute() if config_out is not None else _configuration_path(mapping, out, proposal)
    if mapping.exists() and not force:
        raise MapError(
            f"{mapping}: exists already and may have been edited; give another --out, or --force to overwrite it"
        )
    if config_out is not None and configuration.exists() and not force:
        raise MapError(f"{configuration}: exists already; give another --config-out, or --force to overwrite it")
    yield from report(proposal)
    if not any(file.fills for file in proposal.files):
        names = ", ".join(file.label for file in proposal.files)
        raise MapError(f"{names}: no file fills a contract; docs/mapping.md shows how to write a mapping by hand")
    _write(mapping, mapping_text(proposal, mapping))
    yield ""
    yield f"written: {mapping}"
    if configuration.exists() and not (force and config_out is not None):
        yield f"kept:    {configuration} (name the mapping under `sources:` there: - {{type: files, mapping: {mapping.name}}})"
        wrote_configuration = False
    else:
        _write(configuration, configuration_text(proposal, mapping, configuration))
        yield f"written: {configuration}"
        wrote_configuration = True
    try:
        if not proposal.decisions:
            load_mapping(mapping, {}, contracts=contracts)
        yield from _previewed(proposal, preview(proposal, contracts, currencies))
    except (FilesError, MappingError) as error:
        raise MapError(f"the mapping was written, its preview failed: {error}") from error
    yield from _ending(proposal, mapping, configuration, wrote_configuration and proposal.currency is None)


def _configuration_path(mapping: Path, out: Path | None, proposal: Proposal) -> Path:
    if out is None:
        return proposal.folder / "onefunnel.yml"
    return (mapping.parent.parent if mapping.parent.name == "mappings" else mapping.parent) / "onefunnel.yml"


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise MapError(
            f"{path}: cannot be written ({error.strerror}); give a place with --out and --config-out"
        ) from error


def _previewed(proposal: Proposal, previews: Sequence[StreamPreview]) -> Iterator[str]:
    yield ""
    yield "Preview: a sample of each file through this mapping (contact data as tokens under a key that is thrown away)"
    for item in previews:
        result = item.result
        yield ""
        kept_out = _reasons(result.reasons)
        yield f"{item.stream}: {result.rows_in:,} sample rows, {result.quarantined:,} would be quarantined{kept_out}"
        if result.null_values:
            yield f"  single values that would become empty{_reasons(result.null_values)}"
        yield from item.lines
    for file in proposal.files:
        for fill in file.fills:
            name = f"{file.stream}: {fill.name or fill.contract.name}"
            if not is_previewed(proposal, fill):
                yield f"{name} is not previewed until its decisions are made"
            elif left_out := undecided_amounts(proposal, fill):
                yield f"{name}: {', '.join(left_out)} left out of the preview until the currency is named"


def _reasons(reasons: Mapping[str, int]) -> str:
    return ": " + ", ".join(f"{count:,} {reason}" for reason, count in sorted(reasons.items())) if reasons else ""


def _ending(proposal: Proposal, mapping: Path, configuration: Path, needs_reporting_currency: bool) -> Iterator[str]:
    decisions = list(proposal.decisions)
    if needs_reporting_currency:
        decisions.append(f"reporting_currency: the currency of the reports is not set in {configuration.name}")
    if proposal.checks:
        yield ""
        yield "Worth a look:"
        yield from (f"  - {text}" for text in proposal.checks)
    yield ""
    if decisions:
        yield f"{counted(len(decisions), 'decision')} left:"
        yield from (f"  {number}. {text}" for number, text in enumerate(decisions, 1))
        yield f"Decide them at the lines with DECIDE in {mapping.name}; then: onefunnel run --config {configuration}"
    else:
        yield f"No decision is left. Next: onefunnel run --config {configuration}"
