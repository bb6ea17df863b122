"""Client metadata as registered and stored (RFC 7591 section 2, OpenID Connect Dynamic Client Registration 1.0)."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

IDENTITY_SCOPES = ("openid", "profile", "email", "address", "phone", "offline_access")
"""What a client may ask for when its registration names no scope."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientMetadata:
    """What a client is registered with. The names are those of the specifications, and of the stored document.

    The members after `initiate_login_uri` up to the next blank line are ours: `first_party` clients are not asked about
    on a consent page, a `resource_server` may introspect tokens of others, `require_pkce` may be withdrawn for
    confidential clients that cannot send a challenge, `claims_in_id_token` serves libraries that read e-mail and name
    from the ID token only, `security_profile` holds the client to a profile (`fapi_2_0`), `access_token_format` makes
    its access tokens `jwt` (RFC 9068) instead of `opaque`, `resources` are the resource indicators (RFC 8707) that
    it may ask tokens for (those of a resource server are also what it serves: it learns of tokens for these alone, and
    its format is that of these), and `connectors` the other providers that its people see on the sign-in page; all when
    empty.
    """

    client_name: str | None = None
    application_type: str = "web"
    redirect_uris: tuple[str, ...] = ()
    post_logout_redirect_uris: tuple[str, ...] = ()
    grant_types: tuple[str, ...] = ("authorization_code",)
    response_types: tuple[str, ...] = ("code",)
    scope: tuple[str, ...] = IDENTITY_SCOPES
    default_max_age: int | None = None
    default_acr_values: tuple[str, ...] = ()
    require_auth_time: bool = False
    contacts: tuple[str, ...] = ()
    client_uri: str | None = None
    logo_uri: str | None = None
    policy_uri: str | None = None
    tos_uri: str | None = None
    initiate_login_uri: str | None = None
    first_party: bool = False
    resource_server: bool = False
    require_pkce: bool = True
    claims_in_id_token: bool = False
    security_profile: str | None = None
    access_token_format: str = "opaque"
    resources: tuple[str, ...] = ()
    connectors: tuple[str, ...] = ()

    token_endpoint_auth_method: str = "client_secret_basic"
    token_endpoint_auth_signing_alg: str | None = None
    jwks: Mapping[str, Any] | None = None
    jwks_uri: str | None = None
    dpop_bound_access_tokens: bool = False

    request_uris: tuple[str, ...] = ()
    request_object_signing_alg: str | None = None
    require_signed_request_object: bool = False
    require_pushed_authorization_requests: bool = False

    id_token_signed_response_alg: str = "RS256"
    userinfo_signed_response_alg: str | None = None
    authorization_signed_response_alg: str = "RS256"
    introspection_signed_response_alg: str | None = None
    subject_type: str = "public"
    sector_identifier_uri: str | None = None

    frontchannel_logout_uri: str | None = None
    frontchannel_logout_session_required: bool = False
    backchannel_logout_uri: str | None = None
    backchannel_logout_session_required: bool = False

    @classmethod
    def members_of(cls, document: Mapping[str, Any]) -> dict[str, Any]:
        """The members that a stored document has, in the types of the fields. What it does not have is a default."""
        known = {field.name for field in fields(ClientMetadata)}
        members: dict[str, Any] = {name: document[name] for name in document.keys() & known}
        members["scope"] = (members.get("scope") or "").split() or None
        return {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in members.items()
            if value is not None
        }

    @property
    def is_public(self) -> bool:
        """Whether the client has no secret and no key (RFC 6749 section 2.1)."""
        return self.token_endpoint_auth_method == "none"

    @property
    def uses_secret(self) -> bool:
        """Whether the client authenticates with a secret that we make."""
        return self.token_endpoint_auth_method in {"client_secret_basic", "client_secret_post"}

    def document(self) -> dict[str, Any]:
        """The metadata as JSON: lists for tuples, `scope` as one string, members without a value left out."""
        members = {field.name: getattr(self, field.name) for field in fields(ClientMetadata)}
        document = {name: list(value) if isinstance(value, tuple) else value for name, value in members.items()}
        return {name: value for name, value in document.items() if value is not None} | {"scope": " ".join(self.scope)}
