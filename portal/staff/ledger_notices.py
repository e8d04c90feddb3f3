"""Telling our people what the ledger found: under the bell, and by mail."""

from collections.abc import Iterable

import sqlalchemy as sa

from portal.audit.models import Alert, AlertRule, AuditStream
from portal.audit.signals import alert_raised, stream_given_up
from portal.core.actor import SYSTEM
from portal.core.database import db
from portal.core.roles import Role
from portal.mail.outbox import queue_mail
from portal.staff.models import Admin
from portal.staff.notices import notify
from portal.web.urls import external_url


def tell_roles(
    roles: Iterable[str], *, kind: str, text: str, url: str, template: str, **context: object
) -> int:
    """A notice and a mail to everybody who works here in one of the roles; how many they are."""
    people = sa.select(Admin).where(
        Admin.role.in_(list(roles)), Admin.disabled_at.is_(None), Admin.joined_at.is_not(None)
    )
    told = 0
    for person in db.session.scalars(people.order_by(Admin.id)):
        notify(admin_id=person.id, kind=kind, text=text, url=url)
        queue_mail(
            by=SYSTEM,
            to=person.email,
            to_name=person.name,
            template=template,
            context={"name": person.name, **context},
            # Its own event could meet the very rule that it tells of, without end.
            is_security=False,
        )
        told += 1
    return told


@alert_raised.connect
def tell_of_alert(alert: Alert, *, rule: AlertRule) -> None:
    """Whoever the rule names."""
    tell_roles(
        rule.roles,
        kind="alert.raised",
        text=f"{rule.name}: {alert.text}",
        url="/audit/alerts",
        template="audit_alert",
        rule=rule.name,
        text_of_event=alert.text,
        count=alert.count,
        minutes=rule.minutes,
        url_of_event=external_url("audit.event", event_id=alert.event_id),
    )


@stream_given_up.connect
def tell_of_stream(stream: AuditStream) -> None:
    """The admins: they can mend it."""
    tell_roles(
        [Role.ADMIN],
        kind="audit_stream.gave_up",
        text=f"The stream {stream.name} was paused: nothing was taken for seven days.",
        url=f"/audit/streams/{stream.id}",
        template="audit_stream_paused",
        stream=stream.name,
        error=stream.last_error,
        page=external_url("audit.stream", stream_id=stream.id),
    )
