"""A provider that lies: whatever it signs, sends or leaves out, nobody comes in by it."""

import base64
import hashlib
import hmac
import json
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from joserfc import jws, jwt
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from idp.dev.upstreams.google import GoogleStage
from idp.dev.upstreams.personas import GOOGLE
from idp.dev.upstreams.signing import SigningKeys
from idp.federation.connector import Connector, Opening
from idp.federation.connectors import MOST_AT_ONCE, ConnectorOptions, Connectors, build
from idp.federation.problems import UpstreamProblem
from tests.federation.direct import CLIENT_ID, SECRET, Direct, direct

Claims = dict[str, Any]
Lie = Callable[[Claims, SigningKeys], object]

ATTACKER = RSAKey.generate_key(2048, {"kid": "attacker"})


@pytest.fixture(scope="module")
def served() -> Iterator[Direct[GoogleStage]]:
    with direct("oidc", GoogleStage, GOOGLE) as started:
        yield started


@pytest.fixture
def there(served: Direct[GoogleStage]) -> Direct[GoogleStage]:
    served.stage.forge, served.stage.token_more, served.stage.discovery_more = None, {}, {}
    return served


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def signed(header: Claims, claims: Claims | bytes, key: Any) -> str:
    """A token with any header at all."""
    payload = claims if isinstance(claims, bytes) else json.dumps(claims).encode()
    signer = jws.JWSRegistry(algorithms=[header.get("alg", "RS256")], strict_check_header=False)
    plain = {name: value for name, value in header.items() if name in {"alg", "kid"} and isinstance(value, str)}
    if plain == header:
        return jws.serialize_compact(header, payload, key, registry=signer)
    # What joserfc would not write is signed by hand.
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.hashes import SHA256

    start = f"{b64(json.dumps(header).encode())}.{b64(payload)}"
    return f"{start}.{b64(key.private_key.sign(start.encode(), PKCS1v15(), SHA256()))}"


def honest(claims: Claims, keys: SigningKeys) -> str:
    return keys.sign(claims)


def claiming(**changed: Any) -> Lie:
    """The honest token with other claims; None leaves one out."""

    def lie(claims: Claims, keys: SigningKeys) -> str:
        told = {name: value for name, value in {**claims, **changed}.items() if value is not None}
        return signed({"alg": "RS256", "kid": keys.signing.kid}, told, keys.signing)

    return lie


def with_header(**changed: Any) -> Lie:
    """The honest token with another header, and the provider's own signature."""

    def lie(claims: Claims, keys: SigningKeys) -> str:
        header = {"alg": "RS256", "kid": keys.signing.kid, **changed}
        return signed({name: value for name, value in header.items() if value is not None}, claims, keys.signing)

    return lie


def by_attacker(**header: Any) -> Lie:
    """A token of somebody else, with whatever header."""
    return lambda claims, _keys: signed({"alg": "RS256", **header}, claims, ATTACKER)


def _unsigned(claims: Claims, _keys: SigningKeys) -> str:
    return f"{b64(json.dumps({'alg': 'none'}).encode())}.{b64(json.dumps(claims).encode())}."


def _with_public_key_as_secret(claims: Claims, keys: SigningKeys) -> str:
    start = f"{b64(json.dumps({'alg': 'HS256', 'kid': keys.signing.kid}).encode())}.{b64(json.dumps(claims).encode())}"
    return f"{start}.{b64(hmac.digest(keys.signing.as_pem(private=False), start.encode(), hashlib.sha256))}"


def _with_client_secret(claims: Claims, _keys: SigningKeys) -> str:
    secret = OctKey.import_key("a secret with + and % and /")
    return jwt.encode({"alg": "HS256"}, claims, secret, algorithms=["HS256"])


def _with_other_curve(claims: Claims, keys: SigningKeys) -> str:
    return jwt.encode({"alg": "ES256", "kid": keys.signing.kid}, claims, ECKey.generate_key("P-256"))


def _changed_afterwards(claims: Claims, keys: SigningKeys) -> str:
    header, _, signature = keys.sign(claims).split(".")
    return f"{header}.{b64(json.dumps({**claims, 'sub': 'somebody-else'}).encode())}.{signature}"


def _header_twice(claims: Claims, keys: SigningKeys) -> str:
    start = b64(b'{"alg":"RS256","alg":"none"}') + "." + b64(json.dumps(claims).encode())
    return f"{start}.{keys.sign(claims).rpartition('.')[2]}"


WRONG_SIGNATURE: dict[str, Lie] = {
    "none": _unsigned,
    "hs256 with the public key": _with_public_key_as_secret,
    "hs256 with our secret": _with_client_secret,
    "es256 with the id of an rsa key": _with_other_curve,
    "changed afterwards": _changed_afterwards,
    "header members twice": _header_twice,
    "another key": by_attacker(kid="attacker"),
    "another key under a known id": lambda claims, keys: signed(
        {"alg": "RS256", "kid": keys.signing.kid}, claims, ATTACKER
    ),
    "no key id where there are two": by_attacker(),
    "a key that the token brings along": by_attacker(jwk=ATTACKER.as_dict(private=False)),
    "a key set to fetch": by_attacker(jku="http://127.0.0.1:1/keys"),
    "a certificate to fetch": by_attacker(x5u="http://127.0.0.1:1/cert"),
    "a certificate inside": by_attacker(x5c=["MIIB"]),
    "a key id that is a path": by_attacker(kid="../../../../dev/null"),
    "a key id that is sql": by_attacker(kid="' OR 1=1 --"),
    "a key id that is an address": by_attacker(kid="http://127.0.0.1:1/"),
    "a key id with a nul": by_attacker(kid="one\x00"),
    "a key id that is long": by_attacker(kid="k" * 10_000),
    "a key id that is a number": by_attacker(kid=1),
    "a key id that is a list": by_attacker(kid=["one"]),
    "an unknown extension": with_header(crit=["exp"], exp=1),
    "an empty crit": with_header(crit=[]),
    "crit that names nothing": with_header(crit=["absent"]),
    "unencoded payload": with_header(b64=False, crit=["b64"]),
    "kind of an access token": with_header(typ="at+jwt"),
    "kind of a logout token": with_header(typ="logout+jwt"),
    "kind that is no text": with_header(typ=["JWT"]),
    "alg that is no text": with_header(alg=["RS256"]),
}
NOT_A_TOKEN: dict[str, Lie] = {
    name: (lambda _claims, _keys, value=value: value)  # type: ignore[misc]
    for name, value in {
        "nothing": None,
        "a number": 1,
        "a list": ["a.b.c"],
        "an object": {"a": "b"},
        "empty": "",
        "one dot": "a.b",
        "four dots": "a.b.c.d.e",
        "not base64": "!!!.!!!.!!!",
        "no json": f"{b64(b'x')}.{b64(b'x')}.{b64(b'x')}",
        "a header that is a list": f"{b64(b'[]')}.e30.AAAA",
        "a header that is deep": f"{b64(b'[' * 100_000)}.e30.AAAA",
        "long": "a" * 200_000,
        "not ascii": "é.é.é",
        "null": "null",
    }.items()
}
WRONG_CLAIMS: dict[str, Lie] = {
    "issuer of somebody else": claiming(iss="https://accounts.google.com"),
    "issuer with a slash": lambda claims, keys: claiming(iss=claims["iss"] + "/")(claims, keys),
    "issuer in a list": lambda claims, keys: claiming(iss=[claims["iss"]])(claims, keys),
    "no issuer": claiming(iss=None),
    "audience of somebody else": claiming(aud="another-app"),
    "audience of somebody else with our azp": claiming(aud="another-app", azp=CLIENT_ID),
    "our audience with another": claiming(aud=[CLIENT_ID, "another-app"]),
    "no audience": claiming(aud=None),
    "empty audience": claiming(aud=[]),
    "audience that is an object": claiming(aud={CLIENT_ID: True}),
    "issued to another client": claiming(azp="another-app"),
    "expired": claiming(exp=1),
    "no end": claiming(exp=None),
    "end as text": claiming(exp="9999999999"),
    "end that is true": claiming(exp=True),
    "end that is no number": lambda claims, keys: _raw(claims, keys, "exp", "NaN"),
    "end that is endless": lambda claims, keys: _raw(claims, keys, "exp", "Infinity"),
    "end beyond the calendar": claiming(exp=10**30),
    "end of five thousand digits": lambda claims, keys: _raw(claims, keys, "exp", "9" * 5000),
    "from the future": claiming(iat=4102444800),
    "no beginning": claiming(iat=None),
    "not yet good": claiming(nbf=4102444800),
    "nbf as text": claiming(nbf="0"),
    "no nonce": claiming(nonce=None),
    "another nonce": claiming(nonce="another"),
    "nonce in a list": lambda claims, keys: claiming(nonce=[claims["nonce"]])(claims, keys),
    "a nonce that is switched off": claiming(nonce=None, nonce_supported=False),
    "no subject": claiming(sub=None),
    "empty subject": claiming(sub=""),
    "subject that is a number": claiming(sub=7),
    "subject in a list": claiming(sub=["7"]),
    "subject of 300 letters": claiming(sub="s" * 300),
    "subject with a nul": claiming(sub="7\x00"),
    "subject that is not ascii": claiming(sub="Ω"),
    "another access token": claiming(at_hash="AAAAAAAAAAAAAAAAAAAAAA"),
    "at_hash that is no text": claiming(at_hash=1),
}


def _raw(claims: Claims, keys: SigningKeys, name: str, number: str) -> str:
    """A payload with a number that json.dumps would not write."""
    text = json.dumps({**claims, name: "@@@"}).replace('"@@@"', number)
    return signed({"alg": "RS256", "kid": keys.signing.kid}, text.encode(), keys.signing)


def _fails(there: Direct[GoogleStage], lie: Lie | None = None) -> UpstreamProblem:
    there.stage.forge = lie
    with pytest.raises(UpstreamProblem) as raised:
        there.travel()
    return raised.value


def test_the_honest_token_comes_in(there: Direct[GoogleStage]) -> None:
    for lie in (None, honest, claiming(), with_header(), with_header(typ="JWT"), claiming(aud=[CLIENT_ID])):
        there.stage.forge = lie
        assert there.travel().subject == GOOGLE[0].subject


@pytest.mark.parametrize("name", WRONG_SIGNATURE)
def test_a_signature_that_is_not_the_providers_comes_to_nothing(there: Direct[GoogleStage], name: str) -> None:
    assert _fails(there, WRONG_SIGNATURE[name]).because == "untrusted"


@pytest.mark.parametrize("name", NOT_A_TOKEN)
def test_what_is_no_token_comes_to_nothing(there: Direct[GoogleStage], name: str) -> None:
    assert _fails(there, NOT_A_TOKEN[name]).because == "untrusted"


@pytest.mark.parametrize("name", WRONG_CLAIMS)
def test_claims_that_are_not_right_come_to_nothing(there: Direct[GoogleStage], name: str) -> None:
    assert _fails(there, WRONG_CLAIMS[name]).because == "untrusted"


def test_nothing_of_what_a_provider_says_is_repeated(there: Direct[GoogleStage]) -> None:
    for lie in (claiming(iss="<script>"), by_attacker(kid="<script>")):
        assert "<" not in str(_fails(there, lie))


def test_a_key_that_nobody_knows_is_looked_for_once_in_a_while(there: Direct[GoogleStage]) -> None:
    connector = there.connector()
    there.travel(connector)
    before = there.stage.requests.count("certs")
    there.stage.forge = by_attacker(kid="unknown")

    for _ in range(5):
        assert there.fails(connector) == "untrusted"

    assert there.stage.requests.count("certs") == before + 1


@pytest.mark.parametrize(
    "more",
    [
        {"issuer": "https://accounts.google.com"},
        {"issuer": None},
        {"authorization_endpoint": None},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"token_endpoint": "ftp://127.0.0.1/"},
        {"token_endpoint": 7},
        {"jwks_uri": ["http://127.0.0.1/"]},
        {"jwks_uri": "http://"},
        {"userinfo_endpoint": "file:///etc/passwd"},
        {"token_endpoint": "http://127.0.0.1/#x"},
        {"jwks_uri": "http://a b/"},
    ],
    ids=str,
)
def test_metadata_that_is_not_right_comes_to_nothing(there: Direct[GoogleStage], more: Claims) -> None:
    there.stage.discovery_more = more

    assert _fails(there).because == "misconfigured"


@pytest.mark.parametrize("address", ["http://169.254.169.254/latest", "http://127.0.0.1:1/keys", "http://10.0.0.1/"])
@pytest.mark.parametrize("member", ["jwks_uri", "token_endpoint"])
def test_metadata_cannot_send_us_into_our_own_network(there: Direct[GoogleStage], member: str, address: str) -> None:
    there.stage.discovery_more = {member: address}

    assert _fails(there).because in {"misconfigured", "unavailable"}


def test_algorithms_that_the_metadata_lists_cannot_add_weak_ones(there: Direct[GoogleStage]) -> None:
    there.stage.discovery_more = {"id_token_signing_alg_values_supported": ["none", "HS256", "RS256"]}

    for name in ("none", "hs256 with the public key", "hs256 with our secret"):
        assert _fails(there, WRONG_SIGNATURE[name]).because == "untrusted"


@pytest.mark.parametrize(
    "more",
    [
        {"access_token": None},
        {"access_token": 1},
        {"access_token": "two words"},
        {"access_token": "line\r\nbreak"},
        {"expires_in": "soon"},
        {"expires_in": [1]},
        {"token_type": {"a": "b"}, "access_token": ""},
        {"error": 'a "quoted" error with ümlauts \\'},
        {"error": {"an": "object"}},
    ],
    ids=str,
)
def test_a_token_answer_that_is_not_right_comes_to_nothing(there: Direct[GoogleStage], more: Claims) -> None:
    there.stage.token_more = more

    assert _fails(there).because in {"untrusted", "refused"}


@pytest.mark.parametrize("verified", ["true", "false", 1, 0, None, [], {}])
def test_only_true_means_verified(there: Direct[GoogleStage], verified: object) -> None:
    there.stage.forge = claiming(email_verified=verified)

    identity = there.travel(there.connector(authoritative_for=("gmail.com",)))

    assert (identity.email_verified, identity.is_authoritative) == (False, False)


def test_an_unknown_provider_is_authoritative_for_nothing_but_what_the_operator_says(
    there: Direct[GoogleStage],
) -> None:
    assert there.travel().is_authoritative is False
    assert there.travel(there.connector(authoritative_for=("gmail.com",))).is_authoritative is True
    assert there.travel(there.connector(authoritative_for=("mail.com", "acme.example"))).is_authoritative is False


@pytest.mark.parametrize("claims", [{"name": ["x"]}, {"name": "x\x00y"}, {"name": "x" * 10_000}, {"email": 7}])
def test_claims_of_the_wrong_kind_are_left_out(there: Direct[GoogleStage], claims: Claims) -> None:
    there.stage.forge = claiming(**claims)

    identity = there.travel()

    assert identity.subject == GOOGLE[0].subject
    assert not claims.keys() & identity.profile.keys()


@pytest.mark.parametrize(
    ("more", "because"),
    [
        ({"iss": "https://evil.example"}, "untrusted"),
        ({"code": ""}, "untrusted"),
        ({"code": "x" * 5000}, "untrusted"),
        ({"error": "access_denied", "error_description": "<script>alert(1)</script>"}, "cancelled"),
        ({"error": "<script>"}, "refused"),
        ({"error": "server_error"}, "unavailable"),
        ({"error": "unauthorized_client"}, "misconfigured"),
    ],
)
def test_an_answer_by_the_browser_that_is_not_right_asks_nobody(
    there: Direct[GoogleStage], more: dict[str, str], because: str
) -> None:
    connector, opening = there.connector(), there.opening()
    answer = there.answer(connector.authorization_url(opening), "alice") | more
    before = there.stage.requests.count("token")

    with pytest.raises(UpstreamProblem) as raised:
        connector.identity(answer, opening, now=there.clock())

    assert raised.value.because == because
    assert there.stage.requests.count("token") == before


def test_an_issuer_that_is_promised_has_to_come(there: Direct[GoogleStage]) -> None:
    there.stage.discovery_more = {"authorization_response_iss_parameter_supported": True}
    connector, opening = there.connector(), there.opening()
    answer = there.answer(connector.authorization_url(opening), "alice")

    with pytest.raises(UpstreamProblem, match="another provider"):
        connector.identity(answer, opening, now=there.clock())
    assert connector.identity(answer | {"iss": there.stage.origin}, opening, now=there.clock()).subject


def test_a_code_of_another_journey_is_of_no_use(there: Direct[GoogleStage]) -> None:
    # The attacker's own code, put into the victim's callback (RFC 9700 section 4.5).
    connector, mine, theirs = there.connector(), there.opening(), there.opening()
    injected = there.answer(connector.authorization_url(theirs), "walt")

    with pytest.raises(UpstreamProblem):
        connector.identity(injected, mine, now=there.clock())


def test_a_nonce_of_another_journey_is_of_no_use(there: Direct[GoogleStage]) -> None:
    connector, mine = there.connector(), there.opening()
    theirs = Opening(
        state=mine.state,
        nonce="another",
        code_verifier=mine.code_verifier,
        redirect_uri=mine.redirect_uri,
        opened_at=mine.opened_at,
    )
    answer = there.answer(connector.authorization_url(theirs), "alice")

    with pytest.raises(UpstreamProblem, match="nonce"):
        connector.identity(answer, mine, now=there.clock())


@pytest.mark.parametrize(
    ("auth_time", "max_age", "because"),
    [(None, 0, "stale"), (0, 0, "stale"), (0, 3600, "stale"), ("now", 0, None), ("now", 3600, None), (0, None, None)],
)
def test_a_provider_is_held_to_the_freshness_it_was_asked_for(
    there: Direct[GoogleStage], auth_time: object, max_age: int | None, because: str | None
) -> None:
    told = int(there.clock().timestamp()) if auth_time == "now" else auth_time
    connector, opening = there.connector(), there.opening(max_age=max_age)
    address = connector.authorization_url(opening)
    assert ("prompt=login" in address) == (max_age == 0)
    there.stage.forge = claiming(auth_time=told)
    answer = there.answer(address.replace("prompt=login", "prompt=consent"), "alice")

    if because is None:
        assert connector.identity(answer, opening, now=there.clock()).subject
    else:
        with pytest.raises(UpstreamProblem) as raised:
            connector.identity(answer, opening, now=there.clock())
        assert raised.value.because == because


def test_a_provider_that_posts_its_answer_is_asked_to(there: Direct[GoogleStage]) -> None:
    assert there.asked_for(there.connector(response_mode="form_post"))["response_mode"] == "form_post"
    assert "response_mode" not in there.asked_for()


def test_who_is_asked_who_they_are_here_is_asked_there_too(there: Direct[GoogleStage]) -> None:
    assert there.asked_for(choose=True)["prompt"] == "select_account"
    assert there.asked_for(choose=True, max_age=0)["prompt"] == "login"
    assert "prompt" not in there.asked_for()


def test_a_provider_that_does_not_answer_is_not_asked_by_everybody_in_turn(there: Direct[GoogleStage]) -> None:
    connector = there.connector()
    there.stage.everything_slow, there.stage.slow_for = True, 3
    try:
        began = there.clock()
        waiting = [threading.Thread(target=_leave, args=(connector, there)) for _ in range(8)]
        for one in waiting:
            one.start()
        for one in waiting:
            one.join()
        spent = there.clock() - began
    finally:
        there.stage.everything_slow = False

    # One time-out, of two seconds here, and not eight of them.
    assert spent < timedelta(seconds=6)
    assert there.stage.requests[-1] == "discovery"


def _leave(connector: Connector, there: Direct[GoogleStage]) -> None:
    with pytest.raises(UpstreamProblem):
        connector.authorization_url(there.opening())


def test_no_more_people_wait_for_one_provider_than_there_are_places(there: Direct[GoogleStage]) -> None:
    options = ConnectorOptions(name="there", kind="oidc", label="There", client_id="x", issuer=there.stage.origin)
    both = Connectors([options, replace(options, name="other")], there.wire)
    first, second = both
    with ExitStack() as waiting:
        for _ in range(MOST_AT_ONCE):
            waiting.enter_context(both.waiting_for(first))

        with pytest.raises(UpstreamProblem) as raised, both.waiting_for(first):
            pass
        with both.waiting_for(second):
            assert raised.value.because == "too_many"
    with both.waiting_for(first):
        pass


class _OtherKeys(SigningKeys):
    """One key of another kind, as other providers have."""

    def __init__(self, algorithm: str) -> None:
        super().__init__()
        kinds: dict[str, Any] = {"PS256": RSAKey, "ES256": ECKey, "EdDSA": OKPKey}
        sizes: dict[str, Any] = {"PS256": 2048, "ES256": "P-256", "EdDSA": "Ed25519"}
        self.algorithm, self.key = algorithm, kinds[algorithm].generate_key(sizes[algorithm])

    def document(self) -> dict[str, Any]:
        return {"keys": [self.key.as_dict(private=False)]}

    def sign(self, claims: dict[str, Any], **_header: Any) -> str:
        if self.algorithm != "EdDSA":
            return jwt.encode({"alg": self.algorithm}, claims, self.key, algorithms=[self.algorithm])
        # The name that providers still write, and about which joserfc warns.
        header = json.dumps({"alg": "EdDSA"}).encode()
        start = f"{b64(header)}.{b64(json.dumps(claims).encode())}"
        return f"{start}.{b64(self.key.private_key.sign(start.encode()))}"


@pytest.mark.parametrize("algorithm", ["PS256", "ES256", "EdDSA"])
def test_other_kinds_of_keys_are_taken_where_the_metadata_lists_them(
    there: Direct[GoogleStage], algorithm: str
) -> None:
    before, there.stage.keys = there.stage.keys, _OtherKeys(algorithm)
    try:
        assert there.fails() == "untrusted"  # RS256 is all that is listed
        there.stage.discovery_more = {"id_token_signing_alg_values_supported": [algorithm]}
        assert there.travel().subject == GOOGLE[0].subject
        assert there.fails(build(_google(there), there.wire)) == "untrusted"  # Google signs with RS256
    finally:
        there.stage.keys = before


def test_a_key_that_is_too_short_is_none(there: Direct[GoogleStage]) -> None:
    before, short = there.stage.keys, _OtherKeys("PS256")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        short.algorithm, short.key = "RS256", RSAKey.generate_key(1024)
    there.stage.keys = short
    try:
        assert there.fails() == "untrusted"
    finally:
        there.stage.keys = before


def _google(there: Direct[GoogleStage]) -> ConnectorOptions:
    return ConnectorOptions(
        name="g", kind="google", label="G", client_id=CLIENT_ID, client_secret=SECRET, origin=there.stage.origin
    )
