"""The one writer of every authorization response, success or refusal, in every response mode."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlencode

from idp.clock import Clock
from idp.protocol.authorization.return_address import ReturnAddress
from idp.protocol.refusals import RefusedToClient
from keys.ring import KeyRing, NoSigningKey
from keys.signing import signed
from keys.vault import VaultError

_log = logging.getLogger(__name__)

SIGNED_RESPONSE_LIFE = timedelta(minutes=5)
"""JARM section 2.1 recommends ten minutes at most."""

Fields = Sequence[tuple[str, str]]


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


class ResponseWriter:
    """Writes authorization responses of one issuer."""

    def __init__(self, issuer: str, ring: KeyRing, clock: Clock) -> None:
        self._issuer = issuer
        self._ring = ring
        self._clock = clock

    def success(self, to: ReturnAddress, fields: Fields) -> AuthorizationResponse:
        """Answer with what was issued; `state` and the issuer (RFC 9207) are added."""
        return self._write(to, [*fields, *self._state(to)])

    def error(self, to: ReturnAddress, refusal: RefusedToClient) -> AuthorizationResponse:
        """Answer with an error (RFC 6749 section 4.1.2.1, OpenID Connect Core 1.0 section 3.1.2.6)."""
        fields = [("error", refusal.error), ("error_description", refusal.sentence), *self._state(to)]
        try:
            return self._write(to, fields)
        except (NoSigningKey, VaultError) as error:
            _log.error("no answer can be signed for client %s: %s", to.client.client_id, error)
            # It holds no secret, and a browser that stays here would tell nobody that the provider needs its operator.
            return self._send(to, [*fields, ("iss", self._issuer)])

    def require_key(self, to: ReturnAddress) -> None:
        """See to it that the answer can be signed, before anything is granted that could not be answered then.

        Raises:
            NoSigningKey: There is no key of the client's algorithm.
            VaultError: The keys cannot be read.
        """
        if to.signed:
            self._ring.signing_key(to.client.authorization_signed_response_alg)

    @staticmethod
    def _state(to: ReturnAddress) -> Fields:
        return [("state", to.state)] if to.state is not None else []

    def _write(self, to: ReturnAddress, fields: Fields) -> AuthorizationResponse:
        return self._send(
            to, [("response", self._signed(to, fields))] if to.signed else [*fields, ("iss", self._issuer)]
        )

    def _signed(self, to: ReturnAddress, fields: Fields) -> str:
        """All fields as one JWT for this client (JARM section 2.1)."""
        key = self._ring.signing_key(to.client.authorization_signed_response_alg)
        claims = {
            **dict(fields),
            "iss": self._issuer,
            "aud": to.client.client_id,
            "exp": int((self._clock() + SIGNED_RESPONSE_LIFE).timestamp()),
        }
        return signed(key, claims)

    @staticmethod
    def _send(to: ReturnAddress, fields: Fields) -> AuthorizationResponse:
        if to.response_mode == "form_post":
            return FormPost(to.redirect_uri, tuple(fields))
        if to.response_mode == "fragment":
            return Redirection(f"{to.redirect_uri}#{urlencode(fields)}")
        # A registered query stays; it is appended to (RFC 6749 section 3.1.2).
        joint = "&" if "?" in to.redirect_uri else "?"
        return Redirection(f"{to.redirect_uri}{joint}{urlencode(fields)}")
