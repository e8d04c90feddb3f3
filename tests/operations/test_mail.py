"""The list of mails, one mail, its text, and what a person may decide."""

from portal.mail.models import MailStatus
from tests.ledger import events
from tests.mail.letters import LINK, letter, work
from tests.statements import counted


def test_an_empty_list_says_so(ann_client):
    assert ann_client.soup("/operations/mail").select_one(".empty") is not None


def test_a_mail_is_found_by_a_part_of_its_address(ann_client):
    letter("zoe@acme.test")
    letter("otto@birch.test")
    text = ann_client.get("/operations/mail?q=ACME").text
    assert "zoe@acme.test" in text
    assert "otto@birch.test" not in text


def test_the_list_costs_the_same_with_more_rows(ann_client):
    costs = []
    for _ in range(2):
        for _ in range(5):
            letter()
        with counted() as statements:
            ann_client.get("/operations/mail?q=bea")
        costs.append(len(statements))
    assert costs[0] == costs[1] <= 4


def test_reading_a_text_is_recorded(ann_client):
    mail = letter()
    assert LINK in ann_client.get(f"/operations/mail/{mail.id}/body").text
    assert [event.target_label for event in events("mail.body_viewed")] == [mail.recipient]


def test_in_development_a_delivered_invite_can_be_followed(app, ann_client):
    mail = letter()
    work(app)
    assert (mail.status, mail.body_sealed) == (MailStatus.SENT, None)
    page = ann_client.soup(f"/operations/mail/{mail.id}/body")
    assert page.select_one(f"a[href='{LINK}']") is not None


def test_a_manager_may_not_read_a_text(mo_client):
    assert mo_client.get(f"/operations/mail/{letter().id}/body").status_code == 403


def test_an_unknown_mail_can_be_sent_again(ann_proven):
    mail = letter()
    mail.status = MailStatus.UNKNOWN
    assert ann_proven.submit(f"/operations/mail/{mail.id}/send-again").status_code == 303
    assert mail.status == MailStatus.QUEUED
    assert len(events("mail.resent")) == 1


def test_an_unknown_mail_can_be_marked_as_sent(ann_proven):
    mail = letter()
    mail.status = MailStatus.UNKNOWN
    assert ann_proven.submit(f"/operations/mail/{mail.id}/mark-as-sent").status_code == 303
    assert (mail.status, mail.body_sealed) == (MailStatus.SENT, None)
    assert len(events("mail.resolved")) == 1


def test_nothing_is_decided_without_a_fresh_proof(ann_client):
    mail = letter()
    mail.status = MailStatus.UNKNOWN
    for verb in ("send-again", "mark-as-sent", "cancel"):
        assert ann_client.submit(f"/operations/mail/{mail.id}/{verb}").status_code == 403
    assert mail.status == MailStatus.UNKNOWN


def test_a_sent_mail_is_not_sent_again(app, ann_proven):
    mail = letter(carries_secret=False)
    work(app)
    assert ann_proven.submit(f"/operations/mail/{mail.id}/send-again").status_code == 409
    assert mail.status == MailStatus.SENT


def test_a_manager_decides_nothing(mo_client):
    mail = letter()
    mail.status = MailStatus.UNKNOWN
    assert mo_client.submit(f"/operations/mail/{mail.id}/send-again").status_code == 403
    assert mail.status == MailStatus.UNKNOWN
