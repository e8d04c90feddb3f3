"""What a browser may submit about people, accounts, passwords and addresses."""

from wtforms import (
    BooleanField,
    HiddenField,
    PasswordField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than stubs
from wtforms.validators import InputRequired, Length

from portal.core.roles import Role
from portal.staff.identity import LONGEST_EMAIL, LONGEST_NAME
from portal.staff.models import Theme
from portal.staff.second_factor import LONGEST_CODE
from portal.staff.zones import zones
from portal.web.forms import PortalForm

ROLES = [SelectChoice(role.value, role.label) for role in Role]
THEMES = [
    SelectChoice(Theme.AUTO.value, "As the system"),
    SelectChoice(Theme.LIGHT.value, "Light"),
    SelectChoice(Theme.DARK.value, "Dark"),
]
NEW_PASSWORD = {"autocomplete": "new-password"}
HOW_LONG = "At least 15 characters. Four or five unrelated words do well."


def zone_choices() -> list[SelectChoice]:
    names = (SelectChoice(zone, zone.replace("_", " ")) for zone in zones())
    return [SelectChoice("", "As the portal"), *names]


class InviteForm(PortalForm):
    email = StringField(
        "E-mail",
        [InputRequired("Enter their e-mail address."), Length(max=LONGEST_EMAIL)],
        render_kw={"type": "email", "autocomplete": "off"},
    )
    name = StringField(
        "Name",
        [InputRequired("Enter their name."), Length(max=LONGEST_NAME)],
        render_kw={"autocomplete": "off"},
    )
    role = SelectField("Role", choices=ROLES, default=Role.SUPPORT_AGENT.value)


class RoleForm(PortalForm):
    role = SelectField("Role", choices=ROLES)
    expected = HiddenField()


class NewPasswordForm(PortalForm):
    new_password = PasswordField(
        "New password",
        [InputRequired("Choose a password.")],
        description=HOW_LONG,
        render_kw=NEW_PASSWORD,
    )


class JoinForm(PortalForm):
    name = StringField(
        "Your name",
        [InputRequired("Enter your name."), Length(max=LONGEST_NAME)],
        render_kw={"autocomplete": "name"},
    )
    time_zone = SelectField("Time zone", choices=zone_choices, validate_choice=False)
    new_password = PasswordField(
        "Password",
        [InputRequired("Choose a password.")],
        description=HOW_LONG,
        render_kw=NEW_PASSWORD,
    )


class ForgotForm(PortalForm):
    email = StringField(
        "E-mail",
        [InputRequired("Enter your e-mail address."), Length(max=LONGEST_EMAIL)],
        render_kw={"type": "email", "autocomplete": "username"},
    )


class ChangePasswordForm(PortalForm):
    """It asks for the second proof itself, so that no prompt ever repeats a password."""

    current_password = PasswordField(
        "Present password",
        [InputRequired("Enter your present password.")],
        render_kw={"autocomplete": "current-password"},
    )
    new_password = PasswordField(
        "New password",
        [InputRequired("Choose a password.")],
        description=HOW_LONG,
        render_kw=NEW_PASSWORD,
    )
    totp_code = StringField(
        "Code",
        [InputRequired("Enter the code."), Length(max=LONGEST_CODE)],
        description="The six digits that your authenticator app shows now.",
        render_kw={"autocomplete": "one-time-code", "inputmode": "numeric"},
    )


class EmailForm(PortalForm):
    email = StringField(
        "New e-mail address",
        [InputRequired("Enter the new address."), Length(max=LONGEST_EMAIL)],
        render_kw={"type": "email", "autocomplete": "email"},
    )


class PreferencesForm(PortalForm):
    name = StringField("Name", [InputRequired("Enter your name."), Length(max=LONGEST_NAME)])
    time_zone = SelectField("Time zone", choices=zone_choices, validate_choice=False)
    theme = RadioField("Look", choices=THEMES)
    shortcuts_enabled = BooleanField(
        "Keyboard shortcuts", description="Single keys such as g and /. Press ? for the list."
    )


class ConfirmForm(PortalForm):
    """A button, with the form token."""


class AddressesForm(PortalForm):
    """From where one role may come."""

    networks = TextAreaField(
        "Networks",
        [Length(max=4000)],
        description="One a line, such as 192.0.2.0/24. Empty: from anywhere.",
        render_kw={"rows": 3, "autocomplete": "off", "spellcheck": "false"},
    )
    is_forced = BooleanField("Save even without my own address")

    def for_role(self, *, is_own: bool) -> "AddressesForm":
        """Nobody may shut themselves out."""
        if is_own:
            del self.is_forced
        return self

    def lines(self) -> list[str]:
        return (self.networks.data or "").replace(",", "\n").splitlines()

    def wants_force(self) -> bool:
        return "is_forced" in self and bool(self.is_forced.data)
