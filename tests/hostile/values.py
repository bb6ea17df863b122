"""Values that have broken servers of this kind, theirs or ours, and the names under which they are sent."""

import base64
import json
import re
from pathlib import Path

_ENDPOINTS = Path(__file__).parents[2] / "idp" / "endpoints"


def _unsigned(claims: object, **header: object) -> str:
    parts = [{"alg": "none", **header}, claims]
    encoded = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts]
    return ".".join([*encoded, ""])


TEXTS: tuple[str, ...] = (
    # Nothing, and what is hardly something
    "", " ", "\t", "\n", "\r\n", "\0", "\x01", "\x7f", "\x80", "\ufeff", "\u00a0", "\u200b", "\u2028", ".", "-", "_",
    "/", "//", "\\", "*", "%",
    # Numbers that are none, or too many
    "0", "-0", "-1", "1e3", "1e309", "NaN", "Infinity", "0x10", "+5", " 7", "\uff17", "\u0663", "9" * 19, "9" * 400,
    "1.5", "true", "null", "undefined",
    # Structures
    "[]", "{}", "[[" * 500, '{"a":' * 2000 + "1" + "}" * 2000, '{"id_token":[]}', '{"userinfo":{"sub":{"value":7}}}',
    '{"id_token":{"acr":{"essential":true,"values":["x"]}}}', '{"id_token":{"sub":{"value":"\\u0000"}}}',
    '{"userinfo":{"\\ud800":null}}', '"', "'", "''", "`",
    # Injection
    "' OR '1'='1", "1; DROP TABLE grants--", "${jndi:ldap://evil.test/a}", "{{7*7}}", "{%raw%}", "%(x)s", "%s%n",
    "{0.__class__}", "<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "javascript:alert(1)",
    "data:text/html,x", "\r\nX-Injected: y", "\r\n\r\nHTTP/1.1 200 OK", "../../../../etc/passwd",
    "..%2f..%2fetc%2fpasswd", "file:///etc/passwd",
    # Addresses
    "https://evil.test/", "//evil.test", "/\\evil.test", "https:evil.test", "https://evil.test\\@rp.example/callback",
    "https://rp.example/callback/../x", "https://rp.example/callback ", "https://rp.example/callback\n",
    "HTTPS://rp.example/callback", "https://rp.example:443/callback", "https://rp.example/callback#x",
    "https://rp.example/callback?x=1", "https://rp.example@evil.test/callback",
    "https://rp.example.evil.test/callback", "https://rp.example/callback%0d%0aX-Injected:y", "http://[::1",
    "http://[", "https://", "://", "http://127.0.0.1:22/", "http://169.254.169.254/latest/meta-data/",
    "urn:ietf:params:oauth:request_uri:", "urn:ietf:params:oauth:request_uri:op_rq_" + "A" * 43, "com.example.app:/x",
    "http://localhost:99999/", "https://é.example/", "https://xn--/", "https://rp.example/\ud7ff",
    # Unicode
    "é", "ß", "İ", "\u202e", "\U0001f511", "\ufdfa" * 30,
    "Z\u0351\u036b\u0343\u036a\u0302A\u0334\u0335L\u0320\u0368G", "\uff41\uff42\uff43", "\ufffd", "\uffff",
    "\U0010ffff",
    # Protocol words in the wrong places
    "none", "code", "token", "id_token", "code id_token token", "token token", "S256", "plain", "openid",
    "openid openid", "offline_access", "none login", "login consent select_account create", "form_post", "fragment",
    "query.jwt", "form_post.jwt", "jwt", "authorization_code", "refresh_token", "client_credentials", "password",
    "implicit", "urn:ietf:params:oauth:grant-type:device_code", "urn:ietf:params:oauth:grant-type:jwt-bearer",
    "urn:ietf:params:oauth:client-assertion-type:jwt-bearer", "allow", "deny", "cancel", "de en fr", "de-" * 400,
    "Bearer", "DPoP", "Basic",
    # Tokens that are almost some
    "a.b.c", "...", "....", "eyJhbGciOiJub25lIn0..", _unsigned({}), _unsigned([]),
    _unsigned({"iss": 7, "sub": [], "aud": {}, "exp": "x", "iat": 1e300}),
    _unsigned({"client_id": "x", "redirect_uri": "https://evil.test/"}, typ="oauth-authz-req+jwt"),
    _unsigned({"htm": "POST", "htu": [], "jti": 5, "iat": None}, typ="dpop+jwt", jwk={"kty": "oct", "k": ""}),
    _unsigned({"htm": "POST"}, typ="dpop+jwt", alg="ES256", jwk={"kty": "EC", "crv": "P-256", "x": "!", "y": "!"}),
    _unsigned({}, alg="RS256", crit=["exp"], kid={"a": 1}), _unsigned({}, alg=["RS256"]),
    _unsigned({}, alg="RS256", jwk={"kty": "RSA", "n": "AQAB", "e": "AQAB"}), "A" * 43, "op_ac_" + "A" * 43,
    "op_at_" + "A" * 43, "op_rt_" + "A" * 43, "op_dc_" + "A" * 43, "=" * 50,
    # Size
    "a" * 129, "a" * 4097, "a" * 20_000, "\U0001f511" * 3000, " ".join(["openid"] * 3000),
    " ".join(f"s{number}" for number in range(2000)),
    # People
    "nobody@example.com", "a@b", "@", "a@b@c", '"a b"@example.com', "a@[127.0.0.1]", "a@" + "b." * 150 + "example",
    "bcdf-ghjk", "BCDFGHJK", "000000", "123456",
)  # fmt: skip
"""As text; what cannot stand in a place is encoded for it."""

OCTETS: tuple[bytes, ...] = (
    b"%", b"%zz", b"%0", b"%00", b"%ff", b"%c0%af", b"%ed%a0%80", b"%f4%90%80%80", b"\xff\xfe", b"\xc3\x28",
    b"a=b&a=b", b"&&&&", b"=", b"=x", b";", b"a;b=c",
    b"+", b"%2b", b"%0d%0aX-Injected:%20y", b"a[]=1", b"__proto__=1", b"%F0%9F%94%91", b"x" * 6000,
)  # fmt: skip
"""As they stand in a query or a form, where they are not what the encoding allows."""

PROTOCOL_NAMES: tuple[str, ...] = (
    "response_type", "client_id", "redirect_uri", "scope", "state", "nonce", "response_mode", "prompt", "max_age",
    "code_challenge", "code_challenge_method", "claims",
    "id_token_hint", "login_hint", "acr_values", "ui_locales", "display", "request", "request_uri", "registration",
    "resource", "dpop_jkt", "post_logout_redirect_uri", "logout_hint",
    "grant_type", "code", "code_verifier", "client_secret", "client_assertion", "client_assertion_type",
    "refresh_token", "token", "token_type_hint", "username", "password", "device_code",
    "access_token", "assertion", "subject_token", "error", "error_description", "iss", "sid", "session_state",
    "claims_locales", "authorization_details", "csrf",
)  # fmt: skip

PAGE_NAMES: tuple[str, ...] = tuple(
    sorted(
        {
            name
            for file in _ENDPOINTS.glob("*.py")
            for name in re.findall(r'(?:query|form)\.get(?:list)?\("([a-z_]+)"\)', file.read_text(encoding="utf-8"))
        }
    )
)
"""What the endpoints of pages read, found in their source, so that none is forgotten."""

ODD_NAMES: tuple[str, ...] = (
    "", " ", "a" * 3000, "é", "\0", "\x1b", "__proto__", "client_id[]", "scope ", "SCOPE", "<b>",
    "\U0001f511", "a=b", "&",
)  # fmt: skip
