"""The text of a record's key, as it stands in `_key` and in `source_record_key`."""

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc


def key_text(columns: Sequence[pa.Array | pa.ChunkedArray]) -> pa.Array | pa.ChunkedArray:
    """The key's text: parts joined by `|` (a `|` or `\\` inside a part is escaped); null when any part is null, for half a key
    names nothing."""
    if len(columns) == 1:
        return columns[0]
    escaped = [pc.replace_substring(pc.replace_substring(column, "\\", "\\\\"), "|", "\\|") for column in columns]
    return pc.binary_join_element_wise(*escaped, pa.scalar("|", pa.string()))
