"""What the pages of the log show beside its events: a stream, alerts, rules."""

from portal.audit.alerting.rules import create_rule
from portal.audit.alerting.usual_rules import USUAL
from portal.audit.models import Alert, AuditStream
from portal.core import clock
from portal.core.actor import SYSTEM
from portal.core.database import db


def told_outside() -> dict[str, object]:
    """A webhook that fails, the usual rules, an alert that waits and one that was looked at."""
    now = clock.now()
    stream = AuditStream(
        name="SIEM in the cellar",
        kind="webhook",
        address="https://siem.boxcostpro.test/a/rather/long/path?with=" + "x" * 60,
        format="ocsf",
        next_index=0,
        failures=3,
        failing_since=now,
        next_try_at=now,
        last_error="It answered 503 Service Unavailable",
        created_at=now,
    )
    db.session.add(stream)
    rules = [create_rule(by=SYSTEM, terms=terms) for terms in USUAL]
    for number, seen in enumerate((None, now)):
        alert = Alert(
            rule_id=rules[0].id,
            rule_name=rules[0].name,
            event_id=f"none-{number}",
            about="",
            text="ann@boxcostpro.test reset a second factor: Bea Agent",
            count=number + 1,
            raised_at=now,
            acknowledged_at=seen,
            acknowledged_by="ann@boxcostpro.test" if seen else None,
        )
        db.session.add(alert)
    db.session.flush()
    return {"stream": stream.id, "alert_rule": rules[0].id}
