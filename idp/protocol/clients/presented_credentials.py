"""What a request presents to show who its client is: exactly one method (RFC 6749 section 2.3)."""

import base64
import binascii
from dataclasses import dataclass, field
from urllib.parse import unquote_plus

from idp.protocol.clients.authentication_failures import ClientAuthenticationFailed, unusable_assertion
from idp.protocol.clients.client_jwt import ClientJwt, MalformedJwt
from idp.protocol.messages import ClientRequest
from idp.protocol.refusals import oauth_error

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

_LONGEST_ASSERTION = 16 * 1024


@dataclass(frozen=True, slots=True)
class Presented:
    """The client that a request says to come from, and what it shows for that: at most one of the two."""

    client_id: str
    secret: str | None = field(default=None, repr=False)
    assertion: ClientJwt | None = None
    by_basic: bool = False

    @classmethod
    def by(cls, request: ClientRequest) -> "Presented":
        """Read a request.

        Raises:
            OAuth2Error: `invalid_request` for several methods at once, `invalid_client` for what cannot be read.
        """
        parameters, header = request.parameters, request.authorization
        form_id, form_secret = parameters.get("client_id"), parameters.get("client_secret")
        assertion, assertion_type = parameters.get("client_assertion"), parameters.get("client_assertion_type")
        methods = (header, form_secret, assertion if assertion is not None else assertion_type)
        if sum(method is not None for method in methods) > 1:
            raise oauth_error(
                "invalid_request",
                "Use one client authentication method: the Authorization header, client_secret or client_assertion.",
            )
        if assertion is not None or assertion_type is not None:
            return cls._by_assertion(assertion, assertion_type, form_id)
        if header is None:
            if form_id is None:
                raise ClientAuthenticationFailed(by_basic=True)
            return cls(form_id, form_secret)
        client_id, secret = _basic(header)
        if form_id is not None and form_id != client_id:
            raise oauth_error("invalid_request", "client_id differs from the client in the Authorization header.")
        return cls(client_id, secret, by_basic=True)

    @classmethod
    def _by_assertion(cls, assertion: str | None, assertion_type: str | None, form_id: str | None) -> "Presented":
        if assertion is None or assertion_type is None:
            raise oauth_error("invalid_request", "client_assertion and client_assertion_type must be sent together.")
        if assertion_type != ASSERTION_TYPE:
            raise unusable_assertion(
                f"is of a type that is not supported; client_assertion_type must be {ASSERTION_TYPE}"
            )
        try:
            jwt = ClientJwt.read(assertion, longest=_LONGEST_ASSERTION)
        except MalformedJwt as error:
            raise unusable_assertion(str(error)) from None
        if jwt.algorithm.startswith("HS"):
            raise unusable_assertion(
                "is signed with a secret, and client_secret_jwt is not supported: it needs secrets that are kept in "
                "clear; use private_key_jwt"
            )
        subject = jwt.text("sub")
        if subject is None or jwt.text("iss") != subject:
            raise unusable_assertion("must have the client_id as iss and as sub")
        if form_id is not None and form_id != subject:
            raise unusable_assertion("has another sub than client_id")
        return cls(subject, assertion=jwt)


def _basic(authorization: str) -> tuple[str, str]:
    """Id and secret of a Basic header, both halves form-decoded (RFC 6749 section 2.3.1).

    Ids and secrets are issued in characters that read the same encoded or not, so that clients that forget the
    encoding get in too.
    """
    scheme, _, credentials = authorization.partition(" ")
    if scheme.lower() != "basic" or len(credentials) > 4096:
        raise ClientAuthenticationFailed(by_basic=True)
    try:
        decoded = base64.b64decode(credentials.strip(), validate=True).decode()
        client_id, colon, secret = decoded.partition(":")
        client_id, secret = (unquote_plus(half, errors="strict") for half in (client_id, secret))
    except (binascii.Error, UnicodeError, ValueError):
        raise ClientAuthenticationFailed(by_basic=True) from None
    if not colon or "\0" in decoded or "\0" in client_id or "\0" in secret:
        raise ClientAuthenticationFailed(by_basic=True)
    return client_id, secret
