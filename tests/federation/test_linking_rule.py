"""The linking rule as a table: every case there is, and nothing else decides."""

from itertools import product

import pytest

from idp.federation.linking import Holder, decide

PROVEN = Holder(is_enabled=True, has_proven=True, knows_issuer=False)
UNPROVEN = Holder(is_enabled=True, has_proven=False, knows_issuer=False)
RECYCLED = Holder(is_enabled=True, has_proven=True, knows_issuer=True)
CLOSED = Holder(is_enabled=False, has_proven=True, knows_issuer=False)
CLOSED_UNPROVEN = Holder(is_enabled=False, has_proven=False, knows_issuer=False)
HOLDERS = (None, PROVEN, UNPROVEN, RECYCLED, CLOSED, CLOSED_UNPROVEN)

# authoritative, with an address: by who has the address here
AUTHORITATIVE = {
    None: "create",
    PROVEN: "join",
    UNPROVEN: "supersede",
    RECYCLED: "prove",
    CLOSED: "disabled",
    CLOSED_UNPROVEN: "disabled",
}


@pytest.mark.parametrize(("holder", "outcome"), AUTHORITATIVE.items())
def test_what_an_authoritative_address_opens(holder: Holder | None, outcome: str) -> None:
    assert decide(linked=None, has_address=True, is_authoritative=True, holder=holder) == outcome


@pytest.mark.parametrize(("has_address", "is_authoritative"), [(True, False), (False, True), (False, False)])
@pytest.mark.parametrize("holder", HOLDERS)
def test_an_address_that_proves_nothing_opens_nothing_and_tells_nothing(
    has_address: bool, is_authoritative: bool, holder: Holder | None
) -> None:
    outcome = decide(linked=None, has_address=has_address, is_authoritative=is_authoritative, holder=holder)

    assert outcome == "ask"


@pytest.mark.parametrize(
    ("has_address", "is_authoritative", "holder"), list(product((True, False), (True, False), HOLDERS))
)
def test_a_linked_identity_opens_its_account_whatever_its_address_says(
    has_address: bool, is_authoritative: bool, holder: Holder | None
) -> None:
    facts = {"has_address": has_address, "is_authoritative": is_authoritative, "holder": holder}

    assert decide(linked=True, **facts) == "sign_in"
    assert decide(linked=False, **facts) == "disabled"
