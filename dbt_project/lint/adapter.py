"""Stands for dbt's `adapter` when sqlfluff renders a model: a dispatched macro shows as a call of its own name."""

from collections.abc import Callable


def dispatch(name: str, macro_namespace: str | None = None) -> Callable[..., str]:
    """What `adapter.dispatch(name)` gives: a function whose result is `name(arguments)` as SQL text."""
    return lambda *arguments, **options: f"{name}({', '.join(map(str, arguments))})"
