"""What is to have happened, each deed at its instant, done in the order of time.

So the log grows as it would have grown: each deed finds the customers, plans and promises of its
day, and what it leaves behind names the sitting at the desk in which it was done.
"""

from collections.abc import Callable
from datetime import datetime
from heapq import heappop, heappush
from itertools import count
from random import Random

from portal.core import clock
from portal.core.actor import SYSTEM, Actor, ActorType
from portal.core.provenance import Provenance, set_provenance

BROWSERS = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/141.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/18.1 Safari/605",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:143.0) Gecko/20100101 Firefox/143.0",
)
PRODUCT_ADDRESS = "203.0.113.10"
Deed = Callable[[], object]


class Agenda:
    """Deeds that wait for their instant. One that is done may bring others, ahead of it."""

    def __init__(self, *, seed: int, until: datetime) -> None:
        self.seed, self.until = seed, until
        self._waiting: list[tuple[datetime, int, Actor, Deed]] = []
        self._numbers = count()

    def add(self, at: datetime, deed: Deed, *, by: Actor = SYSTEM) -> None:
        """What would happen later than now does not happen yet."""
        if at <= self.until:
            heappush(self._waiting, (at, next(self._numbers), by, deed))

    def run(self) -> None:
        """Everything, the earliest first; of two at one instant the one that was added first."""
        try:
            while self._waiting:
                at, _, by, deed = heappop(self._waiting)
                set_provenance(origin_of(by, at, self.seed))
                with clock.standing_at(at):
                    deed()
        finally:
            set_provenance(Provenance())


def origin_of(by: Actor, at: datetime, seed: int) -> Provenance:
    """Where somebody acts from: a person from one sitting a day, a program from its server."""
    if by.type is ActorType.API_TOKEN:
        return Provenance(ip=PRODUCT_ADDRESS, method="POST", request_id=_mark(seed, at, "call"))
    if by.type is not ActorType.ADMIN or by.id is None:
        return Provenance()
    return Provenance(
        ip=f"198.51.100.{by.id % 200 + 20}",
        user_agent=BROWSERS[by.id % len(BROWSERS)],
        request_id=_mark(seed, at, by.label),
        method="POST",
        session_ref=_mark(seed, at.date(), by.label),
        amr=("pwd", "otp"),
    )


def _mark(*parts: object) -> str:
    return f"{Random(':'.join(map(str, parts))).getrandbits(64):016x}"
