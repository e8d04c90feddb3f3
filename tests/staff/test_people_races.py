"""Many at once on people and links, with real transactions."""

import pytest

from portal.core.database import db
from portal.core.errors import DomainError
from portal.core.roles import Role
from portal.staff.invites import invite, join
from portal.staff.models import Admin
from portal.staff.people import change_role, disable_person
from tests.cast import actor, make_admin
from tests.staff.test_races import together

pytestmark = pytest.mark.race


def outcomes(app, work, count):
    def attempt(number):
        with app.app_context():
            try:
                work(number)
                db.session.commit()
            except DomainError as error:
                db.session.rollback()
                return error.status
            return 200

    return together(attempt, count)


@pytest.mark.parametrize("is_demoted", [True, False])
def test_two_admins_who_remove_each_other_leave_one(own_app, is_demoted):
    with own_app.app_context():
        admins = [make_admin(name, Role.ADMIN) for name in ("Ann", "Abe")]
        pairs = [(actor(a), b.id) for a, b in (admins, admins[::-1])]
        db.session.commit()

    def remove(number):
        by, other = pairs[number]
        if is_demoted:
            change_role(by=by, person_id=other, expected=Role.ADMIN, role=Role.FINANCE)
        else:
            disable_person(by=by, person_id=other)

    assert min(outcomes(own_app, remove, 2)) == 200
    with own_app.app_context():
        assert db.session.query(Admin).filter_by(role=Role.ADMIN, disabled_at=None).count() == 1


def test_twenty_clicks_on_one_invitation_join_one_person(own_app):
    with own_app.app_context():
        by = actor(make_admin("Ann", Role.ADMIN))
        _, url = invite(by=by, email="nia@boxcostpro.test", name="Nia", role=Role.FINANCE)
        db.session.commit()
    token = url.rsplit("/", 1)[1]
    password = "four unrelated quiet words 7"

    def accept(number):
        join(token=token, name=f"Nia {number}", password=password, time_zone="")

    answers = outcomes(own_app, accept, 20)
    assert answers.count(200) == 1
    assert set(answers) <= {200, 410, 503}
