"""The definitions both teams sign, as a source: CSV files, validated as a whole, landed one stream a file.

`schema` says what each file may hold, `reader` checks and reads, `loading` lands, `currencies` answers for the files
reader. Nothing in a definition is ever evaluated as code or SQL.
"""

from orchestration.sources.definitions.currencies import Currencies, CurrencyUnit, load_currencies
from orchestration.sources.definitions.loading import SOURCE, LandedDefinition, land_definitions
from orchestration.sources.definitions.reader import DefinitionFile, DefinitionsError, Problem, read_definitions
from orchestration.sources.definitions.schema import SCHEMAS

__all__ = [
    "SCHEMAS",
    "SOURCE",
    "Currencies",
    "CurrencyUnit",
    "DefinitionFile",
    "DefinitionsError",
    "LandedDefinition",
    "Problem",
    "land_definitions",
    "load_currencies",
    "read_definitions",
]
