"""Secrets at rest: AES-256-GCM under keys derived, one for each purpose, from the key-encryption key.

A sealed blob is: version (1 byte), nonce (12 bytes), ciphertext with tag. The version and the context are
authenticated, so a blob cannot be moved to another row, nor opened for another purpose.
"""

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_VERSION = b"\x01"
_NONCE_BYTES = 12
_TAG_BYTES = 16
_KEY_BYTES = 32


class UnsealError(Exception):
    """A blob cannot be opened: wrong key-encryption key, wrong context, or changed since it was sealed."""


class Sealer:
    """Derives boxes from the key-encryption key; the key itself encrypts nothing."""

    __slots__ = ("_kek",)

    def __init__(self, kek: bytes) -> None:
        """Take the key-encryption key.

        Raises:
            ValueError: It is not 32 bytes long.
        """
        if len(kek) != _KEY_BYTES:
            raise ValueError("the key-encryption key must be 32 bytes long")
        self._kek = kek

    def for_purpose(self, purpose: str) -> "Box":
        """The box for one purpose; no other purpose's box opens its blobs (RFC 5869 section 3.2)."""
        return Box(self._derived(b"idp sealing v1: " + purpose.encode()))

    def secret_for(self, purpose: str) -> bytes:
        """32 bytes for one purpose other than sealing, such as authenticating forms; the same on every node."""
        return self._derived(b"idp secret v1: " + purpose.encode())

    def _derived(self, info: bytes) -> bytes:
        return HKDF(algorithm=SHA256(), length=_KEY_BYTES, salt=None, info=info).derive(self._kek)


class Box:
    """Seals and opens secrets of one purpose. Safe to share between threads."""

    __slots__ = ("_cipher",)

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)

    def seal(self, plaintext: bytes, context: bytes) -> bytes:
        """Encrypt under a fresh random nonce. The context is not stored; `open` has to be given the same."""
        nonce = os.urandom(_NONCE_BYTES)
        return _VERSION + nonce + self._cipher.encrypt(nonce, plaintext, _VERSION + context)

    def open(self, sealed: bytes, context: bytes) -> bytes:
        """Decrypt.

        Raises:
            UnsealError: Wrong key, wrong context, changed, cut off, or of a version this release does not know.
        """
        if sealed[:1] != _VERSION or len(sealed) < 1 + _NONCE_BYTES + _TAG_BYTES:
            raise UnsealError("not a sealed blob of a version that this release knows")
        nonce, ciphertext = sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :]
        try:
            return self._cipher.decrypt(nonce, ciphertext, _VERSION + context)
        except InvalidTag as error:
            raise UnsealError("sealed with another key or for another place, or changed since") from error
