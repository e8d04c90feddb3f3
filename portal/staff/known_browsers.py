"""Browsers in which a person gave the right password lately, whatever the network.

Guesses from many addresses fill the bucket of everybody's guesses. Whoever signed in before must
not wait for that with the attackers, so their browser keeps a mark (the device cookie of OWASP,
"Slow Down Online Guessing Attacks with Device Cookies"). It opens nothing: the account and the
address still count each wrong password.
"""

import hmac
from datetime import timedelta

from portal.core import clock
from portal.core.tokens import peppered
from portal.staff.identity import email_key

KNOWN_FOR = timedelta(days=30)
LONGEST_INSTANT = 12


def browser_mark(email: str) -> str:
    """What the browser of whoever proved this person's password keeps. It names nobody."""
    return _mark(email, str(int((clock.now() + KNOWN_FOR).timestamp())))


def is_marked(mark: str, email: str) -> bool:
    """Was this person's password given in the browser that shows the mark?"""
    until = mark.partition(".")[0]
    if not (until.isascii() and until.isdigit() and len(until) < LONGEST_INSTANT):
        return False
    is_genuine = hmac.compare_digest(mark.encode(), _mark(email, until).encode())
    return is_genuine and int(until) > clock.now().timestamp()


def _mark(email: str, until: str) -> str:
    return f"{until}.{peppered('browser', email_key(email), until)}"
