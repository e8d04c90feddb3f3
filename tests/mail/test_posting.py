"""Several mails of one deed: stored by one statement, and none of them without the others."""

import pytest
import sqlalchemy as sa

from portal.core.database import db
from portal.jobs.models import Job
from portal.mail.models import EmailLog
from portal.mail.outbox import posted_together
from tests.mail.letters import letter
from tests.statements import counted


def stored():
    return [row.id for row in db.session.scalars(sa.select(EmailLog).order_by(EmailLog.id))]


def test_they_get_their_ids_and_jobs_at_the_end(app):
    with posted_together():
        mails = [letter(f"p{n}@example.com", is_security=False) for n in range(3)]
        assert [mail.id for mail in mails] == [None] * 3
    assert [mail.id for mail in mails] == stored()
    jobs = db.session.scalars(sa.select(Job).where(Job.kind == "mail.deliver")).all()
    assert [job.payload["mail_id"] for job in jobs] == stored()


def test_their_jobs_are_one_statement(app):
    with counted() as statements, posted_together():
        for number in range(3):
            letter(f"p{number}@example.com", is_security=False)
    assert sum(each.startswith("INSERT INTO jobs") for each in statements) == 1


def test_a_mail_that_leaves_an_event_is_stored_at_once(app):
    with posted_together():
        assert letter("ann@example.com", is_security=True).id is not None


def test_a_deed_that_fails_posts_nothing(app):
    def fail():
        with posted_together():
            letter("ann@example.com", is_security=False)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert stored() == []
