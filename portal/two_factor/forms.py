"""What a browser may submit to the pages of the second factor."""

from wtforms import BooleanField, HiddenField, IntegerField, StringField
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from portal.staff.forms import LONGEST_ANSWER
from portal.staff.policies import LONGEST_GRACE, LONGEST_WAIT
from portal.staff.second_factor import LONGEST_CODE
from portal.two_factor.passkeys import LONGEST_LABEL
from portal.web.forms import PortalForm

CODE_INPUT = {"autocomplete": "one-time-code", "inputmode": "numeric", "autofocus": True}


class CodeForm(PortalForm):
    """Six digits from the app."""

    totp_code = StringField(
        "Code from your app",
        description="Six digits. They change every 30 seconds.",
        validators=[InputRequired("Enter the six digits that your app shows."), Length(max=40)],
        render_kw=CODE_INPUT,
    )


class BackupCodeForm(PortalForm):
    """A backup code, as proof that it is you."""

    backup_code = StringField(
        "Backup code",
        validators=[InputRequired("Enter one of your backup codes."), Length(max=LONGEST_CODE)],
        render_kw={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"},
    )


class NewCodesForm(PortalForm):
    """The set that the page showed, so that a reload replaces nothing."""

    instead_of = HiddenField(validators=[Length(max=36)])


class LabelForm(PortalForm):
    """What a passkey is called."""

    label = StringField(
        "Name",
        validators=[InputRequired("Name it, so that you know it from the others.")],
        description="As you know the device: Work laptop, Blue security key.",
        render_kw={"maxlength": LONGEST_LABEL, "autocomplete": "off"},
    )


class NewPasskeyForm(LabelForm):
    """The same for a new one, with what the browser made."""

    credential = HiddenField(
        "Passkey", [InputRequired("No passkey was made."), Length(max=LONGEST_ANSWER)]
    )


class PolicyForm(PortalForm):
    """What one role owes."""

    is_required = BooleanField("Second factor required")
    grace_days = IntegerField(
        "Days of grace",
        validators=[
            InputRequired("Enter a number of days; 0 for none."),
            NumberRange(0, LONGEST_GRACE, f"Give between 0 and {LONGEST_GRACE} days."),
        ],
    )
    recovery_hours = IntegerField(
        "Hours a recovery waits",
        validators=[
            Optional(),
            NumberRange(0, LONGEST_WAIT, f"Give between 0 and {LONGEST_WAIT} hours."),
        ],
        description="After its approval, so that the owner can still stop it.",
    )
