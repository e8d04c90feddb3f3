"""`python -m benchmarks.storm`: a thousand sign-in attempts a minute, and the people at work.

The server is the one of `docs/operate.md`, behind a proxy that tells where each attempt comes
from. Pages are opened at a steady pace, before the storm, in it and after it; the clock of each
runs from the moment at which it was due. Meanwhile real people sign in with both factors, from
where they always do and from where they never were.
"""

import asyncio
import sys
from collections import Counter

from benchmarks.__main__ import DATABASES
from benchmarks.judging import judge
from benchmarks.options import parser_of
from benchmarks.server import AS_OPERATED, Server, resident_kib
from benchmarks.stage import prepare
from benchmarks.storm_stage import Town, arrivals

ATTEMPTS_PER_MINUTE = 1000
PAGES_PER_SECOND = 10
QUIET_SHARE = 4
"""Of the storm's length, before it and again after it."""
REFUSALS = {401, 429}
MOST_SLOWER, MOST_GROWTH = 3.0, 8.0
"""Times the quiet p95; MiB that the larger process gains from the first to the last quarter."""
SECONDS_TO_WARM_UP = 3


class Weather:
    """What is under way at once on one server, and what came of it."""

    def __init__(self, server, town):
        self.server, self.town = server, town
        self.answers, self.pages = Counter(), {"warm-up": [], "quiet": [], "storm": []}
        self.wrong_pages, self.refused = [], []
        self.memory = []

    async def spend(self, name, seconds, *, seed):
        """So many seconds of people at work; in a storm, of attackers and of sign-ins as well.

        A server that is warm has seen people sign in: its processes hold what that needs.
        """
        self.begun = asyncio.get_running_loop().time()
        due = arrivals(PAGES_PER_SECOND, seconds, seed)
        work = [
            self._page(name, at, page) for at, page in zip(due, self.town.pages(), strict=False)
        ]
        if name == "storm":
            due = arrivals(ATTEMPTS_PER_MINUTE / 60, seconds, seed)
            work += [
                self._attempt(at, guess)
                for at, guess in zip(due, self.town.guesses(), strict=False)
            ]
            work += self._sign_ins(self.town.people, seconds)
            work.append(self._watch_memory(seconds))
        if name == "warm-up":
            work += self._sign_ins(self.town.early, 0)
        await asyncio.gather(*work)

    def _sign_ins(self, people, seconds):
        """Of all of them, spread over the time; all at once when there is none."""
        gap = seconds / len(people)
        return [self._sign_in((n + 0.5) * gap, person) for n, person in enumerate(people)]

    async def _until(self, at):
        await asyncio.sleep(max(0.0, self.begun + at - asyncio.get_running_loop().time()))

    async def _page(self, name, at, page):
        await self._until(at)
        answer = await ask(self.server.port, page)
        self.pages[name].append(asyncio.get_running_loop().time() - self.begun - at)
        if not answer.startswith(b"HTTP/1.1 200 ") or page.marker not in answer:
            self.wrong_pages.append(answer[:200].decode("latin-1"))

    async def _attempt(self, at, guess):
        await self._until(at)
        self.answers[status_of(await ask(self.server.port, guess))] += 1

    async def _sign_in(self, at, person):
        await self._until(at)
        first = await ask(self.server.port, person.password())
        second = b""
        if status_of(first) == 200:
            second = await ask(self.server.port, person.code(first))
        if status_of(second) != 200 or b'"next":"done"' not in second:
            words = (second or first).partition(b"\r\n")[0].decode("latin-1")
            self.refused.append(f"{person.email}, {person.place}: {words}")

    async def _watch_memory(self, seconds):
        for second in range(int(seconds)):
            await self._until(second)
            self.memory.append(max(resident_kib(one) for one in self.server.workers()) / 1024)


async def ask(port, request):
    """One request on a connection of its own; the whole answer. Nothing when it was cut off."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(request.bytes)
        return await reader.read()
    except ConnectionError:
        return b""
    finally:
        writer.close()


def status_of(answer):
    return int(answer[9:12]) if answer.startswith(b"HTTP/1.") else 0


async def play(weather, seconds):
    await weather.spend("warm-up", SECONDS_TO_WARM_UP, seed=1)
    await weather.spend("quiet", seconds / QUIET_SHARE, seed=2)
    await weather.spend("storm", seconds, seed=3)
    await weather.spend("quiet", seconds / QUIET_SHARE, seed=4)


def on_database(name, _bare, folder, options):
    place = folder / name
    place.mkdir()
    database = DATABASES[name](place)
    try:
        town = Town(prepare(database, place))
        server = Server(
            "wsgi:app", log=place / "portal.log", environ=town.environ, words=AS_OPERATED
        )
        try:
            server.wait("/readyz")
            weather = Weather(server, town)
            asyncio.run(play(weather, options.seconds))
            return figures_of(weather)
        finally:
            server.stop()
    finally:
        database.stop()


def figures_of(weather):
    quiet, storm = (sorted(weather.pages[name]) for name in ("quiet", "storm"))
    quarter = len(weather.memory) // 4 or 1
    return {
        "quiet_ms": spread(quiet),
        "storm_ms": spread(storm),
        "slower": percentile(storm, 95) / percentile(quiet, 95),
        "answers": {str(status): count for status, count in sorted(weather.answers.items())},
        "wrong_pages": weather.wrong_pages,
        "signed_in": len(weather.town.people + weather.town.early) - len(weather.refused),
        "refused": weather.refused,
        "memory": max(weather.memory),
        "growth": max(weather.memory[-quarter:]) - max(weather.memory[:quarter]),
    }


def spread(times):
    return {name: percentile(times, name) * 1000 for name in (50, 95, 99)}


def percentile(times, share):
    return times[min(len(times) - 1, len(times) * share // 100)]


def table(name, found):
    for state in ("quiet", "storm"):
        times = "  ".join(f"p{share} {ms:.1f} ms" for share, ms in found[f"{state}_ms"].items())
        yield f"{name:<11} {state}: {times}"
    answers = ", ".join(f"{count} times {status}" for status, count in found["answers"].items())
    yield f"{name:<11} p95 {found['slower']:.2f} times as long; attempts: {answers}"
    yield (
        f"{name:<11} {found['signed_in']} people signed in; {found['memory']:.0f} MiB,"
        f" {found['growth']:+.1f} from the first to the last quarter"
    )


def faults(name, found):
    if found["slower"] > MOST_SLOWER:
        yield f"{name}: p95 {found['slower']:.2f} times the quiet one, {MOST_SLOWER} wanted"
    if found["growth"] > MOST_GROWTH:
        yield f"{name}: memory grows by {found['growth']:.0f} MiB, {MOST_GROWTH:.0f} wanted"
    for refusal in found["refused"]:
        yield f"{name}: locked out: {refusal}"
    for page in found["wrong_pages"][:3]:
        yield f"{name}: a wrong page: {page}"
    for status in sorted(set(found["answers"]) - {str(one) for one in REFUSALS}):
        yield f"{name}: an attempt was answered {status}"


def wanted():
    parser = parser_of("storm", __doc__, rounds=1, seconds=120)
    parser.add_argument("--database", action="append", choices=DATABASES)
    return parser.parse_args()


def main():
    return judge("storm", wanted(), on_database=on_database, table=table, faults=faults)


if __name__ == "__main__":
    sys.exit(main())
