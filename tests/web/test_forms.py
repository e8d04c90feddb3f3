"""What a form does to text before anything looks at it, and what it calls its token."""

import time

import pytest
from wtforms import PasswordField, StringField, TextAreaField

from portal.web.forms import PortalForm

MARKS = "e" + "\u0301\u0323" * 100_000


class Everything(PortalForm):
    word = StringField()
    text = TextAreaField()
    password = PasswordField()


def given(app, **fields):
    with app.test_request_context("/", method="POST", data=fields):
        return Everything().data


def test_text_is_trimmed_and_composed(app):
    found = given(app, word=" cafe\u0301\x00 ", text="\n line \n")
    assert (found["word"], found["text"]) == ("caf\u00e9", "line")


def test_a_password_is_taken_as_it_was_typed(app):
    assert given(app, password=" cafe\u0301 ")["password"] == " cafe\u0301 "


@pytest.mark.parametrize("field", ["email", "password"])
def test_a_flood_of_marks_keeps_no_worker_busy(client, field):
    fields = {"email": "bea@boxcostpro.test", "password": "x", field: MARKS}
    token = client.form_token()
    began = time.process_time()
    client.post("/sign-in", data={"csrf_token": token, **fields})
    assert time.process_time() - began < 5


def test_the_token_has_one_name_in_all_forms_of_a_page(app):
    with app.test_request_context("/"):
        tokens = [Everything(prefix=prefix).csrf_token for prefix in ("", "end-", "trial-")]
    assert {token.name for token in tokens} == {"csrf_token"}
    assert [token.id for token in tokens] == ["csrf_token", "end-csrf_token", "trial-csrf_token"]
