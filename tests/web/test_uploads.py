"""How much a request may weigh: little, but where files are expected."""

from io import BytesIO, RawIOBase

import pytest
from flask import request

from portal.core.permissions import Permission
from portal.web.access import accepts_files, public, requires, unaudited

MEGABYTE = 1024 * 1024
LIMIT = 3 * MEGABYTE


def weigh():
    return str(sum(len(file.read()) for file in request.files.getlist("files")))


def closed():
    raise AssertionError("a stranger came here")


@pytest.fixture(scope="module")
def three_doors(file_app):
    """An ordinary view, one for files, one for files of ours."""
    note = unaudited("it keeps nothing")
    ordinary = public(note(lambda: weigh()))  # noqa: PLW0108 - each is marked on its own
    files = public(note(accepts_files(LIMIT)(lambda: weigh())))  # noqa: PLW0108
    ours = requires(Permission.TICKETS_VIEW)(note(accepts_files(LIMIT)(closed)))
    for name, view in (("ordinary", ordinary), ("files", files), ("ours", ours)):
        file_app.add_url_rule(f"/{name}", name, view, methods=["POST"])
    return file_app


@pytest.fixture
def visitor(three_doors):
    """A browser before them."""
    return three_doors.test_client()


def send(visitor, place, size, text=""):
    """A form with one file, as bytes: the test client itself would leave a file open."""
    fields = {"csrf_token": visitor.form_token(), "body": text}
    parts = [
        f'--x\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n{v}' for k, v in fields.items()
    ]
    parts.append('--x\r\nContent-Disposition: form-data; name="files"; filename="x.bin"\r\n\r\n')
    body = "\r\n".join(parts).encode() + b"x" * size + b"\r\n--x--\r\n"
    headers = {"Sec-Fetch-Site": "same-origin"}
    kind = "multipart/form-data; boundary=x"
    return visitor.post(place, data=body, content_type=kind, headers=headers)


def test_an_ordinary_form_stays_small(visitor):
    assert send(visitor, "/ordinary", MEGABYTE // 2).text == str(MEGABYTE // 2)
    assert send(visitor, "/ordinary", 2 * MEGABYTE).status_code == 413


def test_a_form_for_files_takes_what_it_says_and_no_more(visitor):
    assert send(visitor, "/files", 2 * MEGABYTE).text == str(2 * MEGABYTE)
    assert send(visitor, "/files", LIMIT).status_code == 413
    assert send(visitor, "/ordinary", 2 * MEGABYTE).status_code == 413


def test_a_field_of_text_stays_small_beside_files(visitor):
    assert send(visitor, "/files", 1, text="x" * 600_000).status_code == 413


def test_a_stranger_is_refused_before_their_files_are_read(visitor):
    class Unread(BytesIO):
        def read(self, *_):
            raise AssertionError("somebody read it")

    visitor.environ_base["wsgi.input"] = Unread()
    answer = visitor.post("/ours", content_type="multipart/form-data; boundary=x")
    assert answer.status_code == 303


class Endless(RawIOBase):
    """A body without an end, which counts what was read of it."""

    taken = 0

    def readable(self):
        return True

    def readinto(self, room):
        room[:] = b"x" * len(room)
        self.taken += len(room)
        return len(room)


def test_a_body_without_an_end_is_cut_off(visitor):
    body = Endless()
    environ = {"wsgi.input": body, "wsgi.input_terminated": True}
    kind = "multipart/form-data; boundary=x"
    answer = visitor.post("/ordinary", content_type=kind, environ_overrides=environ)
    assert answer.status_code == 413
    assert body.taken < 2 * MEGABYTE


# Werkzeug leaves the files that it had begun to the interpreter, which closes them at once.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_thousand_files_are_too_many(visitor):
    part = '--x\r\nContent-Disposition: form-data; name="files"; filename="x"\r\n\r\n\r\n'
    body = part * 1001 + "--x--\r\n"
    kind = "multipart/form-data; boundary=x"
    assert visitor.post("/files", data=body, content_type=kind).status_code == 413


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "GZIP, identity"])
def test_a_packed_body_is_refused_unread(visitor, encoding):
    packed = {"Content-Encoding": encoding}
    for place in ("/files", "/api/entitlements/me/consume"):
        answer = visitor.post(place, data=b"\x1f\x8b" * 100, headers=packed)
        assert answer.status_code in {401, 415}
    assert visitor.post("/files", headers=packed).status_code == 415
