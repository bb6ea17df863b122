"""Rules that join members of client metadata: what makes no sense, or is unsafe, although each value is fine."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from idp.protocol.clients.client_metadata import ClientMetadata
from idp.protocol.clients.security_profile import breaches
from idp.protocol.registration.registered_members import DEVICE_CODE
from idp.protocol.registration.registered_uri import UriUse, is_loopback
from idp.protocol.registration.registered_values import uri
from idp.protocol.registration.registration_refusals import InvalidClientMetadata, InvalidRedirectUri


def check_together(client: ClientMetadata) -> None:
    """Refuse members that do not go together.

    Raises:
        InvalidRedirectUri: One of `redirect_uris` cannot be registered for such a client.
        InvalidClientMetadata: Something else cannot.
    """
    for rule in (_addresses, _grants, _authentication, _pkce, _requests, _subjects, _logout, _profile):
        for refusal in rule(client):
            raise refusal


def _addresses(client: ClientMetadata) -> Iterator[InvalidClientMetadata]:
    check = uri(UriUse.REDIRECT_NATIVE if client.application_type == "native" else UriUse.REDIRECT_WEB)
    for member in ("redirect_uris", "post_logout_redirect_uris"):
        for address in getattr(client, member):
            check(member, address)
    if client.response_types and not client.redirect_uris:
        yield InvalidRedirectUri("redirect_uris", "must name at least one address for these response types")
    if client.application_type == "web" and _from_the_front(client):
        # OpenID Connect Dynamic Client Registration 1.0 section 2: tokens would pass a machine that anybody may be.
        for address in client.redirect_uris:
            if not address.startswith("https://") or is_loopback(urlsplit(address).hostname):
                yield InvalidRedirectUri(
                    "redirect_uris", "must use https and not be on loopback for a web application with implicit grants"
                )


def _grants(client: ClientMetadata) -> Iterator[InvalidClientMetadata]:
    """Which grants and response types belong together (Registration 1.0 section 2, RFC 7591 section 2.1)."""
    grants = client.grant_types
    by_code = any("code" in response_type.split() for response_type in client.response_types)
    if by_code != ("authorization_code" in grants):
        yield InvalidClientMetadata(
            "response_types", "must hold one with code exactly when grant_types hold authorization_code"
        )
    if _from_the_front(client) and "implicit" not in grants:
        yield InvalidClientMetadata("grant_types", "must hold implicit for response types with token or id_token")
    if "implicit" in grants and not client.response_types:
        yield InvalidClientMetadata("response_types", "must hold one with token or id_token for the implicit grant")
    if "refresh_token" in grants and not {"authorization_code", DEVICE_CODE} & set(grants):
        yield InvalidClientMetadata(
            "grant_types", "must hold authorization_code or device_code for refresh_token to be of use"
        )
    if client.is_public and "client_credentials" in grants:
        yield InvalidClientMetadata(
            "grant_types", "must not hold client_credentials for a client without a secret or key"
        )
    if client.response_types and "openid" not in client.scope:
        yield InvalidClientMetadata("scope", "must hold openid where people sign in")


def _authentication(client: ClientMetadata) -> Iterator[InvalidClientMetadata]:
    if client.jwks is not None and client.jwks_uri is not None:
        yield InvalidClientMetadata("jwks_uri", "must not be given together with jwks (RFC 7591 section 2)")
    if client.token_endpoint_auth_method == "private_key_jwt" and not _has_keys(client):
        yield InvalidClientMetadata("jwks", "or jwks_uri must be given for private_key_jwt")


def _pkce(client: ClientMetadata) -> Iterator[InvalidClientMetadata]:
    if client.is_public and not client.require_pkce:
        yield InvalidClientMetadata(
            "require_pkce", "must be true for a client without a secret or key (RFC 9700 section 2.1.1)"
        )


def _requests(client: ClientMetadata) -> Iterator[InvalidClientMetadata]:
    """Signed request objects need a key, and something to be signed with (RFC 9101 section 10.5)."""
    if client.require_signed_request_object and client.request_object_signing_alg == "none":
        yield InvalidClientMetadata(
            "request_object_signing_alg", "must not be none when signed request objects are required"
        )
    signs = client.require_signed_request_object or client.request_object_signing_alg not in {None, "none"}
    if signs and not _has_keys(client):
        yield InvalidClientMetadata("jwks", "or jwks_uri must be given for signed request objects")


def _subjects(client: ClientMetadata) -> Iterator[InvalidClientMetadata]:
    """One host stands for a client with pairwise subjects, or a list of its addresses does (Core 1.0 section 8.1).

    A client with no host at all is a sector by itself. It cannot name another: nothing of it could be in the list.
    """
    if client.sector_identifier_uri is not None and not client.redirect_uris:
        yield InvalidClientMetadata("sector_identifier_uri", "must be left out of a client without redirect_uris")
    hosts = {urlsplit(address).hostname for address in client.redirect_uris}
    if client.subject_type == "pairwise" and client.sector_identifier_uri is None and len(hosts) > 1:
        yield InvalidClientMetadata(
            "sector_identifier_uri", "must be given for pairwise subjects unless all redirect_uris have one host"
        )


def _logout(client: ClientMetadata) -> Iterator[InvalidClientMetadata]:
    """The page in the frame belongs to where people sign in (OpenID Connect Front-Channel Logout 1.0 section 2)."""
    page = client.frontchannel_logout_uri
    if page is not None and _origin(page) not in {_origin(address) for address in client.redirect_uris}:
        yield InvalidClientMetadata(
            "frontchannel_logout_uri", "must have scheme, host and port of one of the redirect_uris"
        )


def _profile(client: ClientMetadata) -> Iterator[InvalidClientMetadata]:
    for member, sentence in breaches(client):
        refusal = InvalidRedirectUri if member == "redirect_uris" else InvalidClientMetadata
        yield refusal(member, f"{sentence} under the security_profile of this client")


def _from_the_front(client: ClientMetadata) -> bool:
    """Whether tokens come from the authorization endpoint."""
    return any(response_type != "code" for response_type in client.response_types)


def _has_keys(client: ClientMetadata) -> bool:
    return client.jwks is not None or client.jwks_uri is not None


def _origin(address: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(address)
    return parts.scheme, parts.hostname, parts.port or {"https": 443, "http": 80}.get(parts.scheme)
