"""Codes of six digits: what keeps them from being guessed is that there are few of them, and few guesses of each."""

from sqlalchemy import func, select

from idp.store.email_proofs import email_proofs
from tests.federation.world import Traveller, world
from tests.flows.people import FormBrowser, mails, new_address
from tests.running import PASSWORD, Running

MAILS = 3


def codes_for(provider: Running, email: str) -> int:
    """How many codes there are, or were, that would prove an address."""
    asked = select(func.count()).where(email_proofs.c.email_key == email, email_proofs.c.code_digest.is_not(None))
    with provider.database.autocommit() as db:
        return db.execute(asked).scalar_one()


def test_a_mail_that_is_not_sent_has_no_code_that_could_be_guessed(provider: Running) -> None:
    browser, email = FormBrowser(provider), new_address()
    sent = browser.send(browser.get("/signup"), "/signup", email=email, password=PASSWORD, name="Ann Lee")
    page = browser.get(sent.headers["Location"])

    for _ in range(10):
        page = browser.get(browser.send(page, "/verify-email/resend").headers["Location"])

    # Nobody is told that no mail comes any more.
    assert page.status_code == 200
    assert len(mails(provider, email)) == MAILS
    assert codes_for(provider, email) == MAILS


def test_nor_has_one_for_somebody_who_comes_from_another_provider(database_url: str) -> None:
    limits = {"account_mails": MAILS, "source_mails": 1000, "source_sign_ups": 1000}
    with world(database_url, throttle=limits) as ours:
        traveller, email = Traveller(ours), new_address()
        page = traveller.browser.get(traveller.go("x", ours.meet("x", "xaver").key).headers["Location"])
        sent = traveller.browser.send(page, "/welcome", email=email, name="Xaver")
        page = traveller.browser.get(sent.headers["Location"])

        for _ in range(10):
            page = traveller.browser.get(traveller.browser.send(page, "/welcome/code/resend").headers["Location"])

        assert page.status_code == 200
        assert len(mails(ours.provider, email)) == MAILS
        assert codes_for(ours.provider, email) == MAILS
