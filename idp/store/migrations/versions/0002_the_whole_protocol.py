"""What the whole protocol needs: bound tokens, pushed requests, devices, registration, and logout that is delivered."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Add columns and tables; nothing that exists changes."""
    op.add_column("grants", sa.Column("resources", sa.Text(), nullable=True))
    op.add_column("grants", sa.Column("dpop_jkt", sa.Text(), nullable=True))
    op.add_column("access_tokens", sa.Column("resources", sa.Text(), nullable=True))
    op.add_column("access_tokens", sa.Column("jkt", sa.Text(), nullable=True))
    op.add_column("refresh_tokens", sa.Column("jkt", sa.Text(), nullable=True))
    op.create_table(
        "used_jtis",
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("expires_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_used_jtis")),
    )
    op.create_index(op.f("ix_used_jtis_expires_at"), "used_jtis", ["expires_at"], unique=False)
