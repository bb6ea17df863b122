"""A request, read completely, and what is needed to answer it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from starlette.datastructures import Headers
from starlette.responses import Response

from idp.web import i18n
from idp.web.csrf import Csrf
from idp.web.form import Form
from idp.web.page_context import PageContext


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request, read completely, and what is needed to answer it.

    Attributes:
        method: GET, HEAD or POST; PUT and DELETE on routes for machines.
        path: The path, percent-decoded.
        query: The query component.
        form: The posted form; empty for GET.
        headers: Names are case-insensitive; `getlist` gives repeated ones.
        cookies: As sent. Empty on routes for machines, which never look at cookies.
        client_address: The peer, as the server knows it behind its trusted proxies.
        request_id: The reference of this request, in the log and in X-Request-Id.
        browsers: The secrets of this browser, what open interactions are tied to; more than one where several tabs
            were its first contact. On pages always there: made by the edge where it is missing, and set as a cookie
            with the response. Empty on routes for machines.
        document: The posted JSON, on routes that take JSON instead of forms; nothing about its types is certain.
        cookies_withheld: A POST from another site came without any cookie of ours, as SameSite=Lax has it. It does
            not tell that nobody is signed in: answer with `replies.repeated_as_get`.
    """

    method: str
    path: str
    path_params: Mapping[str, str]
    query: Form
    form: Form
    headers: Headers
    cookies: Mapping[str, str]
    client_address: str
    request_id: str
    browsers: tuple[str, ...]
    cookies_withheld: bool
    tokens: Csrf = field(repr=False)
    document: object = field(default=None, repr=False)

    @property
    def browser(self) -> str:
        """The secret to tie something new to."""
        return self.browsers[0] if self.browsers else ""

    @property
    def parameters(self) -> Form:
        """What was sent in the place that fits the method: the form of a POST, the query otherwise."""
        return self.form if self.method == "POST" else self.query

    def csrf(self, action: str) -> str:
        """The form token for a form of this browser that posts to the path `action`."""
        return self.tokens.token(self.browser, action)

    def language(self, ui_locales: str | None = None) -> str:
        """The language to answer in; `ui_locales` is the wish of the relying party."""
        return i18n.choose(
            ui_locales=ui_locales,
            cookie=self.cookies.get(i18n.COOKIE),
            accept_language=self.headers.get("accept-language"),
        )

    def context(self, *, ui_locales: str | None = None, signed_in: str | None = None) -> PageContext:
        """What every page needs to know about this request."""
        return PageContext(self.request_id, self.csrf, self.language(ui_locales), signed_in)


Handler = Callable[[Exchange], Response]
