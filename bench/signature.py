"""The unit of measurement: one RSA-2048 signature, with the key in memory."""

import time

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def signature_ms(*, seconds: float = 0.5) -> float:
    """CPU milliseconds of one signature, here and now."""
    data, pad, digest = b"a" * 500, padding.PKCS1v15(), hashes.SHA256()
    for _ in range(20):
        _KEY.sign(data, pad, digest)
    began, count = time.process_time(), 0
    while time.process_time() - began < seconds:
        for _ in range(50):
            _KEY.sign(data, pad, digest)
        count += 50
    return (time.process_time() - began) / count * 1000
