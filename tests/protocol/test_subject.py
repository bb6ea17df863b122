"""Subjects: a fact about secret, sector and account, and about nothing else."""

import base64
import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.protocol.clients.client import RegisteredClient
from idp.protocol.clients.subject import Subjects, sector_of
from tests.protocol.samples import client

SECRET = bytes(range(32))
SUBJECTS = Subjects(SECRET)


def pairwise(*redirect_uris: str, **registered: object) -> RegisteredClient:
    return client(subject_type="pairwise", redirect_uris=list(redirect_uris), **registered)


def test_a_public_subject_is_the_account() -> None:
    assert SUBJECTS.of(client(), "alice") == "alice"


def test_a_pairwise_subject_is_an_hmac_of_sector_and_account() -> None:
    expected = hmac.new(SECRET, b"rp.example\0alice", hashlib.sha256).digest()

    subject = SUBJECTS.of(pairwise("https://rp.example/cb"), "alice")

    assert subject == base64.urlsafe_b64encode(expected).decode().rstrip("=")
    assert len(subject) == 43


def test_another_secret_makes_other_subjects() -> None:
    here = pairwise("https://rp.example/cb")

    assert SUBJECTS.of(here, "alice") != Subjects(bytes(32)).of(here, "alice")


@pytest.mark.parametrize(
    ("registered", "sector"),
    [
        ({"redirect_uris": ["https://rp.example/cb"]}, "rp.example"),
        ({"redirect_uris": ["https://RP.example:8443/cb?x=y", "https://rp.example/other"]}, "rp.example"),
        ({"redirect_uris": ["https://one.example/cb", "https://two.example/cb"]}, "client:rp"),
        ({"redirect_uris": ["com.example.app:/cb"]}, "client:rp"),
        ({"redirect_uris": ["http://127.0.0.1/cb"], "application_type": "native"}, "client:rp"),
        ({"redirect_uris": ["http://localhost:3000/cb"]}, "client:rp"),
        ({"redirect_uris": []}, "client:rp"),
        (
            {"redirect_uris": ["https://one.example/cb"], "sector_identifier_uri": "https://sector.example/uris"},
            "sector.example",
        ),
    ],
    ids=str,
)
def test_the_sector_is_the_host_that_stands_for_the_client(registered: dict[str, object], sector: str) -> None:
    assert sector_of(client(**registered)) == sector


@given(st.lists(st.text("abc\0.:-", min_size=1, max_size=6), min_size=2, max_size=2, unique=True))
def test_different_accounts_never_share_a_subject(accounts: list[str]) -> None:
    here = pairwise("https://rp.example/cb")

    assert SUBJECTS.of(here, accounts[0]) != SUBJECTS.of(here, accounts[1])


def test_no_sector_and_account_run_into_each_other() -> None:
    one, other = pairwise("https://a.example/cb"), pairwise("https://a.exampleb/cb")

    assert SUBJECTS.of(one, "b.alice") != SUBJECTS.of(other, ".alice")


def test_a_public_client_is_told_the_session_by_its_id() -> None:
    assert SUBJECTS.session_of(client(), "s-1") == "s-1"


def test_the_name_of_a_session_is_never_the_subject_of_an_account_with_the_same_id() -> None:
    here = pairwise("https://rp.example/cb")

    assert SUBJECTS.session_of(here, "1") not in {"1", SUBJECTS.of(here, "1")}
    assert SUBJECTS.session_of(here, "1") != SUBJECTS.session_of(pairwise("https://other.example/cb"), "1")
