"""A ticket says who asks and on which plan they are, and follows when that changes."""

from datetime import timedelta

import pytest

from portal.catalog.plans import plan_named
from portal.core import clock
from portal.core.actor import SYSTEM
from portal.core.database import db
from portal.customers.tenants import change_tenant
from portal.customers.users import change_user
from portal.jobs.registry import recurring_kinds
from portal.subscriptions.assignments import assign_plan
from portal.support import following
from portal.support.following import PLANS, write_plans
from portal.support.history_words import history_of
from portal.support.statuses import set_status
from portal.support.words import Status
from tests.cast import actor, make_tenant, make_user
from tests.statements import counted
from tests.support.clocks import HOUR, at
from tests.support.desk import make_ticket
from tests.support.levels import FIRST, make_calendar, make_rule, row, then, work
from tests.support.test_searching import numbers

DAY = timedelta(days=1)


@pytest.fixture
def uma(acme, catalog):
    return make_user(acme)


@pytest.fixture
def ticket(uma):
    return make_ticket(uma)


def on(tenant, name, **more):
    return assign_plan(by=SYSTEM, tenant=tenant, plan=plan_named(name), **more)


def plan_said(ticket):
    return ticket.plan_name, ticket.plan_level


def test_a_user_with_another_name_and_address_is_called_so_in_all_their_tickets(ticket, uma, bea):
    solved, version = make_ticket(uma), ticket.version
    set_status(by=actor(bea), ticket=solved, status=Status.SOLVED)
    change_user(by=SYSTEM, user=uma, name="Una Umber", email="una@umber.test")
    work()
    db.session.expire_all()
    for one in (ticket, solved):
        assert (one.requester_name, one.requester_email) == ("Una Umber", "una@umber.test")
        assert one.number in numbers(actor(bea), "umber")
    assert ticket.version == version + 1


def test_a_tenant_with_another_name_is_called_so_in_its_tickets_a_part_at_a_time(
    monkeypatch, acme, ticket, uma, birch
):
    monkeypatch.setattr(following, "AT_ONCE", 2)
    tickets = [ticket, *(make_ticket(uma) for _ in range(4))]
    other = make_ticket(make_user(birch))
    change_tenant(by=SYSTEM, tenant=acme, name="Zenith")
    assert work() == 3
    db.session.expire_all()
    assert {one.tenant_name for one in tickets} == {"Zenith"}
    assert other.tenant_name == "Birch"


def test_a_customer_without_tickets_and_another_zone_make_no_work(acme, birch, ticket):
    change_tenant(by=SYSTEM, tenant=birch, name="Birchwood")
    change_user(by=SYSTEM, user=make_user(birch), name="New Name", email="new@birch.test")
    change_tenant(by=SYSTEM, tenant=acme, name=acme.name, time_zone="Europe/Berlin")
    on(birch, "basic")
    assert work() == 0


def test_a_tenant_on_another_plan_is_on_it_in_its_open_tickets(acme, ticket, uma, bea):
    on(acme, "basic")
    work()
    solved = make_ticket(uma)
    set_status(by=actor(bea), ticket=solved, status=Status.SOLVED)
    on(acme, "enterprise")
    work()
    assert plan_said(ticket) == ("Enterprise", 3)
    assert plan_said(solved) == ("Basic", 1)
    told = [one.what for one in history_of(ticket)][:2]
    assert told == ["changed plan from Basic to Enterprise", "changed plan from Free to Basic"]


def test_one_run_of_the_worker_serves_whoever_changed_before_it(acme, birch, ticket):
    make_ticket(make_user(birch))
    for tenant in (acme, birch, acme):
        on(tenant, "basic" if tenant is birch else "enterprise")
    assert work() == 1
    assert plan_said(ticket) == ("Enterprise", 3)


def test_rule_6_a_clock_counts_by_what_the_new_plan_promises(acme, uma):
    hours = make_calendar()
    make_rule(hours, name="Fast", min_plan_level=2, first_response_s=HOUR)
    make_rule(hours, name="Slow", first_response_s=4 * HOUR)
    with then(7, "10:00"):
        ticket = make_ticket(uma)
        assert row(ticket, FIRST).due_at == at(7, "14:00")
    with then(7, "10:30"):
        on(acme, "professional")
        work()
    assert row(ticket, FIRST).due_at == ticket.next_due_at == at(7, "11:00")


def test_what_ends_by_time_alone_is_followed_by_the_sweep(acme, uma):
    on(acme, "professional", trial_ends_at=clock.now() + DAY)
    ticket = make_ticket(uma)
    assert plan_said(ticket) == ("Professional", 2)
    write_plans({})
    assert plan_said(ticket) == ("Professional", 2)
    with clock.standing_at(clock.now() + DAY):
        write_plans({})
    assert plan_said(ticket) == ("Free", 0)
    assert recurring_kinds()[PLANS] == timedelta(minutes=1)


def test_many_tenants_are_followed_some_at_a_time(monkeypatch, catalog):
    monkeypatch.setattr(following, "FEW_TENANTS", 2)
    tenants = [make_tenant(f"T{n}", external_id=f"t{n}") for n in range(5)]
    tickets = [make_ticket(make_user(tenant)) for tenant in tenants]
    for tenant in tenants:
        on(tenant, "basic")
    work()
    assert {plan_said(one) for one in tickets} == {("Basic", 1)}


def test_a_sweep_that_finds_nothing_asks_three_questions(catalog, acme, uma, birch):
    on(acme, "basic")
    for user in (uma, make_user(birch)):
        make_ticket(user)
    with counted() as statements:
        write_plans({})
    assert len(statements) <= 3, statements
