"""The clients a module acts as: made beforehand by somebody, or registered for one module and deleted after it."""

from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote_plus

import requests
from requests.auth import HTTPBasicAuth

from conformance_tests.client_keys import ASSERTION_TYPE, SigningKey, assertion_claims, fapi_key, rsa_key
from conformance_tests.issuer import Issuer, json_object, media_type
from conformance_tests.options import Options, StaticClient
from conformance_tests.plans import BASIC_AUTHENTICATION, KEY_AUTHENTICATION, POST_AUTHENTICATION, Variant
from conformance_tests.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Client:
    """A client as the provider knows it."""

    client_id: str
    client_secret: str = field(repr=False)
    authentication: str
    redirect_uri: str
    post_logout_redirect_uri: str
    registered: dict[str, Any] = field(repr=False, default_factory=dict)
    key: SigningKey = field(repr=False, default_factory=rsa_key)
    audience: str | None = None

    def credentials(self, endpoint: str) -> tuple[HTTPBasicAuth | None, dict[str, str]]:
        """The header and the form fields that authenticate this client at an endpoint.

        Each half of Basic is form-encoded before it is put together (RFC 6749 section 2.3.1).
        """
        if self.authentication == POST_AUTHENTICATION:
            return None, {"client_id": self.client_id, "client_secret": self.client_secret}
        if self.authentication == KEY_AUTHENTICATION:
            claims = assertion_claims(self.client_id, self.audience or endpoint)
            return None, {"client_assertion_type": ASSERTION_TYPE, "client_assertion": self.key.sign(claims)}
        return HTTPBasicAuth(quote_plus(self.client_id), quote_plus(self.client_secret)), {}


class Registrar:
    """Hands out clients: the static ones of the options, or dynamically registered ones when there are none."""

    def __init__(self, issuer: Issuer, options: Options, verdict: Verdict, variant: Variant) -> None:
        self._issuer = issuer
        self._options = options
        self._verdict = verdict
        self._variant = variant

    @property
    def is_dynamic(self) -> bool:
        """Whether clients are registered for each module."""
        return self._variant.registers or self._options.first is None

    def client(self, *, authentication: str | None = None, second: bool = False, **metadata: Any) -> Client:
        """Get a client; further metadata is registered too, which a static client has to have already."""
        method = authentication or self._variant.authentication
        self._check_method(method)
        if self.is_dynamic:
            return self._registered(method, metadata)
        return self._with_secret(self._static(method, second=second), method)

    def attempt(self, authentication: str | None = None, **metadata: Any) -> requests.Response:
        """Ask for a registration, whatever comes of it; None leaves a member out."""
        asked = {
            "client_name": "conformance_tests",
            "contacts": ["conformance@rp.conformance.example"],
            "grant_types": self._grant_types,
            "jwks": rsa_key().key_set,
            "redirect_uris": [self._options.redirect_uri],
            "response_types": [self._variant.response_type],
            "token_endpoint_auth_method": authentication or self._variant.authentication,
            **metadata,
        }
        token = self._options.initial_access_token
        return self._issuer.http.post(
            self._issuer.endpoint("registration_endpoint"),
            json={name: value for name, value in asked.items() if value is not None},
            headers={"Authorization": f"Bearer {token}"} if token else {},
            allow_redirects=False,
            timeout=self._options.timeout,
        )

    def with_refresh(self, *, second: bool = False, **metadata: Any) -> Client:
        """Get a client that may be given refresh tokens."""
        return self.client(second=second, grant_types=[*self._grant_types, "refresh_token"], **metadata)

    def under_fapi(self, *, second: bool = False) -> Client:
        """Get a client that FAPI 2.0 applies to; the second uses the redirect URI with a query that both have."""
        redirect_uris = [self._options.redirect_uri, f"{self._options.redirect_uri}?dummy1=lorem&dummy2=ipsum"]
        key, signs = fapi_key("fapi-second" if second else "fapi-first"), self._variant.signs_requests
        registered = self.client(
            dpop_bound_access_tokens=True,
            grant_types=["authorization_code", "refresh_token"],
            id_token_signed_response_alg="PS256",
            jwks=key.key_set,
            redirect_uris=redirect_uris[::-1] if second else redirect_uris,
            require_pushed_authorization_requests=True,
            token_endpoint_auth_signing_alg=key.algorithm,
            authorization_signed_response_alg="PS256",
            request_object_signing_alg=key.algorithm if signs else None,
            require_signed_request_object=True if signs else None,
            **self._options.fapi_metadata,
        )
        return replace(registered, key=key)

    def with_logout(self, **metadata: Any) -> Client:
        """Get a client that the browser may be sent back to after signing out."""
        return self.client(post_logout_redirect_uris=[self._options.post_logout_redirect_uri], **metadata)

    @property
    def _grant_types(self) -> list[str]:
        """What the response type needs (Registration section 2)."""
        implicit = bool({"id_token", "token"} & self._variant.parts)
        return ["authorization_code"] * self._variant.has_code + ["implicit"] * implicit

    def _static(self, authentication: str, *, second: bool) -> StaticClient:
        chosen, name = self._options.first, "--client-id"
        if second:
            chosen, name = self._options.second, "--second-client-id"
        elif authentication == POST_AUTHENTICATION:
            chosen, name = self._options.post, "--post-client-id"
        if chosen is None:
            raise self._verdict.stop(f"this module needs one more static client: {name}")
        return chosen

    def _with_secret(self, chosen: StaticClient, authentication: str) -> Client:
        return Client(
            chosen.client_id,
            chosen.client_secret,
            authentication,
            self._options.redirect_uri,
            self._options.post_logout_redirect_uri,
        )

    def _check_method(self, authentication: str) -> None:
        listed = self._issuer.metadata.get("token_endpoint_auth_methods_supported")
        supported = listed if isinstance(listed, list) else [BASIC_AUTHENTICATION]
        self._verdict.expect(
            authentication in supported, f"token_endpoint_auth_methods_supported does not list {authentication}"
        )

    def _registered(self, authentication: str, metadata: dict[str, Any]) -> Client:
        answer = self.attempt(authentication, **metadata)
        registered = json_object(answer)
        if registered is None or not isinstance(registered.get("client_id"), str):
            error = (registered or {}).get("error", "no JSON")
            raise self._verdict.stop(f"registration failed with status {answer.status_code}: {error}")
        self._check_registration(answer.status_code, media_type(answer.headers), registered)
        known = StaticClient(registered["client_id"], str(registered.get("client_secret", "")))
        redirect_uri = metadata.get("redirect_uris", [self._options.redirect_uri])[0]
        return replace(self._with_secret(known, authentication), redirect_uri=redirect_uri, registered=registered)

    def _check_registration(self, status: int, content_type: str, registered: dict[str, Any]) -> None:
        verdict = self._verdict
        verdict.expect(status == 201, f"registration answered {status}, not 201")
        verdict.expect(content_type == "application/json", "registration did not answer with application/json")
        verdict.expect("error" not in registered, "registration answered with an error beside a client_id")
        verdict.expect(
            "client_secret" not in registered or "client_secret_expires_at" in registered,
            "client_secret came without client_secret_expires_at",
        )
        address, token = registered.get("registration_client_uri"), registered.get("registration_access_token")
        verdict.expect(
            (address is None) == (token is None),
            "registration_client_uri and registration_access_token come together or not at all",
        )
        if isinstance(address, str) and isinstance(token, str):
            self._issuer.check_https(address, "registration_client_uri")
            verdict.afterwards(lambda: self._unregister(address, token))

    def _unregister(self, address: str, token: str) -> None:
        answer = self._issuer.http.delete(
            address, headers={"Authorization": f"Bearer {token}"}, allow_redirects=False, timeout=self._options.timeout
        )
        self._verdict.advise(answer.status_code == 204, f"deleting the client answered {answer.status_code}, not 204")
