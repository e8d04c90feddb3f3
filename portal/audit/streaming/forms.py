"""What a browser may submit about streams of the ledger."""

from wtforms import BooleanField, RadioField, SelectField, StringField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than stubs
from wtforms.validators import InputRequired, Length

from portal.audit.models import StreamFormat, StreamKind
from portal.audit.streaming.addresses import LONGEST_ADDRESS
from portal.audit.streaming.streams import LONGEST_NAME, StreamTerms
from portal.web.forms import PortalForm
from portal.web.once_forms import OnceForm
from portal.web.texts import LONGEST_REASON

KINDS = [
    SelectChoice(StreamKind.WEBHOOK.value, "Webhook: signed batches by HTTPS"),
    SelectChoice(StreamKind.SYSLOG.value, "Syslog: RFC 5424 over TLS or TCP"),
    SelectChoice(StreamKind.FILE.value, "File: JSON lines for an agent on this machine"),
]
FORMAT_NAMES = {
    StreamFormat.OCSF: "OCSF 1.3",
    StreamFormat.ECS: "ECS 8.11",
    StreamFormat.CANONICAL: "As the log holds it",
}
FORMATS = [SelectChoice(one.value, name) for one, name in FORMAT_NAMES.items()]
# A form shows its fields in the order in which they were made: what comes first decides the rest.
KIND = RadioField("Kind", choices=KINDS, default=StreamKind.WEBHOOK.value)


class ChangeStreamForm(PortalForm):
    name = StringField(
        "Name",
        [InputRequired("Give it a name."), Length(max=LONGEST_NAME)],
        render_kw={"autocomplete": "off"},
    )
    address = StringField(
        "Address",
        [InputRequired("Say where the events go."), Length(max=LONGEST_ADDRESS)],
        description="https://siem.example.com/events, tls://syslog.example.com:6514, "
        "or a file name such as siem-1.",
        render_kw={"autocomplete": "off", "spellcheck": "false"},
    )
    format = SelectField("Format", choices=FORMATS)

    def terms(self, kind: StreamKind) -> StreamTerms:
        """What was decided, of a stream of this kind."""
        return StreamTerms(
            name=self.name.data or "",
            kind=kind,
            address=self.address.data or "",
            format=StreamFormat(self.format.data),
        )


class StreamForm(ChangeStreamForm, OnceForm):
    kind = KIND
    from_beginning = BooleanField(
        "Tell the whole log so far, too", description="Otherwise it begins with the next event."
    )


class PauseForm(PortalForm):
    reason = StringField(
        "Why it is paused", [Length(max=LONGEST_REASON)], render_kw={"autocomplete": "off"}
    )
