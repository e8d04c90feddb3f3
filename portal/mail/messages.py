"""Finished messages (RFC 5322): composed once when queued, the same at every attempt."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from email import policy
from email.headerregistry import (
    Address,
    BaseHeader,
    HeaderRegistry,
    UniqueAddressHeader,
    UnstructuredHeader,
)
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import Policy
from email.utils import format_datetime
from functools import lru_cache

import idna
from email_validator import EmailNotValidError, validate_email

from portal.config import settings
from portal.core.errors import DomainError
from portal.mail.assembly import ADDRESSES, Header, assembled, folded
from portal.mail.templates import Letter


class _IdsHeader(UnstructuredHeader, BaseHeader):
    """Message ids, one a line: Python's own folding would encode a long one past recognition."""

    def fold(self, *, policy: Policy) -> str:
        return f"{self.name}: " + f"{policy.linesep} ".join(self.split()) + policy.linesep


class _AddressHeader(UniqueAddressHeader, BaseHeader):  # type: ignore[misc]  # so does Python
    """Folded by hand: `ADDRESSES` says why."""

    def fold(self, *, policy: Policy) -> str:
        return folded(self.name, str(self)) or super().fold(policy=policy)


_headers = HeaderRegistry()
for _name in ("in-reply-to", "references"):
    _headers.map_to_type(_name, _IdsHeader)
for _name in ADDRESSES:
    _headers.map_to_type(_name, _AddressHeader)
# Quoted-printable or base64 where needed, so that a server without 8BITMIME takes it too.
PLAIN = policy.SMTP.clone(cte_type="7bit", max_line_length=78, header_factory=_headers)
MESSAGE_ID = re.compile(r"<[!-;=?-~]{1,250}>")
MOST_REFERENCES = 20
LONGEST_REFERENCES = 8 * 1024
LONGEST_NAME = 120
UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+")


class NoMailAddress(DomainError):
    """Mail cannot go there."""

    title = "Not a mail address"


@lru_cache(maxsize=1024)
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


@dataclass(frozen=True, slots=True)
class MailFile:
    """A file that goes with a mail. `media_type` has been found out, not believed."""

    filename: str
    media_type: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Conversation:
    """What a mail says of the conversation that it belongs to.

    `by_hand`: a person wrote it, so an answer by machine is as welcome as to any other mail.
    """

    in_reply_to: str | None = None
    references: tuple[str, ...] = ()
    reply_to: str | None = None
    by_hand: bool = False
    files: tuple[MailFile, ...] = ()


ALONE = Conversation()


def trimmed_references(ids: Iterable[str]) -> tuple[str, ...]:
    """The root and the newest, at most 20 and 8 KiB: the oldest in the middle go first.

    What does not look like a message id is left out, whoever sent it.
    """
    found = [one for one in dict.fromkeys(ids) if MESSAGE_ID.fullmatch(one)]
    while len(found) > MOST_REFERENCES or sum(len(one) + 3 for one in found) > LONGEST_REFERENCES:
        del found[1]
    return tuple(found)


def composed(
    letter: Letter,
    *,
    to: str,
    to_name: str,
    message_id: str,
    written_at: datetime,
    conversation: Conversation = ALONE,
) -> bytes:
    """The message as the gateway will hand it over, text first, HTML as the richer form."""
    headers = [
        ("From", _address(settings().brand, settings().mail_from)),
        ("To", _address(to_name, to)),
        ("Subject", one_line(letter.subject)),
        ("Date", format_datetime(written_at)),
        ("Message-ID", message_id),
        *_place(conversation),
    ]
    is_international = not to.rpartition("@")[0].isascii()
    if not is_international and not conversation.files:
        return assembled(headers, text=letter.text, html=letter.html, policy=PLAIN)
    message = EmailMessage(PLAIN.clone(utf8=True) if is_international else PLAIN)
    for name, value in headers:
        message[name] = value
    message.set_content(letter.text, charset="utf-8")
    message.add_alternative(letter.html, subtype="html", charset="utf-8")
    for file in conversation.files:
        kind, _, subtype = file.media_type.partition("/")
        message.add_attachment(
            file.data, maintype=kind, subtype=subtype, filename=one_line(file.filename)
        )
    return message.as_bytes()


def _place(conversation: Conversation) -> Iterator[Header]:
    references = trimmed_references(conversation.references)
    if conversation.in_reply_to and MESSAGE_ID.fullmatch(conversation.in_reply_to):
        yield "In-Reply-To", conversation.in_reply_to
    if references:
        yield "References", " ".join(references)
    if conversation.reply_to:
        yield "Reply-To", _address(settings().brand, checked_address(conversation.reply_to))
    if not conversation.by_hand:
        # RFC 3834: no out-of-office answers to these, please.
        yield "Auto-Submitted", "auto-generated"
        yield "X-Auto-Response-Suppress", "All"
        yield "Precedence", "auto_reply"


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


def _address(name: str, address: str) -> str:
    local, _, domain = address.rpartition("@")
    return str(Address(one_line(name)[:LONGEST_NAME], username=local, domain=ascii_domain(domain)))
