"""Hashing and the policy for new passwords."""

import unicodedata

import pytest

from idp.accounts.password_policy import PasswordPolicy
from idp.accounts.passwords import LONGEST, Passwords
from tests.accounts.people import PASSWORD, cheap_passwords

POLICY = PasswordPolicy(15, "Acme Accounts")


def test_a_password_is_verified_and_another_is_not() -> None:
    passwords = cheap_passwords()
    stored = passwords.hash(PASSWORD)

    assert passwords.verify(stored, PASSWORD)
    assert not passwords.verify(stored, PASSWORD + "x")


def test_the_default_cost_is_written_into_the_hash() -> None:
    stored = Passwords(memory_mib=46, time=1, parallelism=1).hash(PASSWORD)

    assert stored.startswith("$argon2id$v=19$m=47104,t=1,p=1$")


def test_a_hash_of_another_cost_is_due_for_renewal() -> None:
    stored = Passwords(memory_mib=2, time=1, parallelism=1).hash(PASSWORD)

    assert cheap_passwords().needs_rehash(stored)
    assert not cheap_passwords().needs_rehash(cheap_passwords().hash(PASSWORD))


def test_nobody_has_a_password() -> None:
    assert not cheap_passwords().verify(None, PASSWORD)


def test_refusing_nobody_computes_one_hash_of_the_same_cost() -> None:
    passwords = cheap_passwords()
    stored = passwords.hash(PASSWORD)

    passwords.verify(stored, "wrong")
    passwords.verify(None, "wrong")

    real, dummy = (encoded.split("$") for encoded in passwords.computed)
    assert dummy[:4] == real[:4]
    assert [len(part) for part in dummy] == [len(part) for part in real]
    assert not passwords.needs_rehash(passwords.computed[1])


def test_the_same_word_typed_on_another_system_is_the_same_password() -> None:
    passwords, typed = cheap_passwords(), "ein schöner langer Satz"

    stored = passwords.hash(unicodedata.normalize("NFD", typed))

    assert passwords.verify(stored, unicodedata.normalize("NFC", typed))


def test_long_passwords_are_not_cut() -> None:
    passwords, base = cheap_passwords(), "x" * (LONGEST - 1)
    stored = passwords.hash(base + "a")

    assert passwords.verify(stored, base + "a")
    assert not passwords.verify(stored, base + "b")


@pytest.mark.parametrize("password", ["a\0b" * 10, "x" * (LONGEST + 1), "x" * 1_000_000])
def test_unreadable_passwords_fit_nothing(password: str) -> None:
    passwords = cheap_passwords()

    assert not passwords.verify(passwords.hash("x" * LONGEST), password)


def test_a_broken_hash_fits_nothing() -> None:
    assert not cheap_passwords().verify("not a hash", PASSWORD)


@pytest.mark.parametrize(
    "password",
    [
        "",
        "short",
        "x" * (LONGEST + 1),
        "long enough\0 but with NUL",
        "passwordpassword",
        "Password12345678!",
        "aaaaaaaaaaaaaaaa",
        "abcabcabcabcabcabc",
        "123456789012345678",
        "abcdefghijklmnopqrs",
        "qwertyuiopasdfgh",
        "zyxwvutsrqponmlkj",
        "ann.lee@example.com",
        "ann.lee@example.com1",
        "AcmeAccounts2026",
        "acme accounts 1!",
    ],
)
def test_weak_passwords_are_refused_with_a_sentence(password: str) -> None:
    problem = POLICY.problem(password, email="ann.lee@example.com")

    assert problem is not None
    assert problem.endswith(".")


@pytest.mark.parametrize(
    "password", [PASSWORD, "correct horse battery staple", "日本語のとても長いパスワードです", "k7#Qm2!vX9pL4zR$"]
)
def test_good_passwords_are_taken_without_rules_of_composition(password: str) -> None:
    assert POLICY.problem(password, email="ann.lee@example.com") is None
