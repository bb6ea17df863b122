"""Pictures of people, drawn anew: whatever a stranger's server sent, what is kept was made here.

The one module that opens pictures. Of a file that may be anything only pixels survive: no metadata (where it was
taken, say), no second meaning for whoever looks at the bytes in another way, no trailing data.
"""

from io import BytesIO

from PIL import Image, ImageOps, JpegImagePlugin, PngImagePlugin, WebPImagePlugin

LARGEST_FILE = 2 * 1024 * 1024
MEDIA_TYPE = "image/jpeg"
"""Of every picture that is kept."""
SIDE = 256
"""How many pixels wide and high a picture is at most."""

_LONGEST_SIDE = 4096
_MOST_PASSES = 50
_QUALITY = 85
_BACKGROUND = (255, 255, 255)
# Named here, so that Pillow loads these and none of its rare ones: every decoder is a way in.
_FORMATS = (
    PngImagePlugin.PngImageFile.format,
    JpegImagePlugin.JpegImageFile.format,
    WebPImagePlugin.WebPImageFile.format,
)
# Ours is lower, and asked before anything is decoded; Pillow's would only warn, on the standard error.
Image.MAX_IMAGE_PIXELS = None
_JPEG = b"\xff\xd8"
_PASS_OF_JPEG = b"\xff\xda"


class PictureProblem(Exception):
    """No picture can be made of it. The sentence is fixed: nothing of the file is in it."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


def redrawn(file: bytes) -> bytes:
    """A JPEG of the middle square, at most 256 pixels wide, on white where the picture is transparent.

    Of an animation the first frame is taken. The size that a file claims is judged before anything is decoded: a few
    bytes can claim to be gigabytes.

    Raises:
        PictureProblem: No PNG, JPEG or WebP, damaged, or too large in bytes or pixels.
    """
    if len(file) > LARGEST_FILE:
        raise PictureProblem("the picture is larger than 2 MB")
    # Each pass over a JPEG costs as much as a whole picture, and takes a few bytes. Elsewhere in one these two bytes
    # do not stand side by side.
    if file.startswith(_JPEG) and file.count(_PASS_OF_JPEG) > _MOST_PASSES:
        raise PictureProblem("the picture is drawn in too many passes")
    try:
        with Image.open(BytesIO(file), formats=_FORMATS) as picture:
            return _drawn(picture)
    except PictureProblem:
        raise
    except Exception:  # noqa: BLE001  decoders have no one way to say that a file is damaged
        raise PictureProblem("it is no PNG, JPEG or WebP, or a damaged one") from None


def _drawn(picture: Image.Image) -> bytes:
    if max(picture.size) > _LONGEST_SIDE:
        raise PictureProblem(f"the picture has more than {_LONGEST_SIDE} pixels on a side")
    # A hint to the decoder of JPEG, which then makes few pixels where many would be thrown away.
    picture.draft("RGB", (SIDE, SIDE))
    upright = ImageOps.exif_transpose(picture)
    side = min(*upright.size, SIDE)
    square = ImageOps.fit(upright.convert("RGBA"), (side, side))
    # On a sheet of our own: comments and profiles would come along with a copy of theirs.
    sheet = Image.new("RGB", square.size, _BACKGROUND)
    sheet.paste(square, mask=square.getchannel("A"))
    made = BytesIO()
    sheet.save(made, "JPEG", quality=_QUALITY)
    return made.getvalue()
