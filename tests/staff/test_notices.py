"""Notices, and what a person sets for themselves."""

import pytest

from portal.core.database import db
from portal.staff.models import Admin, Notice
from portal.staff.notices import notify
from tests.ledger import events

WISH = {"name": "Bea B", "time_zone": "europe/paris", "theme": "dark", "shortcuts_enabled": ""}


def test_reading_a_notice_leads_where_it_points(bea, bea_client):
    notify(admin_id=bea.id, kind="x", text="Look here", url="/account/email")
    db.session.flush()
    assert "Look here" in bea_client.get("/account/notices").text
    notice = db.session.query(Notice).one()
    assert bea_client.submit(f"/account/notices/{notice.id}/read").location == "/account/email"
    assert db.session.query(Notice).one().read_at is not None


@pytest.mark.parametrize(("number", "shown"), [(0, ""), (1, "1"), (99, "99"), (250, "99+")])
def test_the_bell_counts_to_ninety_nine(bea, mo, bea_client, number, shown):
    for person, many in ((bea, number), (mo, 3)):
        for _ in range(many):
            notify(admin_id=person.id, kind="x", text="Look here")
    db.session.flush()
    bell = bea_client.soup("/account/notices").select_one("a[href='/account/notices']")
    assert bell.get_text(strip=True) == shown
    assert bell["aria-label"] == (f"Notices, {shown} unread" if shown else "Notices")


def test_the_notice_of_another_person_is_not_found(bea_client, mo):
    notify(admin_id=mo.id, kind="x", text="Private")
    db.session.flush()
    notice = db.session.query(Notice).one()
    for number in (notice.id, 99999):
        assert bea_client.submit(f"/account/notices/{number}/read").status_code == 404
    bea_client.submit("/account/notices/read-all")
    assert db.session.query(Notice).one().read_at is None


def test_preferences_are_kept_and_other_fields_ignored(bea, bea_client):
    answer = bea_client.submit("/account/preferences", **WISH, role="admin", email="e@x.test")
    assert answer.status_code == 303
    found = db.session.get(Admin, bea.id)
    assert (found.name, found.time_zone, found.theme) == ("Bea B", "Europe/Paris", "dark")
    assert (found.role, found.email) == ("support_agent", "bea@boxcostpro.test")


def test_preferences_that_stay_as_they_were_are_no_event(bea_client):
    for _ in range(2):
        assert bea_client.submit("/account/preferences", **WISH).status_code == 303
    assert len(events("account.preferences_changed")) == 1


@pytest.mark.parametrize("wrong", [{"theme": "pink"}, {"time_zone": "Moon"}, {"name": "x" * 5000}])
def test_wrong_preferences_change_nothing(bea, bea_client, wrong):
    assert bea_client.submit("/account/preferences", **{**WISH, **wrong}).status_code == 422
    assert db.session.get(Admin, bea.id).name == "Bea Agent"
