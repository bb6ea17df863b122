"""A person's browser as far as forms go, and the mails of a running provider."""

import re
import secrets
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import requests
from requests.adapters import HTTPAdapter

from idp.accounts.passwords import Passwords
from idp.delivery.outbox import Outbox
from idp.store import outbox
from keys.sealing import Sealer
from tests.running import PASSWORD, Person, Running

PASSWORD_HASH = Passwords(memory_mib=1, time=1, parallelism=1).hash(PASSWORD)


class _Forms(HTMLParser):
    """The forms of a page: their action, and the fields with what they hold."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: dict[str, dict[str, str]] = {}
        self._fields: dict[str, str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._fields = self.forms.setdefault(given["action"], {})
        elif tag == "input" and self._fields is not None and "name" in given:
            self._fields[given["name"]] = given.get("value", "")


class _FromSource(HTTPAdapter):
    """Connects from an address of its own: all of 127.0.0.0/8 is this machine, and limits count by source."""

    def __init__(self, source: str) -> None:
        self._source = source
        super().__init__()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs, source_address=(self._source, 0))


def _elsewhere() -> requests.Session:
    session = requests.Session()
    host = ".".join(str(secrets.randbelow(253) + 1) for _ in range(3))
    session.mount("http://", _FromSource(f"127.{host}"))
    return session


@dataclass
class FormBrowser:
    """A browser that fills in the forms it is shown, and follows no redirection by itself. Each is somewhere else."""

    provider: Running
    http: requests.Session = field(default_factory=_elsewhere)

    def get(self, path: str) -> requests.Response:
        url = path if path.startswith("http") else self.provider.issuer + path
        return self.http.get(url, allow_redirects=False, timeout=20)

    def post(self, path: str, fields: dict[str, str]) -> requests.Response:
        return self.http.post(self.provider.issuer + path, data=fields, allow_redirects=False, timeout=20)

    def send(self, page: requests.Response, action: str, **typed: str) -> requests.Response:
        """Send the form of a page with this action."""
        return self.post(action, {**fields_of(page, action), **typed})

    def log_in(self, person: Person, *, request: str | None = None, password: str | None = None) -> requests.Response:
        query = f"?{urlencode({'request': request})}" if request else ""
        page = self.get(f"/login{query}")
        return self.send(page, "/login", username=person.email, password=password or person.password)


def fields_of(page: requests.Response, action: str) -> dict[str, str]:
    """The fields of the form with this action."""
    forms = forms_of(page)
    assert action in forms, (page.status_code, action, sorted(forms), page.text[:300])
    return forms[action]


def forms_of(page: requests.Response) -> dict[str, dict[str, str]]:
    """The fields of every form, by its action."""
    parser = _Forms()
    parser.feed(page.text)
    return parser.forms


def somebody(provider: Running, **profile: Any) -> Person:
    """A person with a password."""
    return provider.person(password_hash=PASSWORD_HASH, **profile)


def new_address() -> str:
    return f"n{uuid4().hex[:12]}@example.com"


def mails(provider: Running, to: str, template: str | None = None) -> list[dict[str, Any]]:
    """The contexts of the mails to an address, the newest first."""
    box = Outbox(Sealer(bytes(range(32))).for_purpose("outbox"))
    with provider.database.autocommit() as db:
        opened = [box.open(parcel) for parcel in outbox.latest(db, kind="mail", limit=1000)]
    return [
        dict(mail.payload["context"])
        for mail in opened
        if mail is not None and mail.recipient == to and template in {None, mail.payload["template"]}
    ]


def code_in_mail(provider: Running, to: str) -> str:
    """The code of the newest mail to an address that has one."""
    return next(str(mail["code"]) for mail in mails(provider, to) if "code" in mail)


def path_of(url: str) -> str:
    """The part of a mailed link behind the issuer."""
    return re.sub(r"^https?://[^/]+", "", url)
