"""The page about the log: its key, its last checkpoint and where that was left."""

from base64 import b64decode

import zxingcpp

from portal.audit import forks
from portal.audit.checkpoints import latest
from portal.audit.keys import public_keys
from portal.audit.models import LogOrigin
from portal.audit.origins import current_origin
from portal.core.database import db
from tests.audit.growing import grow, happen, sign_as_worker
from tests.audit.working import done
from tests.statements import counted
from tests.two_factor.test_totp import drawn


def shown(client) -> str:
    return " ".join(client.soup("/audit/log").find(id="content").get_text(" ").split())


def test_an_empty_log_says_what_comes(ann_client, own_files):
    text = shown(ann_client)
    assert "None yet" in text
    assert "There is no key on this machine" in text
    assert "localhost/portal-1" in text


def test_key_and_checkpoint_can_be_copied(ann_client, key):
    grow(3)
    sign_as_worker()
    soup = ann_client.soup("/audit/log")
    assert soup.find(id="public-key-1")["data-value"] == str(public_keys()[0])
    assert soup.find(id="checkpoint")["data-value"].strip() == latest().note.strip()
    happen(2)
    assert "Waiting for their place 2" in shown(ann_client)


def test_the_picture_holds_the_checkpoint(ann_client, key):
    grow(3)
    sign_as_worker()
    picture = ann_client.soup("/audit/log").find("img", class_="qr")["src"]
    svg = b64decode(picture.partition(",")[2]).decode()
    assert zxingcpp.read_barcodes(drawn(svg))[0].text == latest().note


def test_a_log_without_a_key_says_that_it_is_not_signed(ann_client, own_files):
    grow(1)
    sign_as_worker()
    assert "The log is not signed." in shown(ann_client)


def test_a_key_file_that_others_can_read_is_told(ann_client, key):
    key.audit_key_file.chmod(0o644)
    assert "chmod 600" in shown(ann_client)


def test_each_anchor_says_how_far_it_came(ann_client, key):
    grow(1)
    sign_as_worker()
    done()
    text = shown(ann_client)
    assert f"{key.audit_anchor_file} at byte 0" in text
    assert "Other address not set up" in text


def test_an_alarm_stands_at_the_top(ann_client, key):
    grow(1)
    sign_as_worker()
    forks.raise_alarm(current_origin(), "The anchor file knows more.")
    db.session.commit()
    assert "Nothing is signed any more." in shown(ann_client)


def test_an_agent_does_not_see_it(bea_client, key):
    assert bea_client.get("/audit/log").status_code == 403
    assert db.session.query(LogOrigin).count() == 0


def test_the_page_costs_the_same_whatever_the_size_of_the_log(ann_client, key):
    costs = []
    for number in (3, 300):
        grow(number)
        sign_as_worker()
        with counted() as statements:
            ann_client.get("/audit/log")
        costs.append(len(statements))
    assert costs[0] == costs[1] <= 4
