"""The demo applications as clients: what they are registered with."""

from dataclasses import dataclass, field
from datetime import datetime

from idp.store import clients
from idp.store.base import digest_of
from idp.store.database import Database


@dataclass(frozen=True, slots=True)
class DemoApp:
    """One demo application. `accent` is its colour, `scope` what it asks for."""

    client_id: str
    name: str
    accent: str
    promise: str
    scope: str
    first_party: bool
    origin: str
    secret: str = field(repr=False)

    @property
    def callback(self) -> str:
        """Its redirect URI."""
        return f"{self.origin}/callback"

    @property
    def told(self) -> str:
        """Where the provider tells it that a session has ended."""
        return f"{self.origin}/backchannel-logout"

    @property
    def signed_out(self) -> str:
        """Where the provider sends the browser after a sign-out."""
        return f"{self.origin}/signed-out"


def demo_apps(*, host: str, first_port: int, secrets: tuple[str, str]) -> tuple[DemoApp, DemoApp]:
    """Two applications on neighbouring ports: one asks for consent, the other belongs to the house."""
    photos = DemoApp(
        "acme-photos",
        "Acme Photos",
        "#0f766e",
        "Your pictures, in order at last.",
        "openid profile email address phone offline_access",
        first_party=False,
        origin=f"http://{host}:{first_port}",
        secret=secrets[0],
    )
    bookings = DemoApp(
        "bistro-bookings",
        "Bistro Bookings",
        "#b45309",
        "A table by the window, tonight.",
        "openid profile email",
        first_party=True,
        origin=f"http://{host}:{first_port + 1}",
        secret=secrets[1],
    )
    return photos, bookings


def register(database: Database, app: DemoApp, *, now: datetime) -> None:
    """Register the application, or bring its registration up to date; what people have granted it stays."""
    document = {
        "client_name": app.name,
        "client_uri": f"{app.origin}/",
        "redirect_uris": [app.callback],
        "post_logout_redirect_uris": [app.signed_out],
        "initiate_login_uri": f"{app.origin}/initiate",
        "backchannel_logout_uri": app.told,
        "backchannel_logout_session_required": True,
        "application_type": "web",
        "token_endpoint_auth_method": "client_secret_basic",
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "scope": app.scope,
        "id_token_signed_response_alg": "RS256",
        "first_party": app.first_party,
        "require_pkce": True,
    }
    digest = digest_of(app.secret)
    with database.transaction() as db:
        known = clients.find(db, app.client_id)
        if known is None:
            clients.add(db, app.client_id, document, now=now)
        else:
            clients.replace_metadata(db, app.client_id, document, now=now)
        if known is None or digest not in {secret.digest for secret in known.secrets}:
            clients.add_secret(db, app.client_id, digest, now=now)
            clients.expire_secrets(db, app.client_id, at=now, except_digest=digest)
