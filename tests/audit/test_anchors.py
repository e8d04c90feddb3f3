"""Checkpoints leave the database: to a file, by mail, to an address of somebody else's."""

import json
from datetime import timedelta
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest
import sqlalchemy as sa

from portal.audit import anchor_file, anchors
from portal.audit.anchor_file import read_anchor_file
from portal.audit.anchor_gateway import AnchorDelayed, WebhookGateway
from portal.audit.anchors import MAIL_JOB, Place, anchored_places
from portal.audit.checkpoints import latest
from portal.audit.models import Anchor
from portal.audit.notes import Checkpoint, MalformedNote
from portal.config import settings
from portal.core.database import db
from portal.jobs.queue import enqueue
from portal.mail.bodies import open_body
from tests.audit.growing import grow, sign_as_worker
from tests.audit.working import done, failures
from tests.staff.post import mails

NOTE = Checkpoint("audit.example.test/portal-1", 8, b"8" * 32).signed_by([])


class FakeGateway:
    """Takes notes, or refuses them while it is away."""

    def __init__(self) -> None:
        self.notes: list[str] = []
        self.is_away = False

    def deliver(self, note: str) -> str:
        if self.is_away:
            raise AnchorDelayed("the address answered 503")
        self.notes.append(note)
        return "201 thanks"


@pytest.fixture
def gateway(monkeypatch):
    fake = FakeGateway()
    monkeypatch.setattr(anchors, "chosen_gateway", lambda: fake)
    monkeypatch.setattr(anchors, "is_used", lambda place: True)
    return fake


def receipts(place: Place) -> list[tuple[int, str]]:
    query = sa.select(Anchor.tree_size, Anchor.receipt).where(Anchor.target == place.value)
    return [tuple(row) for row in db.session.execute(query.order_by(Anchor.tree_size))]


def signed(times: int = 1) -> list[str]:
    """So many checkpoints; their notes."""
    found = []
    for minutes in range(times):
        grow(2)
        found.append(sign_as_worker(after=timedelta(minutes=minutes)).note)
    return found


def test_every_checkpoint_comes_into_the_file_once(key):
    notes = signed(3)
    done()
    done()
    path = settings().audit_anchor_file
    assert [note.checkpoint.size for note in read_anchor_file(path)] == [2, 4, 6]
    assert [json.loads(line)["note"] for line in path.read_text().splitlines()] == notes
    assert [size for size, _ in receipts(Place.FILE)] == [2, 4, 6]
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_file_that_cannot_be_written_is_tried_again(key):
    signed()
    settings().audit_anchor_file.mkdir()
    done()
    assert any("IsADirectoryError" in failure for failure in failures())
    assert receipts(Place.FILE) == []


def test_a_checkpoint_that_came_twice_harms_nobody(key):
    """As after a worker that was killed between the file and its receipt."""
    anchor_file.append(settings().audit_anchor_file, signed())
    done()
    assert len(read_anchor_file(settings().audit_anchor_file)) == 2
    grow(1)
    assert sign_as_worker(after=timedelta(minutes=5)) is not None


def test_a_line_that_a_power_cut_left_spoils_no_other(tmp_path):
    path = tmp_path / "anchors"
    anchor_file.append(path, [NOTE])
    path.write_bytes(path.read_bytes() + b'{"at": "2026-0')
    anchor_file.append(path, [NOTE])
    assert [note.checkpoint.size for note in read_anchor_file(path)] == [8, 8]


def test_a_whole_line_that_holds_no_note_is_named(tmp_path):
    path = tmp_path / "anchors"
    path.write_text('{"note": "a\\nb\\nc\\n\\n"}\n')
    with pytest.raises(MalformedNote, match="no tree size"):
        read_anchor_file(path)


def test_the_last_note_is_found_at_the_end_of_a_long_file(tmp_path, monkeypatch):
    path = tmp_path / "anchors"
    monkeypatch.setattr(anchor_file, "TAIL", 1000)
    notes = [Checkpoint("log", size, b"0" * 32).signed_by([]) for size in range(1, 40)]
    anchor_file.append(path, notes)
    assert anchor_file.last_note(path, "log").checkpoint.size == 39
    assert anchor_file.last_note(path, "other") is None
    assert anchor_file.last_note(tmp_path / "missing", "log") is None


def test_the_newest_checkpoint_is_mailed_to_the_admins_once(key, ann, mo):
    signed()
    for _ in range(2):
        enqueue(MAIL_JOB, {})
        done()
    assert len(mails("audit_checkpoint")) == 1
    assert receipts(Place.MAIL) == [(2, "mailed to 1")]
    message = message_from_bytes(open_body(mails("audit_checkpoint")[0]), policy=policy.default)
    text = message.get_body(("plain",)).get_content()
    assert latest().note.splitlines()[2] in text


def test_without_admins_or_checkpoints_nothing_is_mailed(key):
    enqueue(MAIL_JOB, {})
    done()
    signed()
    enqueue(MAIL_JOB, {})
    done()
    assert receipts(Place.MAIL) == []


def test_the_newest_checkpoint_alone_goes_to_the_address(key, gateway):
    notes = signed(3)
    done()
    assert gateway.notes == [notes[-1]]
    assert receipts(Place.WEBHOOK) == [(6, "201 thanks")]


def test_an_address_that_is_away_is_asked_again_and_holds_up_no_file(key, gateway):
    gateway.is_away = True
    signed()
    done()
    assert any("503" in failure for failure in failures())
    assert len(receipts(Place.FILE)) == 1
    assert receipts(Place.WEBHOOK) == []


def test_each_place_says_how_far_it_has_come(key):
    signed()
    done()
    found = {one.place: one for one in anchored_places()}
    assert (found[Place.FILE].tree_size, found[Place.FILE].is_used) == (2, True)
    assert (found[Place.WEBHOOK].tree_size, found[Place.WEBHOOK].is_used) == (None, False)


class Receiver(BaseHTTPRequestHandler):
    status = 200
    taken: list[dict[str, object]]

    def do_POST(self) -> None:
        self.taken.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(self.status)
        self.end_headers()
        self.wfile.write(b"kept")

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def receiver():
    Receiver.taken, Receiver.status = [], 200
    with HTTPServer(("127.0.0.1", 0), Receiver) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/anchor?log=1"
        server.shutdown()


def test_the_address_gets_the_note_and_its_answer_is_the_receipt(receiver):
    assert WebhookGateway(receiver).deliver(NOTE) == "200 kept"
    assert Receiver.taken[0]["note"] == NOTE
    assert Receiver.taken[0]["tree_size"] == 8


def test_an_address_that_refuses_or_is_not_there_is_a_delay(receiver):
    Receiver.status = 302
    with pytest.raises(AnchorDelayed, match="302"):
        WebhookGateway(receiver).deliver(NOTE)
    with pytest.raises(AnchorDelayed, match="cannot be reached"):
        WebhookGateway("http://127.0.0.1:1/").deliver(NOTE)
