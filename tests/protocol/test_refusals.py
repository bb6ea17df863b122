"""Refusals arrive at those who are to answer them."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from idp.protocol.refusals import RefusedToClient, RefusedToPerson
from idp.protocol.registration.registration_access import RegistrationRefused
from idp.protocol.registration.registration_refusals import InvalidClientMetadata


@contextmanager
def transaction() -> Iterator[None]:
    yield


@pytest.mark.parametrize(
    "refusal",
    [
        RefusedToClient("access_denied", "No."),
        RefusedToPerson("unknown_client", "No."),
        RegistrationRefused(401, {}),
        InvalidClientMetadata("scope", "must be something"),
    ],
)
def test_a_refusal_leaves_a_transaction_as_what_it_is(refusal: Exception) -> None:
    with pytest.raises(type(refusal)) as raised, transaction():
        raise refusal

    assert raised.value is refusal
