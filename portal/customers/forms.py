"""What a browser may submit about tenants and users."""

from wtforms import SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than stubs
from wtforms.validators import InputRequired, Length

from portal.customers.naming import LONGEST_EXTERNAL_ID, LONGEST_NAME
from portal.staff.identity import LONGEST_EMAIL
from portal.staff.zones import zones
from portal.web.forms import PortalForm, SeenForm
from portal.web.texts import LONGEST_REASON

OFF = {"autocomplete": "off"}


def _zones() -> list[SelectChoice]:
    return [SelectChoice(zone, zone.replace("_", " ")) for zone in zones()]


def _external_id() -> StringField:
    return StringField(
        "External id",
        [InputRequired("Say what the product calls it."), Length(max=LONGEST_EXTERNAL_ID)],
        description="What the product calls it. It cannot be changed later.",
        render_kw={**OFF, "spellcheck": "false"},
    )


def _name(render_kw: dict[str, str]) -> StringField:
    wanted = [InputRequired("Write a name."), Length(max=LONGEST_NAME)]
    return StringField("Name", wanted, render_kw=render_kw)


class TenantForm(SeenForm):
    """A tenant as it may be changed."""

    name = _name(OFF)
    time_zone = SelectField(
        "Time zone",
        choices=_zones,
        default="UTC",
        validate_choice=False,
        description="Its days and months begin by this clock.",
    )


class NewTenantForm(PortalForm):
    external_id = _external_id()
    name = _name(OFF)
    time_zone = SelectField(
        "Time zone",
        choices=_zones,
        default="UTC",
        validate_choice=False,
        description="Its days and months begin by this clock.",
    )


def _email() -> StringField:
    return StringField(
        "E-mail",
        [InputRequired("Enter their e-mail address."), Length(max=LONGEST_EMAIL)],
        render_kw={**OFF, "type": "email"},
    )


class UserForm(SeenForm):
    """A user as they may be changed."""

    name = _name(OFF)
    email = _email()


class NewUserForm(PortalForm):
    external_id = _external_id()
    name = _name(OFF)
    email = _email()


class ReasonForm(PortalForm):
    """Why: for whoever reads the audit log."""

    reason = TextAreaField(
        "Reason",
        [InputRequired("Say why."), Length(max=LONGEST_REASON)],
        description="It stands in the audit log for ever: name no customer's person here.",
        render_kw={"rows": "3", "maxlength": str(LONGEST_REASON)},
    )
