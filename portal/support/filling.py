"""Variables in prepared texts: `{requester_first_name}` and its like, filled in for one ticket."""

import re

from portal.core.errors import DomainError
from portal.support.models import SupportTicket

VARIABLES = {
    "requester_name": "the name of whoever asks",
    "requester_first_name": "their first name",
    "tenant_name": "the name of their company",
    "plan_name": "its plan",
    "ticket_number": "the number of the ticket",
    "agent_name": "your name",
    "subject": "the subject",
}
NEUTRAL = {
    "requester_name": "there",
    "requester_first_name": "there",
    "tenant_name": "your company",
    "plan_name": "your plan",
    "agent_name": "Support",
    "subject": "your request",
}
"""Where the ticket does not say: the sentence stays one."""
MARK = re.compile(r"\{\{([a-z_]+)\}\}|\{([a-z_]+)\}")
"""A name in single braces is a variable, in double ones it is itself."""


class UnknownVariable(DomainError):
    """A name in braces that no ticket fills."""


def check_variables(text: str) -> None:
    """
    Raises:
        UnknownVariable: the message names it, and those that there are.
    """
    named = {found[2] for found in MARK.finditer(text) if found[2]}
    unknown = sorted(named - VARIABLES.keys())
    if unknown:
        known = ", ".join(f"{{{name}}}" for name in VARIABLES)
        message = f"There is no {{{unknown[0]}}}. There are {known}."
        raise UnknownVariable(f"{message} Double the braces to write it as it is.", field="body")


def filled_text(text: str, ticket: SupportTicket, *, agent_name: str) -> str:
    """The text for this ticket. What a customer wrote is put in as it is, braces and all."""
    names = ticket.requester_name.split()
    first = "" if "@" in ticket.requester_name else next(iter(names), "")
    values = {
        "requester_name": ticket.requester_name,
        "requester_first_name": first,
        "tenant_name": ticket.tenant_name,
        "plan_name": ticket.plan_name or "",
        "ticket_number": ticket.number,
        "agent_name": agent_name,
        "subject": ticket.subject,
    }

    def fill(found: re.Match[str]) -> str:
        if found[1]:
            return f"{{{found[1]}}}"
        name = found[2]
        return values.get(name, found[0]).strip() or NEUTRAL.get(name, "")

    return MARK.sub(fill, text)
