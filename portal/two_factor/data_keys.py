"""Do the data keys open what this database keeps sealed?"""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from portal.audit.streaming.streams import sealed_secrets
from portal.core.sealed_rows import Samples, purposes
from portal.mail.bodies import sealed_mails
from portal.two_factor.authenticators import PURPOSE
from portal.two_factor.models import Enrolment, TwoFactorAuth
from portal.web.idempotency import sealed_answers


def sealed_samples(names: Sequence[str], now: sa.ColumnElement[datetime]) -> list[Samples]:
    """What the keys are tried on: of every table that `keys rotate-data` seals anew.

    `names` are those of the keys.
    """
    return [
        _secrets(TwoFactorAuth),
        _secrets(Enrolment, Enrolment.expires_at > now),
        *sealed_secrets(now),
        *sealed_mails(names),
        *sealed_answers(names),
    ]


def _secrets(table: type[TwoFactorAuth | Enrolment], *where: sa.ColumnElement[bool]) -> Samples:
    """Two people's secrets for each key in use: one may be damaged where the key is right."""
    ends = sa.func.min(table.admin_id), sa.func.max(table.admin_id)
    people = [sa.select(end).where(*where).group_by(table.key_id) for end in ends]
    rows = sa.select(purposes(PURPOSE, table.admin_id), table.secret_sealed)
    return rows.where(sa.or_(*(table.admin_id.in_(some) for some in people)))
