"""Exported files as a source: a mapping file says which columns of which file fill which contract.

`mapping` is the mapping file, `reading` turns files into text columns, `notation` (with `times`, `numbers`, `shapes`)
turns text into canonical text, `fills` applies a mapping to columns, `load` lands one pull a file version.
"""

from orchestration.sources.files.load import StreamResult, land_stream
from orchestration.sources.files.mapping import FilesMapping, MappingError, load_mapping, source_name
from orchestration.sources.files.reading import FilesError

__all__ = ["FilesError", "FilesMapping", "MappingError", "StreamResult", "land_stream", "load_mapping", "source_name"]
