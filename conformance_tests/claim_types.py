"""The standard claims of OpenID Connect (Core section 5.1): which scope yields them, and of which type each is."""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, TypeGuard

PROFILE_CLAIMS = (
    "name", "given_name", "family_name", "middle_name", "nickname", "preferred_username", "profile", "picture",
    "website", "gender", "birthdate", "zoneinfo", "locale", "updated_at",
)  # fmt: skip
SCOPE_CLAIMS: Mapping[str, tuple[str, ...]] = {
    "profile": PROFILE_CLAIMS,
    "email": ("email", "email_verified"),
    "address": ("address",),
    "phone": ("phone_number", "phone_number_verified"),
}
_BOOLEANS = frozenset({"email_verified", "phone_number_verified"})
_STRINGS = frozenset(PROFILE_CLAIMS) - {"updated_at", "birthdate"} | {"sub", "email", "phone_number"}
_BIRTHDATE = re.compile(r"(\d{4})(-(\d{2})-(\d{2}))?")
_SKEW = timedelta(minutes=5)


def claim_type_problems(claims: Mapping[str, Any]) -> Iterator[str]:
    """Standard claims of the wrong JSON type, wherever they appear (Core section 5.1)."""
    for name, value in claims.items():
        if name in _STRINGS and (not isinstance(value, str) or not value.strip() or value == "null"):
            yield f"{name} is not a string with something in it"
        elif name in _BOOLEANS and not isinstance(value, bool):
            yield f"{name} is not a JSON boolean"
        elif name == "updated_at" and not _is_time_since_1990(value):
            yield "updated_at is not a number of seconds between 1990 and now"
        elif name == "birthdate" and not _is_birthdate(value):
            yield "birthdate is not YYYY-MM-DD, 0000-MM-DD or YYYY"
        elif name == "address" and not (
            isinstance(value, dict) and all(isinstance(v, str) and v for v in value.values())
        ):
            yield "address is not an object of strings"
    yield from _aggregated_problems(claims)


def is_number(value: object) -> TypeGuard[int | float]:
    """Whether a JSON value is a number, which a boolean is not."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def _aggregated_problems(claims: Mapping[str, Any]) -> Iterator[str]:
    names, sources = claims.get("_claim_names", {}), claims.get("_claim_sources", {})
    if not isinstance(names, dict) or not isinstance(sources, dict):
        yield "_claim_names or _claim_sources is no object"
    elif not set(map(str, names.values())) <= set(sources):
        yield "_claim_names refers to a source that _claim_sources does not have"


def _is_time_since_1990(value: Any) -> bool:
    earliest = datetime(1990, 1, 1, tzinfo=UTC).timestamp()
    return is_number(value) and earliest < value <= (datetime.now(UTC) + _SKEW).timestamp()


def _is_birthdate(value: object) -> bool:
    found = _BIRTHDATE.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        return False
    year = int(found[1])
    if found[2] is None:
        return 1850 <= year <= datetime.now(UTC).year
    try:
        datetime(year or 2000, int(found[3]), int(found[4]), tzinfo=UTC)
    except ValueError:
        return False
    return year == 0 or 1850 <= year <= datetime.now(UTC).year
