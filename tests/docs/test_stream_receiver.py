"""The receiver of the docs takes what a webhook stream really sends, and nothing else."""

import json
import re
from hashlib import sha256

import pytest

from portal.audit.models import StreamFormat, StreamKind
from portal.audit.sequencing import sequence_all
from portal.audit.streaming.delivering import deliver_due
from portal.audit.streaming.streams import StreamTerms, add_stream, rotate_secret
from portal.config import ROOT
from portal.core import clock
from tests.audit.growing import happen
from tests.audit.receivers import webhook
from tests.cast import actor


@pytest.fixture(scope="module")
def is_genuine():
    (example,) = re.findall(
        r"```python\n(.*?)```", (ROOT / "docs/audit-streams.md").read_text(), re.DOTALL
    )
    names = {}
    exec(example, names)
    return names["is_genuine"]


@pytest.fixture
def stream(ann):
    """A receiver and the stream that is told to it, with its secret."""
    with webhook() as receiver:
        terms = StreamTerms("SIEM", StreamKind.WEBHOOK, receiver.url, StreamFormat.CANONICAL)
        yield receiver, add_stream(by=actor(ann), terms=terms, from_beginning=True)


def tell():
    """One more event, to whoever listens."""
    happen(1)
    sequence_all()
    deliver_due()


def now():
    return clock.now().timestamp()


def test_the_receiver_of_the_docs_knows_what_the_portal_sent(stream, is_genuine):
    receiver, made = stream
    tell()
    headers, body = receiver.requests[0]
    assert is_genuine(headers, body, made.secret.encode(), now())


def test_it_refuses_another_secret_another_body_and_an_old_one(stream, is_genuine):
    receiver, made = stream
    tell()
    headers, body = receiver.requests[0]
    secret = made.secret.encode()
    assert not is_genuine(headers, body, b"bos_other", now())
    assert not is_genuine(headers, body + b" ", secret, now())
    assert not is_genuine(headers, body, secret, now() + 302)


def test_it_takes_both_secrets_while_they_change(stream, is_genuine, ann):
    receiver, made = stream
    new = rotate_secret(by=actor(ann), row=made.row)
    tell()
    headers, body = receiver.requests[-1]
    assert is_genuine(headers, body, made.secret.encode(), now())
    assert is_genuine(headers, body, new.secret.encode(), now())


def test_the_hash_of_an_item_is_made_as_the_docs_say(stream):
    receiver, _ = stream
    happen(1, reason="Größe ☃")
    tell()
    items = json.loads(receiver.bodies[0])["items"]
    for item in items:
        text = json.dumps(
            item["event"], sort_keys=True, ensure_ascii=False, separators=(",", ":")
        ).encode()
        assert sha256(b"\0" + text).hexdigest() == item["leaf_hash"]
    assert len(items) == 3
