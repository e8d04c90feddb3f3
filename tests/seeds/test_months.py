"""The months behind the demo company: each page finds something true, and nothing waits."""

from collections import Counter
from datetime import datetime, timedelta
from random import Random

import pytest
import sqlalchemy as sa

from portal.audit.models import Alert, AuditEvent
from portal.core import clock
from portal.core.actor import SYSTEM, Actor, ActorType
from portal.core.database import db
from portal.core.provenance import provenance
from portal.coupons.models import Coupon
from portal.coupons.validating import Purchase, validate_coupon
from portal.customers.models import Tenant
from portal.entitlements.models import UsageEvent
from portal.entitlements.rollups import wrong_hours
from portal.jobs.models import Job, JobStatus
from portal.mail.models import EmailLog, MailStatus
from portal.staff.models import Notice
from portal.subscriptions.trials import trials_page
from portal.support.models import GoodwillGesture, SupportTicket, TicketClock, TicketRating
from portal.support.sweeping import note_breaches, tell_breaches
from portal.support.timers import run_timers
from seeds.agenda import Agenda
from seeds.ticket_months import at_work, months_of_stories

DAY = timedelta(days=1)
NOW = datetime.fromisoformat("2026-11-25T15:20:00+00:00")


@pytest.fixture
def seeded(company):
    """The company, of which a test leaves nothing changed."""
    yield company
    db.session.rollback()


def rows(model, *where):
    return list(db.session.scalars(sa.select(model).where(*where).order_by(model.id)))


def test_tickets_came_in_each_of_six_months_and_more_of_them_lately(seeded):
    ages = [(clock.now() - ticket.created_at).days // 30 for ticket in rows(SupportTicket)]
    by_month = Counter(ages)
    assert min(by_month[month] for month in range(6)) > 10
    assert by_month[0] > by_month[5]


def test_the_desk_has_kept_and_broken_promises_reopened_and_rated_tickets(seeded):
    states = Counter(row.state for row in rows(TicketClock))
    assert states["met"] > states["missed"] > 10
    assert sum(ticket.reopened_count > 0 for ticket in rows(SupportTicket)) > 5
    scores = Counter(row.score for row in rows(TicketRating))
    assert scores[3] > scores[2] + scores[1] > 5
    assert {ticket.status for ticket in rows(SupportTicket, SupportTicket.is_open)} == {
        "new",
        "open",
        "pending",
        "on_hold",
    }


def test_numbers_of_tickets_follow_their_opening(seeded):
    opened = rows(SupportTicket)
    assert [one.created_at for one in opened] == sorted(one.created_at for one in opened)


def test_the_log_grew_in_the_order_of_time(seeded):
    query = sa.text(
        "SELECT e.occurred_at FROM audit_leaves l JOIN audit_events e ON e.id = l.event_id "
        "WHERE e.action NOT LIKE 'quota.%' AND e.occurred_at < :recent ORDER BY l.leaf_index"
    )
    recent = clock.timestamp(clock.now() - DAY)
    times = db.session.scalars(query, {"recent": recent}).all()
    assert len(times) > 3000
    assert times == sorted(times)


def test_what_somebody_did_names_the_sitting_in_which_they_signed_in(seeded):
    replied = rows(AuditEvent, AuditEvent.action == "ticket.replied")
    assert all(event.session_ref and event.ip for event in replied)
    opened = rows(AuditEvent, AuditEvent.action == "session.opened")
    sittings = {event.session_ref for event in opened}
    assert sum(event.session_ref in sittings for event in replied) > len(replied) / 2


def test_nothing_is_left_for_the_worker_to_catch_up_with(seeded):
    now = clock.now()
    run_timers({})
    assert all(ticket.closed_at is None or ticket.closed_at < now for ticket in rows(SupportTicket))
    assert (note_breaches(now), tell_breaches(now)) == (0, 0)
    waiting = rows(Job, Job.status == JobStatus.QUEUED, Job.created_at < now - DAY)
    mails = rows(EmailLog, EmailLog.status == MailStatus.QUEUED, EmailLog.created_at < now - DAY)
    assert (waiting, mails) == ([], [])
    assert not rows(Notice, Notice.read_at.is_(None), Notice.created_at < now - 3 * DAY)


def test_there_are_coupons_of_every_kind(seeded):
    tenant = rows(Tenant, Tenant.external_id == "wattle-box-co")[0]
    buys = Purchase(tenant.id, "professional", "EUR", 79_00, is_first_time=True)
    verdicts = {
        coupon.code: validate_coupon(code=coupon.code, purchase=buys).reason or "usable"
        for coupon in rows(Coupon, Coupon.is_public)
    }
    assert set(verdicts.values()) >= {
        "usable",
        "coupon_expired",
        "coupon_exhausted",
        "coupon_inactive",
        "coupon_not_started",
    }
    statuses = {coupon.status for coupon in rows(Coupon)}
    assert statuses == {"active", "awaiting_approval", "rejected", "disabled"}


def test_something_was_made_good_and_something_waits_for_a_decision(seeded):
    gestures = rows(GoodwillGesture)
    assert {one.status for one in gestures} == {"given", "awaiting_approval", "rejected"}
    assert {one.kind for one in gestures} >= {"coupon", "feature", "trial"}
    assert all(one.target_id for one in gestures if one.status == "given")


def test_some_trials_end_soon_and_some_ended_without_a_decision(seeded):
    ends = [trial.ends_at for trial in trials_page(is_over=False).items]
    assert sum(at < clock.now() + 7 * DAY for at in ends) >= 2
    assert trials_page(is_over=True).items


def test_what_was_reported_grows_and_its_hours_are_right(seeded):
    assert wrong_hours() == []
    ages = [(clock.now() - event.occurred_at).days // 30 for event in rows(UsageEvent)]
    by_month = Counter(ages)
    assert by_month[0] > by_month[2] > by_month[5] > 100


def test_somebody_guessed_passwords_and_the_alert_was_raised(seeded):
    alerts = rows(Alert)
    assert [alert.rule_name for alert in alerts] == ["Guessing passwords or codes"]
    assert alerts[0].count == 24


def test_the_same_seed_tells_the_same_stories_and_another_one_others():
    first, again, other = (list(months_of_stories(NOW, seed)) for seed in (20, 20, 21))
    assert first == again
    assert first != other


def test_agents_work_on_working_days_only():
    dice = Random(3)
    hours = [at_work(NOW + dice.uniform(0, 9) * DAY, dice) for _ in range(200)]
    assert all(at.weekday() < 5 and 8 <= at.hour < 16 for at in hours)


def test_an_agenda_is_done_in_the_order_of_time_and_leaves_out_what_is_yet_to_come():
    done, agenda = [], Agenda(seed=1, until=NOW)
    for hours in (2, 5, 3, -1):
        at = NOW - timedelta(hours=hours)
        agenda.add(at, lambda: done.append(clock.now()))
    agenda.run()
    assert done == [NOW - timedelta(hours=hours) for hours in (5, 3, 2)]


def test_a_deed_may_bring_another_one():
    done, agenda = [], Agenda(seed=1, until=NOW)

    def begin():
        agenda.add(clock.now() + DAY, lambda: done.append(clock.now()))

    agenda.add(NOW - 3 * DAY, begin)
    agenda.run()
    assert done == [NOW - 2 * DAY]


def test_a_person_acts_from_one_sitting_a_day_and_nobody_from_nowhere():
    found, agenda = [], Agenda(seed=1, until=NOW)
    ann = Actor(ActorType.ADMIN, 5, "ann@boxcostpro.test")
    for hours, by in ((30, ann), (29, ann), (2, ann), (1, SYSTEM)):
        note = lambda: found.append(provenance().session_ref)  # noqa: E731
        agenda.add(NOW - timedelta(hours=hours), note, by=by)
    agenda.run()
    assert found[0] == found[1] != found[2]
    assert found[3] is None
    assert provenance().session_ref is None
