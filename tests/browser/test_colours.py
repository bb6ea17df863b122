"""The colours of the stylesheet can be told apart, light and dark (WCAG 2.2, success criteria 1.4.3 and 1.4.11)."""

import re

import pytest

from idp.web.assets import assets_dir

_TEXT, _EDGE = 4.5, 3.0
_STANDS_ON = {
    "ink": ("ground", "card", "tint", "caution-tint", "wrong-tint"),
    "quiet": ("ground", "card", "tint"),
    "accent": ("ground", "card", "tint"),
    "wrong": ("card", "wrong-tint"),
    "caution": ("caution-tint",),
    "on-accent": ("accent", "accent-strong"),
    "edge": ("card",),
}


def _schemes() -> dict[str, dict[str, str]]:
    blocks = re.findall(r":root \{(.*?)\}", (assets_dir("static") / "idp.css").read_text("utf-8"), re.DOTALL)
    light, dark = (dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", block)) for block in blocks[:2])
    return {"light": light, "dark": {**light, **dark}}


def _luminance(colour: str) -> float:
    """Relative luminance, as the guidelines define it."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one: str, other: str) -> float:
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("upper", "below"), [(upper, below) for upper in _STANDS_ON for below in _STANDS_ON[upper]])
def test_a_colour_is_told_apart_from_what_it_stands_on(scheme: str, upper: str, below: str) -> None:
    colours = _schemes()[scheme]
    assert _contrast(colours[upper], colours[below]) >= (_EDGE if upper == "edge" else _TEXT)
