"""One configuration with everything in it: the small demo company, a sample of each public example, and vendors that are asked.

What the engines are compared on must hold every shape of data that the project has met, and must build in a minute.
"""

from __future__ import annotations

import csv
import random
import shutil
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import yaml

from demo.exports import write_exports
from orchestration.settings import DEFAULT_DEFINITIONS, PROJECT_ROOT
from orchestration.sources.definitions import SCHEMAS

DEMO = PROJECT_ROOT / "demo" / "company"
EXAMPLES = PROJECT_ROOT / "examples"

SAMPLED = {
    "olist": {"olist_marketing_qualified_leads_dataset.csv": 700},
    "maven_crm": {"sales_pipeline.csv": 500},
    "attribution_touches": {"attribution_data.csv": 2_500},
}
"""Example → file → how many records of it; its other files are taken whole."""

UNKNOWN = "skywriting"
"""Source of a touch that no channel rule takes."""

ANOTHER_MATRIX = "matrix"
"""The one definition that a company cannot have twice: the demo's is taken."""


def write_company(
    folder: Path, example_data: Path | None, vendors: Sequence[Mapping[str, object]], meanings: Path
) -> Path:
    """Exports, mappings, definitions and the configuration in a folder; returns the configuration.

    example_data : the public examples, or None to leave them out. vendors : further sources, as the configuration names them.
    meanings : definitions of what stands in the vendors' accounts.
    """
    write_exports(folder / "exports" / "demo")
    demo = yaml.safe_load((DEMO / "onefunnel.yml").read_text(encoding="utf-8"))
    mappings = [(DEMO / source["mapping"], folder / "exports" / "demo") for source in demo["sources"]]
    definitions = [meanings, DEFAULT_DEFINITIONS, DEMO / "definitions"]
    for name in SAMPLED if example_data else ():
        assert example_data is not None
        exports = folder / "exports" / name
        _sample(example_data / name, exports, SAMPLED[name])
        mappings.append((EXAMPLES / name / "mapping.yml", exports))
        definitions.append(EXAMPLES / name / "definitions")
    mappings.append((_unknown_channel(folder), folder / "exports" / UNKNOWN))
    _merge_definitions(definitions, folder / "definitions")
    sources = [{"type": "files", "mapping": _own_mapping(mapping, exports, folder)} for mapping, exports in mappings]
    sources += [dict(vendor) for vendor in vendors]
    configuration = folder / "onefunnel.yml"
    configuration.write_text(
        yaml.safe_dump(
            {
                **{name: demo[name] for name in ("time_zone", "reporting_currency")},
                "company": "Everybody",
                "home": "var",
                "definitions": "definitions",
                "sources": sources,
            }
        ),
        encoding="utf-8",
    )
    return configuration


def _unknown_channel(folder: Path) -> Path:
    """A file with one touch in a channel that no rule knows; returns its mapping, which is that of the ad touches."""
    exports = folder / "exports" / UNKNOWN
    exports.mkdir()
    (exports / "attribution_data.csv").write_text(
        "customer_id,time,interaction,conversion,conversion_value,channel\n"
        "somebody,2018-07-20T10:00:00Z,impression,0,0,Skywriting\n",
        encoding="utf-8",
    )
    document = yaml.safe_load((EXAMPLES / "attribution_touches" / "mapping.yml").read_text(encoding="utf-8"))
    mapping = folder / f"{UNKNOWN}.yml"
    mapping.write_text(yaml.safe_dump({**document, "source": UNKNOWN}, sort_keys=False), encoding="utf-8")
    return mapping


def _own_mapping(mapping: Path, exports: Path, folder: Path) -> str:
    """The mapping with another folder; returns its path relative to the configuration."""
    document = yaml.safe_load(mapping.read_text(encoding="utf-8"))
    document["folder"] = str(exports)
    own = folder / "mappings" / f"{document['source']}.yml"
    own.parent.mkdir(exist_ok=True)
    own.write_text(yaml.safe_dump(document, allow_unicode=True, sort_keys=False), encoding="utf-8")
    return str(own.relative_to(folder))


def _sample(source: Path, target: Path, wanted: dict[str, int]) -> None:
    """Records chosen by a fixed seed, in their order; of related files all records are kept."""
    target.mkdir(parents=True)
    for file in sorted(source.glob("*.csv")):
        if file.name not in wanted:
            shutil.copy(file, target)
            continue
        header, *records = file.read_text(encoding="utf-8").splitlines(keepends=True)
        chosen = sorted(random.Random(7).sample(range(len(records)), wanted[file.name]))
        (target / file.name).write_text("".join([header, *(records[number] for number in chosen)]), encoding="utf-8")


def _merge_definitions(folders: Iterable[Path], target: Path) -> None:
    """The rows of all folders, file by file; of two rows with one key and date the first stays."""
    target.mkdir()
    for name, schema in SCHEMAS.items():
        rows: dict[tuple[str | None, ...], dict[str, str]] = {}
        for folder in folders:
            file = folder / f"{name}.csv"
            if not file.is_file() or (name == ANOTHER_MATRIX and rows):
                continue
            with file.open(encoding="utf-8-sig", newline="") as stream:
                for row in csv.DictReader(stream):
                    rows.setdefault(tuple(row.get(column) for column in (*schema.key, "valid_from")), row)
        if rows:
            with (target / f"{name}.csv").open("w", encoding="utf-8", newline="") as stream:
                writer = csv.DictWriter(stream, fieldnames=schema.column_names)
                writer.writeheader()
                writer.writerows(rows.values())
