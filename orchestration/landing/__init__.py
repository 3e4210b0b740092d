"""The one door into the lake.

`Lake` commits pulls by one rename, `Tokeniser` replaces contact data by keyed tokens, `quarantine` keeps what could not
be read as a shape without its value, `HomeLock` lets one run at a time own a home.
"""

from orchestration.landing.errors import ContactKeyError, LandingError
from orchestration.landing.keys import key_text
from orchestration.landing.lake import Lake
from orchestration.landing.pulls import FILL_KEYS, FINDING_KEYS, Pull
from orchestration.landing.quarantine import QUARANTINE_COLUMNS, QUARANTINE_SCHEMA, scrub_free_text, shape_of
from orchestration.landing.tokens import Tokeniser, Tokens
from orchestration.landing.writer import PullWriter

__all__ = [
    "FILL_KEYS",
    "FINDING_KEYS",
    "QUARANTINE_COLUMNS",
    "QUARANTINE_SCHEMA",
    "ContactKeyError",
    "Lake",
    "LandingError",
    "Pull",
    "PullWriter",
    "Tokeniser",
    "Tokens",
    "key_text",
    "scrub_free_text",
    "shape_of",
]
