"""What a browser may submit about bundles and holds."""

from wtforms import IntegerField, RadioField, SelectField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than stubs
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from portal.audit.exports import ExportKind
from portal.audit.holds import Scope
from portal.web.forms import PortalForm
from portal.web.once_forms import OnceForm
from portal.web.texts import LONGEST_REASON

LARGEST = 2**53
KINDS = {
    ExportKind.SELECTION: """Only the events that fit. Proves of each that it is in the log as it
        was written; not that none is missing.""",
    ExportKind.RANGE_WITH_HASHES: """The events that fit, and of every other event of the period a
        bare hash. Proves also that none was left out, and shows nothing of the others.""",
    ExportKind.RANGE: """Every event of the period, whether it fits or not. Proves that none was
        left out.""",
}


def _number(label: str, description: str) -> IntegerField:
    checks = [Optional(), NumberRange(0, LARGEST, message="Write a whole number.")]
    return IntegerField(
        label, checks, description=description, render_kw={"autocomplete": "off", "min": "0"}
    )


class ExportForm(PortalForm):
    """What goes into a bundle, beside the filters of its address."""

    kind = RadioField(
        "What to export",
        [InputRequired("Choose what to export.")],
        choices=[SelectChoice(kind.value, " ".join(text.split())) for kind, text in KINDS.items()],
        default=ExportKind.SELECTION.value,
    )
    first = _number("First leaf", "Only where somebody asked for leaves by their numbers.")
    last = _number("Last leaf", "Empty: to the end of the period.")
    since = _number(
        "Since the checkpoint of size",
        "The second line of the checkpoint.txt that the reader has already: the bundle then "
        "proves that the log only grew since.",
    )

    def validate_first(self, field: IntegerField) -> None:
        self._refuse_for_selection(field)

    def validate_last(self, field: IntegerField) -> None:
        self._refuse_for_selection(field)

    def _refuse_for_selection(self, field: IntegerField) -> None:
        if field.data is not None and self.kind.data == ExportKind.SELECTION:
            field.errors = [*field.errors, "Choose a period: single events have no first leaf."]


class HoldForm(OnceForm):
    """Whose events stay, and why."""

    scope = SelectField(
        "Whose events",
        choices=[SelectChoice(scope.value, scope.label) for scope in Scope],
    )
    subject_id = IntegerField(
        "Number",
        [Optional(), NumberRange(1, 2**31 - 1, message="Write the number, as on its page.")],
        description="Of the tenant, user or person; leave it empty to hold everything.",
        render_kw={"autocomplete": "off", "min": "1"},
    )
    reason = TextAreaField(
        "Reason",
        [InputRequired("Say why."), Length(max=LONGEST_REASON)],
        description="Who asked for it, and the file number: it stands in the log for ever.",
        render_kw={"rows": "3", "maxlength": str(LONGEST_REASON)},
    )
