"""The synthetic company inside the vendors' simulators, with the instants at which each system came to know what it holds.

Nothing in a feed depends on the mornings on which somebody asks: an earlier morning is told what was known then.
"""

from demo.feeds.living import MORNINGS, LivingCompany, living_company

__all__ = ["MORNINGS", "LivingCompany", "living_company"]
