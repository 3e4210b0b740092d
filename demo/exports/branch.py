"""What the Tehran branch's own small CRM exports: Jalali dates, Persian digits, amounts in toman."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from demo.company import SEGMENT_IN_ICP
from demo.exports.identities import BRANCH_NAMES, World
from demo.exports.notation import blank_where, persian_amounts, persian_times, pick
from demo.exports.rows import Rows, write_delimited
from demo.randomness import Ints
from demo.sales import owners_of

SOURCE = "demo_tehran"
STAGE_NAMES = (
    "سرنخ تازه",
    "تأیید بازاریابی",
    "تأیید فروش",
    "پیشنهاد قیمت",
    "قرارداد",
    "پرداخت شد",
    "بازگشت",
    "ازدست‌رفته",
)
"""The branch's names, in the order of `demo.sales.STAGES`."""
SEGMENT_NAMES = ("خرده‌فروشی", "تولید", "لجستیک", "کسب‌وکار کوچک", "دولتی")
SOURCE_NAMES = ("اینستاگرام", "معرفی", "نمایشگاه", "مستقیم", "تلگرام")
TOMAN = 10
"""Rial in a toman."""


def write_branch(folder: Path, world: World) -> tuple[dict[str, int], list[Rows]]:
    """Write the files of demo_tehran; return rows a file and the rows with their mess."""
    exports = {
        "tehran_contacts.csv": _contacts(world),
        "tehran_companies.csv": _companies(world),
        "tehran_leads.csv": _leads(world),
        "tehran_deals.csv": _deals(world),
        "tehran_stage_log.csv": _stage_log(world),
        "tehran_payments.csv": _payments(world),
    }
    files = {name: write_delimited(folder / name, rows, delimiter=",") for name, rows in exports.items()}
    return files, list(exports.values())


def _leads(world: World) -> Rows:
    company, leads = world.company, world.company.leads
    own = np.flatnonzero(leads.is_branch)
    person = leads.person[own]
    segment = company.accounts.segment[company.people.account[person]]
    rng = world.rng("tehran_leads")
    rows = Rows(
        SOURCE,
        "leads",
        {
            "شناسه": pick(world.lead_ids, own),
            "شناسه مخاطب": pick(world.person_ids, person),
            "شناسه شرکت": pick(world.account_ids, company.people.account[person]),
            "نام": [BRANCH_NAMES[n % len(BRANCH_NAMES)] for n in person.tolist()],
            "موبایل": blank_where(~leads.has_phone[own], _mobiles(person)),
            "ایمیل": [f"branch{n}@example.com" for n in person.tolist()],
            "تاریخ ایجاد": persian_times(leads.created_at[own]),
            "منبع": [SOURCE_NAMES[n] for n in rng.integers(0, len(SOURCE_NAMES), len(own))],
            "صنعت": pick(SEGMENT_NAMES, segment),
            "بازار هدف": ["بله" if flag else "خیر" for flag in SEGMENT_IN_ICP[segment].tolist()],
            "کارشناس": owners_of(company)[own].tolist(),
        },
        key="شناسه",
    )
    rows.plant_unreadable_records(rng, "تاریخ ایجاد", ("۱۴۰۴/۱۳/۰۲ ۱۰:۰۰",), "not_a_timestamp")
    return rows


def _mobiles(person: Ints) -> list[str]:
    """Mobile numbers of an unassigned block, with Persian digits."""
    return [f"۰۹۰۰۰۰۰{_persian_digits(n % 10_000, 4)}" for n in person.tolist()]


def _contacts(world: World) -> Rows:
    company, leads = world.company, world.company.leads
    people: Ints = np.unique(leads.person[leads.is_branch])
    return Rows(
        SOURCE,
        "contacts",
        {
            "شناسه مخاطب": pick(world.person_ids, people),
            "شناسه شرکت": pick(world.account_ids, company.people.account[people]),
            "نام": [BRANCH_NAMES[n % len(BRANCH_NAMES)] for n in people.tolist()],
            "موبایل": _mobiles(people),
            "ایمیل": [f"branch{n}@example.com" for n in people.tolist()],
        },
        key="شناسه مخاطب",
    )


def _companies(world: World) -> Rows:
    company, leads = world.company, world.company.leads
    own: Ints = np.unique(company.people.account[leads.person[leads.is_branch]])
    segment = company.accounts.segment[own]
    return Rows(
        SOURCE,
        "companies",
        {
            "شناسه شرکت": pick(world.account_ids, own),
            "نام شرکت": [f"شرکت {_persian_digits(n + 1, 4)}" for n in own.tolist()],
            "صنعت": pick(SEGMENT_NAMES, segment),
            "بازار هدف": ["بله" if flag else "خیر" for flag in SEGMENT_IN_ICP[segment].tolist()],
            "تاریخ ایجاد": persian_times(company.accounts.created_at[own]),
        },
        key="شناسه شرکت",
    )


def _persian_digits(number: int, width: int) -> str:
    """Write a number of fixed width with Persian digits."""
    return "".join("۰۱۲۳۴۵۶۷۸۹"[int(digit)] for digit in f"{number:0{width}d}")


def _deals(world: World) -> Rows:
    deals = world.sales.deals
    own = np.flatnonzero(deals.is_branch)
    status = np.where(~np.isnat(deals.won_at[own]), "برنده", np.where(~np.isnat(deals.lost_at[own]), "بازنده", "باز"))
    return Rows(
        SOURCE,
        "deals",
        {
            "شناسه معامله": pick(world.deal_ids, own),
            "شناسه سرنخ": pick(world.lead_ids, deals.lead[own]),
            "شناسه مخاطب": pick(world.person_ids, deals.person[own]),
            "شناسه شرکت": pick(world.account_ids, deals.account[own]),
            "کارشناس": deals.owner[own].tolist(),
            "تاریخ ایجاد": persian_times(deals.created_at[own]),
            "تاریخ برد": persian_times(deals.won_at[own]),
            "تاریخ باخت": persian_times(deals.lost_at[own]),
            "وضعیت": status.tolist(),
            "مبلغ": persian_amounts(deals.amount[own] // TOMAN),
            "واحد": ["تومان"] * len(own),
        },
        key="شناسه معامله",
    )


def _stage_log(world: World) -> Rows:
    events, deals = world.sales.stage_events, world.sales.deals
    is_branch = np.where(events.lead >= 0, world.company.leads.is_branch[events.lead], deals.is_branch[events.deal])
    own = np.flatnonzero(is_branch)
    return Rows(
        SOURCE,
        "stage_log",
        {
            "شناسه": [f"TS-{n + 1}" for n in range(len(own))],
            "شناسه سرنخ": pick(world.lead_ids, events.lead[own]),
            "شناسه معامله": pick(world.deal_ids, events.deal[own]),
            "مرحله": pick(STAGE_NAMES, events.stage[own]),
            "تاریخ": persian_times(events.entered_at[own]),
        },
        key="شناسه",
    )


def _payments(world: World) -> Rows:
    deals = world.sales.deals
    paid: Ints = np.flatnonzero(deals.is_branch & ~np.isnat(deals.paid_at))
    return Rows(
        SOURCE,
        "payments",
        {
            "شناسه": [f"TP{n + 1}" for n in range(len(paid))],
            "شناسه معامله": pick(world.deal_ids, paid),
            "شناسه شرکت": pick(world.account_ids, deals.account[paid]),
            "تاریخ": persian_times(deals.paid_at[paid]),
            "مبلغ": persian_amounts(deals.amount[paid] // TOMAN),
            "واحد": ["تومان"] * len(paid),
        },
        key="شناسه",
    )
