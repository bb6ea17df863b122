"""What somebody tries with an address that is nearly another person's, or is: it opens nothing that is not theirs."""

from uuid import uuid4

import pytest

from tests.federation.world import Traveller, World
from tests.flows.people import code_in_mail, mails, new_address, somebody


@pytest.mark.parametrize(
    "email",
    [
        "{0}@GMAIL.COM",
        "{0}@\uff47mail.com",
        "{0}@gmail.com.",
        " {0}@gmail.com",
        "{0}@gmail.com ",
        "{0}@gmail.com\n",
        "\u200b{0}@gmail.com",
        "{0}\u00ad@gmail.com",
        '"{0}"@gmail.com',
        "{0}@evil.example,{0}@gmail.com",
        "{0}@evil.example <{0}@gmail.com>",
        "{0}(x)@gmail.com",
        "\uff58{0}@gmail.com",
        "{0}%40gmail.com@evil.example",
        "{0}@gmail.com@gmail.com",
        "{0}+x@gmail.com",
        "x.{0}@gmail.com",
    ],
    ids=ascii,
)
def test_another_spelling_of_an_address_opens_nobody_elses_account(world: World, email: str) -> None:
    local = f"v{uuid4().hex[:12]}"
    victim = world.provider.person_called(f"{local}@gmail.com")
    mallory = world.meet("google", "alice", email=email.format(local))
    traveller = Traveller(world)

    answer = traveller.go("google", mallory.key)

    if email in {"{0}@GMAIL.COM", " {0}@gmail.com"}:  # the same address, which Google gives to nobody else
        assert traveller.who() == victim.email
    else:
        assert answer.headers["Location"].startswith("/welcome?")
        assert traveller.who() is None
        assert world.identities(victim.id) == []


@pytest.mark.parametrize("letter", ["\u212a", "\u0131", "\u017f"])
def test_letters_that_become_others_in_another_case_are_other_letters(world: World, letter: str) -> None:
    # Kelvin, the i without a dot and the long s turn into k, I and S.
    plain = {"\u212a": "k", "\u0131": "i", "\u017f": "s"}[letter]
    rest = uuid4().hex[:12]
    victim = world.provider.person_called(f"{plain}{rest}@gmail.com")
    mallory = world.meet("google", "alice", email=f"{letter}{rest}@gmail.com")
    traveller = Traveller(world)
    page = traveller.browser.get(traveller.go("google", mallory.key).headers["Location"])

    refused = traveller.browser.send(page, "/welcome", email=f"{letter}{rest}@gmail.com")

    assert refused.status_code == 400
    assert traveller.who() is None
    assert world.identities(victim.id) == []


def test_the_form_of_the_question_sends_no_code_that_opens_a_known_account(world: World) -> None:
    victim, mallory, traveller = somebody(world.provider), world.meet("x", "xaver"), Traveller(world)
    page = traveller.browser.get(traveller.go("x", mallory.key).headers["Location"])
    sent = traveller.browser.send(page, "/welcome", email=victim.email.upper())
    code_page = traveller.browser.get(sent.headers["Location"])

    for code in ("", "000000", "123456"):
        assert traveller.browser.send(code_page, "/welcome/code", code=code).status_code == 400

    assert not any("code" in mail for mail in mails(world.provider, victim.email))
    assert world.identities(victim.id) == []


def test_a_code_that_was_mailed_elsewhere_is_of_no_use_after_another_was_asked_for(world: World) -> None:
    mine, victim, mallory, traveller = new_address(), new_address(), world.meet("x", "xaver"), Traveller(world)
    page = traveller.browser.get(traveller.go("x", mallory.key).headers["Location"])
    traveller.browser.send(page, "/welcome", email=mine)
    code = code_in_mail(world.provider, mine)

    sent = traveller.browser.send(page, "/welcome", email=victim)
    code_page = traveller.browser.get(sent.headers["Location"])
    answer = traveller.browser.send(code_page, "/welcome/code", code=code)

    assert answer.status_code == 400
    assert world.account(victim) is None
