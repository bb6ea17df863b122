"""Hashing passwords with argon2id (RFC 9106), at one cost for everybody.

Each call takes tens of milliseconds and gives the interpreter lock up meanwhile: made on the hashing lane, never while
a database connection is held.
"""

import base64
import ctypes
import secrets
import sys
import unicodedata

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

LONGEST = 256
"""Characters; longer passwords are refused rather than cut."""

_MIB = 1024 * 1024
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8
_SALT_BYTES = 16
_TAG_BYTES = 32


def keep_hashing_memory(memory_mib: int, *, threads: int) -> None:
    """Tell the allocator of this process to keep the memory of password hashes.

    By default glibc gives 46 MiB back after each hash and fetches fresh pages for the next, which is half of its time.
    One arena lets the hashing threads share what is kept. Where the allocator is another one, nothing is changed.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform.startswith("linux") else None
    if mallopt is not None:
        mallopt(_M_MMAP_THRESHOLD, 2 * memory_mib * _MIB)
        mallopt(_M_TRIM_THRESHOLD, (threads * memory_mib + 64) * _MIB)
        mallopt(_M_ARENA_MAX, 1)


class Passwords:
    """Hashes and verifies passwords.

    Args:
        memory_mib: Memory of one hash.
        time: Passes over that memory.
        parallelism: Lanes within one hash.
    """

    def __init__(self, *, memory_mib: int, time: int, parallelism: int) -> None:
        self._hasher = PasswordHasher(
            time_cost=time,
            memory_cost=memory_mib * 1024,
            parallelism=parallelism,
            hash_len=_TAG_BYTES,
            salt_len=_SALT_BYTES,
            type=Type.ID,
        )
        # What an unknown name is checked against. A random tag costs as much to refuse as a real one, and making it
        # costs nothing; no password is known that fits.
        self._nobody = (
            f"$argon2id$v=19$m={memory_mib * 1024},t={time},p={parallelism}"
            f"${_unpadded(secrets.token_bytes(_SALT_BYTES))}${_unpadded(secrets.token_bytes(_TAG_BYTES))}"
        )

    def hash(self, password: str) -> str:
        """Hash a password that the policy has accepted."""
        if not is_readable(password):
            raise ValueError("the policy has to refuse this password first")
        return self._hasher.hash(_normal(password))

    def verify(self, stored: str | None, password: str) -> bool:
        """Whether the password fits the stored hash.

        Costs the same for None (an unknown name, or an account without a password) as for a hash made with today's
        parameters. One made with others differs until its owner signs in and it is renewed.
        """
        if not is_readable(password):
            return False
        fits = self.fits(stored or self._nobody, password)
        return fits and stored is not None

    def fits(self, encoded: str, password: str) -> bool:
        """Compute the hash and compare: the work itself, which is done once for each verification."""
        try:
            return self._hasher.verify(encoded, _normal(password))
        except (VerificationError, InvalidHashError):
            return False

    def needs_rehash(self, stored: str) -> bool:
        """Whether a hash was made with other parameters than today's."""
        return self._hasher.check_needs_rehash(stored)


def is_readable(password: str) -> bool:
    """Whether a text can be a password at all. Tells nothing of anybody's, so it may be said at once."""
    return len(password) <= LONGEST and "\0" not in password


def _normal(password: str) -> bytes:
    """NFC, so that the same keys pressed on another system give the same password (SP 800-63B-4 section 3.1.1.2)."""
    # A lone surrogate cannot come from a form that is valid UTF-8; it must not become an exception all the same.
    return unicodedata.normalize("NFC", password).encode("utf-8", "surrogatepass")


def _unpadded(octets: bytes) -> str:
    return base64.b64encode(octets).rstrip(b"=").decode()
