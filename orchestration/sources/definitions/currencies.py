"""Currencies and what people call them, for readers of amounts."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from orchestration.sources.definitions.files import DefinitionFile, DefinitionsError
from orchestration.sources.definitions.reader import nearest, read_file
from orchestration.sources.definitions.schemas import SCHEMAS


@dataclass(frozen=True)
class CurrencyUnit:
    """A way to write amounts: one unit is `factor` units of `currency`, whose minor unit has `exponent` digits."""

    currency: str
    exponent: int
    factor: int

    @property
    def minor_per_unit(self) -> int:
        """Minor units of the currency in one unit as written: 100 for RUB, 10 for toman."""
        return int(self.factor * 10**self.exponent)


class Currencies:
    """The units known, by ISO code and by alias; letter case and spaces around do not matter."""

    def __init__(self, units: dict[str, CurrencyUnit]) -> None:
        self._units = {name.strip().casefold(): unit for name, unit in units.items()}

    def __contains__(self, name: str) -> bool:
        return name.strip().casefold() in self._units

    def unit(self, name: str) -> CurrencyUnit:
        """The unit of a code or alias. KeyError, with the nearest name, when it is not known."""
        found = self._units.get(name.strip().casefold())
        if found is None:
            raise KeyError(f"currency {name!r} is not in currencies.csv{nearest(name.strip().casefold(), self._units)}")
        return found

    @property
    def names(self) -> tuple[str, ...]:
        """Every code and alias, folded to lower case."""
        return tuple(self._units)


def load_currencies(default_folder: Path, company_folder: Path | None = None) -> Currencies:
    """Currencies from the company's currencies.csv when it has one, else from the defaults. Raises DefinitionsError."""
    path = Path(default_folder) / "currencies.csv"
    if company_folder is not None and (Path(company_folder) / path.name).exists():
        path = Path(company_folder) / path.name
    file, problems = read_file(path, SCHEMAS["currencies"])
    if file is None or problems:
        raise DefinitionsError(problems)
    return currencies_of([file])


def currencies_of(files: Iterable[DefinitionFile]) -> Currencies:
    """Currencies from definitions that have been read and checked."""
    rows = next(file for file in files if file.name == "currencies").rows
    exponents = {str(row["currency"]): int(str(row["exponent"])) for row in rows if row["alias_of"] is None}
    units = {code: CurrencyUnit(code, exponent, 1) for code, exponent in exponents.items()}
    for row in rows:
        target = row["alias_of"]
        if target is not None and target in exponents:
            units[str(row["currency"])] = CurrencyUnit(target, exponents[target], int(str(row["alias_factor"])))
    return Currencies(units)
