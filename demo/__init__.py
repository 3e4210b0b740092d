"""The synthetic company: a population with known causes, and the exports its systems would give.

`company` holds who and what exists, `campaigns` what was advertised, `mixes` what differs between companies, `journeys`
and `sales` what happened, `truth` what really caused it, and `exports` what each system writes down of it. `large` writes
millions of simpler touches straight into the lake. Nothing here reads the clock or unseeded randomness.
"""
