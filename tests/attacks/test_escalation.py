"""Nobody does more than their role allows, nor makes themselves more than they are."""

import pytest
import sqlalchemy as sa

from portal.audit.actions import Action
from portal.core.roles import Role
from portal.staff.models import Admin
from portal.staff.roles import permissions_of
from tests.attacks.ground import Ground
from tests.attacks.wire import Attacker
from tests.cast import sudo_until

pytestmark = pytest.mark.attack
FRESH = {"sudo_method": "totp"}


def proven(ground: Ground, person: Admin) -> Attacker:
    return ground.attacker(person, sudo_until=sudo_until(), **FRESH)


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMIN])
def test_a_role_is_refused_what_it_lacks_and_the_attempt_is_noted(ground, role):
    thief = proven(ground, ground.person(role))
    lacking = ground.doors(
        lambda view: view.access.permission and view.access.permission not in permissions_of(role)
    )
    doors = ground.sample(lacking)
    before = ground.events(Action.ACCESS_DENIED)
    for method, url in doors:
        answer = thief.say(method, url, {}) if is_json(method, url) else turn(thief, method, url)
        assert answer.status == 403, f"{method} {url}"
    assert ground.events(Action.ACCESS_DENIED) - before == len(doors)


def is_json(method: str, url: str) -> bool:
    return method != "GET" and url.startswith("/api/")


def turn(thief: Attacker, method: str, url: str):
    return thief.submit(url) if method == "POST" else thief.ask(method, url)


def change_role(thief: Attacker, person: Admin, role: Role, seen: Role):
    fields = {"role": role.value, "expected": seen.value}
    return thief.submit(f"/staff/{person.id}/change-role", fields)


def role_of(ground: Ground, person: Admin) -> str:
    return ground.rows(sa.select(Admin.role).where(Admin.id == person.id))[0]


def test_a_manager_makes_nobody_an_admin(ground):
    mo, ann = ground.person(Role.MANAGER), ground.person(Role.ADMIN)
    bea = ground.person()
    thief = proven(ground, mo)
    for person in (mo, bea):
        assert change_role(thief, person, Role.ADMIN, Role(person.role)).status == 403
    assert thief.submit(f"/staff/{ann.id}/disable", {"reason": "x"}).status == 403
    form = {"name": "Ina New", "email": "ina@boxcostpro.test", "role": Role.ADMIN.value}
    assert thief.submit("/staff/invite", form).status in {403, 422}
    assert [role_of(ground, p) for p in (mo, bea, ann)] == ["manager", "support_agent", "admin"]


def test_an_admin_does_not_change_their_own_role(ground):
    ann = ground.person(Role.ADMIN)
    answer = change_role(proven(ground, ann), ann, Role.MANAGER, Role.ADMIN)
    assert answer.status in {403, 409}
    assert role_of(ground, ann) == Role.ADMIN


def test_a_demoted_admin_is_out_with_the_next_request(ground):
    ann, other = ground.person(Role.ADMIN), ground.person(Role.ADMIN)
    thief = proven(ground, other)
    assert thief.get("/staff").status == 200
    assert change_role(proven(ground, ann), other, Role.SUPPORT_AGENT, Role.ADMIN).status == 303
    assert thief.get("/staff").status == 303
    assert thief.get("/api/admin/2fa/status").status == 401
