"""Charts as inline SVG, drawn by small functions: no library, no script, nothing loaded.

Colours are CSS variables of the page (`--s0` …), so the charts follow light, dark and print. Coordinates are written
for left to right; a right-to-left language mirrors them, and `text-anchor` follows the page's direction by itself.
Every mark carries a `<title>` (the tooltip); the numbers stand in a table behind each chart.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from markupsafe import Markup, escape

Anchor = Literal["start", "middle", "end"]


class Canvas:
    """An SVG in the making; every text is escaped."""

    def __init__(self, width: int, height: int, *, mirrored: bool, label: str, css_class: str = "chart") -> None:
        self.width, self.height = width, height
        self._mirrored = mirrored
        self._label, self._css_class = label, css_class
        self._parts: list[Markup] = []

    def rectangle(
        self, x: float, y: float, width: float, height: float, fill: str, title: str = "", radius: float = 0
    ) -> None:
        """A filled box; `fill` is any CSS paint, such as `var(--s0)` or `url(#hatch)`."""
        left = self.width - x - width if self._mirrored else x
        self._parts.append(
            Markup(
                '<rect x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}" rx="{:.1f}" style="fill:{}">{}</rect>'
            ).format(left, y, max(width, 0), height, radius, fill, _title(title))
        )

    def line(self, x1: float, y1: float, x2: float, y2: float, css_class: str, title: str = "") -> None:
        """A line styled by its class (`axis`, `target` …)."""
        if self._mirrored:
            x1, x2 = self.width - x1, self.width - x2
        self._parts.append(
            Markup('<line x1="{:.1f}" y1="{:.1f}" x2="{:.1f}" y2="{:.1f}" class="{}">{}</line>').format(
                x1, y1, x2, y2, css_class, _title(title)
            )
        )

    def path(self, points: Sequence[tuple[float, float]], css_class: str) -> None:
        """A line through points, styled by its class."""
        placed = [(self.width - x if self._mirrored else x, y) for x, y in points]
        text = " ".join(f"{x:.1f},{y:.1f}" for x, y in placed)
        self._parts.append(Markup('<polyline points="{}" class="{}"/>').format(text, css_class))

    def text(
        self, x: float, y: float, content: str, anchor: Anchor = "start", css_class: str = "label", title: str = ""
    ) -> None:
        """A text whose baseline is y; `start` is the reader's start, also from right to left."""
        place = self.width - x if self._mirrored else x
        self._parts.append(
            Markup('<text x="{:.1f}" y="{:.1f}" text-anchor="{}" class="{}">{}{}</text>').format(
                place, y, anchor, css_class, content, _title(title)
            )
        )

    def svg(self) -> Markup:
        """The finished element, with its label for screen readers."""
        return Markup(
            '<svg class="{}" viewBox="0 0 {} {}" style="max-width:{}px" role="img" aria-label="{}">{}</svg>'
        ).format(self._css_class, self.width, self.height, self.width, self._label, Markup("").join(self._parts))


def _title(title: str) -> Markup:
    return Markup("<title>{}</title>").format(title) if title else Markup("")


def shortened(text: str, characters: int) -> str:
    """The text cut to a length, with an ellipsis; the full text belongs into the tooltip."""
    return text if len(text) <= characters else text[: characters - 1].rstrip() + "…"


def series(index: int) -> str:
    """The paint of the n-th category; beyond the palette everything is neutral."""
    return f"var(--s{index})" if index < 9 else "var(--neutral)"


@dataclass(frozen=True)
class FunnelBar:
    """A stage: its name, members, and the step that led there: rate and target as fractions, with texts.

    `is_judged`: old and large enough to be coloured by its target.
    """

    name: str
    members: int
    members_text: str
    rate: float | None = None
    rate_text: str = ""
    target: float | None = None
    target_text: str = ""
    is_mature: bool = True
    is_judged: bool = False
    title: str = ""


def funnel(bars: Sequence[FunnelBar], *, mirrored: bool, label: str, step_heading: str) -> Markup:
    """Stages as bars, and beside each the step's rate against its target (bullet bars on a 0 … 100 % scale)."""
    row, gutter, bar_width, bullet_x, bullet_width = 54, 270, 330, 700, 180
    canvas = Canvas(980, row * len(bars) + 30, mirrored=mirrored, label=label)
    largest = max((bar.members for bar in bars), default=0) or 1
    canvas.text(bullet_x, 14, step_heading, css_class="small")
    for index, bar in enumerate(bars):
        y = 28 + index * row
        width = bar_width * bar.members / largest
        canvas.text(0, y + 20, shortened(bar.name, 34), css_class="label strong", title=bar.name)
        canvas.rectangle(gutter, y, bar_width, 30, "var(--track)", radius=3)
        canvas.rectangle(gutter, y, width, 30, "var(--accent)", bar.title, radius=3)
        if not bar.is_mature:
            canvas.rectangle(gutter, y, width, 30, "url(#hatch)", bar.title, radius=3)
        canvas.text(gutter + bar_width + 12, y + 20, bar.members_text, css_class="label number")
        if bar.rate is None:
            continue
        canvas.rectangle(bullet_x, y + 8, bullet_width, 12, "var(--track)", radius=2)
        paint = "var(--accent)"
        if bar.target is not None and bar.is_judged:
            paint = "var(--good)" if bar.rate >= bar.target else "var(--bad)"
        canvas.rectangle(bullet_x, y + 8, bullet_width * min(bar.rate, 1), 12, paint, bar.title, radius=2)
        if not bar.is_mature:
            canvas.rectangle(bullet_x, y + 8, bullet_width * min(bar.rate, 1), 12, "url(#hatch)", bar.title, radius=2)
        if bar.target is not None:
            x = bullet_x + bullet_width * min(bar.target, 1)
            canvas.line(x, y + 3, x, y + 24, "target", bar.target_text)
        canvas.text(bullet_x, y + 38, bar.target_text, css_class="small")
        canvas.text(bullet_x + bullet_width + 12, y + 19, bar.rate_text, css_class="label number strong")
    return canvas.svg()


@dataclass(frozen=True)
class Column:
    """One month of a rate: value as a fraction (None: no members), tooltip, and whether it is old enough to compare."""

    name: str
    value: float | None
    value_text: str
    is_mature: bool
    title: str


def columns(
    bars: Sequence[Column], *, target: float | None, target_text: str, top: float, mirrored: bool, label: str
) -> Markup:
    """A small column chart of one rate by month; young months are hatched, the target is a dashed line."""
    width, height, floor, ceiling = 300, 150, 122, 22
    canvas = Canvas(width, height, mirrored=mirrored, label=label, css_class="chart small-multiple")
    slot = width / max(len(bars), 1)
    scale = (floor - ceiling) / (top or 1)
    canvas.line(0, floor, width, floor, "axis")
    for index, bar in enumerate(bars):
        x, thick = index * slot + slot * 0.16, slot * 0.68
        if bar.value is not None:
            tall = max(min(bar.value, top) * scale, 0.8)
            canvas.rectangle(
                x, floor - tall, thick, tall, "var(--accent)" if bar.is_mature else "var(--young)", bar.title
            )
            if not bar.is_mature:
                canvas.rectangle(x, floor - tall, thick, tall, "url(#hatch)", bar.title)
            if len(bars) <= 8:
                canvas.text(x + thick / 2, floor - tall - 4, bar.value_text, "middle", "tiny number")
        if index in (0, len(bars) - 1) or len(bars) <= 4:
            place: Anchor = "start" if index == 0 else "end" if index == len(bars) - 1 else "middle"
            at = 0 if index == 0 else width if index == len(bars) - 1 else x + thick / 2
            canvas.text(at, floor + 16, bar.name, place, "tiny")
    if target is not None:
        y = floor - min(target, top) * scale
        canvas.line(0, y, width, y, "target dashed", target_text)
    return canvas.svg()


@dataclass(frozen=True)
class Segment:
    """A piece of a stacked bar: size as a fraction of the scale, paint, tooltip, and a text shown if it has room."""

    size: float
    paint: str
    title: str
    text: str = ""
    hatched: bool = False


@dataclass(frozen=True)
class Bar:
    """A named stacked bar; `note` stands at its end."""

    name: str
    segments: Sequence[Segment]
    note: str = ""


def stacked(
    bars: Sequence[Bar], *, mirrored: bool, label: str, scale: float = 1.0, mark: tuple[float, str] | None = None
) -> Markup:
    """Horizontal stacked bars, one a row. `scale` is the fraction at full width, `mark` a vertical line with a text."""
    row, gutter, full = 40, 250, 600
    head = 22 if mark else 4
    canvas = Canvas(980, head + row * len(bars), mirrored=mirrored, label=label)
    for index, bar in enumerate(bars):
        y = head + index * row
        canvas.text(0, y + 19, shortened(bar.name, 36), css_class="label", title=bar.name)
        x = float(gutter)
        for segment in bar.segments:
            width = full * segment.size / scale
            canvas.rectangle(x, y, max(width - 1, 0.5), 28, segment.paint, segment.title)
            if segment.hatched:
                canvas.rectangle(x, y, max(width - 1, 0.5), 28, "url(#hatch)", segment.title)
            if segment.text and width > 9 + 7.2 * len(segment.text):
                canvas.text(x + width / 2, y + 19, segment.text, "middle", "on-bar number", segment.title)
            x += width
        canvas.text(gutter + full + 14, y + 19, bar.note, css_class="label number")
    if mark is not None:
        x = gutter + full * mark[0] / scale
        canvas.line(x, head - 6, x, head + row * len(bars) - 8, "target", mark[1])
        canvas.text(x, 12, mark[1], "middle", "small")
    return canvas.svg()


@dataclass(frozen=True)
class Interval:
    """A named value with its interval, all on the chart's scale; without a value only `text` stands at its end.

    `target` is drawn as a short line of the row's own; a heading has a name alone and groups the rows after it.
    """

    name: str
    value: float | None = None
    low: float | None = None
    high: float | None = None
    text: str = ""
    title: str = ""
    paint: str = "var(--accent)"
    target: float | None = None
    is_heading: bool = False


def intervals(
    rows: Sequence[Interval],
    *,
    scale: tuple[float, float],
    ticks: Sequence[tuple[float, str]],
    mirrored: bool,
    label: str,
    mark: float | None = None,
) -> Markup:
    """Values as dots with their intervals as bars, one a row, between the ends of `scale`; `mark` is a line through all."""
    row, gutter, full = 30, 330, 420
    bottom = row * len(rows) + 4
    canvas = Canvas(980, bottom + 22, mirrored=mirrored, label=label)

    def place(value: float) -> float:
        least, most = scale
        return gutter + full * (min(max(value, least), most) - least) / ((most - least) or 1)

    for value, text in ticks:
        canvas.text(place(value), bottom + 16, text, "middle", "tiny")
    for index, entry in enumerate(rows):
        y = index * row + 15
        if entry.is_heading:
            canvas.text(0, y + 7, shortened(entry.name, 110), css_class="label strong", title=entry.name)
            continue
        for value, _ in ticks:
            canvas.line(place(value), y - 15, place(value), y + 15, "axis")
        if mark is not None:
            canvas.line(place(mark), y - 15, place(mark), y + 15, "target dashed")
        canvas.text(0, y + 5, shortened(entry.name, 40), css_class="label", title=entry.name)
        if entry.value is not None:
            if entry.low is not None and entry.high is not None:
                start = place(entry.low)
                canvas.rectangle(start, y - 3, place(entry.high) - start, 6, _pale(entry.paint), entry.title, radius=3)
            canvas.rectangle(place(entry.value) - 5, y - 5, 10, 10, entry.paint, entry.title, radius=5)
        if entry.target is not None:
            canvas.line(place(entry.target), y - 10, place(entry.target), y + 10, "target", entry.title)
        canvas.text(gutter + full + 16, y + 5, shortened(entry.text, 30), css_class="label number", title=entry.title)
    return canvas.svg()


@dataclass(frozen=True)
class Milestone:
    """A month on the way to a goal: what the path asks for, what came so far (None: not yet), and a tooltip."""

    name: str
    path: float
    actual: float | None
    title: str


def path(
    months: Sequence[Milestone],
    *,
    goal: tuple[float, str],
    forecast: tuple[float, str] | None,
    mirrored: bool,
    label: str,
) -> Markup:
    """The way to a goal by month: the path dashed, what came as a line with dots, goal and forecast at the end."""
    width, floor, ceiling, full = 980, 190, 24, 760
    canvas = Canvas(width, floor + 26, mirrored=mirrored, label=label)
    values = [goal[0], *(month.path for month in months), *(month.actual or 0 for month in months)]
    top = max([*values, forecast[0] if forecast else 0]) or 1
    step = full / max(len(months), 1)

    def height(value: float) -> float:
        return floor - (floor - ceiling) * value / top

    canvas.line(0, floor, full, floor, "axis")
    places = [(step * (index + 0.5), month) for index, month in enumerate(months)]
    canvas.path([(x, height(month.path)) for x, month in places], "path dashed")
    canvas.path([(x, height(month.actual)) for x, month in places if month.actual is not None], "path actual")
    for x, month in places:
        canvas.text(x, floor + 16, month.name, "middle", "tiny")
        if month.actual is not None:
            canvas.rectangle(x - 4, height(month.actual) - 4, 8, 8, "var(--accent)", month.title, radius=4)
    ends = [(height(goal[0]), goal[1], "var(--ink)")]
    if forecast is not None:
        ends.append((height(forecast[0]), forecast[1], "var(--warn)"))
    # two texts at one height cannot be read
    ends.sort()
    if len(ends) == 2 and ends[1][0] - ends[0][0] < 18:
        ends[1] = (ends[0][0] + 18, *ends[1][1:])
    for y, text, paint in ends:
        canvas.rectangle(full - 4, y - 4, 8, 8, paint, text, radius=4)
        canvas.text(full + 14, y + 5, text, css_class="label number")
    return canvas.svg()


@dataclass(frozen=True)
class Square:
    """A cell of a grid: its figure, lines under it, and a heat from 0 to 1."""

    figure: str
    lines: Sequence[str]
    heat: float
    paint: str = "var(--accent)"


def grid(
    column_names: Sequence[str], rows: Sequence[tuple[str, Sequence[Square]]], *, mirrored: bool, label: str
) -> Markup:
    """A matrix of squares under column names; the warmer a square, the larger its figure."""
    gutter, gap, head = 190, 6, 26
    lines = max((len(square.lines) for _, squares in rows for square in squares), default=0)
    height = 44 + 18 * lines
    wide = (980 - gutter) / max(len(column_names), 1)
    canvas = Canvas(980, head + (height + gap) * len(rows), mirrored=mirrored, label=label)
    for column, name in enumerate(column_names):
        canvas.text(gutter + column * wide + 12, 16, name, css_class="small")
    for index, (name, squares) in enumerate(rows):
        y = head + index * (height + gap)
        canvas.text(0, y + 28, shortened(name, 26), css_class="label strong", title=name)
        for column, square in enumerate(squares):
            x = gutter + column * wide
            title = " · ".join([square.figure, *square.lines])
            canvas.rectangle(
                x, y, wide - gap, height, _pale(square.paint, 8 + 30 * min(square.heat, 1)), title, radius=4
            )
            canvas.text(x + 12, y + 28, square.figure, css_class="figure number", title=title)
            for number, line in enumerate(square.lines):
                canvas.text(x + 12, y + 48 + 18 * number, line, css_class="on-square", title=title)
    return canvas.svg()


@dataclass(frozen=True)
class Pair:
    """Two values of one thing side by side, as fractions of the chart's scale."""

    name: str
    values: tuple[float, float]
    texts: tuple[str, str]


def paired(rows: Sequence[Pair], *, paints: tuple[str, str], scale: float, mirrored: bool, label: str) -> Markup:
    """Two thin bars a row, to be compared with each other."""
    row, gutter, full = 44, 250, 560
    canvas = Canvas(980, row * len(rows), mirrored=mirrored, label=label)
    for index, pair in enumerate(rows):
        y = index * row + 4
        canvas.text(0, y + 20, shortened(pair.name, 34), css_class="label", title=pair.name)
        for number in (0, 1):
            width = full * pair.values[number] / (scale or 1)
            title = f"{pair.name}: {pair.texts[number]}"
            canvas.rectangle(gutter, y + 17 * number, max(width, 1), 14, paints[number], title, radius=2)
            canvas.text(gutter + width + 10, y + 17 * number + 12, pair.texts[number], css_class="small number")
    return canvas.svg()


def _pale(paint: str, per_cent: float = 45) -> str:
    return f"color-mix(in srgb, {paint} {per_cent:.0f}%, var(--track))"


def legend(entries: Iterable[tuple[str, str]]) -> Markup:
    """A legend of (paint, name) under or above a chart."""
    items = [
        Markup('<li><i style="background:{}" aria-hidden="true"></i>{}</li>').format(paint, escape(name))
        for paint, name in entries
    ]
    return Markup('<ul class="legend">{}</ul>').format(Markup("").join(items))
