"""What the forms of the composer send."""

from dataclasses import dataclass

from flask import request

from portal.support.attachments import Upload
from portal.support.words import MessageKind, Status
from portal.web.urls import LARGEST_BIG_ID

LONGEST_KEY = 64
LONGEST_VIEW = 600
"""With the filter that narrows it."""
SENT_AS = {Status.OPEN.value, Status.PENDING.value, Status.ON_HOLD.value, Status.SOLVED.value}
MOST_BYTES = 32 * 1024 * 1024
"""A few files of the largest size that a message takes."""
MOST_MARKS = 8


@dataclass(frozen=True, slots=True)
class Written:
    """One form, as it was sent; what cannot be read is left out."""

    body: str
    submit_key: str | None
    seen_message_id: int | None
    send_anyway: bool
    status: Status | None
    then_next: bool
    view: str
    uploads: list[Upload]
    draft_seen: list[str]
    """The marks of the drafts that the form knew, the newest last."""

    @classmethod
    def now(cls) -> "Written":
        """Of this request."""
        form = request.form
        status, _, then = form.get("status", "").partition(" ")
        return cls(
            body=form.get("body", ""),
            submit_key=submit_key_now(),
            seen_message_id=number_or_none(form.get("seen_message_id", "")),
            send_anyway=form.get("send_anyway") == "1",
            status=Status(status) if status in SENT_AS else None,
            then_next=then == "next",
            view=view_now(),
            uploads=[
                Upload(filename=file.filename, data=file.read())
                for file in request.files.getlist("files")
                if file.filename
            ],
            draft_seen=form.get("draft_seen", "").split()[-MOST_MARKS:],
        )


def submit_key_now() -> str | None:
    """What makes two submits of this form the same."""
    return request.form.get("submit_key", "").replace("\x00", "")[:LONGEST_KEY] or None


def view_now() -> str:
    """The view that the person works through, kept from page to page."""
    given = request.form.get("view") or request.args.get("view") or ""
    return given.replace("\x00", "")[:LONGEST_VIEW]


def kind_now() -> MessageKind:
    """Of a draft."""
    return MessageKind.NOTE if request.values.get("kind") == "note" else MessageKind.PUBLIC


def number_or_none(text: str) -> int | None:
    is_number = text.isascii() and text.isdigit() and len(text) < 20
    found = int(text) if is_number else LARGEST_BIG_ID + 1
    return found if found <= LARGEST_BIG_ID else None
