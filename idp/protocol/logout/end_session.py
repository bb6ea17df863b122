"""RP-initiated logout: what a request may have (OpenID Connect RP-Initiated Logout 1.0)."""

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlencode

from idp.protocol.clients.client import ClientRegistry, RegisteredClient
from idp.protocol.clients.subject import Subjects
from idp.protocol.messages import Parameters
from idp.protocol.tokens.id_token import IdTokenHint, NotAnIdToken

HintReader = Callable[[str], IdTokenHint | None]


@dataclass(frozen=True, slots=True)
class AskedLogout:
    """A logout request after its checks.

    Attributes:
        client: The relying party, where it has shown who it is, or said so and the person is asked anyway.
        is_certain: The hint was issued in this very browser session: nobody has to be asked. A hint that is valid but
            another session's proves nothing about this browser, since anyone can bring their own.
        return_to: Where the browser goes afterwards, `state` included; None for our own page.
    """

    client: RegisteredClient | None
    is_certain: bool
    return_to: str | None


def accept(
    parameters: Parameters,
    registry: ClientRegistry,
    read_hint: HintReader,
    subjects: Subjects,
    *,
    session_id: str | None,
) -> AskedLogout:
    """Judge a logout request. Whatever is wrong with it, the answer is a page and never a redirect (section 4)."""
    if parameters.repeated:
        return AskedLogout(None, is_certain=False, return_to=None)
    token = parameters.get("id_token_hint")
    try:
        hint = read_hint(token) if token is not None else None
    except NotAnIdToken:
        return AskedLogout(None, is_certain=False, return_to=None)
    client_id = parameters.get("client_id")
    if hint is not None and client_id is not None and client_id != hint.client_id:
        return AskedLogout(None, is_certain=False, return_to=None)
    named = hint.client_id if hint is not None else client_id
    client = registry.get(named) if named is not None else None
    # Without a hint it is the person's word that makes the address legitimate, or the operator's (section 3): nobody
    # has vouched for a stranger's where nobody is signed in, and anybody could send people through us to it.
    is_vouched_for = session_id is not None or (client is not None and not client.self_registered)
    is_legitimate = hint is not None or (token is None and is_vouched_for)
    return AskedLogout(
        client=client,
        is_certain=(
            hint is not None
            and client is not None
            and session_id is not None
            and hint.session_id == subjects.session_of(client, session_id)
        ),
        return_to=_return_to(parameters, client) if is_legitimate else None,
    )


def _return_to(parameters: Parameters, client: RegisteredClient | None) -> str | None:
    uri = parameters.get("post_logout_redirect_uri")
    if uri is None or client is None or uri not in client.post_logout_redirect_uris:
        return None
    state = parameters.get("state")
    if state is None:
        return uri
    return f"{uri}{'&' if '?' in uri else '?'}{urlencode({'state': state})}"
