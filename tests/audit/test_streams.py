"""Telling the log outside: in order, without a gap, at least once, and never quietly less."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine

from portal.audit import posting
from portal.audit.actions import Action
from portal.audit.models import AuditStream, StreamFormat, StreamKind
from portal.audit.sequencing import sequence_all
from portal.audit.streaming.addresses import BadAddress
from portal.audit.streaming.delivering import deliver, deliver_due, is_any_due, retry_delay
from portal.audit.streaming.signing import is_signed
from portal.audit.streaming.streams import (
    StreamTerms,
    TooManyStreams,
    add_stream,
    change_stream,
    pause_stream,
    resume_stream,
    rotate_secret,
)
from portal.config import settings
from portal.core import clock
from portal.core.database import db
from portal.core.errors import Conflict
from tests.audit.growing import happen, leaves
from tests.audit.receivers import dripping, syslog, webhook
from tests.cast import actor
from tests.ledger import events

TERMS = StreamTerms("SIEM", StreamKind.FILE, "siem-1", StreamFormat.CANONICAL)


@pytest.fixture
def by(ann):
    happen(3)
    sequence_all()
    return actor(ann)


@pytest.fixture
def file(app):
    """Where the stream of the tests writes; empty."""
    path = settings().instance_dir / "streams" / "siem-1.jsonl"
    path.unlink(missing_ok=True)
    return path


def begin(by, *, from_beginning=False, **terms):
    made = add_stream(by=by, terms=replace(TERMS, **terms), from_beginning=from_beginning)
    happen(1)
    sequence_all()
    return made.row


def lines(file):
    return [json.loads(line) for line in file.read_bytes().splitlines()]


def told(file):
    return [line["leaf_index"] for line in lines(file)]


def test_a_stream_begins_with_the_next_event(by, file):
    row = begin(by)
    assert deliver_due() == 2  # its own adding, and one more
    assert told(file) == [3, 4]
    assert (row.next_index, is_any_due()) == (5, False)


def test_a_stream_may_begin_with_the_first_event(by, file):
    begin(by, from_beginning=True)
    deliver_due()
    assert told(file) == [0, 1, 2, 3, 4]


def test_each_line_says_where_the_event_stands_in_the_tree(by, file):
    begin(by)
    deliver_due()
    index, event_id, leaf_hash = leaves()[4]
    line = lines(file)[-1]
    assert (line["leaf_index"], line["event_id"]) == (index, event_id)
    assert line["leaf_hash"] == bytes(leaf_hash).hex()
    assert line["event"]["action"] == "backup.made"


def test_a_long_log_is_told_in_batches_without_a_gap(by, file):
    row = begin(by)
    happen(450)
    sequence_all()
    assert deliver(row.id) == 452
    assert told(file) == [*range(3, 455)]


def test_a_large_batch_is_cut_at_a_mebibyte(by):
    with webhook() as receiver:
        row = begin(by, kind=StreamKind.WEBHOOK, address=receiver.url)
        happen(90, reason="x" * 400, changes={f"f{n}": ("o" * 1500, "n") for n in range(9)})
        sequence_all()
        assert deliver(row.id) == 92
    assert len(receiver.bodies) > 1
    assert max(map(len, receiver.bodies)) < 1024 * 1024 + 50_000


def test_a_webhook_is_signed_with_its_secret(by):
    with webhook() as receiver:
        terms = replace(TERMS, kind=StreamKind.WEBHOOK, address=receiver.url)
        made = add_stream(by=by, terms=terms, from_beginning=True)
        sequence_all()
        deliver_due()
    headers, body = receiver.requests[0]
    now = int(clock.now().timestamp())
    sent = {"timestamp": headers["X-Portal-Timestamp"], "signature": headers["X-Portal-Signature"]}
    assert is_signed(body, secret=made.secret.encode(), now=now, **sent)
    assert not is_signed(body + b" ", secret=made.secret.encode(), now=now, **sent)
    assert not is_signed(body, secret=b"another", now=now, **sent)
    assert not is_signed(body, secret=made.secret.encode(), now=now + 301, **sent)


def test_while_a_secret_changes_both_sign(by):
    with webhook() as receiver:
        terms = replace(TERMS, kind=StreamKind.WEBHOOK, address=receiver.url)
        old = add_stream(by=by, terms=terms, from_beginning=True)
        first = old.secret
        second = rotate_secret(by=by, row=old.row).secret
        sequence_all()
        deliver_due()
        with time_machine.travel(clock.now() + timedelta(hours=25), tick=False):
            happen(1)
            sequence_all()
            deliver_due()
    signed = [who_signed(request, first, second) for request in receiver.requests]
    assert signed == [[True, True], [False, True]]


def who_signed(request, *secrets):
    headers, body = request
    at = headers["X-Portal-Timestamp"]
    signature = headers["X-Portal-Signature"]
    given = {"timestamp": at, "signature": signature, "now": int(at)}
    return [is_signed(body, secret=secret.encode(), **given) for secret in secrets]


def test_what_is_not_taken_is_told_again_later(by):
    with webhook() as receiver:
        row = begin(by, kind=StreamKind.WEBHOOK, address=receiver.url)
        receiver.status = 503
        assert deliver_due() == 0
        assert (row.next_index, row.failures) == (3, 1)
        assert "503" in row.last_error
        assert not is_any_due()
        receiver.status = 204
        with time_machine.travel(row.next_try_at, tick=False):
            assert deliver_due() == 2
    assert (row.next_index, row.failures, row.last_error) == (5, 0, None)


def test_a_redirect_is_not_followed(by):
    with webhook() as receiver:
        row = begin(by, kind=StreamKind.WEBHOOK, address=receiver.url)
        receiver.status = 307
        deliver_due()
    assert len(receiver.requests) == 1
    assert "307" in row.last_error


@pytest.mark.parametrize("start", [b"HTTP/1.1 200 OK\r\nServer: ", b"HTTP/1.0 200 OK\r\n\r\n"])
def test_an_answer_that_drips_is_given_up_in_time(by, monkeypatch, start):
    monkeypatch.setattr(posting, "SECONDS", 0.3)
    with dripping(start) as address:
        row = begin(by, kind=StreamKind.WEBHOOK, address=address)
        deliver_due()
    assert (row.failures, row.last_error) == (1, "TimeoutError: no whole answer in 0.3 seconds")


def test_after_seven_days_the_stream_is_paused_and_the_admins_are_told(by, ann):
    row = begin(by, kind=StreamKind.WEBHOOK, address="http://127.0.0.1:9/none")
    deliver_due()
    assert (row.paused_at, row.failures) == (None, 1)
    with time_machine.travel(row.failing_since + timedelta(days=7), tick=False):
        deliver_due()
    assert row.paused_at - row.failing_since == timedelta(days=7)
    assert not is_any_due()
    assert events(Action.STREAM_GAVE_UP)[0].severity == "critical"
    assert any("paused" in text for text in notices_of(ann))


def notices_of(admin):
    from_table = db.metadata.tables["notices"]
    query = db.session.query(from_table.c.text).filter(from_table.c.admin_id == admin.id)
    return [text for (text,) in query]


def test_delays_double_up_to_an_hour_and_differ_by_stream():
    delays = [retry_delay(n, seed=1).total_seconds() for n in range(1, 40)]
    assert 1 <= delays[0] <= 1.2
    assert 512 <= delays[9] <= 512 * 1.2
    assert max(delays) <= 3600 * 1.2
    assert retry_delay(9, seed=1) != retry_delay(9, seed=2)


def test_a_paused_stream_tells_nothing_and_goes_on_where_it_stopped(by, file):
    row = begin(by)
    deliver_due()
    pause_stream(by=by, row=row, reason="The SIEM moves")
    happen(2)
    sequence_all()
    assert deliver_due() == 0
    with pytest.raises(Conflict):
        pause_stream(by=by, row=row, reason="")
    resume_stream(by=by, row=row)
    assert deliver_due() == 3
    assert told(file) == [*range(3, 8)]
    with pytest.raises(Conflict):
        resume_stream(by=by, row=row)


def test_a_worker_that_died_over_a_batch_leaves_it_to_the_next_one(by, file):
    row = begin(by)
    row.claimed_until = clock.now() + timedelta(seconds=60)
    db.session.commit()
    assert deliver_due() == 0
    with time_machine.travel(clock.now() + timedelta(seconds=61), tick=False):
        assert deliver_due() == 2


def test_syslog_messages_are_framed_and_carry_their_severity(by):
    with syslog() as server:
        begin(by, kind=StreamKind.SYSLOG, address=server.address)
        deliver_due()
    header, *_ = server.messages[-1].partition(b" {")
    assert header.startswith(b"<109>1 20")  # log audit, notice
    assert b" portal - backup.made -" in header
    assert json.loads(server.messages[-1][len(header) + 1 :])["leaf_index"] == 4
    assert not any(byte < 0x20 for message in server.messages for byte in message)


@pytest.mark.parametrize(
    ("kind", "address"),
    [
        (StreamKind.WEBHOOK, "http://siem.example.com/events"),
        (StreamKind.WEBHOOK, "https://user:secret@siem.example.com/"),
        (StreamKind.WEBHOOK, "ftp://siem.example.com/"),
        (StreamKind.WEBHOOK, "https://"),
        (StreamKind.WEBHOOK, "https://host:99999/"),
        (StreamKind.WEBHOOK, "https://host/\r\nX-Evil: 1"),
        (StreamKind.SYSLOG, "udp://host:514"),
        (StreamKind.SYSLOG, "tls://host/path"),
        (StreamKind.FILE, "../../etc/passwd"),
        (StreamKind.FILE, "/tmp/x"),
        (StreamKind.FILE, ""),
    ],
)
def test_an_address_that_cannot_be_is_refused_with_a_reason(by, kind, address):
    with pytest.raises(BadAddress):
        add_stream(by=by, terms=replace(TERMS, kind=kind, address=address), from_beginning=False)
    assert db.session.query(AuditStream).count() == 0


@pytest.mark.parametrize(
    "host",
    [
        "169.254.169.254",
        "2852039166",
        "[fe80::1]",
        "[::ffff:169.254.169.254]",
        "[64:ff9b::169.254.169.254]",
        "[2002:a9fe:a9fe::1]",
        "[::ffff:0.0.0.0]",
    ],
)
def test_a_link_local_address_is_never_asked(by, host):
    row = begin(by, kind=StreamKind.WEBHOOK, address=f"https://{host}/latest")
    deliver_due()
    assert "no place for a stream" in row.last_error


@pytest.mark.parametrize("host", ["siem..example", "s" * 64 + ".example"])
def test_a_host_that_is_no_name_holds_up_no_other_stream(by, file, host):
    row = begin(by, kind=StreamKind.WEBHOOK, address=f"https://{host}/")
    begin(by)
    assert deliver_due() == 2
    assert row.last_error


def test_changing_a_stream_keeps_its_place(by, file):
    row = begin(by)
    deliver_due()
    change_stream(by=by, row=row, terms=replace(TERMS, name="Archive", format=StreamFormat.ECS))
    db.session.commit()
    sequence_all()
    deliver_due()
    assert told(file) == [3, 4, 5]
    assert lines(file)[-1]["event"]["ecs"] == {"version": "8.11.0"}
    assert events(Action.STREAM_CHANGED)[0].target_label == "Archive"


def test_there_is_a_limit_to_the_streams(by):
    for number in range(20):
        terms = replace(TERMS, address=f"siem-{number}")
        add_stream(by=by, terms=terms, from_beginning=False)
    with pytest.raises(TooManyStreams):
        add_stream(by=by, terms=TERMS, from_beginning=False)
