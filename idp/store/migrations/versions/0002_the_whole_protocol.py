"""What the whole protocol needs: bound tokens, pushed requests, devices, registration, and logout that is delivered."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"

_TIME = sa.DateTime(timezone=True)
_DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


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
    op.add_column("clients", sa.Column("registered_by", sa.Text(), nullable=True))
    op.add_column("clients", sa.Column("registration_digest", sa.LargeBinary(length=32), nullable=True))
    op.add_column("clients", sa.Column("registration_limits", _DOCUMENT, nullable=True))
    op.create_table(
        "initial_access_tokens",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("limits", _DOCUMENT, nullable=False),
        sa.Column("uses_left", sa.Integer(), nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("expires_at", _TIME, nullable=False),
        sa.Column("revoked_at", _TIME, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_initial_access_tokens")),
        sa.UniqueConstraint("digest", name=op.f("uq_initial_access_tokens_digest")),
    )
    op.create_index(op.f("ix_initial_access_tokens_expires_at"), "initial_access_tokens", ["expires_at"], unique=False)
    op.create_table(
        "device_authorizations",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("device_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("user_code", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("resources", sa.Text(), nullable=True),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("user_agent", sa.Text(), nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("expires_at", _TIME, nullable=False),
        sa.Column("interval_seconds", sa.Integer(), nullable=False),
        sa.Column("polled_at", _TIME, nullable=True),
        sa.Column("approved_at", _TIME, nullable=True),
        sa.Column("refused_at", _TIME, nullable=True),
        sa.ForeignKeyConstraint(
            ["client_id"],
            ["clients.client_id"],
            name=op.f("fk_device_authorizations_client_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_device_authorizations")),
        sa.UniqueConstraint("device_digest", name=op.f("uq_device_authorizations_device_digest")),
        sa.UniqueConstraint("user_code", name=op.f("uq_device_authorizations_user_code")),
    )
    op.create_index(op.f("ix_device_authorizations_client_id"), "device_authorizations", ["client_id"], unique=False)
    op.create_index(op.f("ix_device_authorizations_expires_at"), "device_authorizations", ["expires_at"], unique=False)
    op.add_column("authorization_requests", sa.Column("device_authorization_id", sa.Text(), nullable=True))
    op.create_table(
        "pushed_requests",
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("parameters", _DOCUMENT, nullable=False),
        sa.Column("expires_at", _TIME, nullable=False),
        sa.Column("used_at", _TIME, nullable=True),
        sa.ForeignKeyConstraint(
            ["client_id"], ["clients.client_id"], name=op.f("fk_pushed_requests_client_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_pushed_requests")),
    )
    op.create_index(op.f("ix_pushed_requests_client_id"), "pushed_requests", ["client_id"], unique=False)
    op.create_index(op.f("ix_pushed_requests_expires_at"), "pushed_requests", ["expires_at"], unique=False)
    op.add_column("authorization_requests", sa.Column("pushed_digest", sa.LargeBinary(length=32), nullable=True))
    for name in ("account_id", "client_id", "session_id"):
        op.add_column("outbox", sa.Column(name, sa.Text(), nullable=True))
    op.create_index(op.f("ix_outbox_account_id"), "outbox", ["account_id"], unique=False)
    op.create_table(
        "delivery_attempts",
        sa.Column("parcel_id", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("begun_at", _TIME, nullable=False),
        sa.Column("ended_at", _TIME, nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["parcel_id"], ["outbox.id"], name=op.f("fk_delivery_attempts_parcel_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("parcel_id", "number", name=op.f("pk_delivery_attempts")),
        sa.UniqueConstraint("reference", name=op.f("uq_delivery_attempts_reference")),
    )
