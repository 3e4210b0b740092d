"""The definitions both teams sign, as a source: CSV files, validated as a whole, landed one stream a file.

`schemas` says area by area what each file may hold, in the words of `schema`, `kinds` and `laws`; `reader` checks and
reads, `between_files` checks one against another, `channel_examples` tries the channel rules, `remarks` says what is worth knowing, `signing` who has signed,
`registry` which version holds, `loading` lands, `currencies` answers for the files reader. Nothing in a definition is ever
evaluated as code or SQL.
"""

from orchestration.sources.definitions.channel_examples import broken_examples, channels_of
from orchestration.sources.definitions.currencies import Currencies, CurrencyUnit, load_currencies
from orchestration.sources.definitions.files import DefinitionFile, DefinitionsError, Place, Problem
from orchestration.sources.definitions.loading import SOURCE, LandedDefinition, land_definitions
from orchestration.sources.definitions.reader import read_definitions
from orchestration.sources.definitions.registry import Version, registry, rows_in_force
from orchestration.sources.definitions.remarks import recorded_in_the_future, remarks, signed_files
from orchestration.sources.definitions.schemas import SCHEMAS
from orchestration.sources.definitions.signing import SignOff, sign_offs

__all__ = [
    "SCHEMAS",
    "SOURCE",
    "Currencies",
    "CurrencyUnit",
    "DefinitionFile",
    "DefinitionsError",
    "LandedDefinition",
    "Place",
    "Problem",
    "SignOff",
    "Version",
    "broken_examples",
    "channels_of",
    "land_definitions",
    "load_currencies",
    "read_definitions",
    "recorded_in_the_future",
    "registry",
    "remarks",
    "rows_in_force",
    "sign_offs",
    "signed_files",
]
