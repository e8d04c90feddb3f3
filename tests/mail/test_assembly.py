"""A letter put together by hand is read as the one that Python's own package would make of it."""

from datetime import UTC, datetime
from email.message import EmailMessage
from random import Random

import pytest

from portal.mail import messages
from portal.mail.messages import PLAIN, Conversation, MailFile, composed, parsed
from portal.mail.templates import Letter

LETTERS = "abc def .=-_\t\n\n ü€😀<>?&\"'\u2028,;:@()[]"
AT = datetime(2026, 1, 9, 3, 4, 5, tzinfo=UTC)


def by_the_package(headers, *, text, html, policy):
    message = EmailMessage(policy)
    for name, value in headers:
        message[name] = value
    message.set_content(text, charset="utf-8")
    message.add_alternative(html, subtype="html", charset="utf-8")
    return message.as_bytes()


def made(letter, **more):
    values = {"to": "una@acme.test", "to_name": "Una User", "message_id": "<t1.m2@portal.test>"}
    return composed(letter, written_at=AT, **{**values, **more})


def both(monkeypatch, letter, **more):
    ours = made(letter, **more)
    with monkeypatch.context() as patch:
        patch.setattr(messages, "assembled", by_the_package)
        return parsed(ours), parsed(made(letter, **more))


def told(message):
    """All that a reader is told; where one part ends is of no matter."""
    headers = [(name, str(value).strip()) for name, value in message.items()]
    bodies = [message.get_body((kind,)).get_content() for kind in ("plain", "html")]
    return [each for each in headers if each[0] != "Content-Type"], bodies


def wild(dice, most):
    return "".join(dice.choice(LETTERS) for _ in range(dice.randint(0, most)))


@pytest.mark.parametrize("seed", range(60))
def test_whatever_is_written_is_read_as_from_the_package(app, monkeypatch, seed):
    dice = Random(seed)
    most = dice.choice((5, 60, 2000))
    subject = " ".join(wild(dice, 120).split()) or "x"
    letter = Letter(subject, f"{wild(dice, most).strip()}\n", f"<p>{wild(dice, most)}</p>\n")
    ids = tuple(f"<{n}{'z' * dice.randint(1, 90)}@mail.test>" for n in range(dice.randint(0, 25)))
    conversation = Conversation(
        in_reply_to=f"<{'y' * dice.randint(1, 200)}@mail.test>",
        references=ids,
        reply_to=dice.choice((None, "support+t1.abc@portal.test")),
        by_hand=seed % 2 == 0,
    )
    ours, theirs = both(monkeypatch, letter, to_name=wild(dice, 60), conversation=conversation)
    assert told(ours) == told(theirs)


@pytest.mark.parametrize(
    "text",
    [
        "a word of few letters " * 4 + "[TCK-2026-000123]",
        "User, Una of the " + "Very Long Company, " * 5,
        "x" * 75 + ", and more",
        "Re: " + "x" * 90 + ", and more",
        "with-hyphens-" * 9,
        'Una "the first" \\ User ' * 4,
    ],
)
@pytest.mark.parametrize("files", [(), (MailFile("a.txt", "text/plain", b"x"),)], ids=len)
def test_a_long_header_of_plain_words_is_read_as_it_was_written(app, text, files):
    conversation = Conversation(files=files)
    letter = Letter(text.strip(), "x\n", "x\n")
    message = parsed(made(letter, to_name=text, conversation=conversation))
    (address,) = message["To"].addresses
    assert (address.display_name, address.addr_spec) == (text.strip(), "una@acme.test")
    assert str(message["Subject"]).strip() == text.strip()


@pytest.mark.parametrize("body", ["x" * 5000, "€" * 5000, "a\n.\n..\nFrom me\n", "é" + " \n" * 9])
def test_every_line_is_short_and_of_ascii(app, body):
    raw = made(Letter("Größe", f"{body}\n", f"<p>{body}</p>\n"), to_name="Ünal, Jane")
    assert raw.isascii()
    assert max(map(len, raw.split(b"\r\n"))) <= 78
    assert b"\n" not in raw.replace(b"\r\n", b"")
    read = parsed(raw).get_body(("plain",)).get_content()
    assert read.splitlines() == f"{body}\n".splitlines()


@pytest.mark.parametrize("break_", ["\r\n", "\n", "\r", "\u2028"])
def test_no_value_begins_a_header_of_its_own(app, break_):
    forged = f"x{break_}Bcc: z@x.test"
    message = parsed(made(Letter(forged, "x\n", "x\n"), to_name=forged))
    assert "Bcc" not in message
    assert (message["Subject"], message["To"].addresses[0].display_name) == (
        "x Bcc: z@x.test",
        "x Bcc: z@x.test",
    )


def test_two_letters_have_different_boundaries(app):
    letter = Letter("x", "x\n", "x\n")
    found = [parsed(made(letter)).get_boundary() for _ in range(2)]
    assert found[0] != found[1]
    assert PLAIN.max_line_length == 78
