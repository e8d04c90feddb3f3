"""What rooms above may hear of mails. A listener that raises undoes the verdict, too.

A verdict that is undone after DATA is not lost: the mail then counts as of unknown fate.
"""

from blinker import Signal

mail_sent = Signal()
"""Sent with the `EmailLog` once a server has taken the mail, in delivery's own transaction."""

DELAYS_TOLD = 2
"""Many servers turn every first try away (RFC 6647): the second delay is worth a word."""

mail_delayed = Signal()
"""Sent with the `EmailLog` in delivery's own transaction, when a server put it off that often.

Once in a round of tries, which goes on without anybody. Its `status` is `queued`.
"""

mail_failed = Signal()
"""Sent with the `EmailLog` in delivery's own transaction, when a person has to decide.

Its `status` is `failed` (refused, or given up) or `unknown`. Its row is locked by then: whoever
locks it together with others takes it first.
"""
