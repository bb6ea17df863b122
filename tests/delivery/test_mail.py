"""Mails say what they have to in plain text, and nothing that arrived can change their shape."""

import re
from datetime import timedelta

import pytest

from idp.delivery.letters import LETTERS
from idp.delivery.outbox import Delivery, NotDelivered
from tests.delivery.conftest import LINK, START, templates

HOSTILE = "x\r\nBcc: victim@example.com\r\n\r\n<script>alert(1)</script>\u2028{{ 7 * 7 }}"


def delivery_of(template: str, context: dict[str, object], to: str = "ada@example.com") -> Delivery:
    payload = {"template": template, "context": context}
    return Delivery("parcel-1", "mail", to, payload, START, START + timedelta(hours=1))


@pytest.mark.parametrize("template", sorted(LETTERS))
@pytest.mark.parametrize("everything", [False, True])
def test_every_mail_stands_alone_in_plain_text_and_loads_nothing(template: str, *, everything: bool) -> None:
    names = LETTERS[template].needs | (LETTERS[template].may_have if everything else frozenset())
    context: dict[str, object] = {name: f"https://id.example.com/{name}?a=1&b=2" for name in names}

    message = templates().write(delivery_of(template, context))

    plain, html = message.get_body(("plain",)), message.get_body(("html",))
    assert plain is not None
    assert html is not None
    for value in context.values():
        assert str(value) in plain.get_content() or str(value) in message["Subject"]
    assert not re.search(r"(?i)<img|\bsrc=|url\(|@import|<link|<script|<form", html.get_content())
    assert "None" not in plain.get_content() + html.get_content()
    assert "\n\n\n" not in plain.get_content()
    assert (message["To"], message["Auto-Submitted"]) == ("ada@example.com", "auto-generated")
    assert message["Message-ID"] == "<parcel-1@id.example.com>"
    assert message.get_content_type() == "multipart/alternative"


def test_the_code_and_the_product_begin_the_subject() -> None:
    message = templates().write(delivery_of("verify_address", {"code": "271828", "link": LINK}))

    assert message["Subject"] == "271828 is your Acme ID code"


@pytest.mark.parametrize("template", sorted(LETTERS))
def test_hostile_values_open_no_header_no_tag_and_no_line(template: str) -> None:
    context: dict[str, object] = dict.fromkeys(LETTERS[template].needs | LETTERS[template].may_have, HOSTILE)

    message = templates().write(delivery_of(template, {**context, "product": HOSTILE}))

    plain, html = message.get_body(("plain",)), message.get_body(("html",))
    assert plain is not None
    assert html is not None
    assert "Bcc" not in message
    assert all(not line.startswith(("Bcc:", "<script")) for line in plain.get_content().splitlines())
    assert "<script" not in html.get_content()
    assert b"\nBcc:" not in message.as_bytes()


@pytest.mark.parametrize("to", ["ada@example.com\r\nBcc: eve@example.com", "ada", "", "a@b@c", "Ada <ada@example.com>"])
def test_what_is_no_single_address_is_given_up(to: str) -> None:
    with pytest.raises(NotDelivered) as refused:
        templates().write(delivery_of("new_sign_in", {}, to))

    assert refused.value.for_good


def test_a_mail_of_another_release_is_left_for_its_workers() -> None:
    with pytest.raises(NotDelivered) as refused:
        templates().write(delivery_of("not_yet_invented", {}))

    assert not refused.value.for_good
