"""An HTML page as a person without script sees it: its text, its forms and their buttons."""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin

_UNSEEN = frozenset({"script", "style", "template", "title"})
_TURNS_AWAY = re.compile(
    r"\b(cancel|deny|decline|reject|refuse|abort|no|not|back|stay|language|locale)\b", re.IGNORECASE
)
_NAMES_A_PERSON = re.compile(r"user|login|e-?mail|identifier|account", re.IGNORECASE)
_REFRESH = re.compile(r"^\s*\d+\s*;\s*url\s*=\s*['\"]?([^'\"]+)", re.IGNORECASE)
_FAILURE_WORDS = re.compile(r"error|invalid|wrong|went wrong|mismatch|not registered|not allowed", re.IGNORECASE)


@dataclass(slots=True)
class Control:
    """One input, select or textarea that a form submits."""

    name: str
    kind: str
    value: str = ""
    checked: bool = False
    required: bool = False
    autocomplete: str = ""

    @property
    def names_a_person(self) -> bool:
        """Whether this is where a user name or an e-mail address goes."""
        typed = self.kind in {"text", "email"}
        return typed and (
            bool({"username", "email"} & set(self.autocomplete.split()))
            or bool(_NAMES_A_PERSON.search(self.name))
            or self.kind == "email"
        )


@dataclass(slots=True)
class Button:
    """One control that submits its form."""

    name: str
    value: str
    label: str = ""
    identifier: str = ""
    action: str | None = None

    @property
    def turns_away(self) -> bool:
        """Whether a person would press it to stop, or to do something beside the matter."""
        texts = (self.label, self.value, self.name, self.identifier)
        return any(_TURNS_AWAY.search(text.replace("_", " ")) for text in texts)


@dataclass(slots=True)
class Form:
    """One form, with the controls and buttons that belong to it wherever they stand on the page."""

    action: str
    method: str
    identifier: str = ""
    controls: list[Control] = field(default_factory=list)
    buttons: list[Button] = field(default_factory=list)

    @property
    def asks_for_a_password(self) -> bool:
        """Whether a password has to be typed."""
        return any(control.kind == "password" for control in self.controls)

    @property
    def is_hidden(self) -> bool:
        """Whether there is nothing in it for a person to fill in."""
        return bool(self.controls) and all(control.kind == "hidden" for control in self.controls)

    @property
    def way_on(self) -> Button | None:
        """The first button that does not turn away."""
        return next((button for button in self.buttons if not button.turns_away), None)

    def values(self, button: Button | None) -> list[tuple[str, str]]:
        """What the form sends when this button is pressed (HTML, section 4.10.21.4)."""
        sent = []
        for control in self.controls:
            ticked = control.checked or control.required
            if control.name and (control.kind not in {"checkbox", "radio"} or ticked):
                sent.append((control.name, control.value))
        if button is not None and button.name:
            sent.append((button.name, button.value))
        return sent


@dataclass(frozen=True, slots=True)
class Page:
    """A page at rest in the browser."""

    url: str
    status: int
    content_type: str
    text: str
    forms: tuple[Form, ...]
    refresh_to: str | None
    has_script: bool
    referrer_policy: str

    @property
    def login_form(self) -> Form | None:
        """The form that asks for a password, if the page is a sign-in page."""
        asking = [form for form in self.forms if form.asks_for_a_password]
        known = [form for form in asking if any("current-password" in c.autocomplete for c in form.controls)]
        return next(iter(known or asking), None)

    @property
    def name_form(self) -> Form | None:
        """The form of a sign-in page that asks for the name first and for the password later."""
        return next(
            (
                form
                for form in self.forms
                if form.method == "post"
                and not form.asks_for_a_password
                and any(control.names_a_person for control in form.controls)
            ),
            None,
        )

    @property
    def question(self) -> Form | None:
        """The first form that asks for nothing but a press of a button."""
        return next(
            (
                form
                for form in self.forms
                if form.method == "post" and form.way_on is not None and not form.asks_for_a_password
            ),
            None,
        )

    @property
    def self_submitting(self) -> Form | None:
        """The only form of a page whose script submits it: `form_post`, and hops inside some providers."""
        if len(self.forms) == 1 and self.forms[0].is_hidden and self.has_script and len(self.forms[0].buttons) <= 1:
            return self.forms[0]
        return None

    @property
    def is_error(self) -> bool:
        """Whether a person is told that something is wrong, by status or by words."""
        if self.login_form is not None:
            return False
        return 400 <= self.status < 500 or (self.status == 200 and bool(_FAILURE_WORDS.search(self.text)))

    @property
    def description(self) -> str:
        """Where the browser stands, in a line for a report; the query is left out since it may hold secrets."""
        return f"{self.status} at {self.url.partition('?')[0]}: {self.text[:160] or 'no text'}"


class _Reader(HTMLParser):
    """Builds a page's forms and text in one pass."""

    def __init__(self, base: str) -> None:
        super().__init__(convert_charrefs=True)
        self.base = base
        self.forms: list[Form] = []
        self.words: list[str] = []
        self.refresh_to: str | None = None
        self.has_script = False
        self._unseen = 0
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
        if tag == "base" and "href" in given:
            self.base = urljoin(self.base, given["href"])
        elif tag == "meta" and given.get("http-equiv", "").lower() == "refresh":
            found = _REFRESH.match(given.get("content", ""))
            self.refresh_to = urljoin(self.base, found[1]) if found else self.refresh_to
        elif tag == "form":
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
            if self._button is not None:
                self._button.label += data

    def settle(self) -> None:
        """Hand controls that name their form by `form=` over to it, now that every form is known."""
        for owner, part in self._loose:
            form = next((form for form in self.forms if form.identifier == owner), None)
            if form is not None:
                _add(form, part)

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
        url, status, content_type, text, tuple(reader.forms), reader.refresh_to, reader.has_script, referrer_policy
    )
