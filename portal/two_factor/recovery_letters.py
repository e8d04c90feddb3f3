"""What a person's addresses hear of a recovery. Each mail of an open one can stop it."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from portal.core import clock
from portal.core.actor import Actor
from portal.core.database import db
from portal.core.provenance import provenance
from portal.mail.outbox import queue_mail
from portal.staff.links import issue_link
from portal.staff.models import Admin, LinkPurpose, StaffLink
from portal.web.urls import external_url


def addresses_of(person: Admin) -> Sequence[str]:
    """The present one, and those that were replaced so lately that they may still undo it."""
    former = db.session.scalars(
        sa.select(StaffLink.email)
        .where(
            StaffLink.admin_id == person.id,
            StaffLink.purpose == LinkPurpose.EMAIL_UNDO,
            StaffLink.used_at.is_(None),
            StaffLink.revoked_at.is_(None),
            StaffLink.expires_at > clock.now(),
        )
        .order_by(StaffLink.id)
    )
    return list(dict.fromkeys([person.email, *former]))


def write_to(*, by: Actor, person: Admin, template: str, **context: object) -> None:
    """To every address, with a link that stops the recovery."""
    for address in addresses_of(person):
        _post(by, person, address, template, url=stop_url(by, person, address), **context)


def write_end(
    *,
    by: Actor,
    person: Admin,
    template: str,
    addresses: Sequence[str] = (),
    **context: object,
) -> None:
    """To every address that it is over. `addresses`: as they were before links died."""
    for address in addresses or addresses_of(person):
        _post(by, person, address, template, **context)


def write_code(*, by: Actor, person: Admin, code: str, until: datetime) -> None:
    """To the present address alone."""
    url = stop_url(by, person, person.email)
    _post(by, person, person.email, "recovery_code", code=code, until=until, url=url)


def stop_url(by: Actor, person: Admin, address: str) -> str:
    token = issue_link(admin=person, purpose=LinkPurpose.RECOVERY_STOP, email=address, by=by)
    return external_url("two_factor.stop_recovery", token=token)


def _post(by: Actor, person: Admin, address: str, template: str, **context: object) -> None:
    queue_mail(
        by=by,
        to=address,
        to_name=person.name,
        template=template,
        context={"name": person.name, "ip": provenance().ip or "the server", **context},
        carries_secret="url" in context,
    )
