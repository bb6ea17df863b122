"""A key of a client, the DPoP proofs it makes (RFC 9449), and a relying party that sends them."""

import base64
import hashlib
import secrets
import time
from dataclasses import dataclass, field
from typing import Any

import requests
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey
from joserfc.jws import JWSRegistry

from tests.flows.forging import encoded
from tests.flows.relying_party import RelyingParty
from tests.running import Registered, Running

_RSA = RSAKey.generate_key(2048)


def _new_key(algorithm: str) -> Key:
    if algorithm == "ES256":
        return ECKey.generate_key("P-256")
    # Making an RSA key is slow, and whose it is does not matter here.
    return OKPKey.generate_key("Ed25519") if algorithm.startswith("Ed") else _RSA


@dataclass
class DpopKey:
    """One key. Proofs are signed by hand, since a library would refuse most of what tests change."""

    algorithm: str = "ES256"
    key: Key = field(default=None)  # type: ignore[assignment]

    def __post_init__(self) -> None:
        if self.key is None:
            self.key = _new_key(self.algorithm)

    @property
    def jkt(self) -> str:
        return self.key.thumbprint()

    def jwk(self, *, private: bool = False) -> dict[str, Any]:
        return dict(self.key.as_dict(private=private))

    def proof(
        self,
        method: str,
        address: str,
        *,
        access_token: str | None = None,
        header: dict[str, Any] | None = None,
        **claims: Any,
    ) -> str:
        """A good proof, changed as asked: a value of None leaves a member out."""
        now = int(time.time())
        said: dict[str, Any] = {"jti": secrets.token_urlsafe(16), "htm": method, "htu": address, "iat": now}
        if access_token is not None:
            said["ath"] = ath(access_token)
        says = {"typ": "dpop+jwt", "alg": self.algorithm, "jwk": self.jwk(), **(header or {})}
        return self.sign(without_none(says), without_none({**said, **claims}))

    def sign(self, header: dict[str, Any], claims: dict[str, Any] | bytes) -> str:
        """A JWS by this key, whatever the header says."""
        signing_input = f"{encoded(header)}.{encoded(claims)}"
        by_curve = {"EdDSA": "Ed25519"}.get(self.algorithm, self.algorithm)
        return f"{signing_input}.{encoded(JWSRegistry.algorithms[by_curve].sign(signing_input.encode(), self.key))}"


def without_none(members: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None}


def ath(access_token: str) -> str:
    """The hash of an access token that a proof has to carry (RFC 9449 section 4.2)."""
    return base64.urlsafe_b64encode(hashlib.sha256(access_token.encode()).digest()).decode().rstrip("=")


@dataclass
class BoundParty(RelyingParty):
    """A relying party that proves its key at every request it makes by itself, and follows nonces."""

    key: DpopKey = field(default_factory=DpopKey)
    nonce: str | None = None
    is_public: bool = False

    @classmethod
    def public(cls, provider: Running, key: DpopKey | None = None, **registered: Any) -> "BoundParty":
        """One without a secret."""
        client = provider.client(token_endpoint_auth_method="none", **registered)
        return cls(provider, client, key=key or DpopKey(), is_public=True)

    @classmethod
    def confidential(cls, provider: Running, key: DpopKey | None = None, **registered: Any) -> "BoundParty":
        """One with a secret."""
        return cls(provider, provider.client(**registered), key=key or DpopKey())

    def proof(self, method: str, path: str, **changed: Any) -> str:
        """A proof for an endpoint of the provider, with the nonce that came last."""
        made = {"nonce": self.nonce, "iat": int(self.provider.clock().timestamp())}
        return self.key.proof(method, self.provider.issuer + path, **{**made, **changed})

    def redeem(
        self,
        code: str,
        *,
        auth: tuple[str, str] | None = None,
        proof: str | None = None,
        again: bool = True,
        **changed: str | None,
    ) -> requests.Response:
        """Redeem a code with a proof."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.client.redirect_uri,
            "code_verifier": self.verifier,
        }
        return self.token(auth=auth, proof=proof, again=again, **{**form, **changed})

    def refresh(
        self, refresh_token: str, *, proof: str | None = None, again: bool = True, **changed: str | None
    ) -> requests.Response:
        """Use a refresh token with a proof."""
        form = {"grant_type": "refresh_token", "refresh_token": refresh_token}
        return self.token(proof=proof, again=again, **{**form, **changed})

    def token(
        self, *, auth: tuple[str, str] | None = None, proof: str | None = None, again: bool = True, **form: str | None
    ) -> requests.Response:
        """Ask the token endpoint; once more where it wants a nonce.

        Args:
            proof: This one in the place of a good one; an empty one sends none.
        """
        fields = {name: value for name, value in form.items() if value is not None}
        if self.is_public:
            fields.setdefault("client_id", self.client.client_id)
        sent = self.proof("POST", "/token") if proof is None else proof
        response = self.provider.post(
            "/token",
            fields,
            auth=None if self.is_public else auth or self.client.basic,
            headers={"DPoP": sent} if sent else {},
        )
        if proof is None and again and self._was_asked_for_a_nonce(response):
            return self.token(auth=auth, again=False, **form)
        return response

    def userinfo(self, access_token: str, *, again: bool = True, **changed: Any) -> requests.Response:
        """Ask who that is, with a proof; once more where a nonce is wanted."""
        proof = self.proof("GET", "/userinfo", **{"access_token": access_token, **changed})
        headers = {"Authorization": f"DPoP {access_token}", "DPoP": proof}
        response = self.provider.get("/userinfo", headers=headers)
        if again and "nonce" not in changed and self._was_asked_for_a_nonce(response):
            return self.userinfo(access_token, again=False, **changed)
        return response

    def _was_asked_for_a_nonce(self, response: requests.Response) -> bool:
        if "DPoP-Nonce" in response.headers:
            self.nonce = response.headers["DPoP-Nonce"]
        return response.status_code in {400, 401} and response.json().get("error") == "use_dpop_nonce"


def registered_resource_server(provider: Running, **registered: Any) -> Registered:
    """A resource server that may introspect."""
    return provider.client(resource_server=True, grant_types=["client_credentials"], response_types=[], **registered)
