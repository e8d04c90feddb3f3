"""What a browser may submit while an account is recovered."""

from wtforms import BooleanField, PasswordField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length

from portal.staff.forms import BackupForm
from portal.staff.second_factor import LONGEST_CODE
from portal.two_factor.recovery_approvals import LONGEST_STATEMENT, SHORTEST_STATEMENT
from portal.web.forms import PortalForm


class LostDeviceForm(BackupForm):
    """A backup code, and what it is for."""

    is_lost = BooleanField("My phone is gone for good: take its app off my account", default=True)


class RecoveryCodeForm(PortalForm):
    """The code of the mail, and once more the password: neither is worth anything alone."""

    recovery_code = StringField(
        "Recovery code",
        [InputRequired("Enter the code of the mail."), Length(max=LONGEST_CODE)],
        description="As it stands in the mail, such as XXXX-XXXX-XXXX-XXXX.",
        render_kw={"autocomplete": "off", "autocapitalize": "characters", "autofocus": True},
    )
    password = PasswordField(
        "Password",
        [InputRequired("Enter your password.")],
        render_kw={"autocomplete": "current-password"},
    )


class DecisionForm(PortalForm):
    """How the person's identity was checked, or why not."""

    statement = TextAreaField(
        "How did you make sure who asks?",
        [
            InputRequired("Say how you made sure."),
            Length(
                SHORTEST_STATEMENT,
                LONGEST_STATEMENT,
                f"Say in {SHORTEST_STATEMENT} to {LONGEST_STATEMENT} characters how you made sure.",
            ),
        ],
        description="Kept in the audit log under your name.",
        render_kw={"rows": 3, "maxlength": str(LONGEST_STATEMENT)},
    )
