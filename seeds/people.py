"""The demo company's staff: one person a role, a newcomer, and colleagues to fill a list."""

import json
import os
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache, partial

import sqlalchemy as sa

from portal.audit.actions import Action
from portal.audit.ledger import Target, record
from portal.core import clock
from portal.core.actor import SYSTEM, Actor
from portal.core.database import db
from portal.core.roles import Role
from portal.staff.invites import invite
from portal.staff.models import Admin
from portal.staff.passwords import hash_password
from portal.staff.people import change_role, disable_person
from portal.staff.signals import person_changed
from seeds.agenda import Agenda
from seeds.credentials import Person, credentials_file, demo_people
from seeds.factors import enrol
from seeds.names import plain

DAY = timedelta(days=1)
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
    ("Ben Carter", Role.SUPPORT_AGENT, 640),
    ("Chiara Romano", Role.SUPPORT_AGENT, 560),
    ("Daniel Novák", Role.SUPPORT_AGENT, 470),
    ("Esra Yılmaz", Role.SUPPORT_AGENT, 380),
    ("Gwen O’Brien", Role.SUPPORT_AGENT, 520),
    ("Hiroshi Tanaka", Role.SUPPORT_AGENT, 290),
    ("Ines Duarte", Role.FINANCE, 330),
    ("Jonas Weber", Role.ADMIN, 600),
    ("Lena Fischer", Role.SUPPORT_AGENT, 450),
)
"""Name, role and how many days ago they came."""
ROSE = ("Gwen O’Brien", Role.MANAGER, 150)
LEFT = ("Lena Fischer", 68)
INVITED = ("Tomasz Zając", Role.MARKETING, 1)
FIRST = ("Alma", "Bruno", "Cleo", "Dario", "Edda", "Finn", "Greta", "Hugo", "Iris", "Jan")
LAST = ("Abel", "Brandt", "Costa", "Dahl", "Engel", "Fuchs", "Gomez", "Haas", "Ibsen", "Jung")


@dataclass(frozen=True, slots=True)
class Seeded:
    """A demo person and what nobody else will ever be told again."""

    person: Admin
    password: str
    totp_secret: str | None


def bring_leads(joined_at: datetime) -> list[Admin]:
    """One person a role, where they are missing; how each signs in, in the private file.

    Who is there stays as they are, with whatever password and second factor they have by now.
    """
    known = _known()
    made = {
        role.value: _person(name, role, joined_at)
        for role, name in LEADS.items()
        if address(name) not in known
    }
    _write(made)
    return [seeded.person for seeded in made.values()]


def plan_people(agenda: Agenda, *, by: Actor, arrived: Callable[[Admin], object]) -> list[Admin]:
    """Everybody else who is missing, each on their day, told to `arrived`; and who rose or left.

    The list is filled when the agenda is run.
    """
    known, came = _known(), list[Admin]()

    def come(name: str, role: Role, key: str | None = None) -> None:
        is_new = key == NEWCOMER
        seeded = _person(name, role, clock.now(), enrols=not is_new, is_told=is_new)
        came.append(seeded.person)
        _write({key: seeded} if key else {})
        arrived(seeded.person)

    for name, role, days_ago in COLLEAGUES:
        if address(name) not in known:
            agenda.add(agenda.until - days_ago * DAY, partial(come, name, role))
    if address(NEW_NAME) not in known:
        agenda.add(agenda.until, partial(come, NEW_NAME, Role.SUPPORT_AGENT, NEWCOMER))
    if address(INVITED[0]) not in known:
        _plan_moves(agenda, by, came)
    return came


def _plan_moves(agenda: Agenda, by: Actor, came: list[Admin]) -> None:
    """What an admin decided on those who came: one rose, one left, one is only invited yet."""

    def on(name: str, deed: Callable[..., Admin], **words: object) -> None:
        for person in came:
            if person.email == address(name):
                deed(by=by, person_id=person.id, **words)

    def ask(name: str, role: Role) -> None:
        came.append(invite(by=by, email=address(name), name=name, role=role)[0])

    roles = {"expected": Role.SUPPORT_AGENT, "role": ROSE[1]}
    moves = (
        (ROSE[2], partial(on, ROSE[0], change_role, **roles)),
        (LEFT[1], partial(on, LEFT[0], disable_person)),
        (INVITED[2], partial(ask, *INVITED[:2])),
    )
    for days_ago, move in moves:
        agenda.add(agenda.until - days_ago * DAY, move, by=by)


def _known() -> set[str]:
    return set(db.session.scalars(sa.select(Admin.email_key)))


def demo_staff() -> dict[str, Admin]:
    """Who stands for each role, where they are still there."""
    by_address = {address(name): role.value for role, name in LEADS.items()}
    found = db.session.scalars(sa.select(Admin).where(Admin.email_key.in_(by_address)))
    return {by_address[admin.email_key]: admin for admin in found}


def _person(
    name: str, role: Role, joined_at: datetime, *, enrols: bool = True, is_told: bool = True
) -> Seeded:
    password = _new_password() if is_told else ""
    email = address(name)
    with clock.standing_at(joined_at):
        admin = Admin(
            email=email,
            email_key=email.casefold(),
            name=name,
            role=role.value,
            password_hash=hash_password(password) if is_told else _untold(),
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
        secret = enrol(admin) if enrols else None
    return Seeded(admin, password, secret)


def _new_password() -> str:
    return "-".join(secrets.token_urlsafe(4) for _ in range(3))


@cache
def _untold() -> str:
    """Of a password that nobody knows: one for all who are never signed in."""
    return hash_password(_new_password())


def address(name: str) -> str:
    first, _, last = plain(name).partition(" ")
    return f"{first}.{last}@{DOMAIN}"


def _write(made: dict[str, Seeded]) -> None:
    """Mode 0600, replaced as a whole: a reader sees the old file or the new one."""
    if not made:
        return
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
