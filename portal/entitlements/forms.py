"""What a browser may submit about grants."""

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

from portal.catalog.snapshot import Catalog, Interval
from portal.customers.named import HOW
from portal.entitlements.facts import Effect
from portal.entitlements.terms import BRIEFLY, LARGEST_LIMIT, OF_A_LIMIT
from portal.web.forms import PortalForm
from portal.web.moments import MomentField
from portal.web.once_forms import OnceForm
from portal.web.texts import LONGEST_REASON

EFFECTS = [
    SelectChoice(Effect.ENABLE.value, "Grant it"),
    SelectChoice(Effect.DISABLE.value, "Block it"),
    SelectChoice(Effect.HARD_DENY.value, "Deny it, whatever else is granted"),
]
ENDLESS = "Empty: without an end."
EVERY = {
    Interval.HOUR: "every hour",
    Interval.DAY: "every day",
    Interval.WEEK: "every week",
    Interval.MONTH: "every month",
    Interval.QUARTER: "every quarter",
    Interval.YEAR: "every year",
    Interval.NEVER: "never: it is counted",
}
INTERVALS = [
    SelectChoice("", "As the feature says"),
    *(SelectChoice(interval.value, words) for interval, words in EVERY.items()),
]


class TermsForm(PortalForm):
    """What a grant says. Left out, the limit of the layer below still counts."""

    feature_name = SelectField("Feature", [InputRequired("Choose a feature.")])
    effect = RadioField("Effect", [Optional()], choices=EFFECTS, default=Effect.ENABLE.value)
    starts_at = MomentField("From", [Optional()], description="Empty: at once.")
    expires_at = MomentField("Until", [Optional()], description=ENDLESS)
    quota_limit = IntegerField(
        "Limit",
        [Optional(), NumberRange(0, LARGEST_LIMIT, OF_A_LIMIT)],
        description="Empty: the limit that counts without this grant.",
        render_kw={"inputmode": "numeric", "min": "0"},
    )
    interval = SelectField("The limit starts anew", [Optional()], choices=INTERVALS, default="")
    unlimited = BooleanField("Without a limit")
    reason = TextAreaField(
        "Reason",
        [InputRequired("Say why: it stands in the audit log."), Length(max=LONGEST_REASON)],
        render_kw={"rows": 2},
    )

    def offer(self, catalog: Catalog, *, only_brief: bool, may_deny: bool) -> None:
        """Only what there is and what this person may give."""
        self.feature_name.choices = _feature_choices(catalog)
        if only_brief:
            del self.effect
            ask_for_an_end(self.expires_at)
        elif not may_deny:
            self.effect.choices = EFFECTS[:-1]

    def terms(self) -> dict[str, Any]:
        """The keyword arguments of a grant."""
        effect = self.effect.data if "effect" in self._fields else None
        return {
            "effect": Effect(effect or Effect.ENABLE),
            "quota_limit": self.quota_limit.data,
            "is_unlimited": bool(self.unlimited.data),
            "interval": Interval(self.interval.data) if self.interval.data else None,
            "starts_at": self.starts_at.data,
            "expires_at": self.expires_at.data,
            "reason": self.reason.data,
        }


def _feature_choices(catalog: Catalog) -> list[SelectChoice]:
    present = [one for one in catalog.features.values() if not one.is_archived]
    present.sort(key=lambda one: (one.display_name or one.name).casefold())
    named = (
        SelectChoice(one.name, f"{one.display_name or one.name} ({one.category})")
        for one in present
    )
    return [SelectChoice("", "Choose…"), *named]


def ask_for_an_end(field: MomentField) -> None:
    """Of whoever may grant briefly alone."""
    field.describe(f"Within {BRIEFLY.days} days.")


class ExtendForm(PortalForm):
    expires_at = MomentField("Until", [Optional()], description=ENDLESS)
    reason = StringField("Reason", [InputRequired("Say why."), Length(max=LONGEST_REASON)])


class RevokeForm(PortalForm):
    reason = StringField("Reason", [InputRequired("Say why."), Length(max=LONGEST_REASON)])


class BulkForm(TermsForm, OnceForm):
    """The same terms for many: named one a line, or found by plan and state."""

    leading = ("scope", "subjects", "plan")
    scope = RadioField(
        "For",
        choices=[SelectChoice("user", "Users"), SelectChoice("tenant", "Whole tenants")],
        default="user",
    )
    subjects = TextAreaField(
        "Who",
        [Optional(), Length(max=400_000)],
        description=f"One a line. {HOW} Tenants by number or id.",
        render_kw={"rows": 5},
    )
    plan = SelectField(
        "Or everybody on the plan",
        [Optional()],
        description="Counts only while nobody is named above.",
        default="",
    )
