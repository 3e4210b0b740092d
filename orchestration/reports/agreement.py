"""The agreement of marketing and sales (D77): the definitions in force on a day, as a text that both teams sign.

Sections are drawn from rows as the CSV files hold them, so the paper never says anything else than what computes the figures.
A definitions file that no section here knows is printed as a table of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

from orchestration.reports.elements import Block, Cell, Section, Table, rendered, write_page
from orchestration.reports.language import Language
from orchestration.reports.markdown import section_lines, table_lines

Row = Mapping[str, str | None]

OBLIGATORY_REASONS = ("no_budget", "not_icp", "too_early", "competitor")

OF_SYSTEMS = frozenset(
    {
        *(
            "stage_map",
            "channel_rules",
            "channel_rule_examples",
            "channels",
            "touch_kinds",
            "field_map",
            "answer_map",
            "currencies",
            "fx_rates",
            "costs",
        ),
        *("step_windows", "alerts", "labels", "signatures", "reaction_bands", "change_metrics", "rollout_steps"),
        *("target_baselines", "brand_words", "folk_claims", "free_mail_domains"),
    }
)
"""Files that translate systems, say how figures are cut, or hold data and wording: named with their versions, not printed row
by row."""

_OWN_SECTION = frozenset(
    {
        *("stages", "mql_rule", "matrix", "matrix_bands", "matrix_gates", "reasons", "targets", "attribution_models"),
        *("conversion_kinds", "policies", "reporting_rhythm", "calendars", "calendar_exceptions"),
    }
)

_IN_SECTION = {
    "handover_rules": "handover",
    "required_fields": "handover",
    "sla_clocks": "clocks",
    "owner_calendars": "clocks",
    "yearly_goals": "targets",
    "platform_windows": "attribution",
    "review_days": "reporting_rhythm",
    "danger_signs": "reporting_rhythm",
    "campaign_alarms": "reporting_rhythm",
    "identity_rules": "attribution",
    "identity_overrides": "attribution",
}
"""Files that are printed as a table inside a section, whatever columns they have."""

_VERSION_COLUMNS = ("valid_from", "recorded_on", "marketing_owner", "sales_owner")

_FAMILIES = {
    "stage": "stage",
    "conversion_kind": "stage",
    "from_stage": "stage",
    "to_stage": "stage",
    "owner_team": "team",
    "team": "team",
    "kpi": "kpi",
    "clock": "clock",
    "variant": "variant",
    "reason": "reason",
    "handover_type": "handover",
    "band": "band",
    "channel": "channel",
    "criterion": "criterion",
    "attribution_model": "model",
    "sign": "danger",
    "calendar_kind": "calendar_kind",
    "metric": "campaign_metric",
}
"""Column of any file → family of labels in which its values are named."""


@dataclass(frozen=True)
class FileVersion:
    """A definitions file in the agreement.

    rows_in_force : on the day of the agreement. newest_on : its newest recorded_on, None for a file without versions.
    fingerprint : what a signature repeats. marketing, sales : `signed`, `unsigned`, `added_since`, `changed_in_place`; None
    where no signature is needed.
    """

    name: str
    rows_in_force: int
    newest_on: date | None
    fingerprint: str | None
    marketing: str | None
    sales: str | None


@dataclass(frozen=True)
class AgreementFacts:
    """What the agreement is drawn from: the rows of every file that hold on `day`, and the versions they are of."""

    company: str
    day: date
    definitions: Mapping[str, Sequence[Row]]
    versions: Sequence[FileVersion]


def write_agreement(facts: AgreementFacts, words: Language, folder: Path) -> list[Path]:
    """Write `agreement-<language>.html` (to print) and `.md` into a folder; returns both. Raises LabelError for a missing text."""
    agreement = Agreement(facts, words)
    stem = f"agreement-{words.code}"
    return [
        write_page(Path(folder) / f"{stem}.html", agreement.html()),
        write_page(Path(folder) / f"{stem}.md", agreement.markdown()),
    ]


class Agreement:
    """The agreement of one company in one language, as numbered sections."""

    def __init__(self, facts: AgreementFacts, words: Language) -> None:
        self.facts, self.words = facts, words

    def html(self) -> str:
        """The page, which prints on A4."""
        return rendered(
            "agreement.html.j2",
            words=self.words,
            title=self.words.text("page.agreement"),
            company=self.words.data(self.facts.company),
            header=self.header(),
            intro=self.text("intro", company=self.words.data(self.facts.company)),
            sections=[(self.words.number(number), section) for number, section in enumerate(self.sections(), 1)],
            signatures=self.signatures(),
        )

    def markdown(self) -> str:
        """The same as Markdown."""
        lines = [
            f"# {self.words.text('page.agreement')}",
            "",
            self.text("intro", company=self.words.data(self.facts.company)),
        ]
        lines += ["", *(f"- {name}: {value}" for name, value in self.header())]
        sections = self.sections()
        for number, section in enumerate(sections, 1):
            lines += section_lines(f"{self.words.number(number)}. {section.title}", section)
        title, lead, columns, teams = self.signatures()
        rows = [[Cell(team), *(Cell("") for _ in columns)] for team in teams]
        lines += ["", f"## {self.words.number(len(sections) + 1)}. {title}", "", lead, ""]
        lines += table_lines(Table([Cell(self.text("column_team")), *map(Cell, columns)], rows))
        return "\n".join(lines) + "\n"

    def header(self) -> list[tuple[str, str]]:
        """Name and value of what the agreement is about."""
        needed = [version for version in self.facts.versions if version.marketing is not None]
        signed = [version for version in needed if version.marketing == version.sales == "signed"]
        of = self.words.text("page_text.of", part=self.words.number(len(signed)), whole=self.words.number(len(needed)))
        return [
            (self.text("company"), self.words.data(self.facts.company)),
            (self.text("in_force_on"), self.words.day(self.facts.day)),
            (self.text("signed_files"), of),
        ]

    def sections(self) -> list[Section]:
        """All sections but the signatures, in the order of the paper."""
        return [
            self.parties(),
            self.stages(),
            self.mql(),
            self.sql(),
            self.handover(),
            self.clocks(),
            self.reasons(),
            self.targets(),
            self.attribution(),
            self.reporting_rhythm(),
            *self.others(),
            self.revision(),
            self.versions(),
        ]

    def signatures(self) -> tuple[str, str, list[str], list[str]]:
        """Title, lead, what each team fills in, and the teams."""
        columns = [self.text(f"sign_{name}") for name in ("name", "position", "day", "here")]
        teams = [self.words.text(f"team.{team}") for team in ("marketing", "sales")]
        return self.text("section_signatures"), self.text("signatures_lead"), columns, teams

    def text(self, key: str, **values: str) -> str:
        return self.words.text(f"agreement.{key}", **values)

    def rows(self, name: str) -> Sequence[Row]:
        """The rows of a file that hold; none when the company has no such file."""
        return self.facts.definitions.get(name, ())

    def policy(self, name: str) -> str:
        return next(str(row["value"]) for row in self.rows("policies") if row["name"] == name)

    def parties(self) -> Section:
        section = self._section("parties")
        body = []
        for team in ("marketing", "sales"):
            stages = [self.words.name("stage", row["stage"]) for row in self._stages() if row["owner_team"] == team]
            people = dict.fromkeys(
                str(row[f"{team}_owner"])
                for rows in self.facts.definitions.values()
                for row in rows
                if f"{team}_owner" in row
            )
            body.append(
                [
                    Cell(self.words.text(f"team.{team}")),
                    Cell(self.words.list(self._named(f"owner.{name}", name) for name in people)),
                    Cell(self.words.list(stages)),
                ]
            )
        section.add(Block(table=Table(self._headers("team", "people", "stages"), body)))
        return section

    def stages(self) -> Section:
        section = self._section("stages")
        body = [
            [
                Cell(self.words.name("stage", row["stage"])),
                Cell(self.words.name("team", row["owner_team"])),
                Cell(self._as_written("stage_output", row["stage"], row["key_output"])),
                Cell(self._as_written("stage_metric", row["stage"], row["success_metric"])),
            ]
            for row in self._stages()
        ]
        section.add(Block(table=Table(self._headers("stage", "owner", "output", "metric"), body)))
        return section

    def mql(self) -> Section:
        section = self._section("mql")
        alternatives: dict[int, list[Row]] = {}
        for row in self.rows("mql_rule"):
            alternatives.setdefault(int(str(row["alternative"])), []).append(row)
        if not alternatives:
            section.note(self.text("mql_none"), "missing")
            return section
        body = []
        for number in sorted(alternatives):
            rows = alternatives[number]
            is_hot = any(row["is_hot_hand"] == "true" for row in rows)
            follows = [self.text("is_mql"), *([self.text("hot_hand")] if is_hot else [])]
            body.append(
                [
                    Cell(self.words.number(number)),
                    Cell(f" {self.words.text('condition.and')} ".join(self._condition(row) for row in rows)),
                    Cell(self.words.list(follows)),
                ]
            )
        section.add(Block(table=Table(self._headers("alternative", "conditions", "effect"), body)))
        return section

    def _condition(self, row: Row) -> str:
        field, value = str(row["field"]), self.words.data(row["value"])
        named = self.words.text(f"condition.{field}") if self.words.has(f"condition.{field}") else self._plain(field)
        values = {"field": named, "value": value}
        return self.words.text(f"condition_operator.{row['operator']}", **values)

    def sql(self) -> Section:
        criteria: dict[str, list[Row]] = {}
        for row in sorted(self.rows("matrix"), key=lambda row: int(str(row["criterion_position"]))):
            criteria.setdefault(str(row["criterion"]), []).append(row)
        maximum = sum(max(int(str(row["points"])) for row in levels) for levels in criteria.values())
        section = self._section("sql", maximum=self.words.number(maximum))
        body = [
            [
                Cell(self.words.name("criterion", criterion)),
                Cell(self._as_written("question", criterion, levels[0]["question"])),
                Cell(
                    self.words.list(
                        f"{self.words.name('answer', row['level'])}: {self.words.number(int(str(row['points'])))}"
                        for row in sorted(levels, key=lambda row: int(str(row["points"])))
                    )
                ),
            ]
            for criterion, levels in criteria.items()
        ]
        headers = self._headers("criterion", "question", "points")
        section.add(Block(heading=self.text("matrix"), table=Table(headers, body)))
        scale = self.policy("matrix_scale")
        section.add(Block(heading=self.text("bands"), note=self.text(f"scale_{scale}")))
        section.add(Block(table=Table(self._headers("band", "score", "action", "handover"), self._bands(scale))))
        gates = [
            self.text(
                "at_least_points", criterion=self.words.name("criterion", row["criterion"]),
                points=self.words.number(int(str(row["min_points"]))),
            )
            for row in self.rows("matrix_gates")
        ]  # fmt: skip
        if gates:
            section.add(Block(heading=self.text("gates"), note=self.words.list(gates)))
        return section

    def _bands(self, scale: str) -> list[list[Cell]]:
        bands = sorted(
            (row for row in self.rows("matrix_bands") if row["scale"] == scale),
            key=lambda row: Decimal(str(row["lower_bound"])),
        )
        actions = {"cold": "nurture", "review": "review", "hot": "hot"}
        body = []
        for row, following in zip(bands, [*bands[1:], None], strict=True):
            low = self._number(row["lower_bound"])
            score = (
                self.text("from_low", low=low)
                if following is None
                else self.text("from_to", low=low, high=self._number(following["lower_bound"]))
            )
            body.append(
                [
                    Cell(self.words.name("band", row["band"])),
                    Cell(score),
                    Cell(self.words.name("action", actions[str(row["band"])])),
                    Cell(self.words.name("handover", row["handover_type"])),
                ]
            )
        return body

    def handover(self) -> Section:
        section = self._section("handover")
        self._add_files(section, "handover")
        return section

    def clocks(self) -> Section:
        section = self._section("clocks")
        self._add_files(section, "clocks")
        if not self.rows("sla_clocks"):
            section.note(self.text("no_clocks"), "missing")
        numbers = {
            name: self.words.number(int(self.policy(policy)))
            for name, policy in (
                ("gap", "attempt_gap_minutes"),
                ("talk", "two_way_talk_seconds"),
                ("attempts", "unreachable_minimum_attempts"),
                ("channels", "unreachable_minimum_channels"),
            )
        }
        section.add(Block(heading=self.text("attempts_title"), note=self.text("attempts", **numbers)))
        weeks: dict[tuple[str, str, str], dict[str, list[str]]] = {}
        for row in self.rows("calendars"):
            week = weeks.setdefault((str(row["calendar"]), str(row["kind"]), str(row["zone"])), {})
            if row["weekday"] is not None:
                week.setdefault(str(row["weekday"]), []).append(self._hours(row))
        body = [
            [
                Cell(self.words.data(calendar)),
                Cell(self.words.text(f"calendar_kind.{kind}")),
                Cell(self.words.data(zone)),
                Cell(self._week(week) or "–"),
            ]
            for (calendar, kind, zone), week in weeks.items()
        ]
        headers = self._headers("calendar", "kind", "zone", "hours")
        section.add(Block(heading=self.text("calendars"), table=Table(headers, body)))
        days = [
            [
                Cell(self.words.data(row["calendar"])),
                Cell(self.words.day(date.fromisoformat(str(row["date_on"])))),
                Cell(self.words.list(filter(None, [self.words.text(f"day_state.{row['state']}"), self._hours(row)]))),
            ]
            for row in self.rows("calendar_exceptions")
            if str(row["date_on"]) >= self.facts.day.isoformat()
        ]
        if days:
            table = Table(self._headers("calendar", "day", "hours"), days)
            section.add(Block(heading=self.text("exceptions"), table=table))
        return section

    def _hours(self, row: Row) -> str:
        if row["opens"] is None:
            return ""
        return f"{self.words.digits(str(row['opens']))}–{self.words.digits(str(row['closes']))}"

    def _week(self, week: Mapping[str, Sequence[str]]) -> str:
        """Days with the same hours together: Mon, Tue 09:00–18:00; Sat 10:00–14:00."""
        alike: dict[str, list[str]] = {}
        for day in sorted(week):
            alike.setdefault(self.words.list(filter(None, week[day])), []).append(self.words.text(f"weekday.{day}"))
        separator = "؛ " if self.words.is_right_to_left else "; "
        return separator.join(f"{self.words.list(days)} {hours}".strip() for hours, days in alike.items())

    def reasons(self) -> Section:
        section = self._section("reasons")
        named = dict.fromkeys(str(row["reason"]) for row in self.rows("reasons"))
        body = [
            [
                Cell(self.words.name("reason", reason)),
                Cell(self.text("obligatory" if reason in OBLIGATORY_REASONS else "additional")),
            ]
            for reason in sorted(named, key=lambda reason: reason not in OBLIGATORY_REASONS)
        ]
        section.add(Block(table=Table(self._headers("reason", "kind"), body)))
        return section

    def targets(self) -> Section:
        section = self._section("targets")
        body = []
        for row in self.rows("targets"):
            target, benchmark = (self._range(row, side) for side in ("target", "benchmark"))
            if not target and not benchmark:
                continue
            name = self.words.name("kpi", row["kpi"])
            if row["variant"] != "default":
                name += f" ({self.words.name('variant', row['variant'])})"
            if row["segment"] != "(all)":
                name += f" · {self.words.data(row['segment'])}"
            body.append([Cell(name), Cell(target), Cell(benchmark), Cell(self.words.name("team", row["owner_team"]))])
        section.add(Block(table=Table(self._headers("kpi", "target", "benchmark", "owner"), body)))
        self._add_files(section, "targets")
        return section

    def _range(self, row: Row, side: str) -> str:
        """A target in words: at least, at most, or between; empty without one."""
        low, high = row[f"{side}_low"], row[f"{side}_high"]
        if low is None and high is None:
            return ""
        if low is not None and high is not None:
            return self.text("between", low=self._amount(row, low), high=self._amount(row, high))
        if low is not None:
            return self.text("from_up", low=self._amount(row, low))
        return self.text("up_to", high=self._amount(row, str(high)))

    def _amount(self, row: Row, value: str) -> str:
        if row["unit"] == "money":
            return f"{self._number(value)}\u00a0{self.words.data(row['currency'])}"
        if row["unit"] == "days":
            return self.words.text("page_text.days", n=self._number(value))
        if row["unit"] == "count" or row["kpi"] == "ltv_to_cac":
            return self._number(value)
        per_cent = Decimal(value) * 100
        return self.words.percent(Decimal(value), max(0, -int(per_cent.normalize().as_tuple().exponent)))

    def attribution(self) -> Section:
        close, revenue = (self.words.name("stage", self.policy(name)) for name in ("close_event", "revenue_event"))
        section = self._section("attribution", close=close, revenue=revenue)
        body = []
        for row in self.rows("attribution_models"):
            if row["is_enabled"] != "true":
                continue
            rule = ""
            if row["rule"] == "markov":
                rule = self.text("chain_order", n=self._number(row["markov_order"] or "1"))
            elif row["rule"] == "custom":
                rule = self.text("custom_weights", weights=self.words.list(self._weights(row["attribution_model"])))
            elif row["rule"] == "anchored":
                shares = {
                    name: self.words.percent(Decimal(str(row[f"{column}_share"] or 0)).scaleb(-3))
                    for name, column in (
                        ("first", "first"), ("lead", "lead_created"), ("opportunity", "opportunity_created"), ("last", "last"),
                        ("rest", "rest"),
                    )
                }  # fmt: skip
                rule = self.text("shares", **shares)
            elif row["half_life_days"] is not None:
                rule = self.text(
                    "half_life", days=self.words.text("page_text.days", n=self._number(row["half_life_days"]))
                )
            days = self.words.text("page_text.days", n=self._number(row["lookback_days"]))
            body.append([Cell(self.words.name("model", row["attribution_model"])), Cell(rule), Cell(days)])
        section.add(Block(table=Table(self._headers("model", "rule", "lookback"), body)))
        barred = [
            self.words.name("touch_kind", row["kind"])
            for row in self.rows("touch_kinds")
            if row["source_system"] == "*" and row["is_creditable"] == "false"
        ]
        if barred:
            section.note(self.text("not_creditable", kinds=self.words.list(barred)))
        self._add_files(section, "attribution")
        return section

    def _weights(self, model: str | None) -> list[str]:
        """Kind, team and weight of each row of a custom model; `*` is said as any."""
        said = []
        for row in self.rows("custom_weights"):
            if row["attribution_model"] == model:
                kind, team = (
                    self.text("any") if row[name] == "*" else self.words.name(label, row[name])
                    for name, label in (("kind", "touch_kind"), ("team", "team"))
                )
                said.append(f"{kind} / {team}: {self._number(row['weight'])}")
        return said

    def reporting_rhythm(self) -> Section:
        section = self._section("reporting_rhythm")
        body = [
            [
                Cell(self.words.name("rhythm", row["event"])),
                Cell(self.words.text(f"every.{row['every']}")),
                Cell(self.words.name("team", row["owner_team"])),
            ]
            for row in sorted(self.rows("reporting_rhythm"), key=lambda row: int(str(row["position"])))
        ]
        section.add(Block(table=Table(self._headers("event", "every", "owner"), body)))
        self._add_files(section, "reporting_rhythm")
        return section

    def others(self) -> list[Section]:
        """One section for all files that no other section prints; none when there are none."""
        known = OF_SYSTEMS | _OWN_SECTION | set(_IN_SECTION)
        blocks = [
            self._table(name, rows) for name, rows in self.facts.definitions.items() if name not in known and rows
        ]
        return [Section("other", self.text("section_other"), blocks=blocks)] if blocks else []

    def revision(self) -> Section:
        section = Section("revision", self.text("section_revision"))
        for number in range(1, 5):
            section.note(self.text(f"revision_{number}"))
        return section

    def versions(self) -> Section:
        section = self._section("versions")
        body = [
            [
                Cell(self.words.data(f"{version.name}.csv")),
                Cell(self.words.number(version.rows_in_force), True),
                Cell("–" if version.newest_on is None else self.words.day(version.newest_on)),
                Cell("–" if version.fingerprint is None else self.words.data(version.fingerprint)),
                *(
                    Cell("–" if state is None else self.text(f"sign_off_{state}"))
                    for state in (version.marketing, version.sales)
                ),
            ]
            for version in self.facts.versions
        ]
        headers = self._headers("file", "+rows", "newest", "fingerprint", "marketing", "sales")
        section.add(Block(table=Table(headers, body)))
        return section

    def _section(self, name: str, **values: str) -> Section:
        return Section(name, self.text(f"section_{name}"), self.text(f"{name}_lead", **values))

    def _headers(self, *names: str) -> list[Cell]:
        """Header cells; a name with + is a column of numbers."""
        return [Cell(self.text(f"column_{name.lstrip('+')}"), name.startswith("+")) for name in names]

    def _stages(self) -> list[Row]:
        return sorted(self.rows("stages"), key=lambda row: int(str(row["position"])))

    def _add_files(self, section: Section, name: str) -> None:
        """Tables of the files that belong into a section and have rows."""
        for file, place in _IN_SECTION.items():
            if place == name and self.rows(file):
                section.add(self._table(file, self.rows(file)))

    def _table(self, name: str, rows: Sequence[Row]) -> Block:
        """Rows of a file as a table of its filled columns."""
        columns = [
            column
            for column in rows[0]
            if column not in _VERSION_COLUMNS and any(row[column] is not None for row in rows)
        ]
        headers = [Cell(self._named(f"agreement.column_{column}", column)) for column in columns]
        body = [[Cell(self._value(column, row)) for column in columns] for row in rows]
        return Block(heading=self._named(f"agreement.file_{name}", name), table=Table(headers, body))

    def _value(self, column: str, row: Row) -> str:
        """A value of any file: named where a family of labels knows its column, minutes as hours where they are whole ones."""
        value = row[column]
        if value is None:
            return "–"
        if value == "*":
            return self.text("any")
        if column in ("source_system", "pipeline", "calendar", "owner_id"):
            return self.words.data(value)
        if column == "value" and "trigger" in row:
            family = {"owner_team": "team", "first_owner_team": "team", "stage": "stage"}.get(
                str(row["trigger"]), "event"
            )
            return self._named(f"{family}.{value}", value)
        if column.endswith("_minutes") and value.isdecimal():
            hours, minutes = divmod(int(value), 60)
            unit, number = ("hours", hours) if hours and not minutes else ("minutes", int(value))
            return self.text(unit, n=self.words.number(number))
        if column in ("event", "start_event", "stop_events"):
            return self.words.list(self._named(f"event.{event}", event) for event in value.split("|"))
        if column == "year":
            return self.words.digits(value)
        if column in _FAMILIES:
            return self.words.name(_FAMILIES[column], value)
        if value in ("true", "false"):
            return self.words.text("answer.yes" if value == "true" else "answer.no")
        if value.isascii() and value.replace(".", "", 1).isdecimal():
            return self._number(value)
        return self._named(f"{column}.{value}", value)

    def _named(self, key: str, name: str) -> str:
        """The label `key` where the table has it, else the name itself with its underscores as spaces."""
        return self.words.text(key) if self.words.has(key) else self._plain(name)

    def _plain(self, name: str) -> str:
        return self.words.data(name.replace("_", " "))

    def _as_written(self, family: str, name: str | None, written: str | None) -> str:
        """A text of the definitions, in the reader's language as long as it is the default text; a company's own text is theirs."""
        if written is None:
            return "–"
        key = f"{family}.{name}"
        return self.words.text(key) if self.words.english(key) == written else self.words.data(written)

    def _number(self, value: str | None) -> str:
        """A number of the definitions with the places it was written with."""
        written = Decimal(str(value))
        return self.words.number(written, max(0, -int(written.as_tuple().exponent)))
