"""May this user use this feature, why, and how much is left: now or as of any instant."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from portal.catalog.revisions import catalog_at, catalog_of
from portal.core import clock
from portal.entitlements.answers import Answer, LimitBlock
from portal.entitlements.buckets import Calendar
from portal.entitlements.counted import Counts, Left, counts_of, what_is_left
from portal.entitlements.load import Facts, facts_of, facts_then, subject_of
from portal.entitlements.resolution import Decision
from portal.entitlements.snapshots import Standing, remember, remembered


def check_feature_access(
    *, user_id: int, feature_name: str, at: datetime | None = None, quantity: int | None = None
) -> Answer:
    """The answer for one feature. With a quantity: would so much be allowed? Takes nothing.

    Raises:
        NotFound: there is no such user.
    """
    found = standing(facts_of(user_id=user_id), at)
    return answers_of(found, [feature_name], at, quantity)[0]


def get_user_features(
    *, user_id: int, at: datetime | None = None, category: str | None = None
) -> list[Answer]:
    """The answers for all features on offer, or those of one category.

    Raises:
        NotFound: there is no such user.
    """
    return all_answers(standing(facts_of(user_id=user_id), at), at, category)


def get_tenant_features(
    *, tenant_id: int, at: datetime | None = None, category: str | None = None
) -> list[Answer]:
    """The same for a tenant as such: what a user without overrides of their own gets.

    Raises:
        NotFound: there is no such tenant.
    """
    return all_answers(standing(facts_of(tenant_id=tenant_id), at), at, category)


def fresh_answer(
    *, tenant_id: int, user_id: int | None, feature_name: str, at: datetime | None = None
) -> Answer:
    """The answer from what the running transaction sees, past anything that is remembered."""
    facts = facts_of(user_id=user_id, tenant_id=tenant_id)
    return answers_of(_read(facts, at or clock.now()), [feature_name], at)[0]


def standing_of(*, user_id: int | None = None, tenant_id: int | None = None) -> Standing:
    """Where a user or tenant stands now; its versions are read afresh.

    Raises:
        NotFound: there is no such user or tenant.
    """
    return standing(facts_of(user_id=user_id, tenant_id=tenant_id))


def standing(facts: Facts, at: datetime | None = None) -> Standing:
    """Where they stand, remembered as long as it is true; as of a past instant from history.

    A future instant is answered from the present catalogue and what is scheduled by now.
    """
    now = clock.now()
    if at is not None and at < now:
        return _read_then(facts, at)
    found = remembered(facts, now)
    if found is None:
        found = _read(facts, now)
        remember(found)
    return found


def _read(facts: Facts, at: datetime) -> Standing:
    catalog = catalog_of(facts.catalog_version)
    subject, anchor_at = subject_of(facts, catalog, at)
    return Standing(facts, subject, catalog, anchor_at, since=at)


def _read_then(facts: Facts, at: datetime) -> Standing:
    catalog, then = catalog_at(at), facts_then(facts, at)
    subject, anchor_at = subject_of(then, catalog, at)
    return Standing(then, subject, catalog, anchor_at, since=at)


def all_answers(
    found: Standing, at: datetime | None = None, category: str | None = None
) -> list[Answer]:
    """The answers for all features on offer, or those of one category."""
    return answers_of(found, names_on_offer(found, category), at)


def names_on_offer(found: Standing, category: str | None = None) -> list[str]:
    """In the order of the catalogue."""
    return [
        feature.name
        for feature in found.catalog.features.values()
        if not feature.is_archived and category in (None, feature.category)
    ]


def answers_of(
    found: Standing,
    feature_names: Sequence[str],
    at: datetime | None = None,
    quantity: int | None = None,
) -> list[Answer]:
    """The answers for these features, their counters read in one statement."""
    moment = at or clock.now()
    decisions = [found.decide(name, moment) for name in feature_names]
    blocks = _left_now(found, decisions, moment).blocks
    return [
        answer_to(found, each, blocks.get(each.feature_name), moment, quantity)
        for each in decisions
    ]


def _left_now(found: Standing, decisions: Iterable[Decision], at: datetime) -> Left:
    counted = [decision for decision in decisions if decision.allowance is not None]
    if not counted:
        return Left({}, None)
    names = list({decision.feature_name for decision in counted})
    return left_of(found, counted, at, counts_of(found.tenant_id, found.user_id, names))


def left_of(found: Standing, counted: Iterable[Decision], at: datetime, counts: Counts) -> Left:
    """What is left of these, which are counted."""
    calendar = Calendar(found.anchor_at, found.zone)
    return what_is_left(counts, counted, user_id=found.user_id, calendar=calendar, at=at)


def answer_to(
    found: Standing,
    decision: Decision,
    block: LimitBlock | None,
    at: datetime,
    quantity: int | None = None,
) -> Answer:
    """A decision together with what is left; nothing left, or too little, denies."""
    is_used_up = block is not None and not block.has_room(quantity or 1)
    change = decision.next_change_at
    if block is not None and block.changes_at is not None and not block.is_unlimited:
        change = min(change or block.changes_at, block.changes_at)
    return Answer(
        decision=decision,
        allowed=decision.allowed and not is_used_up,
        reason=f"{decision.reason}_USAGE_EXCEEDED" if is_used_up else decision.reason.value,
        limit=block,
        next_change_at=change,
        evaluated_at=at,
        standing=found,
    )
