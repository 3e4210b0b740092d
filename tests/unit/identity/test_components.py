"""Components of people against a union-find in Python: long chains, a star, random graphs of phones, e-mails and messengers; no
rule limits how many records a value may join."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple

import pytest

from tests.unit.attribution.ledger_warehouse import LedgerWarehouse

CHAIN = 1_000
GRAPHS = 300
RULES = ("crm_link", "phone", "email", "messenger", "client_id", "tax_id", "domain")


class Card(NamedTuple):
    person_id: str
    phone_token: str | None
    email_token: str | None
    messenger_token: str | None

    def values(self) -> list[tuple[str, str]]:
        """Kind and value of the tokens that the card has."""
        tokens = self._asdict()
        return [(kind, value) for kind, value in tokens.items() if kind != "person_id" and value is not None]


def chain(ids: Iterable[str], name: str) -> list[Card]:
    """A path: each card shares its phone with the one before or its e-mail, in turn, and nothing else."""
    return [
        Card(person_id, f"{name}-phone-{n // 2}", f"{name}-email-{(n + 1) // 2}", None)
        for n, person_id in enumerate(ids)
    ]


def random_graph(rng: random.Random, name: str) -> list[Card]:
    """Cards whose tokens are drawn from few or many values, so that graphs fall apart or hang together."""
    size = rng.randrange(2, 40)
    values = rng.randrange(1, 3 * size)

    def token(kind: str) -> str | None:
        return f"{name}-{kind}-{rng.randrange(values)}" if rng.random() < 0.6 else None

    numbers = rng.sample(range(10 * size), size)
    return [Card(f"{name}-{number:04}", token("phone"), token("email"), token("messenger")) for number in numbers]


def mirrored(cards: Iterable[Card]) -> list[Card]:
    """The same graphs under other keys in the opposite order, with other tokens."""

    def other(value: str | None) -> str | None:
        return None if value is None else f"mirror-{value}"

    return [
        Card(mirror_of(card.person_id), other(card.phone_token), other(card.email_token), other(card.messenger_token))
        for card in cards
    ]


def mirror_of(person_id: str) -> str:
    name, _, number = person_id.rpartition("-")
    return f"mirror-{name}-{9_999 - int(number):04}"


def partition(people: Mapping[str, str]) -> set[frozenset[str]]:
    """The records of each person, without the person's name."""
    records = defaultdict(set)
    for record, person in people.items():
        records[person].add(record)
    return {frozenset(of_person) for of_person in records.values()}


def first_of_component(cards: Iterable[Card]) -> dict[str, str]:
    """Union-find: each card to the smallest key of its component."""
    parent = {card.person_id: card.person_id for card in cards}

    def root(card: str) -> str:
        while parent[card] != card:
            parent[card] = parent[parent[card]]
            card = parent[card]
        return card

    carriers: dict[tuple[str, str], str] = {}
    for card in cards:
        for value in card.values():
            first, second = sorted((root(carriers.setdefault(value, card.person_id)), root(card.person_id)))
            parent[second] = first
    return {card: root(card) for card in parent}


@pytest.fixture(scope="module")
def cards() -> list[Card]:
    rng = random.Random(7)
    ids = [f"{number:05}" for number in range(CHAIN)]
    shuffled = rng.sample(ids, CHAIN)
    in_zigzag = [ids[n // 2] if n % 2 == 0 else ids[CHAIN - 1 - n // 2] for n in range(CHAIN)]
    made = chain([f"up-{n}" for n in ids], "up")
    made += chain([f"down-{n}" for n in reversed(ids)], "down")
    made += chain([f"mixed-{n}" for n in shuffled], "mixed")
    made += chain([f"zigzag-{n}" for n in in_zigzag], "zigzag")
    made += [Card(f"star-{n}", "star-phone", None, None) for n in ids]
    graphs = [card for graph in range(GRAPHS) for card in random_graph(rng, f"random{graph}")]
    return [*made, *graphs, *mirrored(graphs)]


@pytest.fixture(scope="module")
def people(cards: list[Card], tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Record to person as the models say it."""
    warehouse = LedgerWarehouse(tmp_path_factory.mktemp("identity") / "onefunnel.duckdb")
    for card in cards:
        warehouse.add("people", **card._asdict())
    of_version = {"valid_from": "2000-01-01", "recorded_on": "2026-01-01", "marketing_owner": "a", "sales_owner": "b"}
    warehouse.definitions["identity_rules"] = [
        {"rule": rule, "applies_to": "person", "priority": n, "confidence": "0.9", "is_enabled": "true", **of_version}
        for n, rule in enumerate(RULES, start=1)
    ]
    with warehouse.build(["+people", "assert_no_link_joins_two_components"]) as connection:
        rows = connection.execute("select record_id, person_id from intermediate.int_people_identified").fetchall()
    assert len(rows) == len(cards)
    return dict(rows)


def test_every_card_is_in_the_component_that_union_find_puts_it_in(cards: list[Card], people: dict[str, str]) -> None:
    assert people == first_of_component(cards)


def test_a_chain_of_a_thousand_cards_is_one_person_in_whatever_order_it_lies(people: dict[str, str]) -> None:
    of_chain = defaultdict(set)
    for card, person in people.items():
        of_chain[card.rpartition("-")[0]].add(person)
    for name in ("up", "down", "mixed", "zigzag", "star"):
        assert of_chain[name] == {f"{name}-00000"}


def test_random_graphs_fall_into_several_people_and_join_several_cards(people: dict[str, str]) -> None:
    """Or the comparison with union-find would compare little."""
    random_cards = {card: person for card, person in people.items() if card.startswith("random")}
    assert 1_000 < len(set(random_cards.values())) < len(random_cards) - 1_000


def test_other_keys_in_another_order_change_nothing_but_names(people: dict[str, str]) -> None:
    of_random = partition({card: person for card, person in people.items() if card.startswith("random")})
    of_mirror = partition({card: person for card, person in people.items() if card.startswith("mirror-")})
    assert {frozenset(map(mirror_of, cards)) for cards in of_random} == of_mirror
