from __future__ import annotations

import pytest

from idp.web.form import FIELD_LIMIT, FormProblem, read_body, read_query

FORM = "application/x-www-form-urlencoded"


def test_values_are_decoded_and_keep_their_order() -> None:
    form = read_query(b"a=1+2&b=%C3%A4&a=3&empty=&bare")

    assert form.as_mapping() == {"a": ["1 2", "3"], "b": ["ä"], "empty": [""], "bare": [""]}
    assert form.getlist("a") == ("1 2", "3")
    assert form.get("a") == "1 2"
    assert form.get("missing") is None


def test_a_name_sent_twice_is_named_as_repeated() -> None:
    assert read_query(b"a=1&b=2&a=").repeated == {"a"}


@pytest.mark.parametrize(
    "encoded",
    [
        b"a=%FF",
        b"%FF=a",
        b"a=%C3",
        b"a=%ED%A0%80",
        b"a=%C0%80",
        b"a=\xff",
        b"a=%00",
        b"a=x%00y",
        b"%00=a",
        b"a%0Ab=1",
        b"%7F=1",
    ],
)
def test_what_is_not_clean_utf8_is_refused(encoded: bytes) -> None:
    with pytest.raises(FormProblem) as refused:
        read_query(encoded)
    with pytest.raises(FormProblem):
        read_body(encoded, FORM)

    assert refused.value.status == 400


def test_control_characters_other_than_nul_are_left_to_the_endpoints() -> None:
    assert read_query(b"state=a%0D%0Ab").get("state") == "a\r\nb"


def test_a_stray_percent_sign_is_read_as_browsers_do() -> None:
    assert read_query(b"password=100%&x=%zz").as_mapping() == {"password": ["100%"], "x": ["%zz"]}


def test_the_number_of_fields_is_limited() -> None:
    allowed = b"&".join(b"f%d=1" % number for number in range(FIELD_LIMIT))

    assert len(read_query(allowed)) == FIELD_LIMIT
    with pytest.raises(FormProblem):
        read_query(allowed + b"&one=more")


@pytest.mark.parametrize("content_type", ["", "application/json", "multipart/form-data; boundary=x", "text/plain"])
def test_an_empty_body_is_an_empty_form_whatever_its_type(content_type: str) -> None:
    assert len(read_body(b"", content_type)) == 0


@pytest.mark.parametrize(
    "content_type", ["", "application/json", "multipart/form-data; boundary=x", f"{FORM}; charset=utf-16", f"{FORM}x"]
)
def test_a_body_of_another_type_is_refused(content_type: str) -> None:
    with pytest.raises(FormProblem) as refused:
        read_body(b"a=1", content_type)

    assert refused.value.status == 415


@pytest.mark.parametrize("content_type", [FORM, FORM.upper(), f"{FORM};charset=UTF-8", f'{FORM} ; charset="utf-8"'])
def test_the_form_type_may_be_written_in_the_ways_http_allows(content_type: str) -> None:
    assert read_body(b"a=1", content_type).get("a") == "1"


def test_a_body_over_the_limit_is_refused() -> None:
    with pytest.raises(FormProblem) as refused:
        read_body(b"a=" + b"x" * 65536, FORM)

    assert refused.value.status == 413


def test_problems_never_repeat_what_was_sent() -> None:
    with pytest.raises(FormProblem) as refused:
        read_query(b"hunter2%00=1")

    assert "hunter2" not in refused.value.sentence
