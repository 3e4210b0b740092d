"""Publication: the marts of one build, copied whole, for readers that never wait and never see half a build.

`published/builds/<build>/` is written beside the others and renamed into place; `published/current` is one symbolic
link that is replaced by rename(2). Nothing published is ever changed afterwards.
"""

from orchestration.publication.comparison import Difference, compare_builds, fingerprints
from orchestration.publication.current import (
    PublicationError,
    PublishedBuild,
    PublishedColumn,
    PublishedTable,
    current_build,
    published_builds,
    read_build,
)
from orchestration.publication.snapshot import publish

__all__ = [
    "Difference",
    "PublicationError",
    "PublishedBuild",
    "PublishedColumn",
    "PublishedTable",
    "compare_builds",
    "current_build",
    "fingerprints",
    "publish",
    "published_builds",
    "read_build",
]
