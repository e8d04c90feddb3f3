"""What a browser may submit about tickets."""

from wtforms import HiddenField, IntegerField, RadioField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than stubs
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from portal.support.bodies import LONGEST_BODY, LONGEST_SUBJECT
from portal.support.words import Category, Channel, Priority
from portal.web.forms import PortalForm
from portal.web.moments import MomentField
from portal.web.urls import LARGEST_ID


class SnoozeForm(PortalForm):
    until = MomentField("Until", [Optional()])


class NewTicketForm(PortalForm):
    """A ticket that one of ours opens. The requester is found beside it and sent as a number."""

    user = IntegerField(
        "Requester",
        [
            InputRequired("Choose who asks."),
            NumberRange(1, LARGEST_ID, "Choose somebody from the list."),
        ],
    )
    subject = StringField(
        "Subject",
        [
            InputRequired("Write a subject."),
            Length(max=LONGEST_SUBJECT, message=f"Use at most {LONGEST_SUBJECT} characters."),
        ],
    )
    written_by = RadioField(
        "The first message",
        choices=[
            SelectChoice("customer", "is what the customer told us"),
            SelectChoice("ours", "is from me to the customer, who gets it by mail"),
        ],
        default="customer",
    )
    body = TextAreaField(
        "Message",
        [
            InputRequired("Write something first."),
            Length(max=LONGEST_BODY, message=f"Use at most {LONGEST_BODY:,} characters."),
        ],
        render_kw={"rows": 8, "dir": "auto"},
    )
    channel = SelectField(
        "They came by",
        choices=[SelectChoice(one.value, one.label) for one in (Channel.PHONE, Channel.WEB)],
        default=Channel.PHONE.value,
    )
    category = SelectField(
        "Category", choices=[SelectChoice(one.value, one.label) for one in Category]
    )
    priority = SelectField(
        "Priority",
        choices=[SelectChoice(one.value, one.label) for one in Priority],
        default=Priority.MEDIUM.value,
    )
    submit_key = HiddenField()
