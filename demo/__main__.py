"""`python -m demo FOLDER`: write the synthetic company's exports and say what is in them."""

from __future__ import annotations

from pathlib import Path

import click

from demo.company import SIZES
from demo.exports import DEFAULT_SEED, write_exports


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--seed", default=DEFAULT_SEED, show_default=True, help="The same seed gives the same bytes.")
@click.option(
    "--size", default="small", show_default=True, type=click.Choice(sorted(SIZES)), help="How large a company."
)
def main(folder: Path, seed: int, size: str) -> None:
    """Write the exports of the synthetic company into FOLDER."""
    summary = write_exports(folder, seed=seed, size=size)
    for name, count in summary.files.items():
        click.echo(f"{name:28} {count:>8,} rows")
    faults = sum(fault.count for fault in summary.planted)
    click.echo(f"{summary.leads:,} leads, {summary.won:,} won, {summary.touches:,} touches; {faults} faults planted")


if __name__ == "__main__":
    main()
