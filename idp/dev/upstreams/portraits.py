"""Portraits of the personas: a head and shoulders, in a colour for each of them, as a PNG made by hand."""

import struct
import zlib
from functools import cache

_LIGHT = bytes((245, 240, 232))
_GREY = bytes((150, 150, 150))


@cache
def portrait(name: str, side: int = 128) -> bytes:
    """A square picture of somebody."""
    return _png(side, bytes(60 + (zlib.crc32(f"{name}/{part}".encode()) % 130) for part in "rgb"))


@cache
def outline(side: int = 128) -> bytes:
    """What is shown of everybody who has no picture."""
    return _png(side, _GREY)


def _png(side: int, colour: bytes) -> bytes:
    head, shoulders = (0.5, 0.38, 0.18), (0.5, 1.02, 0.40)

    def inside(x: int, y: int) -> bool:
        return any(
            (x / side - across) ** 2 + (y / side - down) ** 2 < size**2 for across, down, size in (head, shoulders)
        )

    lines = (b"\0" + b"".join(_LIGHT if inside(x, y) else colour for x in range(side)) for y in range(side))
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(b"".join(lines))), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )
