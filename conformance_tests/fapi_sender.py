"""What a client under FAPI 2.0 sends: it pushes what it asks, shows itself by a key, and proves that it has another."""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import requests

from conformance_tests.client_keys import ASSERTION_TYPE, assertion_claims, seconds_from_now
from conformance_tests.clients import Client
from conformance_tests.dpop import ProofKey
from conformance_tests.issuer import Issuer, json_object, media_type
from conformance_tests.pkce import s256_challenge
from conformance_tests.plans import Variant
from conformance_tests.relying_party import random_text
from conformance_tests.verdict import Verdict

PAR = "pushed_authorization_request_endpoint"
TOKEN = "token_endpoint"

NO_ASSERTION = ""
"""What to send where the client does not show itself."""

Proof = Callable[[str | None], str | None]
"""Makes a proof, with the nonce that the provider has asked for; nothing where none is to be sent."""


def always(proof: str) -> Proof:
    """Show this proof, whatever nonce is asked for."""
    return lambda _nonce: proof


def no_proof(_nonce: str | None) -> None:
    """Prove nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FapiSender:
    """One client with one key for its proofs."""

    issuer: Issuer
    client: Client
    verdict: Verdict
    variant: Variant
    proofs: ProofKey = field(default_factory=ProofKey)
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48), repr=False)

    def request(self, **changes: str | None) -> dict[str, str]:
        """The parameters to push; None leaves one out."""
        parameters: dict[str, str | None] = {
            "client_id": self.client.client_id,
            "code_challenge": s256_challenge(self.verifier),
            "code_challenge_method": "S256",
            "nonce": random_text(),
            "redirect_uri": self.client.redirect_uri,
            "response_mode": self.variant.response_mode,
            "response_type": "code",
            "scope": "openid",
            "state": random_text(),
            **changes,
        }
        return {name: value for name, value in parameters.items() if value is not None}

    def request_object(
        self, request: Mapping[str, str], *, header: dict[str, Any] | None = None, **changes: Any
    ) -> str:
        """The request as a signed object (RFC 9101); None takes a claim out."""
        claims = {
            **request,
            "iss": self.client.client_id,
            "aud": self.issuer.identifier,
            "iat": seconds_from_now(),
            "nbf": seconds_from_now(),
            "exp": seconds_from_now(minutes=5),
            "jti": secrets.token_urlsafe(16),
            **changes,
        }
        given = {name: value for name, value in claims.items() if value is not None}
        return self.client.key.sign(given, **{"typ": "oauth-authz-req+jwt", **(header or {})})

    def assertion(self, **changes: Any) -> str:
        """What shows who the client is: its audience is the issuer and nothing else."""
        return self.client.key.sign(assertion_claims(self.client.client_id, self.issuer.identifier, **changes))

    def proof_for(self, endpoint: str, key: ProofKey | None = None, **changes: Any) -> Proof:
        """A proof for a POST to an endpoint, to be made anew when the provider wants its nonce in it."""
        url, key = self.issuer.endpoint(endpoint), key or self.proofs
        return lambda nonce: key.proof("POST", url, nonce=nonce, **changes)

    def send(
        self, endpoint: str, fields: Mapping[str, str], *, assertion: str | None = None, proof: Proof = no_proof
    ) -> requests.Response:
        """Post a form with the client's assertion, and once again when the proof lacks a nonce (RFC 9449 section 8)."""
        answer = self._post(endpoint, fields, assertion, proof(None))
        nonce = answer.headers.get("DPoP-Nonce")
        if nonce is None or (json_object(answer) or {}).get("error") != "use_dpop_nonce":
            return answer
        return self._post(endpoint, fields, assertion, proof(nonce))

    def push(self, request: Mapping[str, str], **how: Any) -> requests.Response:
        """Push a request, whatever comes of it."""
        return self.send(PAR, self.pushed_form(request), **how)

    def pushed_form(self, request: Mapping[str, str]) -> Mapping[str, str]:
        """The form that pushes a request: a signed object in the plans that sign."""
        return {"request": self.request_object(request)} if self.variant.signs_requests else request

    def request_uri_from(self, answer: requests.Response) -> str:
        """Demand that a request was taken (RFC 9126 section 2.2)."""
        document = json_object(answer) or {}
        if answer.status_code != requests.codes.created:
            raise self.verdict.stop(f"the pushed request was answered {answer.status_code}: {document.get('error')}")
        self.verdict.expect(media_type(answer.headers) == "application/json", "the answer is not application/json")
        seconds = document.get("expires_in")
        self.verdict.expect(isinstance(seconds, int) and seconds > 0, "expires_in of the pushed request is no number")
        uri = document.get("request_uri")
        self.verdict.demand(isinstance(uri, str) and uri, "the answer has no request_uri")
        return str(uri)

    def pushed(self, request: Mapping[str, str], **how: Any) -> str:
        """Push a request that has to be taken."""
        return self.request_uri_from(self.push(request, **how))

    def _post(
        self, endpoint: str, fields: Mapping[str, str], assertion: str | None, proof: str | None
    ) -> requests.Response:
        shown = self.assertion() if assertion is None else assertion
        credentials = {"client_assertion_type": ASSERTION_TYPE, "client_assertion": shown} if shown else {}
        headers = {"DPoP": proof} if proof is not None else {}
        return self.issuer.post(self.issuer.endpoint(endpoint), {**fields, **credentials}, headers=headers)
