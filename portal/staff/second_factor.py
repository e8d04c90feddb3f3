"""The second steps that a person may take. Rooms above register theirs; staff asks by name.

So the sign-in needs no knowledge of how a code is checked, and a new kind of proof joins without
a change here.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from portal.core.database import looking

LONGEST_CODE = 64
"""As much of a code as is looked at, however it is typed."""


@dataclass(frozen=True, slots=True)
class Proof:
    """What came of one code. `reason` is for the ledger; the person hears one answer for all."""

    accepted: bool
    reason: str
    remaining: int | None = None
    """How many codes are left, where they can run out."""
    owes_codes: bool = False
    """Was the last backup code used up, so that nothing helps when this factor is lost?"""


Check = Callable[[], Proof]
"""Looks at a code that was prepared."""


class SecondFactor(Protocol):
    """One kind of second step."""

    @property
    def method(self) -> str:
        """Its name: `totp`, `backup`, `passkey`."""

    @property
    def amr(self) -> str:
        """How a session remembers that it was proven this way: `otp`, `backup`, `passkey`."""

    def prepare(self, *, admin_id: int, code: str, session_id: str) -> Check:
        """What takes long about a code, ahead of the transaction: nothing is written or decided.

        What it returns consumes the code in the running transaction, so that it never works again.
        A wrong code is counted, not raised. The work is the same whether or not the factor is on.
        """


class UnknownFactor(LookupError):
    """No room registered a factor of that name."""


_factors: dict[str, SecondFactor] = {}


def register(factor: SecondFactor) -> None:
    """Offer this factor at sign-in and sudo, in place of an earlier one of the same name."""
    _factors[factor.method] = factor


def factor_named(method: str) -> SecondFactor:
    """The registered factor.

    Raises:
        UnknownFactor: see the class.
    """
    try:
        return _factors[method]
    except KeyError:
        raise UnknownFactor(method) from None


@dataclass(frozen=True, slots=True)
class Way:
    """One way to take the second step while signing in: what it is proven with, and where."""

    method: str
    endpoint: str
    label: str
    """What it takes, as in "Use a backup code instead"."""


Ways = Callable[[int], Sequence[Way]]
_finders: list[Ways] = []


def offer_ways(finder: Ways) -> None:
    """Let this function say which ways a person (their id) has, the one to offer first first."""
    _finders[:] = [finder]


def ways_of(admin_id: int) -> Sequence[Way]:
    """The person's ways to take the second step. Never empty for somebody who owes one.

    Asked ahead of a proof, whose hashing takes long: it begins no transaction.
    """
    with looking():
        return _finders[0](admin_id)
