"""The default channel rules put what the usual systems say into the channel a marketer would name."""

from pathlib import Path

import pytest

from orchestration.sources.definitions import broken_examples, channels_of, read_definitions
from orchestration.sources.definitions.schema import Row

DEFAULTS = Path(__file__).resolve().parents[3] / "definitions"


@pytest.fixture(scope="module")
def rules() -> list[Row]:
    return list(next(file.rows for file in read_definitions(DEFAULTS) if file.name == "channel_rules"))


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
        ({}, "unknown"),
        ({"channel_label": "a name that nobody has mapped"}, "unknown"),
    ],
)
def test_what_a_system_says_falls_into_its_channel(rules: list[Row], said: dict[str, str], expected: str) -> None:
    ((channel, _),) = channels_of(rules, [said])
    assert channel == expected


def test_every_default_rule_has_an_example_and_takes_it() -> None:
    files = {file.name: file for file in read_definitions(DEFAULTS)}
    tried = {row["rule_id"] for row in files["channel_rule_examples"].rows}
    assert {row["rule_id"] for row in files["channel_rules"].rows} == tried - {None}
    assert broken_examples(list(files.values())) == []


def rule(rule_id: str, priority: int, channel: str, **matchers: str) -> Row:
    return {"rule_id": rule_id, "priority": str(priority), "channel": channel, **matchers}


def test_the_first_rule_by_priority_takes_a_touch_and_what_none_takes_is_unknown() -> None:
    rules = [
        rule("anything_tagged", 1000, "other", utm_source="_%"),
        rule("shop_mail", 90, "email", utm_source="shop%", utm_medium="MAIL"),
        rule("untagged_visit", 9, "direct", kind="visit", utm_source="(empty)"),
    ]
    touches: list[Row] = [
        {"utm_source": "Shop_June", "utm_medium": "mail"},
        {"utm_source": "Shop_June", "utm_medium": "e-mail"},
        {"kind": "visit"},
        {"kind": "visit", "utm_source": ""},
        {"kind": "call"},
    ]
    assert channels_of(rules, touches) == [
        ("email", "shop_mail"),
        ("other", "anything_tagged"),
        ("direct", "untagged_visit"),
        ("direct", "untagged_visit"),
        ("unknown", None),
    ]
