"""What a person's security page and an admin's policy page tell, each in a query or two."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from portal.core import clock
from portal.core.database import db
from portal.core.roles import Role
from portal.staff.directory import live_sessions_of
from portal.staff.models import Admin, RolePolicy
from portal.staff.policies import Rule, grace_until, owes_under, rule_of, rules
from portal.two_factor.models import Passkey, TwoFactorAuth


@dataclass(frozen=True, slots=True)
class Standing:
    """How a person stands with the second factor. Never holds a secret."""

    is_on: bool
    has_authenticator: bool
    is_stopped: bool
    """Whether it is the authenticator that a hundred wrong codes stopped."""
    passkeys: int
    is_required: bool
    grace_until: datetime | None
    enabled_at: datetime | None
    last_used_at: datetime | None
    password_changed_at: datetime | None
    sessions: int
    """In how many browsers they are signed in now."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many people of a role have the factor, and what the role owes."""

    role: Role
    rule: Rule
    people: int
    enrolled: int
    would_enrol: int
    """How many would have to enrol at once if it were required without grace."""


_PASSKEYS = (
    sa.select(sa.func.count())
    .where(Passkey.admin_id == Admin.id)
    .correlate(Admin)
    .scalar_subquery()
)


def standing_of(admin_id: int) -> Standing:
    row = db.session.execute(
        sa.select(Admin, TwoFactorAuth, RolePolicy, _PASSKEYS, live_sessions_of(Admin.id))
        .outerjoin(TwoFactorAuth, TwoFactorAuth.admin_id == Admin.id)
        .outerjoin(RolePolicy, RolePolicy.role == Admin.role)
        .where(Admin.id == admin_id)
    ).one()
    person, factor, policy, passkeys, sessions = row
    rule = rule_of(policy)
    return Standing(
        is_on=person.is_second_factor_on,
        has_authenticator=factor is not None,
        passkeys=passkeys,
        is_stopped=factor is not None and factor.disabled_at is not None,
        is_required=rule.is_required,
        grace_until=grace_until(person, rule),
        enabled_at=factor.enabled_at if factor else None,
        last_used_at=factor.last_used_at if factor else None,
        password_changed_at=person.password_changed_at,
        sessions=sessions,
    )


def coverage() -> list[Coverage]:
    """One row a role, in the order of the roles."""
    active = (Admin.disabled_at.is_(None), Admin.joined_at.is_not(None))
    columns = sa.select(Admin).where(*active)
    by_role: dict[str, list[Admin]] = {}
    for person in db.session.scalars(columns):
        by_role.setdefault(person.role, []).append(person)
    now, strict, current = clock.now(), Rule(), rules()
    return [
        Coverage(
            role=role,
            rule=current[role],
            people=len(people := by_role.get(role.value, [])),
            enrolled=sum(person.is_second_factor_on for person in people),
            would_enrol=sum(owes_under(person, strict, now) for person in people),
        )
        for role in Role
    ]
