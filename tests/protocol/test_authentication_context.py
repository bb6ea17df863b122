"""`acr` is a fact about `amr`: nobody is told of a context that was not reached."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.protocol.authorization.authentication_context import ACR_VALUES, acr_of, reached_by

methods = st.lists(st.sampled_from(["pwd", "otp", "hwk", "fed", "mfa", "x"]), max_size=4)


@pytest.mark.parametrize("wanted", [(), ("1",), ("unheard-of", "1"), ("unheard-of",), ("2", "phr")])
def test_a_password_is_one_factor_whatever_is_wanted(wanted: tuple[str, ...]) -> None:
    assert acr_of(("pwd",), wanted) == "1"


@given(methods, st.lists(st.sampled_from([*ACR_VALUES, "0", "2", "phr"])))
def test_what_is_vouched_for_was_reached_and_is_the_first_wanted_one_that_was(
    amr: list[str], wanted: list[str]
) -> None:
    acr = acr_of(amr, wanted)

    assert acr in reached_by(amr)
    assert acr == next((each for each in wanted if each in reached_by(amr)), reached_by(amr)[0])


@given(methods, methods)
def test_another_method_never_takes_a_context_away(amr: list[str], more: list[str]) -> None:
    assert set(reached_by(amr)) <= set(reached_by([*amr, *more])) <= set(ACR_VALUES)
