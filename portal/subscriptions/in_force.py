"""The rule of `access_span` as a condition of SQL, for questions about all tenants at once."""

from datetime import datetime

import sqlalchemy as sa

from portal.subscriptions.models import Subscription, SubscriptionStatus


def in_force(at: datetime) -> sa.ColumnElement[bool]:
    """Does a row of `subscriptions` give access at this instant?"""
    late = Subscription.status == SubscriptionStatus.PAST_DUE
    canceled = Subscription.status == SubscriptionStatus.CANCELED
    return sa.and_(
        Subscription.starts_at <= at,
        sa.or_(
            Subscription.ends_at > at,
            sa.and_(Subscription.ends_at.is_(None), sa.not_(canceled)),
        ),
        sa.or_(Subscription.trial_ends_at.is_(None), Subscription.trial_ends_at > at),
        sa.or_(sa.not_(late), Subscription.grace_ends_at > at),
    )


def is_undecided() -> sa.ColumnElement[bool]:
    """`UNDECIDED`, with the status written out: SQLite uses a partial index for that alone."""
    trialing: sa.ColumnElement[str] = sa.literal_column(f"'{SubscriptionStatus.TRIALING}'")
    return sa.and_(Subscription.status == trialing, Subscription.ends_at.is_(None))
