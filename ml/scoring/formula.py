"""A hand-made score written as a sum of columns with whole weights: read by a small grammar, never run as code.

formula = NAME "=" term { ("+" | "-") term }
term    = [ INTEGER "*" ] column | column "*" INTEGER
column  = a word of letters, digits, "_" and "." | "text in double quotes"
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_TOKEN = re.compile(r'\s*(?:"(?P<quoted>[^"]+)"|(?P<integer>\d+)(?![\w.])|(?P<word>[^\W\d][\w.]*)|(?P<sign>[-+*=]))')


class FormulaError(ValueError):
    """A formula that is not a sum of columns; the message quotes the place and shows a correct one."""


@dataclass(frozen=True)
class Formula:
    """`name` of the score and its terms: (whole weight, column)."""

    name: str
    terms: tuple[tuple[int, str], ...]

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(column for _, column in self.terms))


def parse_formula(text: str) -> Formula:
    """Read `name = 2 * "Column one" + other`. Raises FormulaError for anything that the grammar does not hold."""
    tokens = _tokens(text)
    if len(tokens) < 3 or tokens[0][0] not in ("word", "quoted") or tokens[1][1] != "=":
        raise _refused(text, "it must begin with a name and `=`")
    terms = []
    sign, position = 1, 2
    if tokens[2][1] in ("+", "-") and tokens[2][0] == "sign":
        sign, position = (-1 if tokens[2][1] == "-" else 1), 3
    while True:
        weight, column, position = _term(text, tokens, position)
        terms.append((sign * weight, column))
        if position == len(tokens):
            return Formula(tokens[0][1], tuple(terms))
        kind, value = tokens[position]
        if kind != "sign" or value not in "+-":
            raise _refused(text, f"expected + or - before {value!r}")
        sign, position = (1 if value == "+" else -1), position + 1


def _term(text: str, tokens: list[tuple[str, str]], position: int) -> tuple[int, str, int]:
    following = [*tokens[position : position + 3], ("end", ""), ("end", ""), ("end", "")]
    kinds, values = [kind for kind, _ in following], [value for _, value in following]
    is_product = values[1] == "*" and kinds[1] == "sign"
    if kinds[0] == "integer" and is_product and kinds[2] in ("word", "quoted"):
        return int(values[0]), values[2], position + 3
    if kinds[0] in ("word", "quoted") and is_product and kinds[2] == "integer":
        return int(values[2]), values[0], position + 3
    if kinds[0] in ("word", "quoted") and not is_product:
        return 1, values[0], position + 1
    raise _refused(text, f"expected a column or INTEGER * column at {' '.join(values[:3]).strip() or 'the end'!r}")


def _tokens(text: str) -> list[tuple[str, str]]:
    found, position = [], 0
    text = text.rstrip()
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise _refused(text, f"cannot read {text[position:].strip()[:20]!r}")
        kind = str(match.lastgroup)
        found.append((kind, match.group(kind)))
        position = match.end()
    return found


def _refused(text: str, why: str) -> FormulaError:
    return FormulaError(
        f"score {text!r} is refused: {why}. A score is a column or a sum of columns with whole weights, "
        'such as: activity = "Activity score" + 2 * profile'
    )
