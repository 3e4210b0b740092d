"""YAML read with the place of every value, so that an error can say where it is.

Scalars stay the text that stands in the file: `no`, `007` and `2018-11-15` mean what they look like.
"""

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

_VARIABLE = re.compile(r"\$\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?::-(?P<default>[^}]*))?\}")


class MappingError(ValueError):
    """Everything that is wrong in a mapping file; `problems` are lines `file:line:column: key: what and how to fix`."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))


@dataclass
class Problems:
    """Collects what is wrong, so that one look at the file is enough."""

    path: Path
    found: list[tuple[int, int, str]] = field(default_factory=list)

    def add(self, node: yaml.Node, key: str, message: str) -> None:
        mark = node.start_mark
        self.found.append((mark.line + 1, mark.column + 1, f"{key}: {message}" if key else message))

    def raise_if_any(self) -> None:
        if self.found:
            raise MappingError([f"{self.path}:{line}:{column}: {text}" for line, column, text in sorted(self.found)])


def nearest(name: str, valid: Iterable[str]) -> str:
    """`; did you mean X?`, or the valid names when none is near."""
    names = sorted(valid)
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.6)
    if close:
        return f"; did you mean {close[0]!r}?"
    return f"; expected one of: {', '.join(names)}" if names else ""


def compose(path: Path) -> yaml.MappingNode:
    """The document's root mapping. Raises MappingError for a missing file or broken YAML."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise MappingError([f"{path}: mapping file not found"]) from None
    except UnicodeDecodeError as error:
        raise MappingError([f"{path}: a mapping file must be UTF-8 ({error.reason} at byte {error.start})"]) from None
    try:
        node = yaml.compose(text, Loader=_PlainLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f":{mark.line + 1}:{mark.column + 1}" if mark else ""
        raise MappingError([f"{path}{place}: not valid YAML: {error.problem}"]) from None
    except yaml.reader.ReaderError as error:
        line = text[: error.position].count("\n") + 1
        raise MappingError([f"{path}:{line}: not valid YAML: character {error.character:#x} is not allowed"]) from None
    except RecursionError:
        raise MappingError([f"{path}: not a mapping file: its values are nested too deep"]) from None
    if not isinstance(node, yaml.MappingNode):
        raise MappingError([f"{path}:1:1: expected keys such as `source:` and `streams:`"])
    return node


class _PlainLoader(yaml.SafeLoader):
    """YAML as far as a mapping needs it: no aliases (a few lines of them stand for billions of values) and no tags
    (`!!python/…`), which nothing here would obey and which therefore mean something that will not happen."""

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        event = self.peek_event()
        if isinstance(event, yaml.AliasEvent):
            raise _refused(event, f"the alias *{event.anchor} is not read; write the value out")
        tag = getattr(event, "tag", None)
        if tag is not None:
            raise _refused(event, f"the tag {tag!r} is not read; write the plain value")
        node: yaml.Node | None = super().compose_node(parent, index)
        return node


def _refused(event: Any, problem: str) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(problem=problem, problem_mark=event.start_mark)


class Reader:
    """Typed access to nodes; every wrong thing becomes a problem and a harmless value, so that reading goes on."""

    def __init__(self, problems: Problems) -> None:
        self.problems = problems

    def pairs(self, node: yaml.Node, key: str) -> dict[str, tuple[yaml.Node, yaml.Node]]:
        """Key → (key node, value node) of a mapping; a key twice is a problem."""
        if not isinstance(node, yaml.MappingNode):
            self.problems.add(node, key, f"expected keys and values, found {_kind(node)}")
            return {}
        found: dict[str, tuple[yaml.Node, yaml.Node]] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                self.problems.add(key_node, key, "a key must be plain text")
                continue
            if key_node.value in found:
                self.problems.add(key_node, _join(key, key_node.value), "the key stands twice")
            found[key_node.value] = (key_node, value_node)
        return found

    def known(
        self, node: yaml.Node, key: str, valid: Iterable[str], required: Iterable[str] = ()
    ) -> dict[str, yaml.Node]:
        """Values of a mapping whose keys must be among `valid`."""
        allowed = list(valid)
        pairs = self.pairs(node, key)
        for name, (key_node, _) in pairs.items():
            if name not in allowed:
                self.problems.add(key_node, _join(key, name), f"unknown key{nearest(name, allowed)}")
        for name in required:
            if name not in pairs and isinstance(node, yaml.MappingNode):
                self.problems.add(node, key, f"missing key {name!r}")
        return {name: value for name, (_, value) in pairs.items() if name in allowed}

    def text(self, node: yaml.Node, key: str) -> str:
        if isinstance(node, yaml.ScalarNode):
            return str(node.value)
        self.problems.add(node, key, f"expected one value, found {_kind(node)}")
        return ""

    def texts(self, node: yaml.Node, key: str) -> tuple[str, ...]:
        """A list of values; one value counts as a list of one."""
        if isinstance(node, yaml.SequenceNode):
            return tuple(self.text(item, f"{key}[{index}]") for index, item in enumerate(node.value))
        return (self.text(node, key),)

    def table(self, node: yaml.Node, key: str) -> dict[str, str]:
        return {name: self.text(value, _join(key, name)) for name, (_, value) in self.pairs(node, key).items()}

    def whole(self, node: yaml.Node, key: str, least: int) -> int:
        text = self.text(node, key)
        if not re.fullmatch(r"\d{1,6}", text) or int(text) < least:
            self.problems.add(node, key, f"expected a whole number from {least}, found {text!r}")
            return least
        return int(text)

    def boolean(self, node: yaml.Node, key: str) -> bool:
        text = self.text(node, key)
        if text not in ("true", "false"):
            self.problems.add(node, key, f"expected true or false, found {text!r}")
        return text == "true"

    def one_of(self, node: yaml.Node, key: str, valid: Iterable[str]) -> str:
        text, allowed = self.text(node, key), list(valid)
        if text not in allowed:
            self.problems.add(node, key, f"{text!r} is not known{nearest(text, allowed)}")
            return allowed[0]
        return text

    def items(self, node: yaml.Node, key: str) -> list[yaml.Node]:
        if isinstance(node, yaml.SequenceNode):
            return list(node.value)
        self.problems.add(node, key, f"expected a list, found {_kind(node)}")
        return []

    def expanded(self, node: yaml.Node, key: str, environment: Mapping[str, str]) -> str:
        """Text with ${NAME} and ${NAME:-default} replaced from `environment`; an empty variable counts as absent."""

        def replacement(match: re.Match[str]) -> str:
            value = environment.get(match["name"]) or match["default"]
            if value is None:
                self.problems.add(
                    node, key, f"{match['name']} is not set; set it, or write ${{{match['name']}:-default}}"
                )
                return ""
            return value

        return _VARIABLE.sub(replacement, self.text(node, key))


def _kind(node: yaml.Node) -> str:
    if isinstance(node, yaml.MappingNode):
        return "keys and values"
    return "a list" if isinstance(node, yaml.SequenceNode) else f"{node.value!r}"


def _join(key: str, name: str) -> str:
    return f"{key}.{name}" if key else name
