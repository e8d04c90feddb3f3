"""A sign-in from where somebody never was: told once, here and by mail."""

import pytest

from portal.audit.actions import Action
from portal.core.database import db
from portal.staff.models import AdminSession, Notice
from tests.cast import PASSWORD, open_session
from tests.staff.conftest import RIGHT
from tests.staff.post import mails

CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36"  # noqa: E501
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; rv:131.0) Gecko/20100101 Firefox/131.0"


@pytest.fixture
def sign_in(app, bea_ready, factor):
    def begin(agent, address="192.0.2.9"):
        factor.forget()
        client = app.test_client()
        client.environ_base |= {"REMOTE_ADDR": address, "HTTP_USER_AGENT": agent}
        client.submit("/sign-in", email=bea_ready.email, password=PASSWORD)
        assert client.submit("/sign-in/second-factor", totp_code=RIGHT).status_code == 303

    return begin


def told():
    notices = db.session.query(Notice).filter_by(kind=Action.SESSION_OPENED).count()
    assert len(mails("new_device")) == notices
    return notices


def test_the_first_device_of_all_is_nobodys_surprise(sign_in):
    sign_in(CHROME)
    assert told() == 0


def test_the_same_device_is_told_of_once(sign_in):
    sign_in(CHROME)
    sign_in(FIREFOX)
    assert told() == 1
    sign_in(FIREFOX, "192.0.2.200")
    sign_in(CHROME)
    assert told() == 1
    assert "Firefox on Windows, 192.0.2.9" in db.session.query(Notice).one().text


def test_the_same_browser_in_another_network_is_told_of(sign_in):
    sign_in(CHROME)
    sign_in(CHROME, "198.51.100.4")
    assert told() == 1


def test_a_password_alone_makes_no_device_known(bea, sign_in):
    sign_in(CHROME)
    session, _ = open_session(bea, "preauth", device_label="Firefox on Windows")
    session.network = "192.0.2.0/24"
    sign_in(FIREFOX)
    assert told() == 1
    assert db.session.query(AdminSession).filter_by(state="preauth").count() == 1
