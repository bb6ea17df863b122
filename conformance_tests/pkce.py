"""The proof that who redeems a code is who asked for it (RFC 7636)."""

from base64 import urlsafe_b64encode
from hashlib import sha256


def s256_challenge(verifier: str) -> str:
    """The challenge that belongs to a verifier (section 4.2)."""
    return urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()
