"""Passwords: how they are kept, compared, and when one is good enough.

Argon2id with OWASP's parameters; NFC, no trimming, no truncation (NIST 800-63B 3.1.1.2).
"""

import os
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cache
from importlib import import_module
from threading import get_native_id
from typing import Any, ClassVar, NewType, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError
from argon2.profiles import CHEAPEST

from portal.config import Environment, settings
from portal.core.errors import DomainError
from portal.core.text import nfc

SHORTEST = 15  # NIST: a password that may stand alone, as before the second factor is set up
LONGEST = 256
TOO_LONG = f"Use at most {LONGEST} characters."
LONGEST_JUDGED = 28  # zxcvbn raises above 72 characters and takes seconds on hostile ones
GOOD_SCORE = 3  # zxcvbn: safely unguessable, against a slow hash
PATIENCE = 2.0  # seconds that a request waits for its turn to hash
AT_ONCE = 2  # in one process
LOWER = 5  # steps of niceness: a third of the processor's time that others get

Hashed = TypeVar("Hashed")


class WeakPassword(DomainError):
    """The new password is refused; the message gives the reason, as NIST demands."""

    title = "Choose another password"

    def __init__(self, message: str) -> None:
        super().__init__(message, field="new_password")


class Busy(DomainError):
    """Too many passwords are being hashed at once: each takes 19 MiB."""

    status = 503
    code = "unavailable"
    title = "The portal is busy"
    retry_after: ClassVar[int] = 2


def hash_password(password: str) -> str:
    """The Argon2id hash to store.

    Raises:
        Busy: see the class.
    """
    return _in_turn(_hasher().hash, _prepared(password))


def verify_password(password: str, stored: str | None) -> bool:
    """Is it the password behind `stored`? With None the same work is done, for nothing.

    Raises:
        Busy: see the class.
    """
    try:
        matches = _in_turn(_hasher().verify, stored or _nobodys_hash(), _prepared(password))
    except (VerifyMismatchError, VerificationError, InvalidHashError):
        return False
    return matches and stored is not None


def needs_rehash(stored: str) -> bool:
    """Was it made with other parameters than today's?"""
    return _hasher().check_needs_rehash(stored)


def check_new_password(password: str, *, context: Sequence[str] = ()) -> None:
    """Refuse a guessable password. `context` are words an attacker would try: name, address.

    Raises:
        WeakPassword: with the reason.
    """
    if len(password) > LONGEST * 4:  # before any work that grows with the length
        raise WeakPassword(TOO_LONG)
    try:
        text = nfc(password)
        text.encode()
    except UnicodeEncodeError:
        raise WeakPassword("Use characters that can be typed.") from None
    if len(text) < SHORTEST:
        raise WeakPassword(f"Use at least {SHORTEST} characters. A few unrelated words do well.")
    if len(text) > LONGEST:
        raise WeakPassword(TOO_LONG)
    folded, words = text.casefold(), _context_words(context)
    if folded in _common_passwords() or _repeated_unit(folded) in _common_passwords():
        raise WeakPassword("This is one of the first passwords that attackers try.")
    if len(_without(folded, words)) < SHORTEST // 2:
        raise WeakPassword("Do not build it from your name, your address or the name of the site.")
    found = _library().zxcvbn(text[:LONGEST_JUDGED], user_inputs=words)
    if found["score"] < GOOD_SCORE:
        raise WeakPassword(_reason(found["feedback"]))


AcceptedPassword = NewType("AcceptedPassword", str)
"""The hash to store of a new password that is good enough."""


def accepted_password(password: str, *, context: Sequence[str] = ()) -> AcceptedPassword:
    """`check_new_password`, and the hash. Both take long: ahead of the transaction that stores it.

    Raises:
        WeakPassword: with the reason.
        Busy: see the class.
    """
    check_new_password(password, context=context)
    return AcceptedPassword(hash_password(password))


def _reason(feedback: dict[str, object]) -> str:
    warning = str(feedback["warning"] or "It is too easy to guess.")
    return f"{warning.rstrip('.')}. Add a word or two that have nothing to do with each other."


def _context_words(context: Sequence[str]) -> list[str]:
    """The words and their parts, longest first: `bea.agent@boxcost.test` holds five."""
    whole = [settings().brand, *context]
    parts = [
        part
        for text in whole
        for part in "".join(c if c.isalnum() else " " for c in text).split()
        if len(part) > 2
    ]
    return sorted({text.casefold() for text in (*whole, *parts) if text}, key=len, reverse=True)


def _without(text: str, words: Sequence[str]) -> str:
    for word in words:
        text = text.replace(word, "")
    return "".join(c for c in text if c.isalnum())


def _repeated_unit(text: str) -> str:
    """`abcabc` is `abc`; a text that repeats nothing is itself."""
    length = (text + text).find(text, 1)
    return text[:length]


@cache
def _common_passwords() -> frozenset[str]:
    """The 30,000 of zxcvbn's list; one repeated until it is long enough counts as the same."""
    return frozenset(_library().frequency_lists.FREQUENCY_LISTS["passwords"])


def _library() -> Any:
    """Loaded when the first password is chosen: its word lists take 17 MiB of each process."""
    return import_module("zxcvbn")


def _in_turn(work: Callable[..., Hashed], *given: object) -> Hashed:
    """In one of two threads that do nothing else.

    The memory of a hash stays with its thread (the allocator's arenas): in those that answer
    requests it would come to 19 MiB each.
    """
    turn = _hashing().submit(work, *given)
    try:
        return turn.result(PATIENCE)
    except TimeoutError:
        if turn.cancel():
            raise Busy("Many people sign in at once. Try again in a moment.") from None
        return turn.result()  # its turn has come


@cache
def _hashing() -> ThreadPoolExecutor:
    """Made for the first password: a process that is forked later has no threads of its parent."""
    return ThreadPoolExecutor(AT_ONCE, thread_name_prefix="hashing", initializer=_step_back)


def _step_back() -> None:
    """A page is due sooner than a hash: where all processors are busy, pages go first."""
    if sys.platform == "linux":  # elsewhere it is the process that has a priority
        with suppress(OSError):  # a host may forbid it: then they are equals
            os.setpriority(os.PRIO_PROCESS, get_native_id(), os.nice(0) + LOWER)


def _prepared(password: str) -> bytes:
    """What is hashed. Beyond the limit nothing can match, and hashing it would be work for free."""
    text = nfc(password[: LONGEST * 4])
    return text[: LONGEST + 1].encode("utf-8", "surrogatepass")


def _hasher() -> PasswordHasher:
    return _cheap_hasher() if settings().env is Environment.TESTING else _real_hasher()


@cache
def _real_hasher() -> PasswordHasher:
    # OWASP Password Storage, ASVS appendix C; argon2-cffi's own default takes five times as long.
    return PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1, hash_len=32, salt_len=16)


@cache
def _cheap_hasher() -> PasswordHasher:
    return PasswordHasher.from_parameters(CHEAPEST)


def _nobodys_hash() -> str:
    return _dummy_of(_hasher())


@cache
def _dummy_of(hasher: PasswordHasher) -> str:
    return hasher.hash(b"nobody has this password")
