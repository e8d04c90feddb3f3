"""What a browser may submit about the rules of alerts."""

from wtforms import (
    IntegerField,
    SelectField,
    SelectMultipleField,
    StringField,
)
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than stubs
from wtforms.validators import InputRequired, Length
from wtforms.widgets import CheckboxInput, ListWidget

from portal.audit.actions import Action, Outcome, Severity
from portal.audit.alerting.rules import LONGEST_NAME, RuleTerms
from portal.audit.models import GroupBy
from portal.audit.words import in_words
from portal.core.roles import Role
from portal.web.forms import VersionedForm

ANY = SelectChoice("", "Any")
NUMERIC = {"inputmode": "numeric", "autocomplete": "off"}
GROUPS = [
    SelectChoice(GroupBy.NOBODY.value, "All together"),
    SelectChoice(GroupBy.ACTOR.value, "Each person or token by itself"),
    SelectChoice(GroupBy.TARGET.value, "Each thing it was done to by itself"),
    SelectChoice(GroupBy.ADDRESS.value, "Each network address by itself"),
]


class _Ticks(SelectMultipleField):
    """Boxes to tick."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class RuleForm(VersionedForm):
    name = StringField(
        "Name",
        [InputRequired("Give it a name."), Length(max=LONGEST_NAME)],
        render_kw={"autocomplete": "off"},
    )
    actions = SelectMultipleField(
        "What happened",
        choices=[SelectChoice(one.value, f"{one.value}: {in_words(one)}") for one in Action],
        description="Choose several with Ctrl or Cmd. None: anything.",
        render_kw={"size": 8},
    )
    outcome = SelectField(
        "How it ended", choices=[ANY, *(SelectChoice(o.value, o.capitalize()) for o in Outcome)]
    )
    lowest_severity = SelectField(
        "Severity at least",
        choices=[ANY, *(SelectChoice(s.value, s.capitalize()) for s in Severity)],
    )
    role = SelectField(
        "Role that somebody got",
        choices=[ANY, *(SelectChoice(r.value, r.label) for r in Role)],
        description="For changes of roles and new people.",
    )
    threshold = IntegerField(
        "How many", [InputRequired("Enter a number.")], default=1, render_kw=NUMERIC
    )
    minutes = IntegerField(
        "Within minutes", [InputRequired("Enter a number.")], default=5, render_kw=NUMERIC
    )
    group_by = SelectField("Counted for", choices=GROUPS)
    quiet_minutes = IntegerField(
        "Then quiet for minutes",
        [InputRequired("Enter a number.")],
        default=60,
        description="More of the same is counted meanwhile, and not told again.",
        render_kw=NUMERIC,
    )
    roles = _Ticks(
        "Tell everybody who is",
        choices=[SelectChoice(r.value, r.label) for r in Role],
        default=[Role.ADMIN.value],
    )

    def terms(self) -> RuleTerms:
        return RuleTerms(
            name=self.name.data or "",
            actions=tuple(self.actions.data or ()),
            outcome=self.outcome.data or None,
            lowest_severity=self.lowest_severity.data or None,
            role=self.role.data or None,
            threshold=self.threshold.data or 0,
            minutes=self.minutes.data or 0,
            group_by=GroupBy(self.group_by.data or ""),
            quiet_minutes=self.quiet_minutes.data or 0,
            roles=tuple(self.roles.data or ()),
        )
