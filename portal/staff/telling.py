"""Telling a person what happened to their account, in the transaction in which it happens.

Which words, and whether under the bell, by mail or both, stands in `account_notices`.
"""

from collections.abc import Iterable, Mapping

import sqlalchemy as sa

from portal.audit.actions import Action
from portal.core import clock
from portal.core.actor import Actor, ActorType
from portal.core.database import UTCDateTime, db
from portal.core.provenance import provenance
from portal.core.roles import Role
from portal.mail.outbox import queue_mail
from portal.staff.account_notices import DECIDERS, NOTICES
from portal.staff.models import Admin, Notice
from portal.staff.notices import notify

Copies = Mapping[str, Mapping[str, object]]
"""By address: what this mail alone says, such as a link that only its reader may follow."""


def tell(
    action: Action, *, by: Actor, person: Admin, copies: Copies | None = None, **facts: object
) -> None:
    """Tell a person of an action about their account. Without `copies` the mail goes to them alone.

    `facts` fill the line and the mail; both know `by` and `ip` too.
    """
    telling = NOTICES[action]
    known = {"by": by.label, "ip": provenance().ip or "the server", **facts}
    if telling.text is not None:
        text = telling.text.format_map(known)
        notify(admin_id=person.id, kind=action, text=text, url=telling.url)
    if telling.mail is not None:
        for address, own in (copies or {person.email: {}}).items():
            queue_mail(
                by=by,
                to=address,
                to_name=person.name,
                template=telling.mail,
                context={"name": person.name, **known, **own},
                carries_secret="url" in own,
            )


def tell_deciders(
    action: Action, *, admin_ids: Iterable[int], person: Admin, about: int | None = None
) -> None:
    """Tell others of an action about somebody's account. `about`: the row to decide on, if it is
    not the person.
    """
    telling = DECIDERS[action]
    facts = {"person": person.name, "id": about or person.id}
    text, url = (part.format_map(facts) for part in (telling.text or "", telling.url or ""))
    for admin_id in admin_ids:
        notify(admin_id=admin_id, kind=action, text=text, url=url)


def tell_role(action: Action, *, by: Actor, role: Role, **facts: object) -> None:
    """Tell everybody of the role but who did it, by one statement."""
    telling = NOTICES[action]
    doer = by.id if by.type is ActorType.ADMIN else None
    values = {
        "kind": sa.literal(action.value),
        "text": sa.literal((telling.text or "").format_map(facts)),
        "url": sa.literal(telling.url),
        "created_at": sa.literal(clock.now(), UTCDateTime()),
    }
    people = sa.select(Admin.id, *values.values()).where(
        Admin.role == role.value,
        Admin.joined_at.is_not(None),
        Admin.disabled_at.is_(None),
        Admin.id.is_distinct_from(doer),
    )
    db.session.execute(sa.insert(Notice).from_select(["admin_id", *values], people))
