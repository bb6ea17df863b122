"""Reads HTML into the page that a person without script sees."""

import re
from html.parser import HTMLParser
from urllib.parse import urljoin

from conformance_tests.page import Button, Control, Form, Link, Page

_UNSEEN = frozenset({"script", "style", "template", "title"})
_REFRESH = re.compile(r"^\s*\d+\s*;\s*url\s*=\s*['\"]?([^'\"]+)", re.IGNORECASE)
_ADDRESSED = {"img": "src", "iframe": "src"}


class _Reader(HTMLParser):
    """Builds a page's forms and text in one pass."""

    def __init__(self, base: str) -> None:
        super().__init__(convert_charrefs=True)
        self.base = base
        self.forms: list[Form] = []
        self.words: list[str] = []
        self.refresh_to: str | None = None
        self.has_script = False
        self.addresses: dict[str, list[str]] = {tag: [] for tag in _ADDRESSED}
        self.links: list[Link] = []
        self._unseen = 0
        self._link: str | None = None
        self._words_of_link: list[str] = []
        self._form: Form | None = None
        self._loose: list[tuple[str, Control | Button]] = []
        self._button: Button | None = None
        self._select: Control | None = None
        self._textarea: Control | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag in _UNSEEN:
            self._unseen += 1
        self.has_script |= tag == "script" or "onload" in given
        self._note_address(tag, given)
        if tag == "form":
            self._form = Form(
                urljoin(self.base, given.get("action", "")), given.get("method", "get").lower(), given.get("id", "")
            )
            self.forms.append(self._form)
        elif tag == "input":
            self._take_input(given)
        elif tag == "button" and given.get("type", "submit").lower() == "submit":
            self._button = self._button_of(given)
            self._place(self._button, given)
        elif tag == "select":
            self._select = Control(given.get("name", ""), "select")
            self._place(self._select, given)
        elif tag == "option" and self._select is not None and ("selected" in given or not self._select.value):
            self._select.value = given.get("value", "")
        elif tag == "textarea":
            self._textarea = Control(given.get("name", ""), "textarea")
            self._place(self._textarea, given)

    def handle_endtag(self, tag: str) -> None:
        if tag in _UNSEEN:
            self._unseen = max(0, self._unseen - 1)
        elif tag == "form":
            self._form = None
        elif tag == "a" and self._link is not None:
            self.links.append(Link(self._link, " ".join(self._words_of_link)))
            self._link = None
        elif tag == "button":
            self._button = None
        elif tag == "select":
            self._select = None
        elif tag == "textarea":
            self._textarea = None

    def handle_data(self, data: str) -> None:
        if self._textarea is not None:
            self._textarea.value += data
        elif not self._unseen:
            self.words.append(data)
            self._words_of_link.append(data)
            if self._button is not None:
                self._button.label += data

    def settle(self) -> None:
        """Hand controls that name their form by `form=` over to it, now that every form is known."""
        for owner, part in self._loose:
            form = next((form for form in self.forms if form.identifier == owner), None)
            if form is not None:
                _add(form, part)

    def _note_address(self, tag: str, given: dict[str, str]) -> None:
        if tag == "base" and "href" in given:
            self.base = urljoin(self.base, given["href"])
        elif tag == "meta" and given.get("http-equiv", "").lower() == "refresh":
            found = _REFRESH.match(given.get("content", ""))
            self.refresh_to = urljoin(self.base, found[1]) if found else self.refresh_to
        elif tag == "a" and "href" in given:
            self._link, self._words_of_link = urljoin(self.base, given["href"]), []
        elif _ADDRESSED.get(tag, "") in given:
            self.addresses[tag].append(urljoin(self.base, given[_ADDRESSED[tag]]))

    def _take_input(self, given: dict[str, str]) -> None:
        kind = given.get("type", "text").lower()
        if "disabled" in given or kind in {"button", "reset", "file"}:
            return
        if kind in {"submit", "image"}:
            self._place(self._button_of(given, label=given.get("value", "")), given)
        else:
            value = given.get("value", "on" if kind in {"checkbox", "radio"} else "")
            self._place(
                Control(
                    given.get("name", ""),
                    kind,
                    value,
                    "checked" in given,
                    "required" in given,
                    given.get("autocomplete", ""),
                ),
                given,
            )

    def _button_of(self, given: dict[str, str], label: str = "") -> Button:
        action = urljoin(self.base, given["formaction"]) if "formaction" in given else None
        return Button(given.get("name", ""), given.get("value", ""), label, given.get("id", ""), action)

    def _place(self, part: Control | Button, given: dict[str, str]) -> None:
        if "form" in given:
            self._loose.append((given["form"], part))
        elif self._form is not None:
            _add(self._form, part)


def _add(form: Form, part: Control | Button) -> None:
    if isinstance(part, Button):
        form.buttons.append(part)
    else:
        form.controls.append(part)


def read_page(url: str, status: int, content_type: str, body: str, referrer_policy: str = "") -> Page:
    """Read an answer as the page a browser would show."""
    reader = _Reader(url)
    if content_type.partition(";")[0].strip().lower() in {"text/html", "application/xhtml+xml"}:
        reader.feed(body)
        reader.close()
        reader.settle()
        text = " ".join(" ".join(reader.words).split())
    else:
        text = " ".join(body[:400].split())
    return Page(
        url,
        status,
        content_type,
        text,
        tuple(reader.forms),
        reader.refresh_to,
        reader.has_script,
        referrer_policy,
        links=tuple(reader.links),
        images=tuple(reader.addresses["img"]),
        frames=tuple(reader.addresses["iframe"]),
    )
