"""The clients a module acts as: made beforehand by somebody, or registered for one module and deleted after it."""

from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import quote_plus

from joserfc.jwk import RSAKey
from requests.auth import HTTPBasicAuth

from conformance_tests.issuer import Issuer, json_object, media_type
from conformance_tests.options import Options, StaticClient
from conformance_tests.verdict import Verdict

BASIC = "client_secret_basic"
POST = "client_secret_post"


@dataclass(frozen=True, slots=True)
class Client:
    """A client as the provider knows it."""

    client_id: str
    client_secret: str = field(repr=False)
    authentication: str
    redirect_uri: str
    post_logout_redirect_uri: str

    def credentials(self) -> tuple[HTTPBasicAuth | None, dict[str, str]]:
        """The header and the form fields that authenticate this client.

        Each half of Basic is form-encoded before it is put together (RFC 6749 section 2.3.1).
        """
        if self.authentication == POST:
            return None, {"client_id": self.client_id, "client_secret": self.client_secret}
        return HTTPBasicAuth(quote_plus(self.client_id), quote_plus(self.client_secret)), {}


@cache
def signing_key() -> RSAKey:
    """The relying party's own key; made once, since making one is slow and nothing depends on it being fresh."""
    return RSAKey.generate_key(2048)


class Registrar:
    """Hands out clients: the static ones of the options, or dynamically registered ones when there are none."""

    def __init__(self, issuer: Issuer, options: Options, verdict: Verdict) -> None:
        self._issuer = issuer
        self._options = options
        self._verdict = verdict

    @property
    def is_dynamic(self) -> bool:
        """Whether clients are registered for each module."""
        return self._options.first is None

    def client(self, *, authentication: str = BASIC, second: bool = False, **metadata: Any) -> Client:
        """Get a client; further metadata is registered too, which a static client has to have already."""
        self._check_method(authentication)
        if self.is_dynamic:
            return self._register(authentication, metadata)
        chosen = self._static(authentication, second=second)
        return Client(
            chosen.client_id,
            chosen.client_secret,
            authentication,
            self._options.redirect_uri,
            self._options.post_logout_redirect_uri,
        )

    def _static(self, authentication: str, *, second: bool) -> StaticClient:
        chosen, name = self._options.first, "--client-id"
        if second:
            chosen, name = self._options.second, "--second-client-id"
        elif authentication == POST:
            chosen, name = self._options.post, "--post-client-id"
        if chosen is None:
            raise self._verdict.stop(f"this module needs one more static client: {name}")
        return chosen

    def _check_method(self, authentication: str) -> None:
        listed = self._issuer.metadata.get("token_endpoint_auth_methods_supported")
        supported = listed if isinstance(listed, list) else [BASIC]
        self._verdict.expect(
            authentication in supported, f"token_endpoint_auth_methods_supported does not list {authentication}"
        )

    def _register(self, authentication: str, metadata: dict[str, Any]) -> Client:
        endpoint = self._issuer.endpoint("registration_endpoint")
        asked = {
            "client_name": "conformance_tests",
            "contacts": ["conformance@rp.conformance.example"],
            "grant_types": ["authorization_code"],
            # The official suite's key has no kid either: a lone key needs none.
            "jwks": {"keys": [{**_bare_public_key(), "use": "sig", "alg": "RS256"}]},
            "redirect_uris": [self._options.redirect_uri],
            "response_types": ["code"],
            "token_endpoint_auth_method": authentication,
            **metadata,
        }
        token = self._options.initial_access_token
        answer = self._issuer.http.post(
            endpoint,
            json=asked,
            headers={"Authorization": f"Bearer {token}"} if token else {},
            allow_redirects=False,
            timeout=self._options.timeout,
        )
        registered = json_object(answer)
        if registered is None or not isinstance(registered.get("client_id"), str):
            error = (registered or {}).get("error", "no JSON")
            raise self._verdict.stop(f"registration failed with status {answer.status_code}: {error}")
        self._check_registration(answer.status_code, media_type(answer.headers), registered)
        return Client(
            registered["client_id"],
            str(registered.get("client_secret", "")),
            authentication,
            self._options.redirect_uri,
            self._options.post_logout_redirect_uri,
        )

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


def _bare_public_key() -> dict[str, Any]:
    public = signing_key().as_dict(private=False)
    return {name: public[name] for name in ("kty", "n", "e")}
