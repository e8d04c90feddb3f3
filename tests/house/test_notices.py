"""Every action about somebody's account is told to its owner, or is silent for a named reason."""

import re
from pathlib import Path

import pytest
import sqlalchemy as sa

from portal.audit.actions import Action
from portal.core.database import db
from portal.mail.models import EmailLog
from portal.staff.account_notices import DECIDERS, NOTICES, SILENT
from portal.staff.models import Notice
from tests.house.drives import DRIVES, Stage
from tests.house.test_events import driven
from tests.two_factor.conftest import moment  # noqa: F401 - a fixture

SUBJECTS = {
    *("session", "access", "csrf", "totp", "backup_codes", "backup_code", "passkey", "webauthn"),
    *("recovery", "data_keys", "secret_key", "policy", "addresses", "staff", "account"),
    *("password", "email", "token"),
}
"""Of what the rooms of people and their factors record."""
SPEAK = {"portal/staff/notices.py", "portal/staff/telling.py", "portal/staff/ledger_notices.py"}
HARMLESS = {"invite", "backup_codes_low"}
ADVICE = re.compile(r"not you\b|did not|do not know|a mistake|tell an admin", re.IGNORECASE)
OF_ACCOUNTS = sorted(name for name in DRIVES if name.startswith(("staff", "two_factor")))
ALWAYS_TOLD = {action for action, telling in NOTICES.items() if telling.only is None}


def test_every_action_about_an_account_is_told_or_silent_for_a_reason():
    of_accounts = {action for action in Action if action.partition(".")[0] in SUBJECTS}
    assert of_accounts == NOTICES.keys() | SILENT.keys()
    assert not NOTICES.keys() & SILENT.keys()
    assert all(SILENT.values())


def test_what_is_told_is_a_line_or_a_mail_or_both():
    assert [action for action, told in NOTICES.items() if not (told.text or told.mail)] == []
    assert [action for action, told in DECIDERS.items() if not (told.text and told.url)] == []


def test_no_deed_about_accounts_has_words_of_its_own():
    rooms = [*Path("portal/staff").rglob("*.py"), *Path("portal/two_factor").rglob("*.py")]
    speaking = {
        str(path) for path in rooms if re.search(r"\b(notify|queue_mail)\(", path.read_text())
    }
    assert speaking == SPEAK


@pytest.mark.parametrize("template", sorted({told.mail for told in NOTICES.values() if told.mail}))
def test_a_mail_says_what_to_do_if_it_was_not_you(template):
    texts = [Path(f"templates/mail/{template}.{kind}").read_text() for kind in ("txt", "html")]
    assert template in HARMLESS or all(ADVICE.search(text) for text in texts)


@pytest.mark.parametrize("endpoint", OF_ACCOUNTS)
def test_whatever_view_does_it_its_owner_is_told(app, moment, ann, bea, endpoint):  # noqa: F811
    if not ALWAYS_TOLD & set(app.view_functions[endpoint].audited_actions):
        return
    _, events = driven(Stage(app, ann, bea), endpoint)
    assert [event.action for event in events if not is_told(event)] == []


def is_told(event):
    told = NOTICES.get(Action(event.action))
    if told is None or told.only is not None:
        return True
    lines = sa.select(sa.func.count()).where(Notice.kind == event.action)
    mails = sa.select(sa.func.count()).where(EmailLog.template == told.mail)
    is_line = told.text is None or db.session.scalar(lines)
    return bool(is_line and (told.mail is None or db.session.scalar(mails)))
