"""How often one token may ask: a fixed window, counted in the memory of each process.

Counting in the database would cost as much as the question itself. So the limit is divided among
the processes: what all of them together let through never exceeds it, and a token whose requests
reach some of them more than others meets it earlier. A process that starts anew counts anew.
"""

import math
from dataclasses import dataclass
from threading import Lock

WINDOW = 60.0
MOST_WINDOWS = 20_000


@dataclass(frozen=True, slots=True)
class Standing:
    """What is left of one token's window, as the `RateLimit` headers say it."""

    limit: int
    remaining: int
    resets_in: int
    is_over: bool

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        """draft-ietf-httpapi-ratelimit-headers-10."""
        return (
            ("RateLimit-Policy", f'"token";q={self.limit};w={WINDOW:.0f}'),
            ("RateLimit", f'"token";r={self.remaining};t={self.resets_in}'),
        )


class RateLimiter:
    """Counts for one process. Threads may share it."""

    def __init__(self, limit: int, processes: int = 1) -> None:
        self.limit = max(1, limit // max(1, processes))
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
        is_over = used > self.limit
        return Standing(self.limit, max(0, self.limit - used), math.ceil(ends - at), is_over)

    def _make_room(self, at: float) -> None:
        """Forget the windows that are over, once there are many."""
        if len(self._windows) >= MOST_WINDOWS:
            self._windows = {key: one for key, one in self._windows.items() if one[0] > at}
        if len(self._windows) >= MOST_WINDOWS:
            self._windows.clear()
