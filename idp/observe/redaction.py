"""What must never reach a log: secrets by the name they go under, and addresses of people wherever they stand."""

import re
from collections.abc import Mapping

HIDDEN = "[hidden]"

SECRET_NAMES = frozenset(
    {
        "access_token",
        "assertion",
        "authorization",
        "client_assertion",
        "client_secret",
        "code",
        "code_challenge",
        "code_verifier",
        "cookie",
        "csrf",
        "device_code",
        "email",
        "id_token",
        "id_token_hint",
        "key_encryption_key",
        "link",
        "login_hint",
        "logout_token",
        "nonce",
        "password",
        "phone_number",
        "refresh_token",
        "registration_access_token",
        "request",
        "secret",
        "set_cookie",
        "smtp_url",
        "state",
        "token",
        "user_code",
        "username",
    }
)
"""Names of parameters, headers and settings whose values are hidden."""

_LONGEST_FIRST = sorted(SECRET_NAMES, key=len, reverse=True)
# In a query, or as a member of a document. A bare colon is prose: "key state: active".
_ASSIGNED = re.compile(
    r"(?i)\b("
    + "|".join(_LONGEST_FIRST)
    + r")(['\"]?\s*=\s*['\"]?|%3D|['\"]\s*:\s*['\"]?)((?:Basic |Bearer |DPoP )?[^\s&'\",;}]+)"
)
_CREDENTIALS = re.compile(r"(?i)\b(Basic|Bearer|DPoP) [A-Za-z0-9._~+/=-]{8,}")
_JWT = re.compile(r"\beyJ[\w-]{8,}\.[\w-]+\.[\w-]*")
_ADDRESS = re.compile(r"[^\s@<>\"'(),:;=&/]{1,64}(?:@|%40)[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
_URL_LOGIN = re.compile(r"(://)[^/\s:@]*:[^/\s@]+@")
# SQLAlchemy repeats the values of a statement, and PostgreSQL those of the row it refused.
_STATEMENT_VALUES = re.compile(r"\[parameters: .*|DETAIL: .*|\[SQL: .*")


def scrubbed(text: str) -> str:
    """The text with what looks like a secret or a person's address hidden. A net below the rule not to log any."""
    text = _STATEMENT_VALUES.sub(HIDDEN, text)
    text = _URL_LOGIN.sub(rf"\1{HIDDEN}@", text)
    text = _CREDENTIALS.sub(rf"\1 {HIDDEN}", text)
    text = _ASSIGNED.sub(rf"\1\2{HIDDEN}", text)
    text = _JWT.sub(HIDDEN, text)
    return _ADDRESS.sub(HIDDEN, text)


def redacted(name: str, value: object) -> object:
    """A field of a log line as it may be written: hidden by its name, or scrubbed, at any depth."""
    if _plain(name) in SECRET_NAMES:
        return HIDDEN
    match value:
        case bool() | int() | float() | None:
            return value
        case Mapping():
            return {str(inner): redacted(str(inner), part) for inner, part in value.items()}
        case list() | tuple() | set() | frozenset():
            return [redacted("", part) for part in value]
        case _:
            return scrubbed(str(value))


def _plain(name: str) -> str:
    return name.lower().replace("-", "_")
