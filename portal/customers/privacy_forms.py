"""What a browser may submit to have a user forgotten."""

from wtforms import StringField, TextAreaField
from wtforms.validators import InputRequired, Length, ValidationError

from portal.web.forms import PortalForm
from portal.web.texts import LONGEST_REASON


class EraseForm(PortalForm):
    number = StringField(
        "Number",
        [InputRequired("Type the number to confirm.")],
        description="The number of this user, typed again, so that nobody else is erased.",
        render_kw={"autocomplete": "off", "inputmode": "numeric"},
    )
    reason = TextAreaField(
        "Reason",
        [InputRequired("Say why."), Length(max=LONGEST_REASON)],
        description="It stands in the audit log for ever: do not name the person.",
        render_kw={"rows": 2},
    )

    def of(self, user_id: int) -> "EraseForm":
        """The user whom the typed number has to name."""
        self.expected = str(user_id)
        return self

    def validate_number(self, field: StringField) -> None:
        if field.data != self.expected:
            raise ValidationError("This is not the number of this user.")
