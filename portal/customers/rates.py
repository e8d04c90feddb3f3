"""How often one token may ask: a fixed window, counted in the memory of each process.

Counting in the database would cost as much as the question itself. So the limit is divided among
the processes: what all of them together let through never exceeds it, and a token whose requests
reach some of them more than others meets it earlier. A process that starts anew counts anew.
"""

import math
from threading import Lock
from typing import NamedTuple

WINDOW = 60.0
MOST_WINDOWS = 20_000


class Standing(NamedTuple):
    """What is left of one token's window, as the `RateLimit` headers say it."""

    limit: int
    remaining: int
    resets_in: int
    is_over: bool
    headers: tuple[tuple[str, str], tuple[str, str]]
    """draft-ietf-httpapi-ratelimit-headers-10."""


class RateLimiter:
    """Counts for one process. Threads may share it."""

    def __init__(self, limit: int, processes: int = 1) -> None:
        self.limit = max(1, limit // max(1, processes))
        self._policy = ("RateLimit-Policy", f'"token";q={self.limit};w={WINDOW:.0f}')
        self._windows: dict[int, tuple[float, int]] = {}
        self._lock = Lock()

    def take(self, key: int, at: float) -> Standing:
        """Count one request of `key` at the instant `at`, in seconds."""
        with self._lock:
            ends, used = self._windows.get(key, (0.0, 0))
            # A clock that was set back must not keep a window open for longer than one.
            if not at < ends <= at + WINDOW:
                ends, used = at + WINDOW, 0
                self._make_room(at)
            used += 1
            self._windows[key] = ends, min(used, self.limit + 1)
        remaining, resets_in = max(0, self.limit - used), math.ceil(ends - at)
        headers = (self._policy, ("RateLimit", f'"token";r={remaining};t={resets_in}'))
        return Standing(self.limit, remaining, resets_in, used > self.limit, headers)

    def _make_room(self, at: float) -> None:
        """Forget the windows that are over, once there are many."""
        if len(self._windows) >= MOST_WINDOWS:
            self._windows = {key: one for key, one in self._windows.items() if one[0] > at}
        if len(self._windows) >= MOST_WINDOWS:
            self._windows.clear()
