"""What a browser may submit about service levels."""

from collections.abc import Iterable
from typing import Any

from wtforms import (
    BooleanField,
    IntegerField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
)
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than stubs
from wtforms.validators import InputRequired, Length, NumberRange, Optional
from wtforms.validators import ValidationError as Wrong
from wtforms.widgets import CheckboxInput, ListWidget

from portal.support.clock_changes import OnChange, OnReopen
from portal.support.clock_math import WARN_PERCENT
from portal.support.durations import BadDuration, duration_text, seconds_of
from portal.support.models import BusinessCalendarRow
from portal.support.rule_terms import RuleTerms
from portal.support.words import Category, Channel, Priority
from portal.web.forms import VersionedForm
from portal.web.once_forms import OnceForm

STEPS = (
    ("warning:notify_assignee", "When it is due soon, tell whoever has the ticket"),
    ("warning:notify_lead", "When it is due soon, tell the lead of the team"),
    ("breach:notify_assignee", "When it is overdue, tell whoever has the ticket"),
    ("breach:notify_lead", "When it is overdue, tell the lead of the team"),
    ("breach:raise_priority", "When it is overdue, raise the priority by one"),
    ("breach:unassign", "When it is overdue, give the ticket back to its team"),
)
NUMERIC = {"inputmode": "numeric", "autocomplete": "off"}


def _any(label: str, choices: Iterable[Any]) -> SelectField:
    named = [SelectChoice(each.value, each.label) for each in choices]
    return SelectField(label, validators=[Optional()], choices=[SelectChoice("", "Any"), *named])


def _target(label: str, hint: str = "") -> StringField:
    return StringField(
        label,
        [Length(max=40), _is_duration],
        description=hint,
        render_kw={"autocomplete": "off", "spellcheck": "false"},
    )


def _is_duration(_form: Any, field: Any) -> None:
    try:
        seconds_of(field.data) if field.data else 0
    except BadDuration as error:
        raise Wrong(str(error)) from None


class _Steps(SelectMultipleField):
    """Drawn as ticks, a step each."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class LevelForm(VersionedForm, OnceForm):
    name = StringField("Name", [InputRequired("Enter a name."), Length(max=80)])
    priority = _any("Priority", Priority)
    category = _any("Category", Category)
    channel = _any("Came by", Channel)
    min_plan_level = IntegerField(
        "Plan level at least",
        [Optional(), NumberRange(0, 1000, "Use a whole number from 0 to 1000.")],
        description="Empty: any plan.",
        render_kw=NUMERIC,
    )
    tag = StringField("Tag", [Length(max=41)], description="Empty: whatever its tags.")
    calendar_id = SelectField("Calendar", coerce=int, choices=[])
    first_response_s = _target(
        "First response within",
        "Open hours, as 4h, 30m or 1d 2h; a day is 24 open hours. Empty: nothing is promised.",
    )
    next_response_s = _target("Each next response within")
    resolution_s = _target("Solved within", "It stands still while the customer has to answer.")
    update_s = _target(
        "An update at least every",
        "After each answer, until the ticket is solved. It stands still with the solution.",
    )
    pauses_on_hold = BooleanField(
        "On hold, the solution stands still too", description="Otherwise that is our delay."
    )
    warn_percent = IntegerField(
        "Warn when so many per cent of the time are used",
        [InputRequired("Enter a number; 0 never warns."), NumberRange(0, 99, "Use 0 to 99.")],
        default=WARN_PERCENT,
        render_kw=NUMERIC,
    )
    escalations = _Steps(
        "What happens then", choices=[SelectChoice(value, label) for value, label in STEPS]
    )
    tag_when_late = StringField(
        "Tag for what is overdue", [Length(max=41)], description="Empty: none is added."
    )
    on_change = RadioField(
        "When a ticket comes under it later",
        choices=[
            SelectChoice(OnChange.KEEP.value, "The time so far counts"),
            SelectChoice(OnChange.RESTART.value, "Its times begin anew"),
        ],
        default=OnChange.KEEP.value,
    )
    on_reopen = RadioField(
        "When a solved ticket is reopened",
        choices=[
            SelectChoice(OnReopen.CONTINUE.value, "The solution goes on where it stopped"),
            SelectChoice(OnReopen.RESTART.value, "The solution begins anew"),
        ],
        default=OnReopen.CONTINUE.value,
    )

    def offer(self, calendars: Iterable[BusinessCalendarRow]) -> None:
        self.calendar_id.choices = [SelectChoice(each.id, each.name) for each in calendars]

    def terms(self) -> RuleTerms:
        late = self.tag_when_late.data
        chosen = {name: self[name].data or None for name in ("priority", "category", "channel")}
        return RuleTerms(
            name=self.name.data or "",
            calendar_id=int(self.calendar_id.data),
            **chosen,
            min_plan_level=self.min_plan_level.data,
            tag=self.tag.data or None,
            first_response_s=_seconds(self.first_response_s.data),
            next_response_s=_seconds(self.next_response_s.data),
            resolution_s=_seconds(self.resolution_s.data),
            update_s=_seconds(self.update_s.data),
            warn_percent=int(self.warn_percent.data or 0),
            on_change=str(self.on_change.data),
            on_reopen=str(self.on_reopen.data),
            pauses_on_hold=bool(self.pauses_on_hold.data),
            escalations=(*(self.escalations.data or ()), *([f"breach:tag:{late}"] if late else ())),
        )


def _seconds(text: str | None) -> int | None:
    return seconds_of(text) if text else None


def _text(seconds: int | None) -> str:
    return "" if seconds is None else duration_text(seconds)


def level_values(terms: RuleTerms, version: int) -> dict[str, Any]:
    """What the form shows of a level as it stands."""
    tags = [each.split(":", 2)[2] for each in terms.escalations if each.startswith("breach:tag:")]
    return {
        "version": str(version),
        "name": terms.name,
        "priority": terms.priority or "",
        "category": terms.category or "",
        "channel": terms.channel or "",
        "min_plan_level": terms.min_plan_level,
        "tag": terms.tag or "",
        "calendar_id": terms.calendar_id,
        "first_response_s": _text(terms.first_response_s),
        "next_response_s": _text(terms.next_response_s),
        "resolution_s": _text(terms.resolution_s),
        "update_s": _text(terms.update_s),
        "warn_percent": terms.warn_percent,
        "pauses_on_hold": terms.pauses_on_hold,
        "escalations": [each for each in terms.escalations if ":tag:" not in each],
        "tag_when_late": tags[0] if tags else "",
        "on_change": terms.on_change,
        "on_reopen": terms.on_reopen,
    }
