"""Client assertions: `private_key_jwt` (RFC 7523 section 3, OpenID Connect Core 1.0 section 9)."""

from datetime import datetime, timedelta

from idp.protocol.clients.authentication_failures import unusable_assertion
from idp.protocol.clients.client import RegisteredClient
from idp.protocol.clients.client_jwt import ClientJwt, MalformedJwt
from idp.protocol.clients.client_keys import ClientKeys
from idp.protocol.clients.security_profile import rules_of
from idp.store import used_jtis
from idp.store.database import Database

SKEW = timedelta(seconds=10)
"""How far the clocks of a client and of ours may be apart."""

_TYPES = frozenset({None, "jwt", "client-authentication+jwt"})
_LONGEST_JTI = 512


class ClientAssertions:
    """Judges assertions for one issuer."""

    def __init__(self, issuer: str, *, database: Database, keys: ClientKeys) -> None:
        self._issuer = issuer
        self._database = database
        self._keys = keys

    def is_shown(self, assertion: ClientJwt, client: RegisteredClient, *, path: str, now: datetime) -> bool:
        """Whether the client made this assertion, for us, for now, and for the first time.

        False, and no word more, until the signature has been seen. After that the client is itself, and may know what
        is wrong. The identifier is taken last, so that a refused assertion uses nothing up.

        Args:
            path: Of the endpoint that is called.

        Raises:
            OAuth2Error: `invalid_client` with the claim to change.
            HasToWait: The client's keys have to be fetched.
        """
        if client.token_endpoint_auth_method != "private_key_jwt":
            return False
        rules = rules_of(client)
        allowed = algorithms_of(client.token_endpoint_auth_signing_alg, rules.client_algorithms)
        if not assertion.is_signed_by(client, self._keys, algorithms=allowed):
            return False
        try:
            expires_at = self._check_claims(assertion, client, path=path, now=now)
        except MalformedJwt as error:
            raise unusable_assertion(str(error)) from None
        self._use(assertion, client, expires_at=expires_at)
        return True

    def _check_claims(self, assertion: ClientJwt, client: RegisteredClient, *, path: str, now: datetime) -> datetime:
        """Check everything but the identifier. Returns when the assertion ends."""
        rules = rules_of(client)
        if assertion.typ() not in _TYPES:
            raise MalformedJwt("is another kind of JWT; leave typ out, or make it client-authentication+jwt")
        if not self._is_for_us(assertion, path=path, issuer_only=rules.audience_is_issuer):
            raise MalformedJwt(
                "must have the issuer as aud, as a single string"
                if rules.audience_is_issuer
                else "must have the issuer, or the address of the token endpoint, as aud"
            )
        expires = assertion.moment("exp")
        if expires is None:
            raise MalformedJwt("must have exp")
        seconds, skew = now.timestamp(), SKEW.total_seconds()
        if expires <= seconds - skew:
            raise MalformedJwt("has expired; compare the clocks")
        if expires > seconds + rules.assertion_life.total_seconds() + skew:
            raise MalformedJwt("expires too late; let it live for a minute")
        for claim in ("nbf", "iat"):
            begins = assertion.moment(claim)
            if begins is not None and begins > seconds + skew:
                raise MalformedJwt(f"has {claim} in the future; compare the clocks")
        return datetime.fromtimestamp(expires, now.tzinfo)

    def _is_for_us(self, assertion: ClientJwt, *, path: str, issuer_only: bool) -> bool:
        """Whether nobody else could take the assertion for one that is meant for him."""
        if issuer_only:
            return assertion.claims.get("aud") == self._issuer
        ours = {self._issuer, f"{self._issuer}/token", f"{self._issuer}{path}"}
        audience = assertion.audience()
        return bool(audience) and set(audience) <= ours

    def _use(self, assertion: ClientJwt, client: RegisteredClient, *, expires_at: datetime) -> None:
        jti = assertion.text("jti")
        if jti is None or len(jti) > _LONGEST_JTI:
            raise unusable_assertion("must have a random string as jti")
        with self._database.autocommit() as db:
            if not used_jtis.use(db, "client_assertion", client.client_id, jti, expires_at=expires_at + SKEW):
                raise unusable_assertion("was used before; make a new one with another jti for each request")


def algorithms_of(registered: str | None, allowed: tuple[str, ...]) -> tuple[str, ...]:
    """The algorithms that a client may sign with: the one it is registered with, or any of those allowed to it."""
    if registered is None:
        return allowed
    same = {"EdDSA", "Ed25519"} if registered in {"EdDSA", "Ed25519"} else {registered}
    return tuple(algorithm for algorithm in allowed if algorithm in same)
