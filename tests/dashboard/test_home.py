"""The first page counts what needs this person, and is calm when nothing does."""

from datetime import timedelta

import pytest

from portal.audit.actions import Action
from portal.audit.ledger import record
from portal.core import clock
from portal.core.actor import Actor, ActorType
from portal.core.database import db
from portal.core.roles import Role
from portal.jobs.models import Job, JobStatus
from portal.mail.models import EmailLog, MailStatus
from tests.cast import make_admin, signed_in


def failed_job():
    now = clock.now()
    return Job(kind="x", payload={}, status=JobStatus.FAILED, run_at=now, created_at=now)


def lost_mail():
    now = clock.now()
    return EmailLog(
        message_id="<1@x>",
        template="x",
        recipient="a@b.test",
        subject="x",
        carries_secret=False,
        status=MailStatus.UNKNOWN,
        next_attempt_at=now,
        created_at=now,
    )


def targets(client):
    return {link["href"].partition("?")[0] for link in client.soup("/").select("main a[href]")}


@pytest.mark.parametrize("role", list(Role))
def test_every_role_has_a_first_page(app, role):
    client = signed_in(app, make_admin("Cy Outsider", role, is_second_factor_on=True))
    assert client.get("/").status_code == 200


def test_an_admin_is_led_to_what_failed(ann_client):
    db.session.add_all([failed_job(), lost_mail()])
    assert {"/operations/jobs", "/operations/mail"} <= targets(ann_client)


def test_an_agent_hears_nothing_of_jobs(bea_client):
    db.session.add_all([failed_job(), lost_mail()])
    assert not {"/operations/jobs", "/operations/mail"} & targets(bea_client)


def test_an_admin_is_told_of_people_without_a_second_factor(ann_client, cy):
    assert "/staff" in targets(ann_client)


def test_the_events_of_others_stay_with_those_who_may_see_them(ann_client, bea_client, ann, bea):
    alike = Actor(ActorType.CUSTOMER, bea.id, "customer of the same number")
    record(Action.TOTP_ENABLED, by=alike)
    assert alike.label not in bea_client.get("/").text
    assert alike.label in ann_client.get("/").text


def test_an_old_password_is_only_mentioned(app):
    long_ago = clock.now() - timedelta(days=4 * 365)
    client = signed_in(app, make_admin("Cy Outsider", password_changed_at=long_ago))
    assert client.get("/").status_code == 200
