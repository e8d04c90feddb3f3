"""What a person may be called, and where they may be written to."""

from dataclasses import dataclass

from email_validator import EmailNotValidError, validate_email

from portal.config import settings
from portal.core.errors import DomainError
from portal.core.text import has_unseen, nfc, one_line

LONGEST_NAME = 120
LONGEST_EMAIL = 254  # RFC 5321, as errata 1690 of RFC 3696 counts it
LONGEST_TYPED = 320  # of an address: what is longer is nobody's


class BadName(DomainError):
    """No name, or one that no page and no mail header can show."""


class BadEmail(DomainError):
    """Not an address that mail can reach."""


@dataclass(frozen=True, slots=True)
class Email:
    """An address as written to, and as compared: NFC and case-folded."""

    address: str
    key: str


def checked_email(text: str) -> Email:
    """The address in its normal form.

    Raises:
        BadEmail: the message says what is wrong with it.
    """
    if len(text) > LONGEST_EMAIL:  # before parsing: its cost grows with the length
        raise BadEmail(f"Use an address of at most {LONGEST_EMAIL} characters.", field="email")
    try:
        # `.test` is reserved for exactly this: the demo and the tests.
        found = validate_email(
            text, check_deliverability=False, test_environment=not settings().is_production
        )
    except EmailNotValidError as error:
        raise BadEmail(str(error), field="email") from error
    return Email(found.normalized, email_key(found.normalized))


def email_key(text: str) -> str:
    """What two spellings of one address have in common. Reads anything, refuses nothing."""
    return nfc(nfc(text).strip().casefold())


def checked_name(
    text: str,
    *,
    longest: int = LONGEST_NAME,
    missing: str = "Write the name that colleagues know this person by.",
) -> str:
    """The name in NFC, on one line, without surrounding or doubled space.

    Raises:
        BadName: it is empty, too long, or holds characters that cannot be seen.
    """
    name = one_line(text)
    if not name:
        raise BadName(missing, field="name")
    if len(name) > longest:
        raise BadName(f"Use a name of at most {longest} characters.", field="name")
    if has_unseen(name):
        raise BadName("Use a name without control or direction characters.", field="name")
    return name
