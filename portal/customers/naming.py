"""What tenants and users are called: by us, by the product, and in the ledger."""

from portal.audit.ledger import Target
from portal.core.errors import DomainError
from portal.core.text import nfc, one_line
from portal.customers.models import Tenant, User
from portal.staff.identity import BadEmail, Email, checked_email, email_key
from portal.staff.identity import checked_name as checked_staff_name
from portal.web.texts import LONGEST_REASON

LONGEST_NAME = 200
LONGEST_EXTERNAL_ID = 128
LONGEST_KEY = 200
LONGEST_EMAIL_KEY = 320
MASK = "•••"


class BadExternalId(DomainError):
    """An id of the product's that could not be found again by its address."""


class BadReason(DomainError):
    """No reason, or a story."""


def checked_external_id(text: str) -> str:
    """What the product calls a tenant or user: 1 to 128 printable characters, in NFC.

    It is a part of addresses, so it holds no slash, is neither `.` nor `..`, and neither begins
    nor ends with a space: servers and clients on the way change such addresses.

    Raises:
        BadExternalId: see the class.
    """
    found = nfc(text)
    if not found:
        raise BadExternalId("Say what the product calls it.", field="external_id")
    if len(found) > LONGEST_EXTERNAL_ID:
        raise BadExternalId(
            f"Use an external id of at most {LONGEST_EXTERNAL_ID} characters.", field="external_id"
        )
    if "/" in found or found in {".", ".."} or not found.isprintable() or found != found.strip():
        raise BadExternalId(
            "Use printable characters without a slash, and no space at either end.",
            field="external_id",
        )
    return found


def checked_name(text: str) -> str:
    """A tenant's or user's name, on one line.

    Raises:
        BadName: it is empty, longer than 200 characters, or holds characters that nobody sees.
    """
    return checked_staff_name(text, longest=LONGEST_NAME, missing="Write a name.")


def checked_address(text: str) -> Email:
    """A user's e-mail address and its key.

    Raises:
        BadEmail: the message says what is wrong with it.
    """
    if MASK in text:  # valid by RFC 6531, and copied from a page
        raise BadEmail("This address is masked. Write the whole one.", field="email")
    return checked_email(text.strip())


def masked(address: str) -> str:
    """`u•••@acme.test`: the domain, and how the address begins where that is not all of it."""
    local, at, domain = address.rpartition("@")
    name = local.strip('"')
    return f"{name[0] if len(name) > 1 else ''}{MASK}{at}{domain if at else ''}"


def checked_reason(text: str | None) -> str | None:
    """Why, on one line; None when a program gave no reason.

    Raises:
        BadReason: longer than 500 characters.
    """
    reason = one_line((text or "").replace("\x00", ""))
    if len(reason) > LONGEST_REASON:
        raise BadReason(f"Use at most {LONGEST_REASON} characters.", field="reason")
    return reason or None


def name_key(text: str) -> str:
    """What lists sort and searches compare by: NFC and case-folded."""
    return email_key(text)[:LONGEST_KEY]


def address_key(text: str) -> str:
    return email_key(text)[:LONGEST_EMAIL_KEY]


def target_of_tenant(tenant: Tenant) -> Target:
    return Target("tenant", tenant.id, tenant.name)


def target_of_user(user: User) -> Target:
    """By number alone: the ledger is for ever, and a customer's person may ask to be erased."""
    return Target("user", user.id, f"user {user.id}")
