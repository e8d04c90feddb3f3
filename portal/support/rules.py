"""Service levels: made, changed, put in order, switched off and on.

Each edit makes a new version, which never changes, and lets the clocks of open tickets follow it.
Edits wait for each other until their transactions end.
"""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from portal.audit.actions import Action
from portal.audit.ledger import Target, record
from portal.core import clock
from portal.core.actor import Actor
from portal.core.database import db, take_turns
from portal.core.errors import Conflict
from portal.core.staleness import Stale
from portal.support.alignment import align_later
from portal.support.alignment_work import align_tickets, tickets_running_by
from portal.support.level_refusals import Archived, BadLevel, NoSuchRule
from portal.support.models import BusinessCalendarRow, SlaRule, SlaRuleVersion
from portal.support.rule_terms import CONDITIONS, NAMES, RuleTerms, checked_rule, content_of

LOCK = 0x51A0_0001
ENDED_AT_ONCE = 300
"""Tickets whose clocks end with the deed itself when a level is switched off; the rest follow."""


def rule_or_404(rule_id: int) -> SlaRule:
    """The service level, in force or switched off.

    Raises:
        NoSuchRule: there is none.
    """
    found = db.session.get(SlaRule, rule_id)
    if found is None:
        raise NoSuchRule("There is no such service level.")
    return found


def all_rules() -> list[SlaRule]:
    """In their order, also those that are switched off."""
    return list(db.session.scalars(sa.select(SlaRule).order_by(SlaRule.position, SlaRule.id)))


def create_rule(*, by: Actor, terms: RuleTerms, align: bool = True) -> SlaRule:
    """A new level below all others. Open tickets that fall under it get their clocks from now on.

    Whoever makes several at once says `align=False` and calls `align_later` in the end.

    Raises:
        BadLevel, Archived: see the classes.
    """
    checked = checked_rule(terms)
    rules = _lock_all()
    _check_calendar(checked)
    row = SlaRule(
        position=max((each.position for each in rules), default=0) + 1,
        version=1,
        created_at=clock.now(),
        **content_of(checked),
    )
    db.session.add(row)
    db.session.flush()
    _add_version(by, row, checked)
    if align:
        align_later(by, about(row))
    changes = {name: (None, value) for name, value in content_of(checked).items()}
    record(Action.SLA_RULE_SAVED, by=by, target=target_of_rule(row), changes=changes)
    return row


def change_rule(*, by: Actor, rule: SlaRule, version: int, terms: RuleTerms) -> SlaRule:
    """Give it other terms; the same ones again change nothing.

    What running clocks consumed by now stays as it was counted; the rest runs by the new terms.

    Raises:
        BadLevel, Archived: see the classes.
        Stale: it is not at this version any more.
    """
    checked = checked_rule(terms)
    row = _locked(rule)
    if row.version != version:
        raise Stale(f"{row.name} was changed meanwhile. Yours was not saved.", present=row.version)
    if checked.calendar_id != row.calendar_id:
        _check_calendar(checked)
    new = content_of(checked)
    changes = {
        name: (getattr(row, name), new[name]) for name in NAMES if getattr(row, name) != new[name]
    }
    if not changes:
        return row
    for name, (_, value) in changes.items():
        setattr(row, name, value)
    row.version += 1
    _add_version(by, row, checked)
    if row.disabled_at is None:
        # Other conditions: tickets of other levels may fall under it, and its own under others.
        is_elsewhere = bool(CONDITIONS & set(changes))
        align_later(by, about(row), rule_id=None if is_elsewhere else row.id)
    record(Action.SLA_RULE_SAVED, by=by, target=target_of_rule(row), changes=changes)
    return row


def move_rule(*, by: Actor, rule: SlaRule, steps: int) -> bool:
    """Up by so many places (down, if negative) among those in force. False: it is at the end.

    Raises:
        Conflict: it is switched off.
    """
    rules = _lock_all()
    if rule.disabled_at is not None:
        raise Conflict(f"{rule.name} is switched off, so it has no place in the order.")
    order = [each for each in rules if each.disabled_at is None]
    old = order.index(rule)
    new = min(max(old - steps, 0), len(order) - 1)
    if new == old:
        return False
    positions = [each.position for each in order]
    order.insert(new, order.pop(old))
    for each, position in zip(order, positions, strict=True):
        each.position = position
    align_later(by, about(rule))
    changes = {"place": (old + 1, new + 1)}
    record(Action.SLA_RULE_MOVED, by=by, target=target_of_rule(rule), changes=changes)
    return True


def disable_rule(*, by: Actor, rule: SlaRule) -> SlaRule:
    """Switch a level off. What it promised is no longer due: at once for some hundred tickets.

    Tickets that meet another level's conditions go on under that one.

    Raises:
        Conflict: it is off.
    """
    row = _locked(rule)
    if row.disabled_at is not None:
        raise Conflict(f"{row.name} is switched off already.")
    row.disabled_at = clock.now()
    db.session.flush()
    done = align_tickets(tickets_running_by(row.id, ENDED_AT_ONCE))
    align_later(by, about(row), rule_id=row.id, done=done)
    _record_switch(Action.SLA_RULE_DISABLED, by, row, is_on=False)
    return row


def enable_rule(*, by: Actor, rule: SlaRule) -> SlaRule:
    """Switch it on again, at its old place. Open tickets get its clocks from now on.

    Raises:
        Conflict: it is on.
        Archived: its calendar is.
    """
    row = _locked(rule)
    if row.disabled_at is None:
        raise Conflict(f"{row.name} is in force already.")
    _refuse_archived(row.calendar_id)
    row.disabled_at = None
    align_later(by, about(row))
    _record_switch(Action.SLA_RULE_ENABLED, by, row, is_on=True)
    return row


def target_of_rule(row: SlaRule) -> Target:
    return Target(*about(row))


def about(row: SlaRule) -> tuple[str, int, str]:
    """As the ledger names it."""
    return "sla_rule", row.id, row.name


def _lock_all() -> list[SlaRule]:
    take_turns(LOCK)  # rows that are locked do not keep new ones away
    query = sa.select(SlaRule).order_by(SlaRule.position, SlaRule.id)
    return list(db.session.scalars(query.execution_options(populate_existing=True)))


def _locked(rule: SlaRule) -> SlaRule:
    _lock_all()
    return rule


def _check_calendar(terms: RuleTerms) -> None:
    if db.session.get(BusinessCalendarRow, terms.calendar_id) is None:
        raise BadLevel("Choose a calendar.", field="calendar_id")
    _refuse_archived(terms.calendar_id)


def _refuse_archived(calendar_id: int) -> None:
    """Whoever archives it at the same time waits, or has done so."""
    query = sa.select(BusinessCalendarRow).filter_by(id=calendar_id)
    row = db.session.scalars(
        query.with_for_update(read=True).execution_options(populate_existing=True)
    ).one()
    if row.archived_at is not None:
        raise Archived(f"The calendar {row.name} is archived. Choose another.", field="calendar_id")


def _add_version(by: Actor, row: SlaRule, terms: RuleTerms) -> None:
    db.session.add(
        SlaRuleVersion(
            rule_id=row.id,
            version=row.version,
            content=content_of(terms),
            created_at=clock.now(),
            created_by_label=by.label,
        )
    )
    db.session.flush()


def _record_switch(action: Action, by: Actor, row: SlaRule, *, is_on: bool) -> None:
    changes: Mapping[str, tuple[Any, Any]] = {"is_on": (not is_on, is_on)}
    record(action, by=by, target=target_of_rule(row), changes=changes)
