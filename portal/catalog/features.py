"""Creating, changing, killing, reviving and archiving features."""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace

import sqlalchemy as sa

from portal.audit.actions import Action
from portal.audit.ledger import Target, record
from portal.catalog.models import FeatureCategory, FeatureRow
from portal.catalog.plan_rules import HIGHEST_LEVEL
from portal.catalog.refusals import Archived, BadTerms, NameTaken, NoSuchFeature
from portal.catalog.revisions import feature_of, lock_catalog, publish_revision
from portal.catalog.snapshot import Feature, Interval
from portal.core import clock
from portal.core.actor import Actor, ActorType
from portal.core.database import db
from portal.core.errors import Conflict
from portal.core.staleness import Stale
from portal.core.text import is_blank

NAME = r"[a-z0-9_.-]{2,64}"


@dataclass(frozen=True, slots=True)
class FeatureTerms:
    """Everything about a feature but its name."""

    display_name: str
    description: str = ""
    category: str = FeatureCategory.OTHER.value
    is_default: bool = False
    min_plan_level: int = 0
    is_metered: bool = False
    unit: str | None = None
    interval: Interval = Interval.MONTH


def terms_of(row: FeatureRow) -> FeatureTerms:
    found = feature_of(row)
    return FeatureTerms(**{name: getattr(found, name) for name in FeatureTerms.__slots__})


def proposed_feature(now: Feature | None, name: str, terms: FeatureTerms) -> Feature:
    """The feature as it would stand with these terms: for drafts."""
    return replace(now or Feature(name), **asdict(terms))


def feature_or_404(name: str) -> FeatureRow:
    """The feature of this name, archived or not.

    Raises:
        NoSuchFeature: there is none.
    """
    found = db.session.scalar(sa.select(FeatureRow).filter_by(name=name[:65]))
    if found is None:
        raise NoSuchFeature("There is no feature of this name.")
    return found


def create_feature(*, by: Actor, name: str, terms: FeatureTerms) -> FeatureRow:
    """Offer something new. Its name never changes.

    Raises:
        BadTerms, NameTaken: see the classes.
    """
    check_name(name)
    check_terms(terms)
    lock_catalog()
    if db.session.scalar(sa.select(sa.exists().where(FeatureRow.name == name))):
        raise NameTaken("There is a feature of this name. Choose another one.", field="name")
    row = FeatureRow(name=name, created_at=clock.now(), **_columns(terms))
    db.session.add(row)
    db.session.flush()
    changes = {field: (None, value) for field, value in _columns(terms).items()}
    _record(Action.FEATURE_CREATED, by, row, changes=changes)
    publish_revision(by=by)
    return row


def change_feature(
    *, by: Actor, name: str, version: int, terms: FeatureTerms, reason: str | None = None
) -> FeatureRow:
    """Give a feature other terms; the same ones again change nothing.

    Raises:
        NoSuchFeature, BadTerms, Archived: see the classes.
        Stale: it is not at this version any more.
    """
    check_terms(terms)
    row = _feature_to_change(name, version)
    old, new = _columns(terms_of(row)), _columns(terms)
    changes = {field: (old[field], new[field]) for field in new if old[field] != new[field]}
    if not changes:
        return row
    for field, (_, value) in changes.items():
        setattr(row, field, value)
    row.version += 1
    _record(Action.FEATURE_CHANGED, by, row, changes=changes, reason=reason)
    publish_revision(by=by)
    return row


def kill_feature(*, by: Actor, name: str, reason: str) -> FeatureRow:
    """Take a feature from everybody at once, whatever was granted.

    Raises:
        NoSuchFeature, Archived: see the classes.
        BadTerms: no reason was given.
        Conflict: it is killed already.
    """
    check_reason(reason)
    row = _feature_to_change(name)
    if row.killed_at is not None:
        raise Conflict(f"{row.display_name} is switched off for everybody already.")
    row.killed_at = clock.now()
    row.killed_by = by.id if by.type is ActorType.ADMIN else None
    row.version += 1
    _record(Action.FEATURE_KILLED, by, row, changes={"killed": (False, True)}, reason=reason)
    publish_revision(by=by)
    return row


def revive_feature(*, by: Actor, name: str, reason: str) -> FeatureRow:
    """Undo the kill switch: everybody has again what plans and grants say.

    Raises:
        NoSuchFeature, Archived: see the classes.
        BadTerms: no reason was given.
        Conflict: it is not killed.
    """
    check_reason(reason)
    row = _feature_to_change(name)
    if row.killed_at is None:
        raise Conflict(f"{row.display_name} is not switched off.")
    row.killed_at = row.killed_by = None
    row.version += 1
    _record(Action.FEATURE_REVIVED, by, row, changes={"killed": (True, False)}, reason=reason)
    publish_revision(by=by)
    return row


def archive_feature(*, by: Actor, name: str, reason: str) -> FeatureRow:
    """Stop offering a feature for good. It is unknown to every check from now on.

    Raises:
        NoSuchFeature, Archived: see the classes.
        BadTerms: no reason was given.
    """
    check_reason(reason)
    row = _feature_to_change(name)
    row.archived_at = clock.now()
    row.version += 1
    _record(Action.FEATURE_ARCHIVED, by, row, changes={"archived": (False, True)}, reason=reason)
    publish_revision(by=by)
    return row


def _feature_to_change(name: str, version: int | None = None) -> FeatureRow:
    lock_catalog()
    row = feature_or_404(name)
    db.session.refresh(row)
    if row.archived_at is not None:
        raise Archived(f"{row.display_name} is archived, so it is not changed any more.")
    if version is not None and row.version != version:
        raise Stale(f"{row.display_name} was changed meanwhile. Compare, then save again.")
    return row


def check_name(name: str) -> None:
    # Dots alone would be a step up in an address.
    if re.fullmatch(NAME, name) is None or not name.strip("._-"):
        raise BadTerms(
            "A name is 2 to 64 of: small letters, digits, dot, dash and underscore.", field="name"
        )


def check_reason(reason: str) -> None:
    if is_blank(reason):
        raise BadTerms("Say why: the audit log keeps it.", field="reason")


def check_terms(terms: FeatureTerms) -> None:
    if is_blank(terms.display_name):
        raise BadTerms("Enter what people read.", field="display_name")
    if terms.category not in list(FeatureCategory):
        raise BadTerms("There is no such category.", field="category")
    if not 0 <= terms.min_plan_level <= HIGHEST_LEVEL:
        raise BadTerms(f"A level is 0 to {HIGHEST_LEVEL}.", field="min_plan_level")
    if terms.is_metered and not terms.unit:
        raise BadTerms("Say what is counted, such as: quote.", field="unit")


def _columns(terms: FeatureTerms) -> dict[str, object]:
    return {**asdict(terms), "interval": terms.interval.value, "unit": terms.unit or None}


def _record(
    action: Action,
    by: Actor,
    row: FeatureRow,
    *,
    changes: Mapping[str, tuple[object, object]],
    reason: str | None = None,
) -> None:
    meta = {"feature_name": row.name, "entity_type": "feature", "entity_id": row.id}
    target = Target("feature", row.id, row.display_name)
    record(action, by=by, target=target, changes=changes, reason=reason, meta=meta)
