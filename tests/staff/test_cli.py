"""Adding people on the server's command line."""

from portal.core.database import db
from portal.core.roles import Role
from portal.staff.models import Admin
from portal.staff.passwords import verify_password
from tests.staff.post import mails

ADD = ["staff", "add", "nia@boxcostpro.test", "--name", "Nia", "--role"]
PASSWORD = "four unrelated quiet words 7"


def run(app, *arguments, **more):
    return app.test_cli_runner().invoke(args=[*ADD, *arguments], **more)


def nia():
    return db.session.query(Admin).filter_by(email="nia@boxcostpro.test").one_or_none()


def test_a_person_with_a_password_can_sign_in_at_once(app):
    done = run(app, "admin", "--password-stdin", input=f"{PASSWORD}\n")
    assert (done.exit_code, done.stdout) == (0, "")
    assert (nia().role, nia().joined_at is not None) == (Role.ADMIN, True)
    assert verify_password(PASSWORD, nia().password_hash)
    assert PASSWORD not in done.output


def test_without_a_password_the_link_alone_is_printed(app):
    done = run(app, "manager")
    assert done.stdout.startswith("http://localhost/invite/")
    assert nia().joined_at is None
    assert len(mails("invite")) == 1


def test_a_refusal_ends_with_1_and_wrong_usage_with_2(app):
    assert run(app, "owner").exit_code == 2
    assert run(app, "admin", "--password-stdin", input="short\n").exit_code == 1
    assert nia() is None
    assert [run(app, "manager").exit_code for _ in range(2)] == [0, 1]
