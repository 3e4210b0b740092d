"""Errors of the door into the lake; every message says what was expected and how to put it right."""


class LandingError(RuntimeError):
    """Something that must not reach the lake, or something in the lake that cannot be read."""


class ContactKeyError(LandingError):
    """A contact column is mapped and there is no usable key to make tokens with."""
