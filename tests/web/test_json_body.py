"""JSON bodies are read in exactly one way, or not at all."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.web.form import BODY_LIMIT, FormProblem
from idp.web.json_body import DEEPEST, JSON_TYPE, read_json


def test_a_document_is_what_was_sent() -> None:
    assert read_json('{"a": [1, true, null, "ä\\ud83d\\ude00"]}'.encode(), f"{JSON_TYPE}; charset=UTF-8") == {
        "a": [1, True, None, "ä\U0001f600"]
    }


@pytest.mark.parametrize(
    "encoded",
    [
        b"",
        b"{",
        b"{} {}",
        b"\xff",
        b'"\xed\xa0\x80"',
        b'{"a": 1, "a": 1}',
        b'[{"a": {"b": 1, "\\u0062": 2}}]',
        b'{"a": NaN}',
        b'{"a": -Infinity}',
        b'{"a": 1e999}',
        b'{"a": "\\u0000"}',
        b'{"\\u0000": "a"}',
        b'{"a": "\\ud800"}',
        b'{"\\udfff": 1}',
        b"[" * (DEEPEST + 1) + b"]" * (DEEPEST + 1),
        b'{"a":' * 8_000 + b"1" + b"}" * 8_000,
        b"[" * 60_000,
        b"1" + b"0" * 5_000,
        b"// a\n{}",
        b"{'a': 1}",
    ],
)
def test_what_others_could_read_differently_is_refused(encoded: bytes) -> None:
    with pytest.raises(FormProblem) as refused:
        read_json(encoded, JSON_TYPE)

    assert refused.value.status == 400


def test_a_document_may_be_nested_as_deep_as_the_limit_says() -> None:
    assert read_json(b"[" * DEEPEST + b"]" * DEEPEST, JSON_TYPE)


@pytest.mark.parametrize("media_type", ["", "text/plain", "application/x-www-form-urlencoded", "application/json5"])
def test_another_media_type_is_told_apart(media_type: str) -> None:
    with pytest.raises(FormProblem) as refused:
        read_json(b"{}", media_type)

    assert refused.value.status == 415


def test_a_large_body_is_told_apart() -> None:
    with pytest.raises(FormProblem) as refused:
        read_json(b'"' + b"a" * BODY_LIMIT + b'"', JSON_TYPE)

    assert refused.value.status == 413


@given(st.binary(max_size=60) | st.text(alphabet='{}[]",:0123456789eE.-\\u d8\0tn', max_size=60).map(str.encode))
def test_whatever_is_sent_is_read_or_refused(encoded: bytes) -> None:
    # Anything but a FormProblem would be an answer of ours that speaks of a mistake of ours.
    with suppress(FormProblem):
        read_json(encoded, JSON_TYPE)
