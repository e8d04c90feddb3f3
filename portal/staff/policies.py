"""Which roles must use a second factor, and how long a person may take to set one up."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from portal.audit.actions import Action
from portal.audit.ledger import Target, record
from portal.core import clock
from portal.core.actor import Actor
from portal.core.database import changed_rows, db
from portal.core.errors import DomainError
from portal.core.roles import Role
from portal.staff.models import Admin, AdminSession, RolePolicy
from portal.staff.telling import tell_role
from portal.web.access import SessionState

LONGEST_GRACE = 90
LONGEST_WAIT = 72
USUAL_WAIT = 24


class BadGrace(DomainError):
    """The days of grace are out of bounds."""


class BadWait(DomainError):
    """The hours that a recovery waits are out of bounds."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What one role owes. A role without a stored rule must have the factor at once."""

    is_required: bool = True
    grace_days: int = 0
    changed_at: datetime | None = None
    recovery_hours: int = USUAL_WAIT


def rule_for(role: str) -> Rule:
    return rule_of(db.session.get(RolePolicy, str(role)))


def rules() -> dict[Role, Rule]:
    """The rule of every role, stored or not, in one query."""
    stored = {row.role: rule_of(row) for row in db.session.scalars(sa.select(RolePolicy))}
    return {role: stored.get(role.value, Rule()) for role in Role}


def rule_of(row: RolePolicy | None) -> Rule:
    """The rule that the row stores; for a caller that has read it already."""
    if row is None:
        return Rule()
    return Rule(row.is_second_factor_required, row.grace_days, row.changed_at, row.recovery_hours)


def grace_until(admin: Admin, rule: Rule) -> datetime | None:
    """Until when this person may still work without the factor; None when no grace applies.

    It counts from when the person joined or the rule changed, whichever is later.
    """
    if not rule.is_required or not rule.grace_days or admin.is_second_factor_on:
        return None
    began = admin.joined_at or admin.created_at
    return max(began, rule.changed_at or began) + timedelta(days=rule.grace_days)


def owes_second_factor(admin: Admin) -> bool:
    """Must this person enrol before they do anything else?"""
    return owes_under(admin, rule_for(admin.role), clock.now())


def owes_under(admin: Admin, rule: Rule, at: datetime) -> bool:
    """The same for a rule that is only considered, and for a person already loaded."""
    if admin.is_second_factor_on or not rule.is_required:
        return False
    until = grace_until(admin, rule)
    return until is None or until <= at


def change_policy(
    *,
    by: Actor,
    role: Role,
    is_required: bool,
    grace_days: int,
    recovery_hours: int | None = None,
) -> int:
    """Decide what a role owes. Sessions of people who owe it from now on must enrol first.

    Returns how many live sessions that stopped.

    Raises:
        BadGrace: less than 0 or more than 90 days.
        BadWait: less than 0 or more than 72 hours.
    """
    _check_bounds(grace_days, recovery_hours)
    row = db.session.get(RolePolicy, role.value, with_for_update=True)
    old = rule_of(row)
    hours = old.recovery_hours if recovery_hours is None else recovery_hours
    duty = (is_required, grace_days)
    if (old.is_required, old.grace_days) == duty and old.recovery_hours == hours:
        return 0
    row = row or _new_row(role)
    if (old.is_required, old.grace_days) != duty:  # the grace does not begin anew with the wait
        row.changed_at = clock.now()
    row.is_second_factor_required, row.grace_days = duty
    row.recovery_hours, row.changed_by = hours, by.id
    stopped = _stop_sessions_that_owe(role, rule_of(row))
    record(
        Action.POLICY_CHANGED,
        by=by,
        target=Target("role", role.value, role.label),
        changes={
            "is_second_factor_required": (old.is_required, is_required),
            "grace_days": (old.grace_days, grace_days),
            "recovery_hours": (old.recovery_hours, hours),
        },
        meta={"sessions_that_must_enrol": stopped},
    )
    tell_role(Action.POLICY_CHANGED, by=by, role=role, what=_in_words(rule_of(row)))
    return stopped


def _in_words(rule: Rule) -> str:
    asked = "no second factor is asked for"
    if rule.is_required:
        grace = f" within {rule.grace_days} days of joining" if rule.grace_days else ""
        asked = f"everybody sets up a second factor{grace}"
    return f"{asked}, and the recovery of a lost account waits {rule.recovery_hours} hours"


def _check_bounds(grace_days: int, recovery_hours: int | None) -> None:
    if not 0 <= grace_days <= LONGEST_GRACE:
        raise BadGrace(f"Give between 0 and {LONGEST_GRACE} days.", field="grace_days")
    if recovery_hours is not None and not 0 <= recovery_hours <= LONGEST_WAIT:
        raise BadWait(f"Give between 0 and {LONGEST_WAIT} hours.", field="recovery_hours")


def _new_row(role: Role) -> RolePolicy:
    """A row for a role that had none; two people who decide at once meet on the same one."""
    row = RolePolicy(role=role.value, changed_at=clock.now())
    try:
        with db.session.begin_nested():
            db.session.add(row)
    except sa.exc.IntegrityError:
        return db.session.get_one(RolePolicy, role.value, with_for_update=True)
    return row


def _stop_sessions_that_owe(role: Role, rule: Rule) -> int:
    if not rule.is_required:
        return 0
    people = db.session.scalars(
        sa.select(Admin).where(
            Admin.role == role.value,
            Admin.is_second_factor_on.is_(False),
            Admin.disabled_at.is_(None),
        )
    )
    owing = [person.id for person in people if owes_under(person, rule, clock.now())]
    return changed_rows(
        sa.update(AdminSession)
        .where(
            AdminSession.admin_id.in_(owing),
            AdminSession.state == SessionState.ACTIVE,
            AdminSession.revoked_at.is_(None),
        )
        .values(state=SessionState.MUST_ENROL, sudo_until=None, sudo_method=None)
    )
