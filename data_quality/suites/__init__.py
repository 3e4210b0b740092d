"""Suites by area. Adding a check is one line in the file of the area."""

from __future__ import annotations

from data_quality.checks import Check
from data_quality.suites import leads_and_deals, money, people_and_accounts, plans_and_decisions, touches

SUITES: dict[str, list[Check]] = {
    **people_and_accounts.SUITES,
    **leads_and_deals.SUITES,
    **touches.SUITES,
    **money.SUITES,
    **plans_and_decisions.SUITES,
}
"""Contract → its checks."""
