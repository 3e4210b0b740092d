"""Alerts (what is wrong now, told once to whoever can mend it): found in the published build, the lake and the last run's outcome.

`rules` reads the definition, `problems` finds, `state` remembers what was told, `messages` words it, `senders` deliver, `run` does
it in that order.
"""
