"""`onefunnel map`: proposes the mapping of exports that nobody has described yet.

`sniffing` finds encoding, delimiter, header and sheets; `column_types` judges values by the loader's own parsers; `join_keys`
counts keys and links between files; `matching` compares names with `synonyms.yml`; `deciding` makes the proposal, `writing`
turns it into YAML with comments, `preview` tries it on a sample, `command` is the whole of it.
"""
