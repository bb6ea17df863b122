from __future__ import annotations

import inspect
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

import pytest

from idp.web.page_context import PageContext
from idp.web.pages import AskingClient, Pages, Problem
from idp.web.pages.parts import origin_of, web_address
from tests.web.samples import HOSTILE, SAMPLES, client

CONTEXT = PageContext("0123456789abcdef", lambda action: f"token-for-{action}", signed_in=HOSTILE)


@dataclass
class Element:
    tag: str
    attributes: dict[str, str | None]


@dataclass
class Document(HTMLParser):
    """The elements of a page in their order, and its text."""

    source: str
    elements: list[Element] = field(default_factory=list)
    text: str = ""

    def __post_init__(self) -> None:
        super().__init__()
        self.feed(self.source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"{tag} has an attribute twice"
        self.elements.append(Element(tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, *tags: str) -> list[Element]:
        return [element for element in self.elements if element.tag in tags]

    def by_id(self, name: str) -> Element:
        (found,) = [element for element in self.elements if element.attributes.get("id") == name]
        return found


def render(pages: Pages, name: str, text: str = HOSTILE, language: str = "en") -> Document:
    context = PageContext(CONTEXT.reference, CONTEXT.csrf, language, CONTEXT.signed_in)
    return Document(bytes(SAMPLES[name](pages, context, text).body).decode())


every_page = pytest.mark.parametrize("name", SAMPLES)


def test_every_method_of_pages_has_a_sample() -> None:
    methods = {name for name, _ in inspect.getmembers(Pages, inspect.isfunction) if not name.startswith("_")}

    assert methods <= set(SAMPLES)


@every_page
def test_hostile_values_are_text(pages: Pages, name: str) -> None:
    page = render(pages, name)

    assert [element.attributes.get("src") for element in page.all("script")] == [
        next(iter(page.all("script"))).attributes["src"]
    ]
    assert not [image for image in page.all("img") if image.attributes["src"] == "x"]
    assert "49" not in page.text
    assert HOSTILE in page.text or HOSTILE in str([element.attributes for element in page.elements])


@every_page
def test_pages_have_no_inline_script_or_style(pages: Pages, name: str) -> None:
    page = render(pages, name)

    assert not page.all("style")
    for element in page.elements:
        assert "style" not in element.attributes
        assert not [attribute for attribute in element.attributes if attribute.startswith("on")]
        assert not str(element.attributes.get("href", "")).lower().startswith(("javascript:", "data:"))
    assert all(script.attributes.get("src") for script in page.all("script"))


@every_page
def test_pages_have_the_frame_that_assistive_technology_needs(pages: Pages, name: str) -> None:
    page = render(pages, name)

    assert len(page.all("h1")) == len(page.all("main")) == len(page.all("title")) == 1
    assert page.all("html")[0].attributes["lang"] == "en"
    assert page.all("a")[0].attributes == {"class": "skip", "href": "#main"}
    assert page.by_id("main").tag == "main"
    ids = [element.attributes["id"] for element in page.elements if "id" in element.attributes]
    assert len(ids) == len(set(ids))


@every_page
def test_every_field_has_a_label_and_every_reference_a_target(pages: Pages, name: str) -> None:
    page = render(pages, name)
    ids = {element.attributes.get("id") for element in page.elements}
    labelled = {label.attributes["for"] for label in page.all("label")}

    for element in page.all("input"):
        if element.attributes.get("type") != "hidden":
            assert element.attributes.get("id") in labelled or element.attributes.get("aria-label")
    for element in page.elements:
        for attribute in ("aria-describedby", "aria-labelledby", "aria-controls"):
            assert set(str(element.attributes.get(attribute) or "").split()) <= ids
        href = element.attributes.get("href") or ""
        if element.tag == "a" and href.startswith("#"):
            assert href[1:] in ids


@every_page
def test_every_form_posts_to_an_action_of_its_own_with_its_token(pages: Pages, name: str) -> None:
    page = render(pages, name)
    form: Element | None = None
    tokens: dict[str, str | None] = {}
    for element in page.elements:
        if element.tag == "form":
            form = element
            assert element.attributes["method"] == "post"
            assert element.attributes["action"]
        if element.tag == "input" and element.attributes.get("name") == "csrf" and form:
            tokens[str(form.attributes["action"])] = element.attributes["value"]
    if name != "form_post":
        assert tokens == {action: f"token-for-{action}" for action in tokens}
        assert set(tokens) == {element.attributes["action"] for element in page.all("form")}


@every_page
def test_cancelling_is_never_what_the_enter_key_does(pages: Pages, name: str) -> None:
    submits = [b for b in render(pages, name).all("button") if b.attributes.get("type") != "button"]

    if submits:
        assert submits[0].attributes.get("value") not in {"cancel", "stay"}
    assert all(button.attributes.get("type") in {"submit", "button"} for button in render(pages, name).all("button"))


@pytest.mark.parametrize("name", ["login", "signup", "verify_email", "forgot_password", "consent", "select_account"])
def test_forms_of_a_transaction_carry_its_request(pages: Pages, name: str) -> None:
    page = render(pages, name, "plain")

    carried = [field for field in page.all("input") if field.attributes.get("name") == "request"]
    assert len(carried) == len(page.all("form"))
    assert {field.attributes["value"] for field in carried} == {"plain"}


def test_a_problem_is_told_at_the_top_and_at_its_field(pages: Pages) -> None:
    response = pages.login(
        CONTEXT,
        client=None,
        request=None,
        username="alice@example.com",
        problems=[Problem("password", "This address and password do not belong together.")],
    )
    page = Document(bytes(response.body).decode())

    assert response.status_code == 400
    assert "<title>Error: Sign in" in page.source
    assert "There is a problem" in page.text
    assert page.text.count("do not belong together") == 2
    assert page.by_id("password").attributes["aria-invalid"] == "true"
    assert page.by_id("password").attributes["aria-describedby"] == "password-problem"
    assert "aria-invalid" not in page.by_id("username").attributes
    assert page.by_id("username").attributes["value"] == "alice@example.com"
    assert "value" not in page.by_id("password").attributes


def test_password_managers_find_what_they_look_for(pages: Pages) -> None:
    login, signup, reset = (render(pages, name, "a@b") for name in ("login", "signup", "reset_password"))

    assert login.by_id("username").attributes["autocomplete"] == "username"
    assert login.by_id("password").attributes["autocomplete"] == "current-password"
    assert signup.by_id("password").attributes["autocomplete"] == "new-password"
    assert signup.by_id("password").attributes["minlength"] == "15"
    assert [f for f in reset.all("input") if f.attributes.get("autocomplete") == "username"]


def test_a_mailed_code_has_one_field_that_takes_it_in_every_form(pages: Pages) -> None:
    attributes = render(pages, "verify_email").by_id("code").attributes

    assert attributes["autocomplete"] == "one-time-code"
    assert attributes["inputmode"] == "numeric"
    assert attributes["type"] == "text"


def test_optional_permissions_have_a_box_and_required_ones_have_none(pages: Pages) -> None:
    boxes = [box for box in render(pages, "consent").all("input") if box.attributes.get("type") == "checkbox"]

    assert [box.attributes["value"] for box in boxes] == ["offline_access"]


def test_a_logo_is_let_in_by_its_origin_only(pages: Pages) -> None:
    shown = pages.login(CONTEXT, client=client("Photos"), request=None)
    plain = pages.login(CONTEXT, client=AskingClient("Photos"), request=None)

    assert "img-src 'self' data: https://cdn.photos.example:8443;" in shown.headers["content-security-policy"]
    assert "content-security-policy" not in plain.headers


@pytest.mark.parametrize(
    "uri",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "//evil.test/x",
        "https://",
        "https:evil",
        "https://a b/",
        "https://a.test\\@evil.test/",
        "https://a.test/\r\nx",
        "https://[::1/",
        "https://exämple.test/",
        "",
    ],
)
def test_what_a_client_registered_as_address_is_shown_only_if_it_is_one(pages: Pages, uri: str) -> None:
    asking = AskingClient("Photos", uri=uri, logo_uri=uri, policy_uri=uri, tos_uri=uri)
    response = pages.login(CONTEXT, client=asking, request=None)
    page = Document(bytes(response.body).decode())

    assert not page.all("img")
    assert not [link for link in page.all("a") if "rel" in link.attributes]
    assert "content-security-policy" not in response.headers


@pytest.mark.parametrize(
    "uri",
    ["https://a.test;script-src *", "https://a.test,b/", "https://user:x@a.test:99999/", "https://*/x", "https://a'b/"],
)
def test_an_origin_can_not_write_into_the_policy(uri: str) -> None:
    if web_address(uri):
        assert origin_of(uri) is None


def test_a_response_is_never_posted_to_a_script_address(pages: Pages) -> None:
    with pytest.raises(ValueError, match="http"):
        pages.form_post(CONTEXT, action="javascript:alert(1)", fields={})


def test_the_reference_is_on_the_error_page(pages: Pages) -> None:
    assert re.search(r'id="reference"[^>]*>0123456789abcdef<', render(pages, "error").source)


def test_development_is_written_on_every_page() -> None:
    from idp.web.assets import assets_dir

    playground = Pages(assets_dir("templates"), development=True)

    for name in SAMPLES:
        assert "Development mode" in render(playground, name).text
