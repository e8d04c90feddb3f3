"""Syslog messages of RFC 5424, framed by their length as RFC 5425 has it. Pure."""

from portal.audit.streaming.batches import Told

FACILITY = 13  # log audit
SEVERITIES = {"info": 6, "notice": 5, "warning": 4, "critical": 2}
NOTHING = "-"


def framed(told: Told, *, hostname: str) -> bytes:
    """`LENGTH SP MESSAGE`. The JSON inside is ASCII with escapes, so no line ends inside it."""
    priority = FACILITY * 8 + SEVERITIES.get(told.severity, 6)
    header = " ".join(
        (
            f"<{priority}>1",
            told.occurred_at or NOTHING,
            _word(hostname, 255),
            "portal",
            NOTHING,
            _word(told.action or "", 32),
            NOTHING,
        )
    )
    message = header.encode() + b" " + told.line
    return b"%d %s" % (len(message), message)


def _word(text: str, longest: int) -> str:
    """Printable ASCII without a space, as headers want it."""
    kept = "".join(c for c in text if "!" <= c <= "~")
    return kept[:longest] or NOTHING
