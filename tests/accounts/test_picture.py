"""Pictures of people: what is made of a file that may be anything."""

import struct
import zlib
from io import BytesIO
from typing import Any

import pytest
from PIL import ExifTags, Image, PngImagePlugin

from idp.accounts.picture import LARGEST_FILE, PictureProblem, redrawn

RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)
SCRIPT = b"<script>alert(document.domain)</script>"


def file_of(picture: Image.Image, kind: str, **more: Any) -> bytes:
    written = BytesIO()
    picture.save(written, kind, **more)
    return written.getvalue()


def plain(kind: str = "PNG", size: tuple[int, int] = (300, 300), mode: str = "RGB", **more: Any) -> bytes:
    return file_of(Image.new(mode, size, RED if mode == "RGB" else None), kind, **more)


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_that_claims(width: int, height: int, data: bytes = b"") -> bytes:
    """A PNG of a few bytes that claims to be of any size."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", data or zlib.compress(bytes(1000))) + chunk(b"IEND", b"")


def webp_that_claims(side: int) -> bytes:
    """A WebP of a few bytes whose canvas is of any size."""
    still = file_of(Image.new("RGBA", (1, 1)), "WEBP", lossless=True)
    frame = bytes(12) + bytes((100, 0, 0, 0)) + still[still.find(b"VP8L") :]
    canvas = bytes((0x12, 0, 0, 0)) + 2 * struct.pack("<I", side - 1)[:3]
    parts = ((b"VP8X", canvas), (b"ANIM", bytes(6)), (b"ANMF", frame))
    body = b"WEBP" + b"".join(name + struct.pack("<I", len(data)) + data for name, data in parts)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def jpeg_of_many_passes() -> bytes:
    """A progressive JPEG whose last pass comes again and again: each is a few bytes, and a picture's work."""
    once = file_of(Image.new("RGB", (4096, 4096), RED), "JPEG", progressive=True)
    last = once.rindex(b"\xff\xda")
    return once[:last] + once[last:-2] * 2000 + b"\xff\xd9"


def opened(made: bytes) -> Image.Image:
    picture = Image.open(BytesIO(made))
    picture.load()
    return picture


def near(pixel: Any, colour: tuple[int, int, int]) -> bool:
    return all(abs(is_now - was) < 40 for is_now, was in zip(pixel, colour, strict=True))


@pytest.mark.parametrize(
    "file",
    [
        plain("PNG"),
        plain("JPEG"),
        plain("JPEG", progressive=True),
        plain("WEBP"),
        plain("PNG", mode="P"),
        plain("PNG", mode="1"),
        plain("PNG", mode="LA"),
        plain("PNG", mode="I;16"),
        plain("JPEG", mode="L"),
        plain("JPEG", mode="CMYK"),
        plain("PNG", size=(4096, 300)),
    ],
)
def test_what_people_have_becomes_a_square_jpeg(file: bytes) -> None:
    made = opened(redrawn(file))

    assert (made.format, made.mode, made.size) == ("JPEG", "RGB", (256, 256))


def test_a_small_picture_stays_small() -> None:
    assert opened(redrawn(plain(size=(48, 60)))).size == (48, 48)
    assert opened(redrawn(plain(size=(4096, 1)))).size == (1, 1)


def test_the_middle_is_what_is_shown() -> None:
    wide = Image.new("RGB", (900, 300), BLUE)
    wide.paste(GREEN, (300, 0, 600, 300))

    made = opened(redrawn(file_of(wide, "PNG")))

    assert all(near(made.getpixel(corner), GREEN) for corner in ((8, 8), (247, 8), (8, 247), (247, 247)))


def test_what_is_transparent_is_white() -> None:
    made = opened(redrawn(file_of(Image.new("RGBA", (300, 300), (*RED, 0)), "PNG")))

    assert near(made.getpixel((128, 128)), WHITE)


def test_a_picture_lies_as_the_camera_was_held() -> None:
    sideways, exif = Image.new("RGB", (300, 300), BLUE), Image.Exif()
    sideways.paste(RED, (0, 0, 300, 150))
    exif[ExifTags.Base.Orientation] = 6  # to be turned by 90 degrees, clockwise

    made = opened(redrawn(file_of(sideways, "JPEG", exif=exif)))

    assert near(made.getpixel((240, 128)), RED)
    assert near(made.getpixel((16, 128)), BLUE)


def test_only_pixels_survive() -> None:
    exif, said = Image.Exif(), PngImagePlugin.PngInfo()
    exif[ExifTags.Base.Artist] = "somebody"
    exif.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitude] = (52.0, 31.0, 12.0)
    said.add_text("Comment", "somebody")
    files = [
        plain("JPEG", exif=exif, comment=b"somebody", icc_profile=b"somebody" * 20) + SCRIPT,
        plain("PNG", exif=exif, pnginfo=said) + SCRIPT,
        plain("WEBP", exif=exif, xmp=b"somebody"),
    ]

    for file in files:
        assert b"somebody" in file
        made = redrawn(file)
        assert not any(trace in made for trace in (b"somebody", b"Exif", b"ICC_PROFILE", b"<script"))
        assert dict(opened(made).getexif()) == {}


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_of_an_animation_the_first_frame_is_taken(kind: str) -> None:
    frames = [Image.new("RGB", (64, 64), (number, 255 - number, number // 2)) for number in range(1, 200)]
    file = file_of(
        Image.new("RGB", (64, 64), RED), kind, save_all=True, append_images=frames, duration=10, lossless=True
    )

    made = opened(redrawn(file))

    assert getattr(made, "n_frames", 1) == 1
    assert near(made.getpixel((32, 32)), RED)


@pytest.mark.parametrize(
    "file",
    [
        b"",
        b"\x00",
        b"GIF89a",
        plain("GIF", mode="P"),
        plain("BMP"),
        plain("TIFF"),
        plain("ICO"),
        plain("PPM"),
        plain("JPEG2000"),
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 100 100\nshowpage\n",
        b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
        b"<!doctype html>" + SCRIPT,
        SCRIPT + plain("PNG"),
        b"\x89PNG\r\n\x1a\n" + SCRIPT,
        b"\xff\xd8\xff\xe0" + SCRIPT,
        b"RIFF\xff\xff\xff\xffWEBP" + SCRIPT,
        plain("PNG")[:-60],
        plain("JPEG")[:200],
        plain("WEBP")[:40],
        plain("PNG").replace(b"IDAT", b"IDAX"),
        png_that_claims(300, 300, b"not compressed"),
        png_that_claims(0, 0),
    ],
)
def test_what_is_none_of_the_three_formats_or_damaged_is_refused(file: bytes) -> None:
    with pytest.raises(PictureProblem, match="no PNG, JPEG or WebP"):
        redrawn(file)


@pytest.mark.parametrize(
    "file",
    [
        png_that_claims(50_000, 50_000),
        png_that_claims(4097, 1),
        png_that_claims(1, 4097),
        png_that_claims(2**31 - 1, 1),
        png_that_claims(9_000, 9_000, zlib.compress(bytes(27_009_000))),
        webp_that_claims(16_383),
    ],
)
def test_a_few_bytes_that_claim_to_be_huge_are_refused_before_they_are_decoded(file: bytes) -> None:
    with pytest.raises(PictureProblem, match="4096"):
        redrawn(file)


def test_compressed_text_is_no_way_to_fill_the_memory() -> None:
    picture, bomb = plain("PNG"), zlib.compress(bytes(64 * 1024 * 1024))
    behind_the_header = picture.index(b"IDAT") - 4
    file = picture[:behind_the_header] + chunk(b"zTXt", b"Comment\0\0" + bomb) + picture[behind_the_header:]

    with pytest.raises(PictureProblem):
        redrawn(file)


def test_a_jpeg_of_very_many_passes_is_refused() -> None:
    file = jpeg_of_many_passes()
    assert len(file) < LARGEST_FILE

    with pytest.raises(PictureProblem, match="passes"):
        redrawn(file)


def test_more_than_two_megabytes_are_refused() -> None:
    with pytest.raises(PictureProblem, match="2 MB"):
        redrawn(plain("PNG") + bytes(LARGEST_FILE))
