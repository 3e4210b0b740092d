"""What the feeds put into the simulators beside the world's own rows, so that a test can count it again."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class CrmBooks:
    """Mess of amoCRM's feed; ids of its leads and contacts.

    duplicates, tests : leads made beside the world's. deleted, restored : leads, of those deleted the ones that came back.
    merged : contact that was dissolved → contact that stays. deleted_contacts : gone without a successor; the lead of each
    has no contact any more. several_cards : contacts of one person, the first is the world's. several_emails : a contact
    with three. untagged : paid leads without UTM tags. by_hand : notes of calls that were logged late. late_answers :
    leads with a criterion that was answered after they were made. restated : leads whose price was corrected after the
    proposal. backdated : lost leads whose closing date was put back later. reassigned : leads that a rep who left handed
    to a colleague. twice_handed : leads with two hand-overs. backwards : leads that went back a stage. reopened : leads
    taken up again after they were lost. deleted_tasks : tasks.
    """

    duplicates: tuple[int, ...]
    tests: tuple[int, ...]
    deleted: tuple[int, ...]
    restored: tuple[int, ...]
    merged: dict[int, int]
    deleted_contacts: tuple[int, ...]
    several_cards: tuple[int, ...]
    several_emails: int
    untagged: tuple[int, ...]
    by_hand: tuple[int, ...]
    late_answers: tuple[int, ...]
    restated: tuple[int, ...]
    backdated: tuple[int, ...]
    reassigned: tuple[int, ...]
    twice_handed: tuple[int, ...]
    backwards: tuple[int, ...]
    reopened: tuple[int, ...]
    deleted_tasks: tuple[int, ...]


@dataclass(frozen=True)
class DirectBooks:
    """Mess of Direct's feed.

    invalid_clicks, invalid_kopecks : clicks and money, without VAT, of first versions that were given back. invalid_days :
    Moscow days (ISO) whose first version had some. late_conversions : conversions known later than the morning after their
    click. conversions : all of them. deleted_ads : ads that are gone. archived : campaigns (ids) that ended.
    """

    invalid_clicks: int
    invalid_kopecks: int
    invalid_days: tuple[str, ...]
    late_conversions: int
    conversions: int
    deleted_ads: tuple[int, ...]
    archived: tuple[int, ...]


@dataclass(frozen=True)
class MetrikaBooks:
    """Mess of Metrika's feed; ids of visits as their text.

    robots : visits that were taken back. changed : visits that became longer within three days. with_email : visits whose
    first address holds an e-mail.
    """

    robots: tuple[str, ...]
    changed: tuple[str, ...]
    with_email: tuple[str, ...]
