"""The project's macros compile once in a process of sqlfluff, which otherwise compiles all of them twice for every file.

sqlfluff 4.4 spent 44 % of its time on that: 32 rounds over every macro for 12 models. It imports what stands in this folder, again
for every file, before it reads the macros. All its environments of one run are made from one configuration, so a text compiles to
the same code in each.
"""

from typing import Any

from jinja2.sandbox import SandboxedEnvironment

if not hasattr(SandboxedEnvironment, "compiled"):
    _compile = SandboxedEnvironment.compile
    SandboxedEnvironment.compiled = {}

    def _compile_once(environment: SandboxedEnvironment, source: str, *arguments: Any, **options: Any) -> Any:
        key = (source, arguments, tuple(options.items()))
        if key not in SandboxedEnvironment.compiled:
            SandboxedEnvironment.compiled[key] = _compile(environment, source, *arguments, **options)
        return SandboxedEnvironment.compiled[key]

    SandboxedEnvironment.compile = _compile_once
