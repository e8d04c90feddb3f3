"""Links from mails and tokens of programs: used up, outlived, lent and lifted."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from portal.core import clock
from portal.core.actor import SYSTEM
from portal.core.database import db
from portal.core.roles import Role
from portal.customers.models import ApiToken
from portal.customers.tokens import issue_service_token, issue_staff_token
from portal.staff.links import issue_link
from portal.staff.models import Admin, LinkPurpose, StaffLink
from portal.web.access import SessionState
from tests.attacks.ground import Ground
from tests.attacks.wire import LOGIN
from tests.cast import actor, sudo_until

pytestmark = pytest.mark.attack
NEW = "another four quiet words 9"


def link_for(ground: Ground, person: Admin, purpose: LinkPurpose = LinkPurpose.RESET) -> str:
    with ground.inside():
        admin = db.session.get_one(Admin, person.id)
        token = issue_link(admin=admin, purpose=purpose, email=admin.email, by=SYSTEM)
    return f"/reset-password/{token}"


def use(ground: Ground, place: str) -> int:
    return ground.stranger().take_form_token().submit(place, {"new_password": NEW}).status


def test_a_scanner_that_follows_a_link_uses_nothing_up(ground):
    place = link_for(ground, ground.person())
    for method in ("GET", "HEAD", "OPTIONS", "GET"):
        assert ground.stranger().ask(method, place).status == 200
    assert use(ground, place) == 303


def test_a_link_serves_once_and_signs_nobody_in(ground):
    person = ground.person()
    place = link_for(ground, person)
    visitor = ground.stranger().take_form_token()
    answer = visitor.submit(place, {"new_password": NEW})
    assert (answer.status, answer.header("Location")) == (303, "/sign-in")
    assert visitor.get("/account/security").status == 303
    assert use(ground, place) == 410
    body = {"email": person.email, "password": NEW}
    assert ground.stranger().say("POST", LOGIN, body).json["next"] == "second_factor"


def test_every_dead_link_is_one_answer(ground):
    used, old, late, other = (ground.person() for _ in range(4))
    places = {
        "used": link_for(ground, used),
        "replaced": link_for(ground, old),
        "outlived": link_for(ground, late),
        "of another kind": link_for(ground, other, LinkPurpose.INVITE),
        "never there": "/reset-password/" + "x" * 43,
    }
    use(ground, places["used"])
    link_for(ground, old)
    with ground.inside():
        mine = StaffLink.admin_id == late.id
        past = clock.now() - timedelta(seconds=1)
        db.session.execute(sa.update(StaffLink).where(mine).values(expires_at=past))
    answers = {kind: ground.stranger().get(place) for kind, place in places.items()}
    assert {answer.status for answer in answers.values()} == {410}
    assert len({answer.said for answer in answers.values()}) == 1


def test_a_link_dies_with_the_password_that_it_was_to_replace(ground):
    person = ground.person()
    place = link_for(ground, person)
    with ground.inside():
        db.session.get_one(Admin, person.id).password_changed_at = clock.now()
    assert use(ground, place) == 410


def test_the_address_of_a_link_is_kept_by_nobody(ground):
    place = link_for(ground, ground.person())
    answer = ground.stranger().get(place)
    assert answer.header("Cache-Control") == "no-store"
    assert answer.header("Referrer-Policy") in {"same-origin", "no-referrer"}
    assert place.rpartition("/")[2] not in (ground.portal.folder / "server.log").read_text()


def staff_token(ground: Ground, person: Admin, *permissions: str) -> dict[str, str]:
    with ground.inside():
        by = actor(db.session.get_one(Admin, person.id))
        issued = issue_staff_token(by=by, name="Script", permissions=permissions)
        return {"Authorization": f"Bearer {issued.text}"}


def test_nobody_makes_a_token_that_may_more_than_they(ground):
    thief = ground.attacker(ground.person(), sudo_until=sudo_until(), sudo_method="totp")
    fields = [("name", "Mine"), ("days", "30"), ("permissions", "audit.all")]
    assert thief.submit("/tokens/own", fields).status == 422
    assert thief.submit("/tokens/service", fields).status == 403
    made = ground.rows(sa.select(ApiToken).where(ApiToken.name == "Mine"))
    assert [token for token in made if "audit.all" in token.scopes] == []


@pytest.mark.parametrize("change", [{"role": Role.MARKETING}, {"disabled_at": "now"}])
def test_a_token_falls_with_its_person_at_once(ground, change):
    person, program = ground.person(Role.ADMIN), ground.stranger()
    bearer = staff_token(ground, person, "tickets.read")
    place = "/api/support/tickets"
    assert program.get(place, **bearer).status == 200
    values = {key: clock.now() if value == "now" else value for key, value in change.items()}
    with ground.inside():
        db.session.execute(sa.update(Admin).where(Admin.id == person.id).values(**values))
    assert program.get(place, **bearer).status in {401, 403}


def test_no_token_reaches_what_is_for_people(ground):
    person, program = ground.person(Role.ADMIN), ground.stranger()
    own = staff_token(ground, person, "tickets.read")
    with ground.inside():
        by = actor(db.session.get_one(Admin, person.id))
        issued = issue_service_token(by=by, name="Product", scopes=["customers:read"])
        service = {"Authorization": f"Bearer {issued.text}"}
    doors = ground.doors(
        lambda view: view.access.permission is None and SessionState.ACTIVE in view.access.states
    )
    doors += [("GET", place) for place in ("/", "/staff", "/tokens", "/audit", "/account/security")]
    for method, url in doors:
        for bearer in (own, service):
            answer = (
                program.say(method, url, {}, **bearer)
                if method != "GET"
                else program.get(url, **bearer)
            )
            assert answer.status == 403, f"{method} {url}"


def test_a_token_in_an_address_is_no_token(ground):
    bearer = staff_token(ground, ground.person(Role.ADMIN), "tickets.read")
    text = bearer["Authorization"].split()[1]
    for name in ("access_token", "token", "api_key", "Authorization"):
        assert ground.stranger().get(f"/api/support/tickets?{name}={text}").status == 401
    assert text not in (ground.portal.folder / "server.log").read_text()
