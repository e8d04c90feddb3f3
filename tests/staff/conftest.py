"""A second factor of the tests: one code is right, once."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from threading import Lock

import pytest
from flask import Flask

from portal.staff import second_factor
from portal.staff.passwords import hash_password
from portal.staff.second_factor import Check, Proof
from tests.cast import PASSWORD
from tests.statements import counted

RIGHT = "123456"
WRONG = "000000"


@dataclass
class OnceOnly:
    """Accepts the right code one time, like a real authenticator's check."""

    method: str
    amr: str
    used: set[int] = field(default_factory=set)
    lock: Lock = field(default_factory=Lock)

    def prepare(self, *, admin_id: int, code: str, session_id: str) -> Check:
        return partial(self.check, admin_id, code)

    def check(self, admin_id: int, code: str) -> Proof:
        with self.lock:
            if code != RIGHT or admin_id in self.used:
                return Proof(False, "invalid")
            self.used.add(admin_id)
        return Proof(True, "accepted")

    def forget(self) -> None:
        """The next code came, and it looks the same."""
        self.used.clear()


@pytest.fixture
def factor(monkeypatch: pytest.MonkeyPatch) -> OnceOnly:
    """In place of the authenticator, whose own tests stand with its room."""
    fake = OnceOnly("totp", "otp")
    backup = OnceOnly("backup", "backup")
    monkeypatch.setattr(second_factor, "_factors", {"totp": fake, "backup": backup})
    return fake


@pytest.fixture
def password_hash(app: Flask) -> str:
    """The hash of the cast's password."""
    return hash_password(PASSWORD)


@pytest.fixture
def bea_ready(bea, password_hash: str, factor: OnceOnly):
    """Bea, who has a password and a second factor."""
    bea.password_hash = password_hash
    return bea


@pytest.fixture
def statements(app: Flask) -> Iterator[list[str]]:
    """Every statement that reaches the database, as it is sent."""
    with counted() as seen:
        yield seen
