"""Keys, names and contact data under which the systems know the company's people, leads and deals.

All contact data is impossible on purpose: phones of the unassigned block 900 000-xx-xx, addresses of example.com.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from demo.company import Company
from demo.journeys import Journeys
from demo.randomness import Flags, generator_for
from demo.reviews import CallReviews, build_call_reviews
from demo.sales import Sales

FIRST_NAMES = ("Анна", "Борис", "Вера", "Глеб", "Дарья", "Егор", "Инна", "Кирилл", "Лариса", "Максим", "Ольга", "Павел")
SURNAMES = (
    "Авдеенко",
    "Борейко",
    "Вдовиченко",
    "Гулько",
    "Дейнеко",
    "Ильченко",
    "Коваленко",
    "Лысенко",
    "Моргун",
    "Резник",
)
BRANCH_NAMES = ("آرش", "بهار", "پویا", "ترانه", "جمشید", "دریا", "رامین", "سارا", "کاوه", "مینا")
COMPANY_WORDS = (
    "Альфа",
    "Балт",
    "Вектор",
    "Град",
    "Дельта",
    "Исток",
    "Кама",
    "Луч",
    "Меридиан",
    "Нева",
    "Орион",
    "Полюс",
)
COMPANY_ENDS = ("Склад", "Торг", "Логистик", "Пром", "Снаб", "Маркет", "Групп", "Транс")
LOST_CONTACT_SHARE = 0.025
"""Share of leads that the CRM holds without a contact card."""


@dataclass(frozen=True)
class World:
    """The company with everything that happened, and the keys under which its systems wrote it down."""

    company: Company
    journeys: Journeys
    sales: Sales

    def rng(self, area: str) -> np.random.Generator:
        """Return the generator of one export."""
        return generator_for(self.company.seed, f"exports/{area}")

    @cached_property
    def call_reviews(self) -> CallReviews:
        """What was heard in calls; a table beside the CRM."""
        return build_call_reviews(self.company, self.sales.contacts)

    @cached_property
    def lead_ids(self) -> list[str]:
        """CRM key of each lead: Moscow's are numbers, the branch's begin with T-."""
        return [
            f"T-{1000 + n}" if branch else str(100_001 + n) for n, branch in enumerate(self.company.leads.is_branch)
        ]

    @cached_property
    def person_ids(self) -> list[str]:
        """CRM key of each person."""
        branch = np.zeros(len(self.company.people.account), dtype=bool)
        branch[self.company.leads.person] = self.company.leads.is_branch
        return [f"TP-{1000 + n}" if is_branch else str(300_001 + n) for n, is_branch in enumerate(branch.tolist())]

    @cached_property
    def account_ids(self) -> list[str]:
        """CRM key of each account."""
        branch = np.zeros(len(self.company.accounts.segment), dtype=bool)
        branch[self.company.people.account[self.company.leads.person]] = self.company.leads.is_branch
        return [f"TA-{1000 + n}" if is_branch else str(400_001 + n) for n, is_branch in enumerate(branch.tolist())]

    @cached_property
    def deal_ids(self) -> list[str]:
        """CRM key of each deal."""
        return [f"T-D{500 + n}" if branch else str(500_001 + n) for n, branch in enumerate(self.sales.deals.is_branch)]

    @cached_property
    def phones(self) -> list[str]:
        """Phone of each person as the card shows it."""
        return [
            f"8 (900) {n // 10_000:03d}-{n // 100 % 100:02d}-{n % 100:02d}"
            for n in range(len(self.company.people.account))
        ]

    @cached_property
    def emails(self) -> list[str]:
        """E-mail of each person."""
        return [f"contact{n + 1}@example.com" for n in range(len(self.company.people.account))]

    @cached_property
    def names(self) -> list[str]:
        """Full name of each person; it must never pass the door."""
        return [
            f"{FIRST_NAMES[n % len(FIRST_NAMES)]} {SURNAMES[n // len(FIRST_NAMES) % len(SURNAMES)]}"
            for n in range(len(self.company.people.account))
        ]

    @cached_property
    def account_names(self) -> list[str]:
        """Trade name of each account."""
        return [
            f"{COMPANY_WORDS[n % 12]}{COMPANY_ENDS[n // 12 % 8]}-{n // 96 + 1}"
            for n in range(len(self.company.accounts.segment))
        ]

    @cached_property
    def is_lost_contact(self) -> Flags:
        """Leads without a contact card."""
        leads = self.company.leads
        return (self.rng("lost_contacts").random(len(leads)) < LOST_CONTACT_SHARE) & ~leads.is_branch

    @cached_property
    def client_ids(self) -> list[str]:
        """Web client of each person as the counter writes it: 19 digits, more than a double holds."""
        return [str(client) for client in self.journeys.client_of_person.tolist()]
