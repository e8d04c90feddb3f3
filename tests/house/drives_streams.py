"""How each change of a stream of the log, or of an alert, is driven once."""

from portal.audit.alerting.rules import create_rule, disable_rule
from portal.audit.alerting.usual_rules import USUAL
from portal.audit.models import Alert, AuditStream, StreamFormat, StreamKind
from portal.audit.streaming.streams import StreamTerms, add_stream, pause_stream
from portal.core import clock
from portal.core.database import db
from tests.cast import actor

NEW = {"name": "SIEM", "kind": "webhook", "address": "https://siem.test/in", "format": "ocsf"}
RULE = {
    "name": "Resets",
    "actions": "totp.reset",
    "outcome": "",
    "lowest_severity": "",
    "role": "",
    "group_by": "",
    "threshold": "1",
    "minutes": "5",
    "quiet_minutes": "60",
    "roles": "admin",
}


def _stream(s, kind=StreamKind.FILE) -> AuditStream:
    address = "siem-house" if kind == StreamKind.FILE else NEW["address"]
    terms = StreamTerms("SIEM", kind, address, StreamFormat.OCSF)
    made = add_stream(by=actor(s.ann), terms=terms, from_beginning=False)
    if made.secret:
        s.secrets.add(made.secret)
    return made.row


def _secret(s, answer):
    """The secret that was shown must stand nowhere else."""
    shown = answer.text.partition('data-value="')[2].partition('"')[0]
    assert shown.startswith("bos_")
    s.secrets.add(shown)
    return answer


def _of_stream(verb, kind=StreamKind.FILE, **fields):
    return lambda s: s.here.submit(f"/audit/streams/{_stream(s, kind).id}/{verb}", **fields)


def _resume(s):
    row = pause_stream(by=actor(s.ann), row=_stream(s), reason="")
    return s.here.submit(f"/audit/streams/{row.id}/resume")


def _rule(s, *, is_off=False):
    row = create_rule(by=actor(s.ann), terms=USUAL[0])
    return disable_rule(by=actor(s.ann), row=row) if is_off else row


def _acknowledge(s):
    alert = Alert(
        rule_id=1,
        rule_name="Resets",
        event_id="x",
        about="",
        text="Ann did it",
        count=1,
        raised_at=clock.now(),
    )
    db.session.add(alert)
    db.session.flush()
    return s.here.submit(f"/audit/alerts/{alert.id}/acknowledge")


def _edit_rule(s):
    fields = {**RULE, "version": "1"}
    return s.here.submit(f"/audit/alerts/rules/{_rule(s).id}", **fields)


DRIVES = {
    "audit.add_new_stream": lambda s: _secret(s, s.here.submit("/audit/streams/new", **NEW)),
    "audit.change_one_stream": _of_stream(
        "change", name="Archive", address="siem-house", format="ecs"
    ),
    "audit.pause_one_stream": _of_stream("pause", reason="It moves"),
    "audit.resume_one_stream": _resume,
    "audit.test_stream": _of_stream("test"),
    "audit.rotate_stream_secret": lambda s: _secret(s, _of_stream("secret", StreamKind.WEBHOOK)(s)),
    "audit.remove_one_stream": _of_stream("remove"),
    "audit.acknowledge_alert": _acknowledge,
    "audit.new_alert_rule": lambda s: s.here.submit("/audit/alerts/rules/new", **RULE),
    "audit.edit_alert_rule": _edit_rule,
    "audit.disable_alert_rule": lambda s: s.here.submit(
        f"/audit/alerts/rules/{_rule(s).id}/disable"
    ),
    "audit.enable_alert_rule": lambda s: s.here.submit(
        f"/audit/alerts/rules/{_rule(s, is_off=True).id}/enable"
    ),
}
