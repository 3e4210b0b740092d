"""The synthetic company: a population with known causes, and the exports its systems would give.

`company` holds who and what exists, `journeys` and `sales` what happened to them, `truth` what really caused it,
and `exports` what each system writes down of it. Nothing here reads the clock or unseeded randomness.
"""
