"""Where the claims of a scope are delivered, and where they are not."""

from typing import Any

from conformance_tests.journey import SignIn
from conformance_tests.relying_party import RelyingParty


def check_email_alone(rp: RelyingParty, signed_in: SignIn) -> None:
    """Warn of a name that nobody asked for, and of claims in the ID token that an access token would get."""
    read, advise = claims_of(rp, signed_in), rp.verdict.advise
    advise("name" not in read, "name is delivered, which was not asked for")
    if rp.variant.has_token:
        for name in ("name", "email"):
            found = any(name in token.claims for token in signed_in.id_tokens)
            advise(not found, f"the ID token has {name}, which belongs to userinfo here")


def claims_of(rp: RelyingParty, signed_in: SignIn) -> dict[str, Any]:
    """The claims that scopes ask for: in the ID token where there is no access token (Core section 5.4)."""
    return signed_in.userinfo if rp.variant.has_token else signed_in.claims
