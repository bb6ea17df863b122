"""One canonical address for every way of writing it, and none for what only looks like it."""

import pytest

from idp.accounts.email_address import EmailProblem, parse_address


@pytest.mark.parametrize("typed", ["Ann.Lee@Example.COM", " ann.lee@example.com ", "ANN.LEE@EXAMPLE.com\t"])
def test_case_and_outer_spaces_do_not_make_another_address(typed: str) -> None:
    assert parse_address(typed).key == "ann.lee@example.com"


def test_what_was_typed_is_kept_for_display_with_an_ascii_domain() -> None:
    address = parse_address("Ann@Bücher.de")

    assert address.text == "Ann@xn--bcher-kva.de"
    assert address.key == "ann@xn--bcher-kva.de"


@pytest.mark.parametrize("other", ["annlee@example.com", "ann.lee+shop@example.com"])
def test_dots_and_plus_signs_are_not_folded(other: str) -> None:
    assert parse_address(other).key != parse_address("ann.lee@example.com").key


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "ann",
        "ann@",
        "@example.com",
        "ann@example.com,bob@example.com",
        "ann@example.com\r\nBcc: bob@example.com",
        "ann\x00@example.com",
        "an n@example.com",
        "ann\u200b@example.com",
        "ann\u202e@example.com",
        "\u212aim@example.com",
        "\uff41nn@example.com",
        "d\u0131na@example.com",
        '"ann"@example.com',
        "ann@[127.0.0.1]",
        "ann@localhost",
        "a" * 300 + "@example.com",
        "\ud800@example.com",
    ],
)
def test_what_is_no_plain_address_is_refused_with_a_sentence(typed: str) -> None:
    with pytest.raises(EmailProblem) as refused:
        parse_address(typed)

    assert str(refused.value).endswith(".")
