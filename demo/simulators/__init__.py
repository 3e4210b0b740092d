"""Local HTTP servers that speak the vendors' protocols, as their fact sheets say and not as our connectors happen to ask.

`server` is what all have in common (address, clock, limits, faults, log of requests), `history` is what a vendor knows
and since when, and each vendor is one module.
"""
