"""What a new password has to be: long enough, and not what everybody tries first (SP 800-63B-4 section 3.1.1.2).

There are no rules of composition, and no expiry.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from idp.accounts.passwords import LONGEST, is_readable

_SHORTEST_CONTEXT_WORD = 4
_ENOUGH_BESIDES_CONTEXT = 8
_LONGEST_REPEATED = 8
_RUNS = ("0123456789", "abcdefghijklmnopqrstuvwxyz", "qwertyuiopasdfghjklzxcvbnm", "qwertzuiopasdfghjklyxcvbnm")


@dataclass(frozen=True, slots=True)
class PasswordPolicy:
    """The rules for new passwords.

    Attributes:
        minimum_length: In characters, after normalisation.
        product_name: A word that everybody would add first here.
    """

    minimum_length: int
    product_name: str

    def problem(self, password: str, *, email: str) -> str | None:
        """Why this password cannot be taken, as a sentence for the person; None when it can.

        Args:
            email: The person's address: its parts are no secret.
        """
        if not password:
            return "Choose a password."
        if not is_readable(password):
            return f"Use at most {LONGEST} characters, and only such as can be typed."
        normal = unicodedata.normalize("NFC", password)
        if len(normal) < self.minimum_length:
            return f"Use at least {self.minimum_length} characters."
        folded = normal.casefold()
        if _is_pattern(folded) or _is_common(folded):
            return "This password is among the first that others would try. Choose another one."
        if len(_without(folded, self._context_words(email))) < _ENOUGH_BESIDES_CONTEXT:
            return "Leave your address and the name of this service out of the password."
        return None

    def _context_words(self, email: str) -> list[str]:
        local, _, domain = email.casefold().partition("@")
        words = {email.casefold(), local, domain, *re.split(r"[._+\-]", f"{local}.{domain}")}
        product = self.product_name.casefold()
        words |= {product, product.replace(" ", ""), *product.split()}
        return sorted((word for word in words if len(word) >= _SHORTEST_CONTEXT_WORD), key=len, reverse=True)


def _without(password: str, words: Iterable[str]) -> str:
    for word in words:
        password = password.replace(word, "")
    return password


def _is_common(password: str) -> bool:
    """Whether the password, or what is left of it without digits and signs around it, is on the list of common ones."""
    stem = re.sub(r"^[\W\d_]+|[\W\d_]+$", "", password)
    return password in _common_passwords() or (len(stem) >= _LONGEST_REPEATED and stem in _common_passwords())


def _is_pattern(password: str) -> bool:
    """Whether the password is something short over and over, or runs along the alphabet, the digits or the keyboard."""
    size = len(password)
    for period in range(1, size // 2 + 1):
        part = password[:period]
        if (part * (size // period + 1))[:size] == password:
            return period <= _LONGEST_REPEATED or part in _common_passwords()
    repeats = size // 10 + 2
    return any(password in run * repeats or password in run[::-1] * repeats for run in _RUNS)


@cache
def _common_passwords() -> frozenset[str]:
    """The 30,000 most common passwords. Read at the first new password: a server that only signs people in has none."""
    from zxcvbn.frequency_lists import FREQUENCY_LISTS

    return frozenset(FREQUENCY_LISTS["passwords"])
