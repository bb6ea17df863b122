"""What is hashed into a session state, and for which origin (Session Management 1.0 section 2)."""

import hashlib

import pytest

from idp.protocol.logout.session_state import origin_of, session_state
from idp.web.cookies import browser_state_of


def test_a_session_state_is_the_digest_of_what_both_sides_know_and_its_salt() -> None:
    state = session_state("client-1", "https://rp.example/callback?x=1", "browser", salt="salt")

    assert state == hashlib.sha256(b"client-1 https://rp.example browser salt").hexdigest() + ".salt"


def test_every_answer_has_a_salt_of_its_own() -> None:
    first, second = (session_state("client-1", "https://rp.example/", "browser") for _ in range(2))

    assert first != second
    assert " " not in first


def test_another_session_or_none_has_another_state() -> None:
    states = {
        session_state("c", "https://rp.example/", browser_state_of(secret), salt="s") for secret in ("one", "two", None)
    }

    assert len(states) == 3


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://rp.example/callback", "https://rp.example"),
        ("https://rp.example:443/callback", "https://rp.example"),
        ("https://RP.example:8443/", "https://rp.example:8443"),
        ("http://127.0.0.1:80/", "http://127.0.0.1"),
        ("http://[::1]:8080/", "http://[::1]:8080"),
    ],
)
def test_an_origin_is_written_as_browsers_write_it(url: str, origin: str) -> None:
    assert origin_of(url) == origin
