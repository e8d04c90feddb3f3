"""A form field for an instant: written in the reader's zone, kept in UTC."""

from datetime import UTC, datetime
from typing import Any

from wtforms.fields.core import Field
from wtforms.widgets import DateTimeLocalInput

from portal.web.times import reader_zone

SHAPE = "%Y-%m-%dT%H:%M"


class MomentField(Field):
    """`data` is an aware instant in UTC, or None when left empty.

    A browser sends the local time without a zone; a program may send one, as in RFC 3339. A local
    time that comes twice is the first of the two; one that the clock skips is read with the
    offset from before the gap.
    """

    widget = DateTimeLocalInput()

    def _value(self) -> str:
        """Empty for what could not be read: a browser's own input holds nothing else either."""
        if not isinstance(self.data, datetime):
            return ""
        return self.data.astimezone(reader_zone()).strftime(SHAPE)

    def process_formdata(self, valuelist: list[Any]) -> None:
        text = str(valuelist[0]).strip() if valuelist else ""
        if not text:
            self.data = None
            return
        try:
            found = datetime.fromisoformat(text)
            local = found if found.tzinfo else found.replace(tzinfo=reader_zone())
            self.data = local.astimezone(UTC)
        except (ValueError, OverflowError) as error:
            self.data = None
            raise ValueError("Enter a date and a time, as in 2026-06-01 09:00.") from error


def as_local(at: datetime) -> str:
    """The instant as the field's own input wants it, in the reader's zone."""
    return at.astimezone(reader_zone()).strftime(SHAPE)
