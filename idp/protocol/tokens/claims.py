"""Claims about the person: by scope, and one by one (OpenID Connect Core 1.0 sections 5.1, 5.4 and 5.5)."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from idp.store.tokens import Person

PROFILE_CLAIMS = (
    "name",
    "family_name",
    "given_name",
    "middle_name",
    "nickname",
    "preferred_username",
    "profile",
    "picture",
    "website",
    "gender",
    "birthdate",
    "zoneinfo",
    "locale",
    "updated_at",
)
CLAIMS_OF_SCOPE: Mapping[str, tuple[str, ...]] = {
    "profile": PROFILE_CLAIMS,
    "email": ("email", "email_verified"),
    "address": ("address",),
    "phone": ("phone_number", "phone_number_verified"),
}
PERSONAL_CLAIMS = tuple(name for names in CLAIMS_OF_SCOPE.values() for name in names)
_SCOPE_OF_CLAIM = {name: scope for scope, names in CLAIMS_OF_SCOPE.items() for name in names}
_LONGEST_REQUEST = 4096


class MalformedClaimsRequest(ValueError):
    """The `claims` parameter is not what section 5.5 describes."""


@dataclass(frozen=True, slots=True)
class ClaimsRequest:
    """The `claims` parameter, in typed form.

    Attributes:
        userinfo: Names of claims wanted at the userinfo endpoint.
        id_token: Names of claims wanted in the ID token.
        subjects: Each the subjects of which one will do (section 5.5.1); the person has to be among all of them.
        essential_acr: Acceptable `acr` values; empty when none is essential.
        acr: Preferred `acr` values.
    """

    userinfo: tuple[str, ...] = ()
    id_token: tuple[str, ...] = ()
    subjects: tuple[tuple[str, ...], ...] = ()
    essential_acr: tuple[str, ...] = ()
    acr: tuple[str, ...] = ()

    @classmethod
    def parse(cls, parameter: str | None) -> "ClaimsRequest":
        """Read the parameter. Members that are not known are ignored, as the specification asks.

        Raises:
            MalformedClaimsRequest: Not a JSON object of objects, or longer than 4 KiB.
        """
        if parameter is None:
            return cls()
        if len(parameter) > _LONGEST_REQUEST:
            raise MalformedClaimsRequest
        try:
            document = json.loads(parameter)
        except (ValueError, RecursionError):
            raise MalformedClaimsRequest from None
        userinfo, id_token = _member(document, "userinfo"), _member(document, "id_token")
        subjects = (_wanted(id_token.get("sub")), _wanted(userinfo.get("sub")))
        acr = id_token.get("acr")
        essential = isinstance(acr, dict) and acr.get("essential") is True
        return cls(
            userinfo=tuple(name for name in userinfo if name in PERSONAL_CLAIMS),
            id_token=tuple(name for name in id_token if name in PERSONAL_CLAIMS),
            subjects=tuple(accepted for accepted in subjects if accepted),
            essential_acr=_wanted(acr) if essential else (),
            acr=_wanted(acr),
        )

    @property
    def scopes(self) -> tuple[str, ...]:
        """The scopes that stand for the claims asked for by name: what a person is asked about."""
        return tuple(dict.fromkeys(_SCOPE_OF_CLAIM[name] for name in (*self.userinfo, *self.id_token)))

    def within(self, scopes: Iterable[str]) -> "ClaimsRequest":
        """The request without the claims that a client with these scopes may not have."""
        if not self.userinfo and not self.id_token:
            return self
        allowed = frozenset(scopes)
        return replace(
            self,
            userinfo=tuple(name for name in self.userinfo if _SCOPE_OF_CLAIM[name] in allowed),
            id_token=tuple(name for name in self.id_token if _SCOPE_OF_CLAIM[name] in allowed),
        )

    def to_store(self) -> dict[str, list[str]] | None:
        """What the grant has to remember; None when nothing was asked for."""
        wanted = {"userinfo": list(self.userinfo), "id_token": list(self.id_token)}
        return wanted if any(wanted.values()) else None


def _member(document: Any, name: str) -> dict[str, Any]:
    if not isinstance(document, dict):
        raise MalformedClaimsRequest
    member = document.get(name)
    if member is None:
        return {}
    if not isinstance(member, dict):
        raise MalformedClaimsRequest
    for wish in member.values():
        if wish is not None and not isinstance(wish, dict):
            raise MalformedClaimsRequest
    return member


def _wanted(wish: Any) -> tuple[str, ...]:
    """The `value` or `values` of one requested claim, strings only."""
    if not isinstance(wish, dict):
        return ()
    values = wish.get("values", [wish["value"]] if "value" in wish else [])
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise MalformedClaimsRequest
    return tuple(values)


def claims_of(person: Person, *, issuer: str, scopes: Iterable[str], names: Iterable[str] = ()) -> dict[str, Any]:
    """The claims that these scopes and names stand for, without `sub`; what is empty or unknown is left out.

    A picture that is kept here is known by its path alone: it moves with the issuer.
    """
    wanted = {name for scope in scopes for name in CLAIMS_OF_SCOPE.get(scope, ())}
    wanted.update(names)
    if not wanted:
        return {}
    known = {
        **person.profile,
        "email": person.email,
        "email_verified": person.email_verified_at is not None,
        "updated_at": int(person.updated_at.timestamp()),
    }
    picture = known.get("picture")
    if isinstance(picture, str) and picture.startswith("/"):
        known["picture"] = f"{issuer}{picture}"
    return {
        name: known[name] for name in PERSONAL_CLAIMS if name in wanted and known.get(name) not in (None, "", {}, [])
    }
