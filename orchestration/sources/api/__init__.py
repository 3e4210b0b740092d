"""Sources that are asked over HTTP: what all have in common, and one module a vendor.

`stream` is what a vendor's module yields, `http` how it asks, `tokens` where rotating tokens are kept. None of it knows
Dagster or the lake.
"""
