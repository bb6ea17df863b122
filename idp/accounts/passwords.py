"""Passwords: argon2id, one cost for every name, and a policy without riddles (SP 800-63B-4 section 3.1.1)."""

import unicodedata
from dataclasses import dataclass
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

LONGEST = 256


@dataclass(frozen=True, slots=True)
class HashCost:
    """The parameters of argon2id. OWASP's equal settings differ in what parallel guessing costs: memory is dearest."""

    memory_kib: int = 47_104
    time: int = 1
    parallelism: int = 1


class Passwords:
    """Hashes and verifies: tens of milliseconds and mebibytes each, so on the hashing lane, and holding nothing.

    Passwords are normalised (NFC) first, so that the same word typed on another keyboard is the same password.
    """

    def __init__(self, cost: HashCost, *, minimum_length: int) -> None:
        self._hasher = PasswordHasher(
            time_cost=cost.time, memory_cost=cost.memory_kib, parallelism=cost.parallelism, hash_len=32, salt_len=16
        )
        self._minimum = minimum_length
        self._of_nobody: str | None = None

    def hash(self, password: str) -> str:
        """A new hash with today's cost."""
        return self._hasher.hash(_normal(password))

    def verify(self, password_hash: str | None, password: str) -> bool:
        """Whether this is the password. None costs the same as a wrong one, so that time does not tell who exists."""
        if self._of_nobody is None:
            self._of_nobody = self.hash("the password of nobody")
        usable = len(password) <= LONGEST and "\0" not in password
        try:
            self._hasher.verify(password_hash or self._of_nobody, _normal(password) if usable else "")
        except (VerificationError, InvalidHashError):
            return False
        return usable and password_hash is not None

    def needs_rehash(self, password_hash: str) -> bool:
        """Whether the hash was made at another cost than today's."""
        return self._hasher.check_needs_rehash(password_hash)

    def problem_with(self, password: str, *, about: tuple[str, ...] = ()) -> str | None:
        """Why this cannot become a password, as a sentence for the person; None when it can.

        Args:
            about: Words that everybody would try first: the address, the name, the product.
        """
        if len(password) < self._minimum:
            return f"Use at least {self._minimum} characters. Several words in a row are easy to remember."
        if len(password) > LONGEST:
            return f"Use at most {LONGEST} characters."
        if not password.isprintable() and any(unicodedata.category(character) == "Cc" for character in password):
            return "Control characters cannot be part of a password."
        plain = _normal(password).casefold()
        if len(set(plain)) < 5:
            return "Use more different characters."
        for word in about:
            if word and len(plain.replace(word.casefold(), "")) < self._minimum // 2:
                return "The password is too close to your name or address."
        if plain in _common() or _halved(plain) in _common():
            return "This password is one that attackers try first. Choose another one."
        return None


def _normal(password: str) -> str:
    return unicodedata.normalize("NFC", password)


def _halved(password: str) -> str:
    """The first half of a password that says the same thing twice."""
    half = len(password) // 2
    return password[:half] if password[:half] == password[half:] else password


@cache
def _common() -> frozenset[str]:
    """Passwords known from leaks, by courtesy of zxcvbn; read when first needed, since it takes a few megabytes."""
    from zxcvbn.frequency_lists import FREQUENCY_LISTS

    return frozenset(FREQUENCY_LISTS["passwords"])
