"""What the demo company's staff did at their desks, written by the same `record` as any deed."""

from datetime import datetime, timedelta
from functools import partial
from random import Random

from portal.audit.actions import Action, Outcome
from portal.audit.ledger import Target, record
from portal.core import clock
from portal.core.actor import ANONYMOUS
from portal.core.provenance import Provenance, set_provenance
from portal.core.roles import Role
from portal.staff.models import Admin
from portal.staff.naming import actor_of, target_of
from seeds.agenda import BROWSERS, Agenda

DAY = timedelta(days=1)
EVERY_DAY = 150
"""So many days are told whole; of those before only some."""
SELDOM = 0.06
READERS = {Role.MANAGER: 0.2, Role.ADMIN: 0.12}
"""How often on a day somebody reads the whole audit log."""
STRANGER = "192.0.2.66"
GUESSED = ("info", "admin", "support", "sales", "ada.okafor", "office", "test", "root")
GUESSES = 24


def plan_days(agenda: Agenda, person: Admin) -> None:
    """Sign-ins of this person's working days from now on, with the usual slips."""
    dice = Random(f"{agenda.seed}:{person.email}:days")
    day = clock.now().replace(hour=7, minute=0, second=0, microsecond=0) + DAY
    while day < agenda.until:
        is_told = dice.random() < (0.85 if agenda.until - day < EVERY_DAY * DAY else SELDOM)
        if day.weekday() < 5 and is_told:
            _plan_day(agenda, person, day, dice)
        day += DAY


def _plan_day(agenda: Agenda, person: Admin, day: datetime, dice: Random) -> None:
    """Perhaps a wrong password, then in, and mostly out again."""
    by = actor_of(person)
    at = day + timedelta(minutes=dice.randrange(120), seconds=dice.randrange(60))
    if dice.random() < 0.06:
        refused = partial(_refused, person.email, "wrong password")
        agenda.add(at - timedelta(seconds=25), refused, by=by)
    agenda.add(at, partial(_signed_in, person), by=by)
    if dice.random() < READERS.get(Role(person.role), 0):
        agenda.add(at + timedelta(minutes=dice.randrange(9, 300)), partial(_read, person), by=by)
    if dice.random() < 0.012 and person.role != Role.ADMIN:
        agenda.add(at + timedelta(minutes=dice.randrange(9, 300)), partial(_denied, person), by=by)
    if dice.random() < 0.6:
        ends = at + timedelta(hours=7, minutes=dice.randrange(90))
        agenda.add(ends, partial(_signed_out, person), by=by)


def _signed_in(person: Admin) -> None:
    """Who left does not come any more."""
    if person.disabled_at is None:
        by, itself = actor_of(person), target_of(person)
        record(Action.SESSION_OPENED, by=by, target=itself, meta={"method": "totp"})


def _signed_out(person: Admin) -> None:
    if person.disabled_at is None:
        by, itself = actor_of(person), target_of(person)
        record(Action.SESSION_CLOSED, by=by, target=itself, reason="signed_out")


def _refused(address: str, reason: str) -> None:
    record(
        Action.SESSION_PASSWORD_REFUSED,
        by=ANONYMOUS,
        target=Target("address", "", address),
        outcome=Outcome.FAILURE,
        reason=reason,
    )


def _read(person: Admin) -> None:
    if person.disabled_at is None:
        record(Action.AUDIT_SEARCHED, by=actor_of(person), target=Target("log", "all", "all logs"))


def _denied(person: Admin) -> None:
    """Followed a colleague's link to a page that is not theirs."""
    if person.disabled_at is None:
        record(
            Action.ACCESS_DENIED,
            by=actor_of(person),
            target=Target("route", "/staff/policy", "/staff/policy"),
            outcome=Outcome.DENIED,
            reason="permission_denied",
        )


def somebody_guesses(at: datetime) -> None:
    """A stranger tries addresses at the sign-in from one place, until the portal stops them."""
    set_provenance(Provenance(ip=STRANGER, user_agent=BROWSERS[0], method="POST", route="/sign-in"))
    try:
        for number in range(GUESSES):
            with clock.standing_at(at + timedelta(seconds=17 * number)):
                name = GUESSED[number % len(GUESSED)]
                _refused(f"{name}@boxcostpro.test", "wrong password")
    finally:
        set_provenance(Provenance())
