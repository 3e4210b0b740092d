"""Campaigns of the synthetic company: those every size has, and those that only the larger sizes have beside them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Campaign:
    """One campaign of a channel. `weight` is its share inside the channel, `click_cost` in roubles without VAT.

    A campaign with `renamed_on` (a local day) was called `former_name` before; its id stays.
    """

    campaign_id: str
    name: str
    channel: str
    platform: str
    started_on: str
    ended_on: str
    weight: float
    click_cost: float
    utm_campaign: str
    renamed_on: str = ""
    former_name: str = ""


CAMPAIGNS = (
    Campaign(
        "70100101", "Поиск: WMS система", "paid_search", "yandex_direct", "2025-01-01", "", 3.0, 435, "search_wms"
    ),
    Campaign(
        "70100102", "Поиск: учёт на складе", "paid_search", "yandex_direct", "2025-01-01", "", 2.0, 288, "search_uchet"
    ),
    Campaign(
        "70100103",
        "Поиск: адресное хранение",
        "paid_search",
        "yandex_direct",
        "2025-02-10",
        "",
        1.0,
        354,
        "search_adres",
    ),
    Campaign(
        "70100104",
        "Поиск: автоматизация склада",
        "paid_search",
        "yandex_direct",
        "2025-01-01",
        "2025-12-31",
        2.0,
        486,
        "search_auto",
    ),
    Campaign("70100105", "Поиск: ТСД", "paid_search", "yandex_direct", "2025-06-01", "", 1.0, 222, "search_tsd"),
    Campaign(
        "70100106", "Поиск: маркировка", "paid_search", "yandex_direct", "2025-09-01", "", 1.5, 264, "search_mark"
    ),
    Campaign(
        "70100201", "Бренд: Северный Ветер", "brand_search", "yandex_direct", "2025-01-01", "", 3.0, 63, "brand_sv"
    ),
    Campaign("70100202", "Бренд: отзывы", "brand_search", "yandex_direct", "2025-04-01", "", 1.0, 72, "brand_otzyvy"),
    Campaign(
        "70100301",
        "Ретаргетинг: посетители",
        "retargeting",
        "yandex_direct",
        "2025-01-01",
        "",
        2.0,
        51,
        "retarget_visit",
    ),
    Campaign(
        "70100302",
        "Ретаргетинг: брошенная форма",
        "retargeting",
        "yandex_direct",
        "2025-03-01",
        "",
        1.0,
        66,
        "retarget_form",
    ),
    Campaign("5501", "VK: логисты", "paid_social", "vk_ads", "2025-01-01", "", 2.0, 114, "vk_logist"),
    Campaign("5502", "VK: собственники", "paid_social", "vk_ads", "2025-01-01", "2026-02-28", 1.5, 156, "vk_owner"),
    Campaign(
        "5503",
        "VK: бесплатный аудит склада",
        "paid_social",
        "vk_ads",
        "2025-09-15",
        "2025-11-15",
        9.0,
        57,
        "vk_free_audit",
    ),
    Campaign("5504", "VK: чек-лист инвентаризации", "paid_social", "vk_ads", "2025-05-01", "", 1.0, 81, "vk_checklist"),
    Campaign("5505", "VK: ретаргетинг", "retargeting", "vk_ads", "2025-02-01", "", 1.0, 45, "vk_retarget"),
    Campaign("5506", "VK: похожая аудитория", "paid_social", "vk_ads", "2026-01-15", "", 1.0, 99, "vk_lookalike"),
    Campaign("ml-001", "Рассылка: дайджест", "email", "mailing", "2025-01-01", "", 3.0, 0, "digest"),
    Campaign("ml-002", "Рассылка: кейсы", "email", "mailing", "2025-02-01", "", 2.0, 0, "cases"),
    Campaign("ml-003", "Рассылка: прогрев", "email", "mailing", "2025-01-01", "", 2.0, 0, "nurture"),
    Campaign("ml-004", "Рассылка: новый год", "email", "mailing", "2025-12-01", "2026-01-31", 2.0, 0, "newyear"),
    Campaign(
        "wb-2025-1", "Вебинар: склад без ошибок", "webinar", "webinar", "2025-01-01", "2025-06-30", 1.0, 0, "webinar_1"
    ),
    Campaign(
        "wb-2025-2", "Вебинар: маркировка 2026", "webinar", "webinar", "2025-07-01", "2025-12-31", 1.0, 0, "webinar_2"
    ),
    Campaign("wb-2026-1", "Вебинар: окупаемость WMS", "webinar", "webinar", "2026-01-01", "", 1.0, 0, "webinar_3"),
    Campaign("pt-01", "Партнёры: интеграторы 1С", "referral", "partners", "2025-01-01", "", 2.0, 0, "partner_1c"),
    Campaign("pt-02", "Партнёры: консультанты", "referral", "partners", "2025-04-01", "", 1.0, 0, "partner_consult"),
)
"""Campaigns of every size."""

LARGER_CAMPAIGNS = (
    Campaign(
        "70100107",
        "Поиск: WMS для маркетплейсов",
        "paid_search",
        "yandex_direct",
        "2025-03-03",
        "",
        1.0,
        398,
        "search_mp",
    ),
    Campaign(
        "70100108",
        "Поиск: складской учёт онлайн",
        "paid_search",
        "yandex_direct",
        "2025-01-15",
        "2025-10-31",
        0.8,
        276,
        "search_online",
    ),
    Campaign(
        "70100109",
        "Поиск: штрихкодирование",
        "paid_search",
        "yandex_direct",
        "2025-02-03",
        "",
        0.6,
        231,
        "search_barcode",
    ),
    Campaign(
        "70100110",
        "Поиск: инвентаризация склада",
        "paid_search",
        "yandex_direct",
        "2025-04-07",
        "",
        0.7,
        249,
        "search_invent",
    ),
    Campaign(
        "70100111",
        "Поиск: WMS цена",
        "paid_search",
        "yandex_direct",
        "2025-01-01",
        "",
        0.9,
        512,
        "search_price",
        renamed_on="2025-11-05",
        former_name="Поиск: сколько стоит WMS",
    ),
    Campaign(
        "70100112",
        "Поиск: ответственное хранение",
        "paid_search",
        "yandex_direct",
        "2025-05-12",
        "2026-03-31",
        0.5,
        318,
        "search_3pl",
    ),
    Campaign(
        "70100113",
        "Поиск: управление запасами",
        "paid_search",
        "yandex_direct",
        "2025-06-16",
        "",
        0.8,
        337,
        "search_stock",
    ),
    Campaign(
        "70100114",
        "Поиск: программа для склада",
        "paid_search",
        "yandex_direct",
        "2025-01-01",
        "",
        1.2,
        291,
        "search_program",
        renamed_on="2025-07-14",
        former_name="Поиск: программа складского учёта",
    ),
    Campaign(
        "70100115",
        "Поиск: холодный склад",
        "paid_search",
        "yandex_direct",
        "2025-08-04",
        "2026-01-31",
        0.3,
        364,
        "search_cold",
    ),
    Campaign(
        "70100116", "Поиск: ЕГАИС склад", "paid_search", "yandex_direct", "2025-09-08", "", 0.4, 343, "search_egais"
    ),
    Campaign(
        "70100117",
        "Поиск: склад интернет-магазина",
        "paid_search",
        "yandex_direct",
        "2025-03-17",
        "",
        0.8,
        307,
        "search_eshop",
    ),
    Campaign(
        "70100118",
        "Поиск: сборка заказов",
        "paid_search",
        "yandex_direct",
        "2025-10-06",
        "",
        0.6,
        289,
        "search_picking",
    ),
    Campaign(
        "70100119",
        "Поиск: интеграция 1С склад",
        "paid_search",
        "yandex_direct",
        "2025-02-17",
        "",
        0.9,
        326,
        "search_1c",
    ),
    Campaign(
        "70100120", "Поиск: логистика FMCG", "paid_search", "yandex_direct", "2025-11-17", "", 0.4, 381, "search_fmcg"
    ),
    Campaign(
        "70100121",
        "Поиск: кросс-докинг",
        "paid_search",
        "yandex_direct",
        "2026-01-19",
        "",
        0.4,
        372,
        "search_crossdock",
    ),
    Campaign(
        "70100122",
        "Поиск: WMS Казань",
        "paid_search",
        "yandex_direct",
        "2025-04-01",
        "2025-12-31",
        0.3,
        268,
        "search_kazan",
    ),
    Campaign(
        "70100123", "Поиск: WMS Екатеринбург", "paid_search", "yandex_direct", "2025-04-01", "", 0.4, 261, "search_ekb"
    ),
    Campaign(
        "70100124", "Поиск: WMS Новосибирск", "paid_search", "yandex_direct", "2025-04-01", "", 0.4, 254, "search_nsk"
    ),
    Campaign(
        "70100125",
        "Поиск: WMS Краснодар",
        "paid_search",
        "yandex_direct",
        "2025-04-01",
        "2026-04-30",
        0.3,
        247,
        "search_krd",
    ),
    Campaign(
        "70100126",
        "РСЯ: логистика",
        "paid_search",
        "yandex_direct",
        "2025-01-20",
        "",
        0.7,
        96,
        "rsy_logist",
        renamed_on="2026-02-02",
        former_name="РСЯ: интересы «логистика»",
    ),
    Campaign("70100127", "РСЯ: производство", "paid_search", "yandex_direct", "2025-03-10", "", 0.5, 89, "rsy_factory"),
    Campaign(
        "70100128",
        "РСЯ: розничные сети",
        "paid_search",
        "yandex_direct",
        "2025-05-05",
        "2025-11-30",
        0.5,
        92,
        "rsy_retail",
    ),
    Campaign(
        "70100129",
        "РСЯ: похожие на клиентов",
        "paid_search",
        "yandex_direct",
        "2026-02-09",
        "",
        0.6,
        101,
        "rsy_lookalike",
    ),
    Campaign(
        "70100130",
        "Поиск: замена зарубежной WMS",
        "paid_search",
        "yandex_direct",
        "2025-01-01",
        "",
        0.8,
        498,
        "search_replace",
        renamed_on="2025-09-01",
        former_name="Поиск: импортозамещение WMS",
    ),
    Campaign("70100203", "Бренд: цена", "brand_search", "yandex_direct", "2025-02-03", "", 0.8, 69, "brand_price"),
    Campaign(
        "70100204",
        "Бренд: вход и поддержка",
        "brand_search",
        "yandex_direct",
        "2025-06-02",
        "2026-02-28",
        0.5,
        48,
        "brand_login",
    ),
    Campaign(
        "70100205", "Бренд: ошибки в названии", "brand_search", "yandex_direct", "2025-09-15", "", 0.4, 57, "brand_typo"
    ),
    Campaign(
        "70100303",
        "Ретаргетинг: смотрели тарифы",
        "retargeting",
        "yandex_direct",
        "2025-04-14",
        "",
        1.0,
        72,
        "retarget_price",
        renamed_on="2025-12-15",
        former_name="Ретаргетинг: /tarify",
    ),
    Campaign(
        "70100304",
        "Ретаргетинг: читатели блога",
        "retargeting",
        "yandex_direct",
        "2025-07-07",
        "2026-03-31",
        0.7,
        42,
        "retarget_blog",
    ),
    Campaign(
        "70100305", "Ретаргетинг: база CRM", "retargeting", "yandex_direct", "2025-10-20", "", 0.8, 78, "retarget_crm"
    ),
    Campaign("5507", "VK: производство", "paid_social", "vk_ads", "2025-03-03", "2025-08-31", 0.8, 108, "vk_factory"),
    Campaign(
        "5508",
        "VK: маркетплейсы",
        "paid_social",
        "vk_ads",
        "2025-07-01",
        "",
        1.0,
        96,
        "vk_mp",
        renamed_on="2026-01-20",
        former_name="VK: продавцы маркетплейсов",
    ),
    Campaign("5509", "VK: кейсы клиентов", "paid_social", "vk_ads", "2025-11-24", "", 0.8, 117, "vk_cases"),
    Campaign("ml-005", "Рассылка: возвращение", "email", "mailing", "2025-06-01", "", 1.0, 0, "winback"),
    Campaign("pt-03", "Партнёры: поставщики ТСД", "referral", "partners", "2025-09-01", "", 1.0, 0, "partner_tsd"),
)
"""Campaigns that the larger sizes have beside those of `CAMPAIGNS`; some begin, end or are renamed on the way."""
ALL_CAMPAIGNS = CAMPAIGNS + LARGER_CAMPAIGNS
"""Every campaign; those of every size come first, so that one position names the same campaign in all of them."""
