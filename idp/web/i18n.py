"""Which language a page speaks, and its words.

English sentences are their own keys, so a page can always be read; `idp.web.catalogues` holds the other languages.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from idp.web.catalogues import (
    german,
    german_answers,
    german_devices,
    german_profile,
    german_providers,
    german_signing_out,
)

DEFAULT = "en"
CATALOGUES: Mapping[str, Mapping[str, str]] = {
    "en": {},
    "de": german.SENTENCES
    | german_answers.SENTENCES
    | german_devices.SENTENCES
    | german_profile.SENTENCES
    | german_providers.SENTENCES
    | german_signing_out.SENTENCES,
}
LANGUAGES: Mapping[str, str] = {"en": "English", "de": "Deutsch"}
COOKIE = "op_lang"

_LONGEST_LIST = 20
_NUMBER = re.compile(r"[0-9]+")


def choose(*, ui_locales: str | None, cookie: str | None, accept_language: str | None) -> str:
    """Choose the first language we speak: as the client asked, as the person chose before, as the browser is set.

    Args:
        ui_locales: Space-separated BCP 47 tags in order of preference (OpenID Connect Core 1.0, section 3.1.2.1).
            A tag we do not speak is no error.
    """
    for tag in _wishes(ui_locales, cookie, accept_language):
        language = tag.partition("-")[0].strip().lower()
        if language in LANGUAGES:
            return language
    return DEFAULT


def translated(language: str, sentence: str) -> str:
    """The sentence in `language`, or as it is where the catalogue has none. Numbers in it may be any."""
    catalogue = CATALOGUES.get(language, {})
    found = catalogue.get(sentence)
    if found is None and (found := catalogue.get(_NUMBER.sub("#", sentence))) is not None:
        for number in _NUMBER.findall(sentence):
            found = found.replace("#", number, 1)
    return sentence if found is None else found


def _wishes(ui_locales: str | None, cookie: str | None, accept_language: str | None) -> Iterator[str]:
    yield from (ui_locales or "").split()[:_LONGEST_LIST]
    if cookie:
        yield cookie
    yield from _by_weight(accept_language or "")


def _by_weight(accept_language: str) -> list[str]:
    """The tags of Accept-Language, heaviest first (RFC 9110 section 12.5.4). What cannot be read weighs nothing."""
    weighed: list[tuple[float, str]] = []
    for part in accept_language.split(",")[:_LONGEST_LIST]:
        tag, _, parameter = part.partition(";")
        name, _, digits = parameter.partition("=")
        weight = 1.0
        if name.strip() == "q":
            digits = digits.strip()
            weight = float(digits) if digits.replace(".", "", 1).isdecimal() and digits.isascii() else 0.0
        if weight > 0:
            weighed.append((weight, tag.strip()))
    return [tag for _, tag in sorted(weighed, key=lambda entry: -entry[0])]
