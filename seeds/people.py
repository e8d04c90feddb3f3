"""The demo company's staff: one person a role, a newcomer, and colleagues to fill a list."""

import json
import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from portal.audit.actions import Action
from portal.audit.ledger import Target, record
from portal.core import clock
from portal.core.actor import SYSTEM
from portal.core.database import db
from portal.core.roles import Role
from portal.core.sealing import key_id
from portal.staff.models import Admin
from portal.staff.passwords import hash_password
from portal.staff.signals import person_changed
from portal.two_factor.authenticators import sealed_secret
from portal.two_factor.backup_codes import generate_codes
from portal.two_factor.models import TwoFactorAuth
from portal.two_factor.totp import new_secret
from seeds.credentials import Person, credentials_file, demo_people
from seeds.names import plain

DOMAIN = "boxcostpro.test"
NEWCOMER = "newcomer"
NEW_NAME = "Noor Haddad"
LEADS = {
    Role.ADMIN: "Ada Okafor",
    Role.MANAGER: "Milan Horvat",
    Role.SUPPORT_AGENT: "Priya Nair",
    Role.FINANCE: "Felix Sommer",
    Role.MARKETING: "Maya Lindqvist",
}
COLLEAGUES = (
    ("Ben Carter", Role.SUPPORT_AGENT),
    ("Chiara Romano", Role.SUPPORT_AGENT),
    ("Daniel Novák", Role.SUPPORT_AGENT),
    ("Esra Yılmaz", Role.SUPPORT_AGENT),
    ("Gwen O’Brien", Role.MANAGER),
    ("Hiroshi Tanaka", Role.SUPPORT_AGENT),
    ("Ines Duarte", Role.FINANCE),
    ("Jonas Weber", Role.ADMIN),
)
FIRST = ("Alma", "Bruno", "Cleo", "Dario", "Edda", "Finn", "Greta", "Hugo", "Iris", "Jan")
LAST = ("Abel", "Brandt", "Costa", "Dahl", "Engel", "Fuchs", "Gomez", "Haas", "Ibsen", "Jung")


@dataclass(frozen=True, slots=True)
class Seeded:
    """A demo person and what nobody else will ever be told again."""

    person: Admin
    password: str
    totp_secret: str | None


def bring_people(joined_at: datetime) -> list[Admin]:
    """Everybody of the company who is missing, and how each role signs in, in the private file.

    Who is there stays as they are, with whatever password and second factor they have by now.
    """
    known = set(db.session.scalars(sa.select(Admin.email_key)))
    leads = {role.value: (name, role, joined_at) for role, name in LEADS.items()}
    made = {
        key: _person(name, role, at)
        for key, (name, role, at) in leads.items()
        if address(name) not in known
    }
    if address(NEW_NAME) not in known:
        made[NEWCOMER] = _person(NEW_NAME, Role.SUPPORT_AGENT, clock.now(), enrols=False)
    others = [
        _person(name, role, joined_at + timedelta(days=9 * place))
        for place, (name, role) in enumerate(COLLEAGUES, start=1)
        if address(name) not in known
    ]
    if made:
        _write(made)
    return [seeded.person for seeded in [*made.values(), *others]]


def demo_staff() -> dict[str, Admin]:
    """Who stands for each role, where they are still there."""
    by_address = {address(name): role.value for role, name in LEADS.items()}
    found = db.session.scalars(sa.select(Admin).where(Admin.email_key.in_(by_address)))
    return {by_address[admin.email_key]: admin for admin in found}


def _person(name: str, role: Role, joined_at: datetime, *, enrols: bool = True) -> Seeded:
    password = "-".join(secrets.token_urlsafe(4) for _ in range(3))
    email = address(name)
    with clock.standing_at(joined_at):
        admin = Admin(
            email=email,
            email_key=email.casefold(),
            name=name,
            role=role.value,
            password_hash=hash_password(password),
            password_changed_at=joined_at,
            email_verified_at=joined_at,
            created_at=joined_at,
            joined_at=joined_at,
        )
        db.session.add(admin)
        db.session.flush()
        target = Target("admin", admin.id, admin.email)
        record(Action.STAFF_ADDED, by=SYSTEM, target=target, changes={"role": (None, role.value)})
        person_changed.send(admin, by=SYSTEM)
        secret = _enrol(admin) if enrols else None
    return Seeded(admin, password, secret)


def address(name: str) -> str:
    first, _, last = plain(name).partition(" ")
    return f"{first}.{last}@{DOMAIN}"


def _enrol(admin: Admin) -> str:
    secret, now = new_secret(), clock.now()
    sealed = sealed_secret(secret, admin.id)
    db.session.add(
        TwoFactorAuth(
            admin_id=admin.id,
            secret_sealed=sealed,
            key_id=key_id(sealed),
            last_step=0,
            enabled_at=now,
        )
    )
    admin.is_second_factor_on = True
    generate_codes(by=SYSTEM, admin=admin)
    record(Action.TOTP_ENABLED, by=SYSTEM, target=Target("admin", admin.id, admin.email))
    return secret


def _write(made: dict[str, Seeded]) -> None:
    """Mode 0600, replaced as a whole: a reader sees the old file or the new one."""
    people: dict[str, dict[str, str | None]] = {**demo_people()}  # type: ignore[dict-item]
    for key, seeded in made.items():
        entry: Person = {
            "email": seeded.person.email,
            "password": seeded.password,
            "totp_secret": seeded.totp_secret,
        }
        more = {"role": seeded.person.role} if key == NEWCOMER else {}
        people[key] = {**entry, **more}  # type: ignore[dict-item]  # a TypedDict is a dict
    path = credentials_file()
    fresh = path.with_suffix(".new")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(people, file, indent=2, ensure_ascii=False)
    fresh.replace(path)


def bulk_people(count: int) -> Iterator[dict[str, object]]:
    """Rows of people without a password: they fill lists and never sign in."""
    now = clock.now()
    for number in range(count):
        first, last = FIRST[number % 10], LAST[number // 10 % 10]
        email = f"{first}.{last}.{number}@{DOMAIN}".casefold()
        yield {
            "email": email,
            "email_key": email,
            "name": f"{first} {last} {number}",
            "role": Role.SUPPORT_AGENT.value,
            "theme": "auto",
            "shortcuts_enabled": True,
            "is_second_factor_on": number % 4 != 0,
            "created_at": now,
            "joined_at": now,
        }
