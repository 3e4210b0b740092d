"""The default channel rules put what the usual systems say into the channel a marketer would name."""

import re
from pathlib import Path

import pytest

from orchestration.sources.definitions import read_definitions
from orchestration.sources.definitions.schema import Row
from orchestration.sources.definitions.schemas.attribution import MATCHERS

DEFAULTS = Path(__file__).resolve().parents[3] / "definitions"


@pytest.fixture(scope="module")
def rules() -> list[Row]:
    rows = next(file.rows for file in read_definitions(DEFAULTS) if file.name == "channel_rules")
    return sorted(rows, key=lambda row: int(str(row["priority"])))


def holds(pattern: str | None, value: str | None) -> bool:
    """Empty pattern: any. `(empty)`: nothing there. Else SQL LIKE, whatever the case of letters."""
    if pattern is None:
        return True
    if pattern == "(empty)" or value is None:
        return pattern == "(empty)" and value is None
    like = "".join({"%": ".*", "_": "."}.get(character, re.escape(character)) for character in pattern.lower())
    return re.fullmatch(like, value.lower(), re.DOTALL) is not None


def channel(rules: list[Row], said: dict[str, str]) -> str | None:
    for rule in rules:
        if all(holds(rule[name], said.get(name)) for name in MATCHERS):
            return rule["channel"]
    return None


def tags(source: str, medium: str, campaign: str = "spring") -> dict[str, str]:
    return {"utm_source": source, "utm_medium": medium, "utm_campaign": campaign}


METRIKA = {"source_system": "yandex_metrika", "kind": "visit"}
"""A visit as the staging of Metrika tells it: its label is the traffic source, with the system behind a slash."""


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (tags("yandex", "cpc"), "paid_search"),
        (tags("Google", "CPC"), "paid_search"),
        (tags("yandex", "cpc", "search_brand_msk"), "brand_search"),
        (tags("yandex", "cpc", "поиск_бренд"), "brand_search"),
        (tags("google", "cpc", "non-brand_search"), "paid_search"),
        (tags("yandex", "cpc", "nonbrand"), "paid_search"),
        (tags("yandex", "cpc", "ретаргетинг_корзина"), "retargeting"),
        (tags("vk", "cpc"), "paid_social"),
        (tags("vk", "social"), "social"),
        (tags("vk", "cpc", "brand_video"), "paid_social"),
        (tags("facebook", "paid_social"), "paid_social"),
        (tags("sendsay", "email"), "email"),
        (tags("newsletter_june", "email"), "email"),
        (tags("yandex", "cpm"), "display"),
        (tags("yandex", "organic"), "organic_search"),
        (tags("admitad", "cpa"), "affiliate"),
        (tags("some_site", "cpc"), "paid_other"),
        (tags("some_site", "something"), "other"),
        ({"click_id_kind": "yclid"}, "paid_search"),
        ({"click_id_kind": "gclid", "referrer_domain": "www.google.com"}, "paid_search"),
        ({"click_id_kind": "fbclid"}, "social"),
        ({**tags("vk", "cpc"), "click_id_kind": "gclid"}, "paid_social"),
        ({"platform": "yandex_direct"}, "paid_search"),
        ({"platform": "meta_ads", "click_id_kind": "fbclid"}, "paid_social"),
        ({"kind": "visit", "referrer_domain": "www.google.ru"}, "organic_search"),
        ({"kind": "visit", "referrer_domain": "yandex.ru"}, "organic_search"),
        ({"kind": "visit", "referrer_domain": "m.vk.com"}, "social"),
        ({"kind": "visit", "referrer_domain": "mail.google.com"}, "email"),
        ({"kind": "visit", "referrer_domain": "blog.example.org"}, "referral"),
        ({"kind": "visit"}, "direct"),
        ({"kind": "call"}, "sales"),
        ({"kind": "meeting"}, "sales"),
        ({"kind": "call", **tags("yandex", "cpc")}, "paid_search"),
        ({"kind": "mailing_clicked"}, "email"),
        ({**METRIKA, "channel_label": "ad/ya_direct"}, "paid_search"),
        ({**METRIKA, "channel_label": "ad/ya_direct", **tags("yandex", "cpc", "ретаргетинг")}, "retargeting"),
        ({**METRIKA, "channel_label": "ad"}, "paid_other"),
        ({**METRIKA, "channel_label": "ad/market"}, "paid_other"),
        ({**METRIKA, "channel_label": "organic/google"}, "organic_search"),
        ({**METRIKA, "channel_label": "social/vkontakte", "referrer_domain": "vk.com"}, "social"),
        ({**METRIKA, "channel_label": "referral", "referrer_domain": "blog.example.org"}, "referral"),
        ({**METRIKA, "channel_label": "direct"}, "direct"),
        ({**METRIKA, "channel_label": "internal", "referrer_domain": "shop.example"}, "direct"),
        ({"channel_label": "organic_search"}, "organic_search"),
        ({"channel_label": "Organic Search"}, "organic_search"),
        ({"channel_label": "direct_traffic"}, "direct"),
        ({"channel_label": "Direct Traffic"}, "direct"),
        ({"channel_label": "other_publicities"}, "other"),
        ({"channel_label": "Online Display"}, "display"),
        ({"channel_label": "Online Video"}, "video"),
        ({"channel_label": "Instagram"}, "social"),
        ({"channel_label": "Рекомендация клиента"}, "referral"),
        ({"channel_label": "Холодный звонок"}, "outbound"),
        ({"channel_label": "Переходы по рекламе"}, "paid_other"),
        ({"channel_label": "unknown"}, "unknown"),
        ({}, None),
        ({"channel_label": "a name that nobody has mapped"}, None),
    ],
)
def test_what_a_system_says_falls_into_its_channel(
    rules: list[Row], said: dict[str, str], expected: str | None
) -> None:
    assert channel(rules, said) == expected
