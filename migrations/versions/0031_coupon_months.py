"""Coupons that count months, and the window of each use of one"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0031_coupon_months"
down_revision = "0030_held"
branch_labels = None
depends_on = None

COUPONS = sa.table("coupons", sa.column("periods", sa.Integer), sa.column("months", sa.Integer))
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
BATCHES = sa.table("coupon_batches", sa.column("id", sa.Integer), sa.column("terms", JSON))
USAGES = sa.table(
    "coupon_usages",
    sa.column("id", sa.Integer),
    sa.column("terms", JSON),
    sa.column("periods_total", sa.Integer),
)


def upgrade():
    op.add_column("coupons", sa.Column("months", sa.Integer(), nullable=True))
    instant = sa.DateTime(timezone=True)
    op.add_column("coupon_usages", sa.Column("discounted_from", instant, nullable=True))
    op.add_column("coupon_usages", sa.Column("discounted_until", instant, nullable=True))


def downgrade():
    """As many periods as there were months: no discount may become one without end."""
    op.execute(
        COUPONS.update().where(COUPONS.c.months.is_not(None)).values(periods=COUPONS.c.months)
    )
    for table in (BATCHES, USAGES):
        for row in op.get_bind().execute(sa.select(table.c.id, table.c.terms)).all():
            if "months" in row.terms:
                _count_periods(table, row)
    op.drop_column("coupon_usages", "discounted_until")
    op.drop_column("coupon_usages", "discounted_from")
    op.drop_column("coupons", "months")


def _count_periods(table, row):
    months = row.terms["months"]
    rest = {name: value for name, value in row.terms.items() if name != "months"}
    values = {"terms": {**rest, "periods": months} if months else rest}
    if months and table is USAGES:
        values["periods_total"] = months
    op.execute(table.update().where(table.c.id == row.id).values(**values))
