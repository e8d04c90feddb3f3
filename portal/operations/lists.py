"""Jobs and mails as lists: newest first, one table each, columns only."""

import sqlalchemy as sa

from portal.jobs.models import Job, JobStatus
from portal.mail.models import EmailLog, MailStatus
from portal.web.paging import ListPage, page_of

LONGEST_SEARCH = 200


def jobs_page(*, status: str, cursor: str | None) -> ListPage[sa.Row[*tuple[object, ...]]]:
    columns = (
        Job.id,
        Job.kind,
        Job.status,
        Job.attempts,
        Job.run_at,
        Job.last_error,
        Job.created_at,
        Job.finished_at,
    )
    query = sa.select(*columns).order_by(Job.id.desc())
    if status in list(JobStatus):
        query = query.where(Job.status == status)
    return page_of(query, lambda row: row, cursor=cursor)


def mails_page(
    *, status: str, text: str, cursor: str | None
) -> ListPage[sa.Row[*tuple[object, ...]]]:
    columns = (
        EmailLog.id,
        EmailLog.recipient,
        EmailLog.subject,
        EmailLog.status,
        EmailLog.attempts,
        EmailLog.created_at,
        EmailLog.sent_at,
    )
    query = sa.select(*columns).order_by(EmailLog.id.desc())
    if status in list(MailStatus):
        query = query.where(EmailLog.status == status)
    wanted = text.replace("\x00", "").strip()[:LONGEST_SEARCH]
    if wanted:
        query = query.where(EmailLog.recipient.icontains(wanted, autoescape=True))
    return page_of(query, lambda row: row, cursor=cursor)
