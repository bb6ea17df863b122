import pytest
from hypothesis import given
from hypothesis import strategies as st

from keys.sealing import Sealer, UnsealError

KEK = bytes(range(32))
BOX = Sealer(KEK).for_purpose("signing-key")
SEALED = BOX.seal(b"private", b"RS256:k1")


def test_what_was_sealed_opens_in_its_context() -> None:
    assert BOX.open(SEALED, b"RS256:k1") == b"private"


def test_sealing_twice_gives_different_blobs() -> None:
    assert BOX.seal(b"private", b"RS256:k1") != SEALED


def test_a_blob_does_not_open_in_another_context() -> None:
    with pytest.raises(UnsealError):
        BOX.open(SEALED, b"RS256:k2")


def test_a_blob_does_not_open_for_another_purpose() -> None:
    with pytest.raises(UnsealError):
        Sealer(KEK).for_purpose("totp").open(SEALED, b"RS256:k1")


def test_a_blob_does_not_open_under_another_key_encryption_key() -> None:
    with pytest.raises(UnsealError):
        Sealer(bytes(32)).for_purpose("signing-key").open(SEALED, b"RS256:k1")


@given(place=st.integers(0, len(SEALED) - 1), flip=st.integers(1, 255))
def test_a_blob_with_any_byte_changed_does_not_open(place: int, flip: int) -> None:
    changed = bytearray(SEALED)
    changed[place] ^= flip

    with pytest.raises(UnsealError):
        BOX.open(bytes(changed), b"RS256:k1")


@given(length=st.integers(0, len(SEALED) - 1))
def test_a_blob_cut_off_anywhere_does_not_open(length: int) -> None:
    with pytest.raises(UnsealError):
        BOX.open(SEALED[:length], b"RS256:k1")


@pytest.mark.parametrize("length", [0, 16, 31, 33])
def test_a_key_encryption_key_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        Sealer(bytes(length))


def test_the_representation_shows_no_key() -> None:
    assert KEK.hex() not in repr(Sealer(KEK)) + repr(BOX)
    assert repr(KEK) not in repr(Sealer(KEK)) + repr(BOX)
