"""What the demo company's staff did lately, written by the same `record` as any deed."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random

from portal.audit.actions import Action, Outcome
from portal.audit.ledger import Target, record
from portal.core import clock
from portal.core.actor import ANONYMOUS
from portal.core.provenance import Provenance, set_provenance
from portal.staff.models import Admin
from portal.staff.naming import actor_of, target_of

BROWSERS = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/141.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/18.1 Safari/605",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:143.0) Gecko/20100101 Firefox/143.0",
)


def seed_history(people: Sequence[Admin], *, days: int, seed: int) -> int:
    """Sign-ins of the working days, with the usual slips. How many events."""
    dice = Random(seed)
    written = 0
    morning = clock.now().replace(hour=7, minute=0, second=0, microsecond=0)
    for back in range(days, 0, -1):
        day = morning - timedelta(days=back)
        if day.weekday() < 5:
            written += sum(_day_of(person, day, dice) for person in people)
    set_provenance(Provenance())
    return written


def _day_of(person: Admin, day: datetime, dice: Random) -> int:
    """One person's day: perhaps a wrong password, then in, and mostly out again."""
    if dice.random() < 0.15 or person.joined_at is None or person.joined_at > day:
        return 0
    at = day + timedelta(minutes=dice.randrange(120), seconds=dice.randrange(60))
    place = person.id % 200 + 20
    origin = Provenance(
        ip=f"198.51.100.{place}",
        user_agent=BROWSERS[person.id % len(BROWSERS)],
        request_id=f"{dice.getrandbits(64):016x}",
        method="POST",
        session_ref=f"{dice.getrandbits(64):016x}",
    )
    set_provenance(origin)
    written = 0
    if dice.random() < 0.08:
        with clock.standing_at(at - timedelta(seconds=25)):
            record(
                Action.SESSION_PASSWORD_REFUSED,
                by=ANONYMOUS,
                target=Target("address", "", person.email),
                outcome=Outcome.FAILURE,
                reason="wrong password",
            )
        written += 1
    with clock.standing_at(at):
        record(
            Action.SESSION_OPENED,
            by=actor_of(person),
            target=target_of(person),
            meta={"method": "totp"},
        )
    if dice.random() < 0.7:
        with clock.standing_at(at + timedelta(hours=7, minutes=dice.randrange(90))):
            record(
                Action.SESSION_CLOSED,
                by=actor_of(person),
                target=target_of(person),
                reason="signed_out",
            )
        written += 1
    return written + 1
