"""Finished messages (RFC 5322): composed once when queued, the same at every attempt."""

import re
from datetime import datetime
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.parser import BytesParser

import idna
from email_validator import EmailNotValidError, validate_email

from portal.config import settings
from portal.core.errors import DomainError
from portal.mail.templates import Letter

# Quoted-printable or base64 where needed, so that a server without 8BITMIME takes it too.
PLAIN = policy.SMTP.clone(cte_type="7bit", max_line_length=78)
LONGEST_NAME = 120
UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+")


class NoMailAddress(DomainError):
    """Mail cannot go there."""

    title = "Not a mail address"


def checked_address(text: str) -> str:
    """The address in its normal form.

    Raises:
        NoMailAddress: it is no address, or hides a line break.
    """
    try:
        # What a domain may receive is the mail server's business; we only ask for a real form.
        found = validate_email(
            text, check_deliverability=False, globally_deliverable=False, test_environment=True
        )
    except EmailNotValidError as error:
        raise NoMailAddress(f"Mail cannot be sent to that address: {error}", field="email") from (
            error
        )
    return found.normalized


def composed(
    letter: Letter, *, to: str, to_name: str, message_id: str, written_at: datetime
) -> bytes:
    """The message as the gateway will hand it over, text first, HTML as the richer form."""
    is_international = not to.rpartition("@")[0].isascii()
    message = EmailMessage(PLAIN.clone(utf8=True) if is_international else PLAIN)
    message["From"] = _address(settings().brand, settings().mail_from)
    message["To"] = _address(to_name, to)
    message["Subject"] = one_line(letter.subject)
    message["Date"] = written_at
    message["Message-ID"] = message_id
    # RFC 3834: no out-of-office answers to these, please.
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    message.set_content(letter.text, charset="utf-8")
    message.add_alternative(letter.html, subtype="html", charset="utf-8")
    return message.as_bytes()


def parsed(message: bytes) -> EmailMessage:
    return BytesParser(_class=EmailMessage, policy=policy.SMTP).parsebytes(message)


def text_of(message: EmailMessage) -> str:
    """What somebody reads whose mail program shows plain text."""
    part = message.get_body(("plain",))
    return str(part.get_content()) if part is not None else ""


def ascii_domain(domain: str) -> str:
    """The domain as servers spell it: `xn--...` where it has letters outside ASCII.

    IDNA 2008, as registries sell it; Python's own codec is of 2003 and takes strasse for straße.
    """
    return domain if domain.isascii() else idna.encode(domain, uts46=True).decode("ascii")


def one_line(text: str) -> str:
    """Text for a header: a line break in it could begin a header of its own."""
    return " ".join(UNPRINTABLE.sub(" ", text).split())


def _address(name: str, address: str) -> Address:
    local, _, domain = address.rpartition("@")
    return Address(one_line(name)[:LONGEST_NAME], username=local, domain=ascii_domain(domain))
