"""What a change of definitions moves, before it holds: both are built over the same pulls at the same instant, and compared.

`rows` compares the files, `builds` builds, `figures` compares what was built, `report` words it.
"""
