"""A change of address is undone by whoever had the address first, whatever was done since."""

from datetime import timedelta

import sqlalchemy as sa
import time_machine

from portal.audit.actions import Action
from portal.core import clock
from portal.core.database import db
from portal.staff.models import Admin, Notice
from tests.cast import trusted
from tests.staff.post import link_in
from tests.two_factor.recovery_steps import letters

MINE, FIRST, SECOND = "bea@boxcostpro.test", "first@evil.test", "second@evil.test"


def moved(app, bea, address):
    """Somebody at a proven screen gives the account another address: the link that undoes it."""
    assert trusted(app, bea).submit("/account/email", email=address).status_code == 303
    assert app.test_client().submit(link_in("email_change")).status_code == 303
    return link_in("email_changed")


def address(bea):
    return db.session.get(Admin, bea.id).email


def test_a_thief_who_undoes_a_second_change_leaves_the_owners_link(app, client, bea):
    owners, thiefs = moved(app, bea, FIRST), moved(app, bea, SECOND)
    assert client.submit(thiefs).status_code == 303
    assert address(bea) == FIRST
    assert client.get(owners).status_code == 200
    assert client.submit(owners).status_code == 303
    assert address(bea) == MINE


def test_the_owners_link_kills_those_of_later_changes(app, client, bea):
    owners, thiefs = moved(app, bea, FIRST), moved(app, bea, SECOND)
    assert client.submit(owners).status_code == 303
    assert [client.get(link).status_code for link in (owners, thiefs)] == [410, 410]
    assert client.submit(thiefs).status_code == 410
    assert address(bea) == MINE


def test_the_owners_link_lives_seven_days_and_no_more(app, client, bea):
    owners, thiefs = moved(app, bea, FIRST), moved(app, bea, SECOND)
    client.submit(thiefs)
    with time_machine.travel(clock.now() + timedelta(days=7), tick=False):
        assert client.get(owners).status_code == 410


def test_who_can_still_undo_hears_of_every_further_change(app, client, bea):
    moved(app, bea, FIRST)
    thiefs = moved(app, bea, SECOND)
    (_, first), (to, text), (_, own) = letters("email_changed")
    assert to == MINE
    assert "belongs to second@evil.test now instead of first@evil.test" in text
    assert ["/email/undo/" in one for one in (first, text, own)] == [True, False, True]
    client.submit(thiefs)
    (to, text), (last, own) = letters("email_change_undone")
    assert (to, last) == (MINE, FIRST)
    assert "your account belongs to first@evil.test now" in text
    assert ["/reset-password/" in one for one in (text, own)] == [False, True]


def test_disabling_and_enabling_leaves_the_way_back(app, client, ann, bea):
    owners, browser = moved(app, bea, FIRST), trusted(app, ann)
    assert browser.submit(f"/staff/{bea.id}/disable").status_code == 303
    assert [client.get(owners).status_code, client.submit(owners).status_code] == [410, 410]
    assert address(bea) == FIRST
    assert browser.submit(f"/staff/{bea.id}/enable").status_code == 303
    assert client.submit(owners).status_code == 303
    assert address(bea) == MINE


def test_every_other_admin_is_led_to_what_was_done_with_the_account(app, client, ann, bea):
    owners = moved(app, bea, FIRST)
    assert told(ann) == told(bea) == []
    assert client.submit(owners).status_code == 303
    (notice,) = told(ann)
    assert "took a change of e-mail address back. Somebody else may have had" in notice.text
    assert trusted(app, ann).get(notice.url).status_code == 200
    assert notice.url == f"/audit/people/{bea.id}"
    assert [mine.url for mine in told(bea)] == ["/account/email"]


def told(person):
    mine = (Notice.admin_id == person.id, Notice.kind == Action.EMAIL_CHANGE_UNDONE)
    return db.session.scalars(sa.select(Notice).where(*mine)).all()
