"""Signing in with other providers: handshakes, linked identities, and the sessions that came of them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"

_TIME = sa.DateTime(timezone=True)
_DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    """Add tables; nothing that exists changes."""
    op.create_table(
        "handshakes",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("state_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("browser_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("connector", sa.Text(), nullable=False),
        sa.Column("intent", sa.Text(), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=True),
        sa.Column("then", sa.Text(), nullable=True),
        sa.Column("account_id", sa.Text(), nullable=True),
        sa.Column("max_age", sa.Integer(), nullable=True),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("expires_at", _TIME, nullable=False),
        sa.Column("redeemed_at", _TIME, nullable=True),
        sa.Column("identity", _DOCUMENT, nullable=True),
        sa.Column("proof_id", sa.Text(), nullable=True),
        sa.Column("settled_at", _TIME, nullable=True),
        sa.CheckConstraint("intent IN ('sign_in', 'link')", name=op.f("ck_handshakes_intent")),
        sa.CheckConstraint("intent = 'sign_in' OR account_id IS NOT NULL", name=op.f("ck_handshakes_whose")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_handshakes_account_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handshakes")),
        sa.UniqueConstraint("state_digest", name=op.f("uq_handshakes_state_digest")),
    )
    op.create_index(op.f("ix_handshakes_account_id"), "handshakes", ["account_id"], unique=False)
    op.create_index(op.f("ix_handshakes_expires_at"), "handshakes", ["expires_at"], unique=False)
    op.create_table(
        "upstream_identities",
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("connector", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("email_verified", sa.Boolean(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("linked_at", _TIME, nullable=False),
        sa.Column("used_at", _TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_upstream_identities_account_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("issuer", "subject", name=op.f("pk_upstream_identities")),
    )
    op.create_index(op.f("ix_upstream_identities_account_id"), "upstream_identities", ["account_id"], unique=False)
    op.create_table(
        "upstream_sessions",
        sa.Column("session_id", sa.Text(), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("sid", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["session_id"], ["sessions.id"], name=op.f("fk_upstream_sessions_session_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("session_id", name=op.f("pk_upstream_sessions")),
    )
    op.create_index(
        op.f("ix_upstream_sessions_issuer_subject"), "upstream_sessions", ["issuer", "subject"], unique=False
    )
