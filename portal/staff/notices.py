"""What a person should know, under the bell until they have read it."""

import sqlalchemy as sa

from portal.core import clock
from portal.core.database import changed_rows, db
from portal.core.errors import NotFound
from portal.staff.models import Notice
from portal.web.paging import ListPage, page_of

LONGEST_TEXT = 500


def notify(*, admin_id: int, kind: str, text: str, url: str | None = None) -> None:
    """Tell a person something. `url` is a path of the portal where they can act on it."""
    db.session.add(
        Notice(
            admin_id=admin_id,
            kind=kind,
            text=text[:LONGEST_TEXT],
            url=url,
            created_at=clock.now(),
        )
    )


def notices_of(admin_id: int, *, cursor: str | None = None) -> ListPage[sa.Row[tuple[object, ...]]]:
    """The newest first."""
    columns = Notice.__table__.c
    query = (
        sa.select(columns.id, columns.text, columns.url, columns.created_at, columns.read_at)
        .where(columns.admin_id == admin_id)
        .order_by(columns.id.desc())
    )
    return page_of(query, lambda row: row, cursor=cursor)


def read_notice(*, admin_id: int, notice_id: int) -> str | None:
    """Mark one as read. Returns where it leads.

    Raises:
        NotFound: no such notice, or another person's.
    """
    notice = db.session.get(Notice, notice_id)
    if notice is None or notice.admin_id != admin_id:
        raise NotFound("There is no such notice.")
    if notice.read_at is None:
        notice.read_at = clock.now()
    return notice.url


def read_all_notices(*, admin_id: int) -> int:
    """Mark every notice of the person as read. Returns how many were not."""
    unread = (Notice.admin_id == admin_id, Notice.read_at.is_(None))
    return changed_rows(sa.update(Notice).where(*unread).values(read_at=clock.now()))
