"""What a person's addresses hear of a recovery. Each mail of an open one can stop it."""

from collections.abc import Sequence

from portal.core.actor import Actor
from portal.staff.links import issue_link, live_links
from portal.staff.models import Admin, LinkPurpose
from portal.staff.telling import Copies
from portal.web.urls import external_url


def addresses_of(person: Admin) -> Sequence[str]:
    """The present one, and those that were replaced so lately that they may still undo it."""
    former = live_links(admin_id=person.id, purpose=LinkPurpose.EMAIL_UNDO)
    return list(dict.fromkeys([person.email, *(link.email for link in former)]))


def copies_that_stop(*, by: Actor, person: Admin) -> Copies:
    """A mail to every address, each with a link of its own that stops the recovery."""
    return {address: stop_link(by, person, address) for address in addresses_of(person)}


def stop_link(by: Actor, person: Admin, address: str) -> dict[str, object]:
    token = issue_link(admin=person, purpose=LinkPurpose.RECOVERY_STOP, email=address, by=by)
    return {"url": external_url("two_factor.stop_recovery", token=token)}


def copies_to(addresses: Sequence[str]) -> Copies:
    """The same mail to each: of what is over there is nothing to stop."""
    return {address: {} for address in addresses}
