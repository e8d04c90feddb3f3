"""What a browser says it is, in words that its owner recognises."""

from functools import cache

from ua_parser import Domain, Parser, load_lazy_builtins

UNKNOWN = "Unknown device"
LONGEST = 80


def device_label(user_agent: str | None) -> str:
    """`Chrome on Linux`; as much of it as the header tells."""
    if not user_agent:
        return UNKNOWN
    found = _parser()(user_agent, Domain.USER_AGENT | Domain.OS)
    browser = found.user_agent.family if found.user_agent else None
    system = found.os.family if found.os else None
    return (" on ".join(part for part in (browser, system) if part) or UNKNOWN)[:LONGEST]


@cache
def _parser() -> Parser:
    """Without the makes of devices, 16 of its 26 MiB, which no label names."""
    browsers, systems, _devices = load_lazy_builtins()
    return Parser.from_matchers((browsers, systems, []))
