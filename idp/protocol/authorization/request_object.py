"""Request objects: authorization requests as a JWT, by value (RFC 9101, OpenID Connect Core 1.0 section 6)."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta

from idp.protocol.clients.client import RegisteredClient
from idp.protocol.clients.client_assertion import SKEW, algorithms_of
from idp.protocol.clients.client_jwt import ClientJwt, MalformedJwt
from idp.protocol.clients.client_keys import ClientKeys
from idp.protocol.clients.security_profile import rules_of
from idp.protocol.refusals import RefusedToClient

LONGEST = 32 * 1024
"""Characters of a request object; a request that is refused costs us as much as one that is not."""

_EXPLICIT = "oauth-authz-req+jwt"
_TYPES = frozenset({None, "jwt", _EXPLICIT})
_ABOUT_THE_JWT = frozenset({"iss", "aud", "exp", "nbf", "iat", "jti"})
_OBJECTS = frozenset({"claims", "registration", "authorization_details"})


class RequestObjects:
    """Reads request objects for one issuer."""

    def __init__(self, issuer: str, keys: ClientKeys) -> None:
        self._issuer = issuer
        self._keys = keys

    def read(self, text: str, client: RegisteredClient, outside: Mapping[str, str], *, now: datetime) -> dict[str, str]:
        """The parameters of a request that comes with a request object.

        What stands in the object always wins. Parameters beside it count only where OpenID Connect has it so (Core
        1.0 section 6.1): not for a client that has to sign its requests, nor where the object says to be one of RFC
        9101, since who sees the request could add what the client has not signed.

        Args:
            outside: The parameters beside the object.

        Raises:
            RefusedToClient: `invalid_request_object` with the reason.
            HasToWait: The client's keys have to be fetched.
        """
        try:
            jwt = ClientJwt.read(text, longest=LONGEST)
            self._check_signature(jwt, client)
            self._check_kind(jwt, client)
            self._check_times(jwt, rules_of(client).dated_request_objects, now=now)
            inside = _parameters(jwt)
        except MalformedJwt as error:
            raise RefusedToClient("invalid_request_object", f"The request object {error}.") from None
        alone = rules_of(client).request_object_alone or client.require_signed_request_object
        if alone or jwt.typ() == _EXPLICIT:
            return {**inside, "client_id": client.client_id}
        asked = outside.get("response_type")
        if asked is not None and set(asked.split()) != set(inside.get("response_type", asked).split()):
            raise RefusedToClient(
                "invalid_request", "response_type differs inside and outside of the request object (Core 1.0, 6.1)."
            )
        return {**outside, **inside, "client_id": client.client_id}

    def _check_signature(self, jwt: ClientJwt, client: RegisteredClient) -> None:
        rules, registered = rules_of(client), client.request_object_signing_alg
        if jwt.algorithm == "none":
            if not rules.unsigned_request_objects or client.require_signed_request_object:
                raise MalformedJwt("must be signed")
            if registered not in {None, "none"}:
                raise MalformedJwt("must be signed with the request_object_signing_alg of the client")
            if not jwt.is_unsigned:
                raise MalformedJwt("has a signature, although its alg is none")
            return
        algorithms = algorithms_of(registered, rules.client_algorithms)
        if jwt.algorithm not in algorithms:
            raise MalformedJwt(f"must be signed with {' or '.join(algorithms) or 'nothing, as registered'}")
        if not jwt.is_signed_by(client, self._keys, algorithms=algorithms):
            raise MalformedJwt("has a signature that fits no key of this client")

    def _check_kind(self, jwt: ClientJwt, client: RegisteredClient) -> None:
        """Check that it is a request of this client to us, and nothing that could pass for something else."""
        if jwt.typ() not in _TYPES:
            raise MalformedJwt(f"is another kind of JWT; leave typ out, or make it {_EXPLICIT}")
        if jwt.claims.keys() & {"request", "request_uri"}:
            raise MalformedJwt("must not have request or request_uri inside")
        if "sub" in jwt.claims:
            # With the client's id as sub it would be a client assertion as well (RFC 9101 section 10.8).
            raise MalformedJwt("must not have sub")
        for claim in ("iss", "client_id"):
            if jwt.claims.get(claim, client.client_id) != client.client_id:
                raise MalformedJwt(f"must have the client_id as {claim}")
        expected = "aud" in jwt.claims or rules_of(client).dated_request_objects is not None
        if expected and self._issuer not in jwt.audience():
            raise MalformedJwt("must have the issuer as aud")

    def _check_times(self, jwt: ClientJwt, longest: timedelta | None, *, now: datetime) -> None:
        """Check that it is good now.

        Args:
            longest: Between its two times, which it has to have then, and since the first of them.
        """
        expires, begins, issued = jwt.moment("exp"), jwt.moment("nbf"), jwt.moment("iat")
        seconds, skew = now.timestamp(), SKEW.total_seconds()
        if expires is not None and expires <= seconds - skew:
            raise MalformedJwt("has expired")
        if (begins is not None and begins > seconds + skew) or (issued is not None and issued > seconds + skew):
            raise MalformedJwt("has nbf or iat in the future; compare the clocks")
        if longest is None:
            return
        if expires is None or begins is None:
            raise MalformedJwt("must have exp and nbf")
        if begins < seconds - longest.total_seconds() or expires - begins > longest.total_seconds():
            minutes = int(longest.total_seconds() // 60)
            raise MalformedJwt(f"must not be older, nor live longer, than {minutes} minutes from nbf on")


def _parameters(jwt: ClientJwt) -> dict[str, str]:
    """The members that are parameters, as they would be in a query (RFC 9101 section 4)."""
    given = {name: _text(name, value) for name, value in jwt.claims.items() if name not in _ABOUT_THE_JWT}
    # Left out and empty are the same, as in a query (RFC 6749 section 3.1).
    return {name: value for name, value in given.items() if value}


def _text(name: str, value: object) -> str:
    match value:
        case str():
            return value
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case dict() | list() if name in _OBJECTS:
            return json.dumps(value)
        case list() if name == "resource" and all(isinstance(each, str) for each in value):
            return " ".join(value)
        case _:
            raise MalformedJwt("must have strings as parameters, but for claims and max_age")
