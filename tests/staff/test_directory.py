"""The list of people costs the same for fifty and for ten thousand."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from portal.core import clock
from portal.core.database import db
from portal.core.roles import Role
from portal.staff.models import Admin
from tests.cast import make_admin, signed_in

CROWD = 10_000


@pytest.fixture
def crowd(app, ann):
    joined = clock.now() - timedelta(days=30)
    same = {"role": Role.FINANCE, "theme": "auto", "shortcuts_enabled": True, "created_at": joined}
    rows = [
        {
            "email": f"p{number:05}@boxcostpro.test",
            "email_key": f"p{number:05}@boxcostpro.test",
            "name": f"Person {number:05}",
            "joined_at": joined,
            "is_second_factor_on": False,
            **same,
        }
        for number in range(CROWD)
    ]
    db.session.execute(sa.insert(Admin), rows)
    return signed_in(app, ann)


@pytest.mark.parametrize("query", ["", "?q=person", "?role=finance&state=active"])
def test_a_page_of_people_takes_two_questions(crowd, statements, query):
    crowd.get("/staff")
    statements.clear()
    answer = crowd.get(f"/staff{query}")
    assert answer.text.count('<td data-label="Name">') == 50
    asked = [one for one in statements if one.startswith("SELECT")]
    assert len(asked) == 2, asked  # who calls, and the page


def test_the_last_page_is_reached_and_left_again(crowd):
    last = crowd.soup("/staff?q=Person 09999").select("#people-rows tr")
    assert len(last) == 1
    first = crowd.soup("/staff")
    second = crowd.soup(first.select_one("a[rel=next]")["href"])
    back = crowd.soup(second.select_one("a[rel=prev]")["href"])
    assert [row.text for row in back.select("#people-rows tr")] == [
        row.text for row in first.select("#people-rows tr")
    ]


def test_nobody_is_shown_twice_when_all_have_one_name(ann_client):
    for number in range(60):
        make_admin("Same Name", email=f"same{number}@boxcostpro.test")
    first = ann_client.soup("/staff?q=same")
    second = ann_client.soup(first.select_one("a[rel=next]")["href"])
    found = [a["href"] for page in (first, second) for a in page.select("#people-rows a")]
    assert len(found) == len(set(found)) == 60


def test_typing_is_answered_with_the_rows_alone(ann_client, bea):
    answer = ann_client.get("/staff?q=bea", headers={"HX-Request": "true"})
    assert answer.text.count("<tr>") == 2
    assert "<html" not in answer.text
    assert 'data-announce="1 person"' in answer.text


def test_finding_nobody_says_how_to_see_everyone(ann_client):
    page = ann_client.soup("/staff?q=nobody-of-this-name")
    assert page.select_one(".empty a")["href"] == "/staff"


def test_a_manager_can_send_an_invitation_again(mo_client):
    newcomer = make_admin("Nova Newcomer", joined_at=None, password_changed_at=None)
    page = mo_client.get(f"/staff/{newcomer.id}").text
    assert f"/staff/{newcomer.id}/resend-invite" in page
    assert "browser" not in page


def test_a_manager_cannot_send_the_invitation_of_an_admin(mo_client):
    newcomer = make_admin("Nova Newcomer", Role.ADMIN, joined_at=None, password_changed_at=None)
    assert "resend-invite" not in mo_client.get(f"/staff/{newcomer.id}").text
