"""An HTML page as a person without script sees it: its text, its forms and their buttons."""

import re
from dataclasses import dataclass, field

_TURNS_AWAY = re.compile(
    r"\b(cancel|deny|decline|reject|refuse|abort|no|not|back|stay|language|locale)\b", re.IGNORECASE
)
_DECLINES = re.compile(r"\b(cancel|deny|decline|reject|refuse|abort)\b", re.IGNORECASE)
_NAMES_A_PERSON = re.compile(r"user|login|e-?mail|identifier|account", re.IGNORECASE)
_FAILURE_WORDS = re.compile(r"error|invalid|wrong|went wrong|mismatch|not registered|not allowed", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Link:
    """One link that a person can follow."""

    url: str
    label: str

    @property
    def declines(self) -> bool:
        """Whether it says no to what the page asks."""
        return bool(_DECLINES.search(self.label))


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
        return any(_TURNS_AWAY.search(text) for text in self._texts)

    @property
    def declines(self) -> bool:
        """Whether it says no to what the page asks."""
        return any(_DECLINES.search(text) for text in self._texts)

    @property
    def _texts(self) -> list[str]:
        texts = (self.label, self.value, self.name, self.identifier)
        return [text.replace("_", " ") for text in texts]


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

    @property
    def way_back(self) -> Button | None:
        """The first button that says no."""
        return next((button for button in self.buttons if button.declines), None)

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
    links: tuple[Link, ...]
    images: tuple[str, ...]
    frames: tuple[str, ...]

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
