"""What a browser may submit about tickets that belong together."""

from wtforms import StringField
from wtforms.validators import InputRequired, Length

from portal.support.bodies import LONGEST_SUBJECT
from portal.web.forms import PortalForm


class OtherTicketForm(PortalForm):
    """The number of another ticket."""

    number = StringField(
        "Ticket number",
        [InputRequired("Write its number."), Length(max=40)],
        description="As in TCK-2026-000123.",
        render_kw={"autocomplete": "off"},
    )


class SplitForm(PortalForm):
    """The subject of the new ticket; the messages are ticked in the thread beside it."""

    subject = StringField(
        "Subject of the new ticket",
        [InputRequired("Write a subject."), Length(max=LONGEST_SUBJECT)],
    )
