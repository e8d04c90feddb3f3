"""Many people who sign in, enrol and forget their passwords, and who remember each answer."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from threading import Condition, Thread

import pyotp

from portal.core import clock
from tests.cast import PASSWORD
from tests.visitor import (
    Answer,
    Unanswered,
    Visitor,
    begin_enrolment,
    confirm_enrolment,
    give_password,
)


@dataclass
class Promises:
    """What the portal acknowledged: who did what, as often as a whole answer said so."""

    kept: Counter[tuple[str, str]] = field(default_factory=Counter)
    refused: list[str] = field(default_factory=list)
    begun: int = 0
    changed: Condition = field(default_factory=Condition)

    def begin(self) -> None:
        with self.changed:
            self.begun += 1
            self.changed.notify_all()

    def keep(self, email: str, deed: str) -> None:
        with self.changed:
            self.kept[email, deed] += 1

    def refuse(self, deed: str, answer: Answer) -> None:
        with self.changed:
            self.refused.append(f"{deed}: {answer.status} {answer.text[:2000]}")

    def wait_for(self, deeds: int) -> None:
        """Until so many more were begun; the last of them is then still under way."""
        with self.changed:
            number = self.begun + deeds
            assert self.changed.wait_for(lambda: self.begun >= number, 60), self.refused


class Crowd:
    """Some threads that take one person after the other until told to stop."""

    def __init__(self, port: int, emails: Iterator[str], size: int = 3) -> None:
        self.port = port
        self.emails = emails
        self.promises = Promises()
        self.is_stopping = False
        self.threads = [Thread(target=self.run, daemon=True) for _ in range(size)]

    def __enter__(self) -> "Crowd":
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.is_stopping = True
        for thread in self.threads:
            thread.join(60)
            assert not thread.is_alive()

    def run(self) -> None:
        while not self.is_stopping:
            with self.promises.changed:
                email = next(self.emails)
            try:
                self.live(email)
            except Unanswered:
                continue  # nobody knows what came of it: the next person

    def live(self, email: str) -> None:
        """One person's day: password, enrolment, a second sign-in, a forgotten password."""
        visitor = Visitor(self.port)
        self.expect(email, "password", lambda: give_password(visitor, email, PASSWORD))
        secret = begin_enrolment(visitor)
        self.promises.begin()
        codes = confirm_enrolment(visitor, pyotp.TOTP(secret).at(clock.now()))
        if len(codes) == 10:
            self.promises.keep(email, "enrolment")
        visitor.get("/account/security")  # the codes' own page has no form to leave by
        self.expect(email, "sign_out", lambda: visitor.submit("/sign-out"))
        self.come_back(email, codes[0])

    def come_back(self, email: str, code: str) -> None:
        visitor = Visitor(self.port)
        self.expect(email, "password", lambda: give_password(visitor, email, PASSWORD))
        visitor.get("/sign-in/backup-code")
        step = "/sign-in/backup-code"
        self.expect(email, "backup_code", lambda: visitor.submit(step, backup_code=code))
        stranger = Visitor(self.port)
        stranger.get("/forgot-password")
        forgot = "/forgot-password"
        self.expect(email, "forgot", lambda: stranger.submit(forgot, email=email))

    def expect(self, email: str, deed: str, attempt: Callable[[], Answer]) -> None:
        self.promises.begin()
        answer = attempt()
        if answer.is_acknowledged:
            self.promises.keep(email, deed)
        else:
            self.promises.refuse(deed, answer)
