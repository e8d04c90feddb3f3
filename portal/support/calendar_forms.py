"""What a browser may submit about business calendars."""

from collections.abc import Callable
from datetime import date
from typing import Any

from wtforms import SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than stubs
from wtforms.validators import InputRequired, Length, Optional
from wtforms.validators import ValidationError as Wrong

from portal.staff.zones import zones
from portal.support.business_time import WEEKDAYS
from portal.support.calendar_terms import CalendarTerms, Pairs, countries
from portal.support.hours_text import (
    BadText,
    dates_of,
    dates_text,
    pairs_of,
    pairs_text,
    special_days_of,
    special_days_text,
)
from portal.web.forms import VersionedForm

HOURS = {"autocomplete": "off", "placeholder": "closed"}
LONGEST_TEXT = 20_000


def _reading(read: Callable[[str], object]) -> Callable[[Any, Any], None]:
    """A validator for a field that `read` understands."""

    def check(_form: Any, field: Any) -> None:
        try:
            read(field.data or "")
        except BadText as error:
            raise Wrong(str(error)) from None

    return check


def _day(weekday: int, hint: str = "") -> StringField:
    return StringField(
        WEEKDAYS[weekday],
        [Length(max=200), _reading(pairs_of)],
        description=hint,
        render_kw=HOURS,
    )


class CalendarForm(VersionedForm):
    name = StringField("Name", [InputRequired("Enter a name."), Length(max=80)])
    zone = SelectField(
        "Time zone",
        choices=lambda: [SelectChoice(zone, zone.replace("_", " ")) for zone in zones()],
        description="Hours are those of the clock on its walls.",
    )
    day_0 = _day(0, "As 09:00-12:00, 13:00-17:00. Empty: closed.")
    day_1 = _day(1)
    day_2 = _day(2)
    day_3 = _day(3)
    day_4 = _day(4)
    day_5 = _day(5)
    day_6 = _day(6)
    country = SelectField(
        "Public holidays of",
        validators=[Optional()],
        choices=lambda: [
            SelectChoice("", "No country"),
            *(SelectChoice(code, name) for code, name in countries()),
        ],
        description="Closed by themselves, every year.",
    )
    subdivision = StringField(
        "State or region",
        [Length(max=40)],
        description="Where its holidays differ: the code of the part, as BY for Bavaria.",
        render_kw={"autocomplete": "off", "spellcheck": "false"},
    )
    holidays = TextAreaField(
        "Own holidays",
        [Length(max=LONGEST_TEXT), _reading(dates_of)],
        description="A date a line, as 2026-12-24.",
        render_kw={"rows": 4, "spellcheck": "false"},
    )
    special_days = TextAreaField(
        "Other hours on single days",
        [Length(max=LONGEST_TEXT), _reading(special_days_of)],
        description="A date and its hours a line, as 2026-12-24 09:00-13:00. They replace those of "
        "the week, also on a holiday.",
        render_kw={"rows": 4, "spellcheck": "false"},
    )

    def terms(self) -> CalendarTerms:
        weekly: dict[int, Pairs] = {
            day: pairs_of(self[f"day_{day}"].data or "") for day in range(len(WEEKDAYS))
        }
        return CalendarTerms(
            name=self.name.data or "",
            zone=self.zone.data or "",
            weekly=weekly,
            country=self.country.data or None,
            subdivision=self.subdivision.data or None,
            holidays=self._holidays(),
            special_days=special_days_of(self.special_days.data or ""),
        )

    def _holidays(self) -> tuple[date, ...]:
        return dates_of(self.holidays.data or "")


def calendar_values(name: str, version: int, content: dict[str, Any]) -> dict[str, Any]:
    """What the form shows of a calendar as it stands."""
    days = {
        f"day_{day}": pairs_text(content["weekly"].get(str(day), ()))
        for day in range(len(WEEKDAYS))
    }
    return {
        **days,
        "name": name,
        "version": str(version),
        "zone": content["zone"],
        "country": content["country"] or "",
        "subdivision": content["subdivision"] or "",
        "holidays": dates_text(content["holidays"]),
        "special_days": special_days_text(content["special_days"]),
    }
