"""The provider as its metadata and keys describe it, read once for each module."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

import requests
from joserfc import jwk
from joserfc.errors import JoseError
from requests.auth import AuthBase

from conformance_tests.options import Options, is_loopback
from conformance_tests.verdict import Verdict

WELL_KNOWN = "/.well-known/openid-configuration"
_PRIVATE_MEMBERS = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"})
_KNOWN_KEY_TYPES = frozenset({"RSA", "EC", "OKP"})
_KEY_MEMBERS = {"RSA": ("n", "e"), "EC": ("crv", "x", "y"), "OKP": ("crv", "x")}


class Issuer:
    """One provider: its metadata, its published keys, and a plain HTTP client that never follows redirects."""

    def __init__(self, options: Options, verdict: Verdict) -> None:
        self.options = options
        self.http = requests.Session()
        self.http.verify = options.verify
        self.http.trust_env = False
        self.verdict = verdict
        self.discovery = self.fetch(options.issuer.removesuffix("/") + WELL_KNOWN)
        self.metadata = self._read_metadata()
        self.keys = self._read_keys()

    @property
    def identifier(self) -> str:
        """The issuer identifier, as the metadata names it."""
        return str(self.metadata["issuer"])

    @property
    def servers(self) -> set[tuple[str, int]]:
        """Host and port of every endpoint."""
        parts = [urlsplit(str(url)) for name, url in self.metadata.items() if name.endswith("_endpoint")]
        return {(part.hostname, part.port or 443) for part in parts if part.hostname}

    def endpoint(self, name: str) -> str:
        """The address of an endpoint; the module stops when the metadata has none."""
        address = self.metadata.get(name)
        self.verdict.demand(isinstance(address, str) and address, f"the metadata has no {name}")
        return str(address)

    def listed(self, name: str) -> list[str]:
        """A list of the metadata, empty when it is missing or no list."""
        value = self.metadata.get(name)
        return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []

    def read_keys_again(self) -> None:
        """Fetch the published keys anew, as a relying party does that meets a kid it does not know."""
        self.keys = self._read_keys()

    def fetch(self, url: str, **headers: str) -> requests.Response:
        """GET an address."""
        return self.http.get(url, headers=headers, allow_redirects=False, timeout=self.options.timeout)

    def post(
        self,
        url: str,
        form: Mapping[str, str],
        *,
        auth: AuthBase | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> requests.Response:
        """POST a form."""
        everything = {
            "Accept": "application/json",
            "Content-Type": "application/x-www-form-urlencoded",
            **(headers or {}),
        }
        return self.http.post(
            url, data=form, auth=auth, headers=everything, allow_redirects=False, timeout=self.options.timeout
        )

    def check_https(self, url: object, what: str) -> None:
        """Record a failure unless an address is https; on an http loopback issuer that was allowed, a note."""
        secure = isinstance(url, str) and urlsplit(url).scheme == "https" and bool(urlsplit(url).hostname)
        local = isinstance(url, str) and urlsplit(url).scheme == "http" and is_loopback(url)
        if not secure and local and self.options.allow_http:
            self.verdict.note("addresses are http on loopback; certification demands https")
        else:
            self.verdict.expect(secure, f"{what} is not an https URL")

    def _read_metadata(self) -> dict[str, Any]:
        metadata = json_object(self.discovery)
        self.verdict.demand(metadata is not None, f"discovery is no JSON object (status {self.discovery.status_code})")
        assert metadata is not None
        for name in ("issuer", "authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint"):
            value = metadata.get(name)
            self.verdict.demand(isinstance(value, str) and urlsplit(value).netloc, f"the metadata has no URL as {name}")
        return metadata

    def _read_keys(self) -> list[dict[str, Any]]:
        answer = self.fetch(self.metadata["jwks_uri"])
        document = json_object(answer)
        keys = document.get("keys") if document is not None else None
        self.verdict.demand(answer.status_code == 200 and isinstance(keys, list), "jwks_uri does not lead to a JWK Set")
        assert isinstance(keys, list)
        self.verdict.expect_none(key_set_problems(keys))
        self.verdict.advise_none(unusable_keys(keys))
        return [key for key in keys if isinstance(key, dict)]


def check_endpoints(issuer: Issuer) -> None:
    """Demand https of every address in the metadata that is called an endpoint."""
    for name, address in issuer.metadata.items():
        if name.endswith("_endpoint"):
            issuer.check_https(address, name)


def check_supported(issuer: Issuer, *names: str) -> None:
    """Demand that the metadata says yes to each of these."""
    for name in names:
        issuer.verdict.expect(issuer.metadata.get(name) is True, f"{name} is not true")


def key_set_problems(keys: list[Any]) -> Iterator[str]:
    """What is wrong with a published JWK Set (RFC 7517 sections 4 and 5)."""
    if not keys:
        yield "the JWK Set is empty"
    for key in keys:
        if not isinstance(key, dict) or not isinstance(key.get("kty"), str):
            yield "a member of the JWK Set is no key"
            continue
        private = sorted(_PRIVATE_MEMBERS & key.keys())
        if private or key["kty"] == "oct":
            yield f"the JWK Set publishes private members: {', '.join(private) or 'a symmetric key'}"
        if not isinstance(key.get("kid"), str) or not key["kid"].strip():
            yield "a key has no kid"
        missing = [name for name in _KEY_MEMBERS.get(key["kty"], ()) if not isinstance(key.get(name), str)]
        if missing:
            yield f"the key {key.get('kid')} lacks {', '.join(missing)}"
    counted = Counter(str(key.get("kid")) for key in keys if isinstance(key, dict))
    yield from (f"{times} keys share the kid {kid}" for kid, times in counted.items() if times > 1)


def unusable_keys(keys: list[Any]) -> Iterator[str]:
    """Keys that a relying party may not be able to read."""
    for key in keys:
        if isinstance(key, dict) and key.get("kty") in _KNOWN_KEY_TYPES:
            try:
                jwk.import_key({name: value for name, value in key.items() if name not in _PRIVATE_MEMBERS})
            except (JoseError, ValueError, TypeError) as error:
                yield f"the key {key.get('kid')} cannot be read: {type(error).__name__}"
        elif isinstance(key, dict):
            yield f"the key {key.get('kid')} is of the unknown type {key.get('kty')}"


def json_object(answer: requests.Response) -> dict[str, Any] | None:
    """The JSON object in an answer, or nothing."""
    try:
        document = answer.json()
    except ValueError:
        return None
    return document if isinstance(document, dict) else None


def media_type(headers: Mapping[str, str]) -> str:
    """The media type of an answer without its parameters."""
    return headers.get("Content-Type", "").partition(";")[0].strip().lower()
