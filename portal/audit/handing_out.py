"""Handing evidence out: in the log before its first byte is sent, under a checkpoint over that.

This owns its transactions: the tree grows in some of its own, and SQLite has one at a time.
"""

from portal.audit.bundles import Bundle, covered
from portal.audit.checkpoints import sign_now
from portal.audit.exports import Asked, Order, content_of, order_export
from portal.audit.sequencing import sequence_all
from portal.core.actor import Actor
from portal.core.database import db


def handed_out(*, by: Actor, asked: Asked) -> tuple[str, Bundle]:
    """The name of the file and what goes into it; what the caller had begun is rolled back.

    Raises:
        Denied, CannotExport: as `content_of`, and nothing is recorded; CannotExport also as
            `covered`, and then the log says that it was asked for.
    """
    db.session.rollback()
    sequence_all()
    content = content_of(by=by, asked=asked)
    order = order_export(by=by, asked=asked, content=content)
    name = f"audit-{order.event_id[:8]}-{asked.kind.value.replace('_', '-')}.zip"
    return name, recorded(order)


def recorded(order: Order) -> Bundle:
    """Commits the order, and brings the newest checkpoint over it.

    Raises:
        CannotExport: as `covered`.
    """
    db.session.commit()
    sequence_all()
    sign_now()
    db.session.commit()
    return covered(order)
