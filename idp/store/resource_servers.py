"""Resource servers: clients that are asked with access tokens, and say which resources they serve."""

from sqlalchemy import select

from idp.store.clients import clients
from idp.store.database import Connection


def resources_served_by_jwt(db: Connection) -> frozenset[str]:
    """The resources of the enabled servers that want their access tokens as JWTs."""
    query = select(clients.c.metadata["resources"]).where(
        clients.c.metadata["resource_server"].as_boolean().is_(True),
        clients.c.metadata["access_token_format"].as_string() == "jwt",
        clients.c.disabled_at.is_(None),
    )
    return frozenset(resource for resources in db.execute(query).scalars() for resource in resources or ())
