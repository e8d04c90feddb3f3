"""Files of messages: counted, weighed, named and typed by us, and stored once."""

from datetime import timedelta

import pytest

from portal.core import clock
from portal.core.database import db
from portal.core.errors import NotFound
from portal.jobs.registry import kind_named, recurring_kinds
from portal.support.attachments import (
    LARGEST_FILE,
    MOST_FILES,
    BadAttachment,
    Upload,
    attachment_or_404,
    attachments_of,
    bytes_of,
    clean_filename,
    may_be_shown,
    media_type_of,
)
from portal.support.messages import add_note
from portal.support.models import AttachmentBlob, MessageAttachment, SupportMessage
from portal.support.orphans import SWEEP
from portal.support.words import Status
from tests.cast import actor, make_admin, make_user
from tests.statements import counted
from tests.support import hostile
from tests.support.desk import answer, as_customer, customer_writes, make_ticket


@pytest.fixture
def uma(acme):
    return make_user(acme)


@pytest.fixture
def ticket(uma):
    return make_ticket(uma)


def attached(ticket, bea, *files, **more):
    """The files of one answer, as rows."""
    message = answer(ticket, bea, uploads=[Upload(*file) for file in files], **more).message
    return attachments_of([message]).get(message.id, [])


@pytest.mark.parametrize(("given", "left"), hostile.NAMES.items())
def test_a_name_is_only_a_name(given, left):
    assert clean_filename(given) == left
    assert clean_filename(left) == left


@pytest.mark.parametrize(
    ("data", "media_type"),
    [
        (hostile.png(), "image/png"),
        (hostile.GIF_AND_SCRIPT, "image/gif"),
        (hostile.PDF, "application/pdf"),
        (hostile.ZIP_BOMB, "application/zip"),
        (hostile.SVG, "application/octet-stream"),
        (hostile.HTML, "application/octet-stream"),
        (hostile.XML, "application/octet-stream"),
        (b"", "application/octet-stream"),
        (b"plain words", "application/octet-stream"),
    ],
)
def test_the_bytes_say_what_a_file_is(data, media_type):
    assert media_type_of(data) == media_type


def test_a_program_named_as_a_picture_is_no_picture(ticket, bea):
    (row,) = attached(ticket, bea, ("cat.png", hostile.PROGRAM))
    assert row.media_type == "application/x-msdownload"
    assert not may_be_shown(row)


def test_the_same_bytes_are_stored_once(ticket, bea):
    rows = attached(ticket, bea, ("a.txt", b"same"), ("b.txt", b"same"))
    rows += attached(ticket, bea, ("c.txt", b"same"))
    assert [row.filename for row in rows] == ["a.txt", "b.txt", "c.txt"]
    assert db.session.query(AttachmentBlob).count() == 1
    assert {bytes_of(row) for row in rows} == {b"same"}


def test_an_empty_file_is_kept(ticket, bea):
    (row,) = attached(ticket, bea, ("empty.txt", b""))
    assert (row.size, bytes_of(row)) == (0, b"")


def test_the_largest_file_is_kept_and_one_byte_more_is_not(ticket, bea):
    (row,) = attached(ticket, bea, ("large.bin", b"x" * LARGEST_FILE))
    assert row.size == LARGEST_FILE
    with pytest.raises(BadAttachment, match=r"large\.bin is larger than 10 MB"):
        attached(ticket, bea, ("large.bin", b"x" * (LARGEST_FILE + 1)))


def test_twenty_files_are_kept_and_one_more_is_not(ticket, bea):
    many = [(f"{count}.txt", b"x") for count in range(MOST_FILES)]
    assert len(attached(ticket, bea, *many)) == MOST_FILES
    with pytest.raises(BadAttachment, match="at most 20"):
        attached(ticket, bea, *many, ("more.txt", b"x"))


def test_a_message_weighs_at_most_25_megabytes(ticket, bea):
    heavy = [(f"{count}.bin", b"x" * (9 * 1024 * 1024)) for count in range(3)]
    with pytest.raises(BadAttachment, match="Together"):
        attached(ticket, bea, *heavy)


def test_a_refused_file_leaves_no_message(ticket, bea):
    db.session.commit()
    with pytest.raises(BadAttachment):
        attached(ticket, bea, ("large.bin", b"x" * (LARGEST_FILE + 1)))
    db.session.rollback()
    assert db.session.query(SupportMessage).count() == 1
    assert db.session.query(MessageAttachment).count() == 0


def test_a_customer_sees_the_files_of_what_they_may_read(ticket, bea, uma):
    (row,) = attached(ticket, bea, ("a.txt", b"a"))
    own = customer_writes(ticket, uploads=[Upload("b.txt", b"b")]).message
    assert attachment_or_404(as_customer(uma), row.id) is row
    assert attachment_or_404(as_customer(uma), attachments_of([own])[own.id][0].id)


def test_nobody_sees_the_files_of_what_they_may_not_read(ticket, bea, uma, acme):
    (row,) = attached(ticket, bea, ("a.txt", b"a"))
    note = add_note(
        by=actor(bea), ticket=ticket, author=bea, body="x", uploads=[Upload("n.txt", b"n")]
    ).message
    secret = attachments_of([note])[note.id][0]
    strangers = [as_customer(make_user(acme, "Otto Other")), actor(make_admin(role="marketing"))]
    for by, which in [(as_customer(uma), secret), *((by, row) for by in strangers)]:
        with pytest.raises(NotFound):
            attachment_or_404(by, which.id)
    assert attachment_or_404(actor(bea), secret.id) is secret


def test_the_files_of_a_deleted_ticket_are_not_there(ticket, bea):
    (row,) = attached(ticket, bea, ("a.txt", b"a"))
    ticket.status = Status.DELETED
    with pytest.raises(NotFound):
        attachment_or_404(actor(bea), row.id)


def test_the_files_of_many_messages_are_one_query_without_their_bytes(ticket, bea):
    files = [Upload("a.txt", b"a")]
    messages = [answer(ticket, bea, uploads=files).message for _ in range(4)]
    db.session.flush()
    with counted() as seen:
        assert len(attachments_of(messages)) == 4
    assert len(seen) == 1
    assert "blob" not in seen[0]


def test_bytes_that_nobody_holds_are_forgotten_after_a_day(ticket, bea):
    old, young, held = (attached(ticket, bea, (f"{x}.txt", x.encode()))[0] for x in "abc")
    yesterday = clock.now() - timedelta(hours=25)
    for row in (old, held):
        db.session.get(AttachmentBlob, row.sha256).sent_at = yesterday
    kept = {young.sha256, held.sha256}
    for row in (old, young):
        db.session.delete(row)
    db.session.flush()
    kind_named(SWEEP).run({})
    assert SWEEP in recurring_kinds()
    assert {row.sha256 for row in db.session.query(AttachmentBlob)} == kept


def test_bytes_that_come_again_are_young_again(ticket, bea):
    (row,) = attached(ticket, bea, ("a.txt", b"a"))
    blob = db.session.get(AttachmentBlob, row.sha256)
    blob.sent_at = clock.now() - timedelta(hours=25)
    db.session.delete(row)
    attached(ticket, bea, ("b.txt", b"a"))
    db.session.refresh(blob)
    assert clock.now() - blob.sent_at < timedelta(minutes=1)
