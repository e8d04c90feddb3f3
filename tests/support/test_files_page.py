"""Downloading a file: whatever it is, nothing of it runs, and its name is only a name."""

import pytest

from portal.core.permissions import Permission
from portal.core.roles import Role
from portal.support.attachments import Upload, attachments_of
from portal.support.messages import add_note
from portal.support.words import Status
from portal.web.downloads import download
from tests.cast import actor, make_admin, make_user, signed_in
from tests.support import hostile
from tests.support.desk import answer, make_ticket


@pytest.fixture
def ticket(acme):
    return make_ticket(make_user(acme))


def place_of(ticket, bea, filename, data):
    message = answer(ticket, bea, uploads=[Upload(filename, data)]).message
    return f"/support/attachments/{attachments_of([message])[message.id][0].id}"


HOSTILE = {
    "x.svg": hostile.SVG,
    "x.html": hostile.HTML,
    "x.xml": hostile.XML,
    "x.gif": hostile.GIF_AND_SCRIPT,
    "cat.png": hostile.PROGRAM,
    "paper.png": hostile.PDF,
    "42.zip": hostile.ZIP_BOMB,
}


@pytest.mark.parametrize("filename", HOSTILE)
@pytest.mark.parametrize("query", ["", "?inline=1"])
def test_what_could_run_is_only_downloaded(ticket, bea, bea_client, filename, query):
    found = bea_client.get(place_of(ticket, bea, filename, HOSTILE[filename]) + query)
    is_picture = filename == "x.gif" and query
    way = "inline" if is_picture else "attachment"
    assert found.headers["Content-Disposition"].startswith(f'{way}; filename="{filename}"')
    assert found.data == HOSTILE[filename]
    assert found.content_type.partition("/")[0] in {"application", "image"}
    assert "svg" not in found.content_type


@pytest.mark.parametrize("query", ["", "?inline=1"])
def test_nothing_runs_loads_or_is_kept(ticket, bea, bea_client, query):
    found = bea_client.get(place_of(ticket, bea, "a.png", hostile.png()) + query)
    assert found.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert found.headers["X-Content-Type-Options"] == "nosniff"
    assert found.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert found.headers["Cache-Control"] == "no-store"
    assert found.headers["X-Frame-Options"] == "DENY"
    assert found.headers["Content-Disposition"].startswith("inline" if query else "attachment")


@pytest.mark.parametrize("name", hostile.NAMES)
def test_no_name_adds_a_header(ticket, bea, bea_client, name):
    found = bea_client.get(place_of(ticket, bea, name, b"x"))
    line = found.headers["Content-Disposition"]
    assert found.status_code == 200
    assert not any(one.startswith("x=") for one in found.headers.getlist("Set-Cookie"))
    assert line.isascii()
    assert line.isprintable()
    assert line.count('"') == 2


def test_a_name_outside_ascii_arrives_whole():
    answer = download(b"", filename="größe 📦.pdf", media_type="application/pdf")
    assert answer.headers["Content-Disposition"] == (
        "attachment; filename=\"gr__e _.pdf\"; filename*=UTF-8''gr%C3%B6%C3%9Fe%20%F0%9F%93%A6.pdf"
    )


def test_a_file_of_a_note_is_for_our_people(ticket, bea, bea_client):
    files = [Upload("n.txt", b"n")]
    note = add_note(by=actor(bea), ticket=ticket, author=bea, body="x", uploads=files).message
    place = f"/support/attachments/{attachments_of([note])[note.id][0].id}"
    assert bea_client.get(place).data == b"n"


@pytest.mark.parametrize("attachment_id", ["0", "999999", "9223372036854775807", "9" * 30, "x"])
def test_what_is_no_file_is_not_there(bea_client, attachment_id):
    assert bea_client.get(f"/support/attachments/{attachment_id}").status_code == 404


def test_a_deleted_ticket_takes_its_files_along(ticket, bea, bea_client):
    place = place_of(ticket, bea, "a.txt", b"a")
    ticket.status = Status.DELETED
    gone, never = bea_client.get(place), bea_client.get("/support/attachments/999999")
    assert (gone.status_code, never.status_code) == (404, 404)


def test_strangers_and_other_roles_get_nothing(app, client, ticket, bea):
    place = place_of(ticket, bea, "a.txt", b"a")
    assert client.get(place).status_code == 303
    marketing = make_admin("Max Marketing", Role.MARKETING, is_second_factor_on=True)
    assert not actor(marketing).may(Permission.TICKETS_VIEW)
    assert signed_in(app, marketing).get(place).status_code == 403
