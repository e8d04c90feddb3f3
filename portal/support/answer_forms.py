"""What a browser may submit about prepared answers and macros."""

from collections.abc import Mapping
from typing import Any

from wtforms import (
    BooleanField,
    IntegerField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than stubs
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from portal.entitlements.terms import LARGEST_LIMIT, OF_A_LIMIT
from portal.support.bodies import LONGEST_BODY
from portal.support.bulk_forms import NONE, ChangeForm
from portal.support.canned import LONGEST_NAME
from portal.support.filling import VARIABLES
from portal.support.macros import MOST_DAYS
from portal.web.forms import PortalForm, VersionedForm
from portal.web.once_forms import OnceForm
from portal.web.urls import LARGEST_ID

NAMES = ", ".join(f"{{{name}}}" for name in VARIABLES)
TEXT = {"rows": 8, "dir": "auto"}


class AnswerForm(VersionedForm, OnceForm):
    """A name and a text with variables."""

    name = StringField(
        "Name", [InputRequired("Write what this answer is called."), Length(max=LONGEST_NAME)]
    )
    body = TextAreaField(
        "Text",
        [InputRequired("Write something first."), Length(max=LONGEST_BODY)],
        description=f"Filled in for each ticket: {NAMES}.",
        render_kw=TEXT,
    )
    is_shared = BooleanField(
        "Everybody sees it", description="Else it is yours alone. This cannot be changed later."
    )

    def offer(self, *, may_share: bool) -> "AnswerForm":
        """Only whoever manages the desk decides for everybody, and only at the beginning."""
        if not may_share:
            del self.is_shared
        return self

    @property
    def wants_shared(self) -> bool:
        return "is_shared" in self._fields and bool(self.is_shared.data)


class MacroForm(ChangeForm, VersionedForm, OnceForm):
    """A name, the fields to set, something to write and something to grant."""

    leading = ("name",)
    name = StringField(
        "Name", [InputRequired("Write what this macro is called."), Length(max=LONGEST_NAME)]
    )
    body = TextAreaField(
        "Text",
        [Length(max=LONGEST_BODY)],
        description=f"Empty writes nothing. Filled in for each ticket: {NAMES}.",
        render_kw=TEXT,
    )
    is_internal = RadioField(
        "The text is",
        choices=[
            SelectChoice("", "a reply to the customer"),
            SelectChoice("1", "an internal note"),
        ],
        default="",
    )
    feature_name = SelectField("Grant the requester", default="")
    days = IntegerField(
        "For how many days",
        [Optional(), NumberRange(1, MOST_DAYS)],
        description="Agents may grant for up to 14 days: a longer one only managers can run.",
        render_kw={"min": "1", "max": str(MOST_DAYS), "inputmode": "numeric"},
    )
    quota_limit = IntegerField(
        "With a limit of",
        [Optional(), NumberRange(0, LARGEST_LIMIT, OF_A_LIMIT)],
        description="Empty: the limit of the plan still counts.",
        render_kw={"min": "0", "inputmode": "numeric"},
    )

    def offer_features(self, features: list[tuple[str, str]]) -> "MacroForm":
        self.offer()
        named = (SelectChoice(name, label) for name, label in features)
        self.feature_name.choices = [SelectChoice("", "Nothing"), *named]
        return self

    def keep(self, targets: Mapping[str, tuple[str, str]]) -> "MacroForm":
        """What the macro acts on stays to be seen, each as (value, name), though it is gone.

        Else the form would show that it does nothing, and saving it would make that true.
        """
        for name, (value, label) in targets.items():
            choices = self[name].choices
            if all(choice.value != value for choice in choices):
                choices.append(SelectChoice(value, f"{label} (gone)"))
        return self

    @staticmethod
    def values_of(name: str, version: int, steps: dict[str, Any]) -> dict[str, object]:
        """What the fields show of a macro that was saved."""
        found: dict[str, object] = {"name": name, "version": str(version), **steps}
        for field in ("assign_to", "team_id"):
            if field in steps:
                found[field] = NONE if steps[field] is None else str(steps[field])
        for field in ("add_tags", "remove_tags"):
            found[field] = " ".join(steps.get(field, ()))
        found["is_internal"] = "1" if steps.get("is_internal") else ""
        grant: dict[str, object] = steps.get("grant", {})
        return found | grant

    def steps(self) -> dict[str, Any]:
        """What was set, as a deed takes it."""
        found = self.change()
        if self.body.data:
            found |= {"body": self.body.data, "is_internal": bool(self.is_internal.data)}
        if self.feature_name.data:
            grant = {"feature_name": self.feature_name.data, "days": self.days.data}
            if self.quota_limit.data is not None:
                grant["quota_limit"] = self.quota_limit.data
            found["grant"] = grant
        return found


class MacroRunForm(PortalForm):
    """Which macro, and on which state of ticket and macro its preview was shown."""

    macro_id = IntegerField("Macro", [InputRequired(), NumberRange(1, LARGEST_ID)])
    ticket_version = IntegerField("", [Optional()])
    macro_version = IntegerField("", [Optional()])
