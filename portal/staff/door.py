"""Who may stand at the door with a password, when many do.

Guesses from many addresses at once must neither hold every thread of a process, so that no page is
answered, nor make those wait who were here before.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore

import sqlalchemy as sa

from portal.core import clock
from portal.core.database import db, looking
from portal.core.provenance import provenance
from portal.staff.known_browsers import KNOWN_FOR, is_marked
from portal.staff.models import AdminSession
from portal.staff.sign_in import password_buckets, typed_address
from portal.staff.throttles import Throttled, told_to_wait
from portal.web.access import SessionState
from portal.web.addresses import network_of

STRANGERS = 4  # half of the eight threads that a process has by default
AT_ONCE = 1  # of them; the others wait
PATIENCE = 3.0  # seconds
CROWDED = 2  # seconds after which a stranger without a place should come again

_places, _turns = BoundedSemaphore(STRANGERS), BoundedSemaphore(AT_ONCE)


@contextmanager
def at_the_door(*, email: str, browser: str) -> Iterator[bool]:
    """Around the whole check of a password, its commit included. Is the person known here?

    They are by their browser's mark, or by a network from which somebody finished signing in
    lately. Whoever is known needs no place, and is spared what a flood from elsewhere brings about.

    Raises:
        Throttled: no stranger can be looked at now, or none from here; nothing was done.
    """
    with looking():
        is_known = is_marked(browser, email) or _is_known_network(network_of(provenance().ip))
        # A stranger who was refused for their own guesses goes on being refused without a place:
        # one address alone would fill all of them.
        wait = None if is_known else _wait_of_their_own(email)
    if wait is not None:
        raise Throttled(wait)
    if is_known:
        yield True
        return
    with _held(_places, 0), _held(_turns, PATIENCE):
        yield False


def _wait_of_their_own(email: str) -> int | None:
    return told_to_wait(password_buckets(typed_address(email), is_known=True))


@contextmanager
def _held(places: BoundedSemaphore, patience: float) -> Iterator[None]:
    if not places.acquire(timeout=patience):
        raise Throttled(CROWDED)
    try:
        yield
    finally:
        places.release()


def _is_known_network(network: str) -> bool:
    query = sa.select(AdminSession.id).where(
        AdminSession.network == network,
        AdminSession.created_at > clock.now() - KNOWN_FOR,
        AdminSession.state == SessionState.ACTIVE,
    )
    return db.session.scalar(query.limit(1)) is not None
