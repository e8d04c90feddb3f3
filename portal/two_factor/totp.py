"""Authenticator codes: RFC 6238 with SHA-1, six digits and 30 seconds, as every app knows them.

Plain values in and out; what is stored and consumed stands in `authenticators`.
"""

import hmac
import re
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

import pyotp

SECRET_CHARACTERS = 32  # base32 of 160 bits (RFC 4226 section 4, R6)
SECONDS = 30
HINT_STEPS = 10  # so far off, a code betrays a wrong clock; it is refused all the same
CODE = re.compile(r"[0-9]{6}")
LONGEST_TYPED = 40


@dataclass(frozen=True, slots=True)
class Match:
    """Where a typed code belongs."""

    step: int | None
    """The accepted 30-second step, or None."""
    steps_off: int | None
    """How far the phone's clock is ahead (or, below zero, behind), when that is the fault."""


def new_secret() -> str:
    return pyotp.random_base32(SECRET_CHARACTERS)


def step_at(at: datetime) -> int:
    return int(at.timestamp()) // SECONDS


def cleaned(typed: str) -> str | None:
    """Six ASCII digits without the spaces that apps show between them, or None."""
    code = "".join(typed[:LONGEST_TYPED].split())
    return code if CODE.fullmatch(code) else None


def match(secret: str, typed: str, *, at: datetime, is_strict: bool = False) -> Match:
    """Find the step of a typed code: the present one, then one before, then one after.

    Every candidate is computed and compared in constant time, whatever was typed.
    """
    code, now = cleaned(typed), step_at(at)
    hotp = pyotp.HOTP(secret)
    same = {
        off: hmac.compare_digest(hotp.at(now + off), code or "------")
        for off in sorted(range(-HINT_STEPS, HINT_STEPS + 1), key=abs)
    }
    accepted = (0,) if is_strict else (0, -1, 1)
    step = next((now + off for off in accepted if same[off]), None)
    near = next((off for off, is_same in same.items() if is_same), None)
    return Match(step, near if step is None else None)


def key_uri(secret: str, *, email: str, brand: str) -> str:
    """What an authenticator app scans (Key URI Format); a colon would split the label."""
    issuer = quote(brand.replace(":", ""), safe="")
    account = quote(email, safe="")
    return (
        f"otpauth://totp/{issuer}:{account}?secret={secret}&issuer={issuer}"
        f"&algorithm=SHA1&digits=6&period={SECONDS}"
    )


def grouped(secret: str) -> str:
    """The secret in groups of four, as a person types it."""
    return " ".join(secret[i : i + 4] for i in range(0, len(secret), 4))
