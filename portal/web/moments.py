"""Instants that are given to us: none so far off that a zone cannot show it, or a sum reach it."""

from datetime import UTC, date, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, TypeAdapter, WrapValidator
from pydantic import Field as Limits
from pydantic_core import PydanticCustomError
from wtforms.fields.core import Field
from wtforms.widgets import DateTimeLocalInput

from portal.core.clock import through_second
from portal.web.times import reader_zone, to_reader

SHAPE = "%Y-%m-%dT%H:%M"
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
LATEST = datetime(2100, 1, 1, tzinfo=UTC)


def _spelt_out(value: Any) -> Any:
    """Digits alone, which pydantic reads as seconds or milliseconds since 1970, are no date."""
    is_date = isinstance(value, str) and value[4:5] == "-"
    if not is_date and not isinstance(value, date):
        raise PydanticCustomError("moment", "Input should be a date as in 2026-06-01T09:00:00Z")
    return value


# Checked before, a value is no longer JSON: a strict model would take no text for an instant.
AnyMoment = Annotated[AwareDatetime, Limits(strict=False), BeforeValidator(_spelt_out)]
"""An instant in a body or a query of the API, which whoever asks for it bounds."""
Moment = Annotated[
    AwareDatetime, Limits(ge=EARLIEST, le=LATEST, strict=False), BeforeValidator(_spelt_out)
]
"""One that a zone can show."""
AsOf = Annotated[Moment, AfterValidator(through_second)]
"""The same, to be answered as of then: what happened within a told second counts."""
Day = Annotated[
    date, Limits(ge=EARLIEST.date(), le=LATEST.date(), strict=False), BeforeValidator(_spelt_out)
]
A_MOMENT: TypeAdapter[datetime] = TypeAdapter(Moment)
A_DAY: TypeAdapter[date] = TypeAdapter(Day)


def _either(value: Any, _handler: object) -> datetime | date:
    """A union would add to the name of the field, in a fault, which type it had tried."""
    is_day = isinstance(value, str) and len(value) == len("2026-06-01")
    return A_DAY.validate_python(value) if is_day else A_MOMENT.validate_python(value)


MomentOrDay = Annotated[Moment | Day, WrapValidator(_either)]


class MomentField(Field):
    """A form's: written in the reader's zone, `data` is in UTC, or None when left empty.

    A browser sends the local time without a zone; a program may send one, as in RFC 3339. A local
    time that comes twice is the first of the two; one that the clock skips is read with the
    offset from before the gap.
    """

    widget = DateTimeLocalInput()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Whose clock counts no browser shows, so the description says it."""
        super().__init__(*args, **kwargs)
        self.describe(self.description)

    def describe(self, text: str) -> None:
        self.description = f"{text} Time in {reader_zone().key}.".strip()

    def _value(self) -> str:
        """Empty for what could not be read: a browser's own input holds nothing else either."""
        if not isinstance(self.data, datetime):
            return ""
        return as_local(self.data)

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
        if not EARLIEST <= self.data <= LATEST:
            self.data = None
            raise ValueError("Enter a date between the years 2000 and 2100.")


def as_local(at: datetime) -> str:
    """The instant as the field's own input wants it, in the reader's zone."""
    return to_reader(at).strftime(SHAPE)
