"""What a browser says it is, in words that its owner recognises."""

from ua_parser import parse

UNKNOWN = "Unknown device"
LONGEST = 80


def device_label(user_agent: str | None) -> str:
    """`Chrome on Linux`; as much of it as the header tells."""
    if not user_agent:
        return UNKNOWN
    found = parse(user_agent)
    browser = found.user_agent.family if found.user_agent else None
    system = found.os.family if found.os else None
    return (" on ".join(part for part in (browser, system) if part) or UNKNOWN)[:LONGEST]
