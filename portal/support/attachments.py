"""Files that come with messages, handled as hostile: named, typed and counted by us alone."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import filetype
import sqlalchemy as sa

from portal.core import clock
from portal.core.actor import Actor
from portal.core.database import changed_rows, db, insert_into
from portal.core.errors import DomainError, NotFound
from portal.core.text import nfc
from portal.support.models import AttachmentBlob, MessageAttachment, SupportMessage, SupportTicket
from portal.support.seeing import messages_seen_by, seen_by

MEGABYTE = 1024 * 1024
LARGEST_FILE = 10 * MEGABYTE
LARGEST_MESSAGE = 25 * MEGABYTE
MOST_FILES = 20
LONGEST_NAME = 200
LONGEST_EXTENSION = 20
KEPT_ALONE = timedelta(hours=24)
UNKNOWN = "application/octet-stream"
SHOWN = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
"""Pictures that no browser finds a script in. SVG is none of them."""

# Controls, direction overrides (Trojan Source, CVE-2021-42574), other marks that are not seen,
# halves of surrogate pairs, and what Windows takes for more than a name.
UNSEEN = re.compile(
    r"[\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff"
    r"\ud800-\udfff\ufff9-\ufffb\U000e0000-\U000e007f]+"
)
SPECIAL = re.compile(r'[<>:"|?*]+')
DEVICE = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)


class BadAttachment(DomainError):
    """Too large, or too many."""

    title = "These files cannot be attached"


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it was sent: its name and type are only what the sender says."""

    filename: str
    data: bytes


def attach(message: SupportMessage, uploads: Sequence[Upload]) -> None:
    """Keep files with a message. The same bytes are stored once, however often they come.

    Raises:
        BadAttachment: more than 20 files, one over 10 MB, or together over 25 MB.
    """
    _check(uploads)
    hashed = [(hashlib.sha256(upload.data).hexdigest(), upload) for upload in uploads]
    # In one order always, so that two messages with the same files do not wait for each other.
    for sha256, upload in sorted(dict(hashed).items()):
        _keep(sha256, upload.data)
    for sha256, upload in hashed:
        row = MessageAttachment(
            message_id=message.id,
            sha256=sha256,
            filename=clean_filename(upload.filename),
            media_type=media_type_of(upload.data),
            size=len(upload.data),
        )
        db.session.add(row)
    db.session.flush()


def _check(uploads: Sequence[Upload]) -> None:
    if len(uploads) > MOST_FILES:
        raise BadAttachment(f"Attach at most {MOST_FILES} files.", field="files")
    for upload in uploads:
        if len(upload.data) > LARGEST_FILE:
            name = clean_filename(upload.filename)
            raise BadAttachment(f"{name} is larger than 10 MB.", field="files")
    if sum(len(upload.data) for upload in uploads) > LARGEST_MESSAGE:
        raise BadAttachment("Together the files are larger than 25 MB.", field="files")


def _keep(sha256: str, data: bytes) -> None:
    """Storing it again makes it young again, and waits for a sweep that is just removing it."""
    now = clock.now()
    insert = insert_into(AttachmentBlob).values(
        sha256=sha256, size=len(data), data=data, created_at=now
    )
    db.session.execute(
        insert.on_conflict_do_update(index_elements=["sha256"], set_={"created_at": now})
    )


def clean_filename(name: str) -> str:
    """A name that is only a name: no folder, nothing unseen, at most 200 characters."""
    base = re.split(r"[/\\]", name)[-1]
    shown = " ".join(SPECIAL.sub("_", UNSEEN.sub("", nfc(base))).split()).strip(". ")
    if DEVICE.match(shown):
        shown = f"_{shown}"
    if len(shown) <= LONGEST_NAME:
        return shown or "file"
    stem, dot, extension = shown.rpartition(".")
    if not dot or len(extension) > LONGEST_EXTENSION:
        return shown[:LONGEST_NAME]
    return f"{stem[: LONGEST_NAME - len(extension) - 1]}.{extension}"


def media_type_of(data: bytes) -> str:
    """By the bytes. What is text to a browser (HTML, SVG, XML) has no such mark: unknown."""
    found = filetype.guess_mime(data[:8192])
    return found if found and not found.startswith("text/") else UNKNOWN


def may_be_shown(attachment: MessageAttachment) -> bool:
    """A picture that the page may show; everything else is only ever downloaded."""
    return attachment.media_type in SHOWN


def attachments_of(messages: Sequence[SupportMessage]) -> dict[int, list[MessageAttachment]]:
    """The files of these messages by message id, in one query and without their bytes."""
    ids = [message.id for message in messages]
    query = sa.select(MessageAttachment).where(MessageAttachment.message_id.in_(ids))
    found: dict[int, list[MessageAttachment]] = {}
    for row in db.session.scalars(query.order_by(MessageAttachment.id)):
        found.setdefault(row.message_id, []).append(row)
    return found


def attachment_or_404(by: Actor, attachment_id: int) -> MessageAttachment:
    """A file of a message that the caller may see, so never a note's for a customer.

    Raises:
        NotFound: there is none that this caller may know of.
    """
    query = (
        sa.select(MessageAttachment)
        .join(SupportMessage, SupportMessage.id == MessageAttachment.message_id)
        .join(SupportTicket, SupportTicket.id == SupportMessage.ticket_id)
        .where(MessageAttachment.id == attachment_id, seen_by(by), messages_seen_by(by))
    )
    found = db.session.scalar(query)
    if found is None:
        raise NotFound("There is no such file.")
    return found


def bytes_of(attachment: MessageAttachment) -> bytes:
    query = sa.select(AttachmentBlob.data).where(AttachmentBlob.sha256 == attachment.sha256)
    return db.session.scalars(query).one()


def remove_orphans(*, limit: int = 100) -> int:
    """Forget bytes that no message has held for a day. How many files there were."""
    held = sa.exists().where(MessageAttachment.sha256 == AttachmentBlob.sha256)
    is_alone = (~held, AttachmentBlob.created_at <= clock.now() - KEPT_ALONE)
    some = sa.select(AttachmentBlob.sha256).where(*is_alone).limit(limit)
    # Asked again of each row once it is locked: somebody may be sending the same bytes right now.
    return changed_rows(sa.delete(AttachmentBlob).where(AttachmentBlob.sha256.in_(some), *is_alone))
