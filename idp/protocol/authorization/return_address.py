"""Where the answer to an authorization request goes, and in which envelope: proven before anything is sent."""

from dataclasses import dataclass

from idp.protocol.clients.client import ClientRegistry, RegisteredClient
from idp.protocol.clients.security_profile import rules_of
from idp.protocol.messages import Parameters
from idp.protocol.refusals import RefusedToPerson

PLAIN_MODES = ("query", "fragment", "form_post")
SIGNED_MODES = ("jwt", "query.jwt", "fragment.jwt", "form_post.jwt")
RESPONSE_MODES = (*PLAIN_MODES, *SIGNED_MODES)

_FROM_THE_FRONT = frozenset({"token", "id_token"})


@dataclass(frozen=True, slots=True)
class ReturnAddress:
    """A client and a redirect URI that belong together: from here on, refusals go to the client.

    Attributes:
        response_mode: One of `query`, `fragment` and `form_post`.
        state: What the client wants back; None when it sent none.
        signed: The answer is one JWT, `response` (JWT Secured Authorization Response Mode, JARM).
    """

    client: RegisteredClient
    redirect_uri: str
    response_mode: str
    state: str | None
    signed: bool = False


def return_address(parameters: Parameters, registry: ClientRegistry) -> ReturnAddress:
    """Prove client and redirect URI first: until then nothing may be sent anywhere (RFC 6749 section 4.1.2.1).

    Raises:
        RefusedToPerson: Either is missing, repeated, unknown or not registered.
    """
    if parameters.repeated & {"client_id", "redirect_uri"}:
        raise RefusedToPerson("repeated_parameter", "client_id and redirect_uri must be sent once.")
    client_id = parameters.get("client_id")
    if client_id is None:
        raise RefusedToPerson("missing_client_id", "The request has no client_id.")
    client = registry.get(client_id)
    if client is None:
        raise RefusedToPerson("unknown_client", "The client_id is not registered here, or the client is disabled.")
    redirect_uri = parameters.get("redirect_uri")
    if redirect_uri is None:
        raise RefusedToPerson("missing_redirect_uri", "The request has no redirect_uri.", client_id)
    if not client.check_redirect_uri(redirect_uri):
        raise RefusedToPerson(
            "unregistered_redirect_uri",
            "The redirect_uri is not one of those registered for this client. It is compared as an exact string: "
            "scheme, host, port, path, query and a trailing slash all count.",
            client_id,
        )
    if rules_of(client).https_redirects and not redirect_uri.startswith("https://"):
        raise RefusedToPerson(
            "insecure_redirect_uri", "The redirect_uri must use https under the profile of this client.", client_id
        )
    mode, signed = _envelope(parameters, redirect_uri)
    state = None if "state" in parameters.repeated else parameters.get("state")
    return ReturnAddress(client, redirect_uri, mode, state, signed)


def comes_from_the_front(response_type: str | None) -> bool:
    """Whether tokens are asked of the authorization endpoint: they must never be in a query, where servers log them."""
    return not _FROM_THE_FRONT.isdisjoint((response_type or "").split())


def is_web_address(redirect_uri: str) -> bool:
    """Whether a browser opens it: only there can a form be sent, and only there are pages that ask something later."""
    return redirect_uri.startswith(("http://", "https://"))


def _envelope(parameters: Parameters, redirect_uri: str) -> tuple[str, bool]:
    """How to answer, also a request that is about to be refused because of it: then in the way its type has.

    The default is the fragment as soon as a token or an ID token comes along, and the query otherwise (OAuth 2.0
    Multiple Response Type Encoding Practices section 5; JARM section 2.3 for `jwt`).
    """
    from_the_front = comes_from_the_front(parameters.get("response_type"))
    default = "fragment" if from_the_front else "query"
    asked = parameters.get("response_mode")
    if asked not in RESPONSE_MODES:
        return default, False
    mode = default if asked == "jwt" else asked.removesuffix(".jwt")
    if (mode == "form_post" and not is_web_address(redirect_uri)) or (mode == "query" and from_the_front):
        mode = default
    return mode, asked in SIGNED_MODES
