"""The one writer of every authorization response, success or refusal, in every response mode."""

from dataclasses import dataclass
from urllib.parse import urlencode

from idp.protocol.authorization_request import ReturnAddress
from idp.protocol.refusals import RefusedToClient


@dataclass(frozen=True, slots=True)
class Redirection:
    """Send the browser there."""

    url: str


@dataclass(frozen=True, slots=True)
class FormPost:
    """Let the browser post these fields there (OAuth 2.0 Form Post Response Mode)."""

    action: str
    fields: tuple[tuple[str, str], ...]


AuthorizationResponse = Redirection | FormPost


def code_response(to: ReturnAddress, code: str, *, issuer: str) -> AuthorizationResponse:
    """Answer with a code (RFC 6749 section 4.1.2) and the issuer (RFC 9207)."""
    return _respond(to, [("code", code)], issuer=issuer)


def error_response(to: ReturnAddress, refusal: RefusedToClient, *, issuer: str) -> AuthorizationResponse:
    """Answer with an error (RFC 6749 section 4.1.2.1, OpenID Connect Core 1.0 section 3.1.2.6)."""
    return _respond(to, [("error", refusal.error), ("error_description", refusal.sentence)], issuer=issuer)


def _respond(to: ReturnAddress, fields: list[tuple[str, str]], *, issuer: str) -> AuthorizationResponse:
    if to.state is not None:
        fields.append(("state", to.state))
    fields.append(("iss", issuer))
    if to.response_mode == "form_post":
        return FormPost(to.redirect_uri, tuple(fields))
    if to.response_mode == "fragment":
        return Redirection(f"{to.redirect_uri}#{urlencode(fields)}")
    # A registered query stays; it is appended to (RFC 6749 section 3.1.2).
    joint = "&" if "?" in to.redirect_uri else "?"
    return Redirection(f"{to.redirect_uri}{joint}{urlencode(fields)}")
