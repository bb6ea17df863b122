"""The async edge: a request is read once into an `Exchange`, and a plain function answers it in a worker thread."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter
from typing import Literal

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from idp.observe.request_id import new_request_id, request_id
from idp.web import csrf, failures, i18n, replies
from idp.web.cookies import Cookies, read_cookies
from idp.web.csrf import Csrf, ForeignForm
from idp.web.exchange import Exchange, Handler
from idp.web.failures import Failures, PageProblem
from idp.web.form import BODY_LIMIT, EMPTY, FormProblem, read_body, read_query, too_large
from idp.web.headers import HeaderSets, RawHeaders
from idp.web.json_body import read_json
from idp.web.lanes import Lane, LaneFull, Lanes
from idp.web.page_context import PageContext

Kind = Literal["page", "api", "public"]

SECONDS_FOR_A_BODY = 20

log = logging.getLogger("idp.web")
access = logging.getLogger("idp.access")


class _Disconnected(Exception):
    """The caller went away before the body was complete; there is nobody to answer."""


@dataclass(frozen=True, slots=True)
class Edge:
    """What all routes share.

    Attributes:
        outages: Exceptions that mean that something we need is away for a while: 503 instead of 500.
        waits: Exceptions that mean that another server has to be asked first, and that nothing has been done yet: the
            handler begins anew on the lane where it may wait.
        outdated: Exceptions that mean that the database is not as was remembered, and has taken nothing: after
            `look_again` the handler begins anew, once.
    """

    lanes: Lanes
    tokens: Csrf
    cookies: Cookies
    failures: Failures
    outages: tuple[type[Exception], ...] = ()
    waits: tuple[type[Exception], ...] = ()
    outdated: tuple[type[Exception], ...] = ()
    look_again: Callable[[], None] = lambda: None


@dataclass(frozen=True, slots=True)
class Door:
    """The ASGI application of one route: reads, lets the handler answer in its lane, completes the headers.

    Attributes:
        kind: Decides how an error looks, and whether cookies and form tokens matter.
        label: The path as declared; what the log says instead of the path, which may hold an id.
        foreign_posts: The route is entered by forms of other sites, so no form token can be asked for.
        preflight: The answer to a CORS preflight, where scripts of other origins may call.
        json: Bodies are JSON instead of forms.
    """

    edge: Edge
    kind: Kind
    label: str
    handler: Handler
    lane: Lane
    headers: RawHeaders
    foreign_posts: bool = False
    preflight: RawHeaders | None = None
    json: bool = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request. Whatever happens, exactly one response is sent, with the headers of the route's kind."""
        started = perf_counter()
        reference = new_request_id()
        request_id.set(reference)
        exchange: Exchange | None = None
        try:
            exchange = await self._read(scope, receive, reference)
            if exchange.method == "OPTIONS":
                response = replies.empty()
                await _send(response, send, self.preflight or self.headers, reference)
                return
            if exchange.method == "POST" and self.kind == "page" and not self.foreign_posts:
                self._check_source(exchange)
            response = await self._answer(exchange)
        except _Disconnected:
            return
        except Exception as problem:  # noqa: BLE001  The last handler before the wire: everything becomes a response.
            response = self._failure(problem, scope, reference, exchange)
        if exchange is not None:
            self._remember_browser(exchange, response)
        await _send(response, send, self.headers, reference)
        if access.isEnabledFor(logging.INFO):
            spent = round((perf_counter() - started) * 1000, 1)
            access.info("%s %s %d %s ms", scope["method"], self.label, response.status_code, spent)

    async def _answer(self, exchange: Exchange) -> Response:
        try:
            return await self._answered(exchange)
        except self.edge.outdated as problem:
            log.warning("looking again at %s: %s", self.label, type(problem).__name__)
            self.edge.look_again()
            return await self._answered(exchange)

    async def _answered(self, exchange: Exchange) -> Response:
        try:
            return await self.edge.lanes.run(self.lane, self.handler, exchange)
        except self.edge.waits:
            return await self.edge.lanes.run("waiting", self.handler, exchange)

    async def _read(self, scope: Scope, receive: Receive, reference: str) -> Exchange:
        headers = Headers(scope=scope)
        method = scope["method"]
        query = read_query(scope["query_string"])
        form, document = EMPTY, None
        if method in {"POST", "PUT"}:
            body, media_type = await _body(headers, receive), headers.get("content-type", "")
            if self.json:
                document = read_json(body, media_type)
            else:
                form = read_body(body, media_type)
        cookies: dict[str, str] = {}
        browsers: tuple[str, ...] = ()
        withheld = False
        if self.kind == "page":
            cookies = read_cookies(scope["headers"])
            browsers = self.edge.cookies.transactions(cookies)
            withheld = not browsers and method == "POST" and self.foreign_posts
            browsers = browsers or (secrets.token_urlsafe(32),)
        client = scope.get("client")
        return Exchange(
            method,
            scope["path"],
            scope.get("path_params", {}),
            query,
            form,
            headers,
            cookies,
            client[0] if client else "",
            reference,
            browsers,
            withheld,
            self.edge.tokens,
            document,
        )

    def _check_source(self, exchange: Exchange) -> None:
        try:
            self.edge.tokens.check(
                browsers=self.edge.cookies.transactions(exchange.cookies),
                action=exchange.path,
                token=exchange.form.get(csrf.FIELD),
                headers=exchange.headers,
            )
        except ForeignForm as reason:
            log.warning("form refused at %s: %s", self.label, reason)
            raise failures.foreign_form() from None

    def _failure(self, problem: Exception, scope: Scope, reference: str, exchange: Exchange | None) -> Response:
        match problem:
            case PageProblem():
                shown = problem
            case FormProblem():
                shown = failures.unreadable(problem.sentence, status=problem.status)
            case LaneFull():
                log.warning("hashing lane full at %s", self.label)
                shown = failures.busy()
            case _ if isinstance(problem, self.edge.outages):
                log.error("cannot serve %s: %s", self.label, type(problem).__name__)
                shown = failures.outage()
            case _:
                log.error("unexpected failure at %s", self.label, exc_info=problem)
                shown = failures.unexpected()
        if self.kind != "page":
            return self.edge.failures.machine(shown, reference)
        context = exchange.context() if exchange is not None else context_without_exchange(scope, reference)
        return self.edge.failures.page(shown, context)

    def _remember_browser(self, exchange: Exchange, response: Response) -> None:
        # Where the browser has merely held the cookie back, another one would be of no use.
        is_new = exchange.browsers and not self.edge.cookies.transactions(exchange.cookies)
        if is_new and not exchange.cookies_withheld:
            self.edge.cookies.set_transaction(response, exchange.browser)


def context_without_exchange(scope: Scope, reference: str) -> PageContext:
    """What an error page can know about a request that was not read."""
    accepted = Headers(scope=scope).get("accept-language")
    return PageContext(reference, language=i18n.choose(ui_locales=None, cookie=None, accept_language=accepted))


async def answer_problem(
    problem: PageProblem, edge: Edge, door: Door | None, headers: HeaderSets, *, scope: Scope, send: Send
) -> None:
    """Answer a request that no handler will see, the way its route would; unknown addresses by what is accepted."""
    if door is not None:
        is_page, base = door.kind == "page", door.headers
    else:
        is_page = "text/html" in Headers(scope=scope).get("accept", "")
        base = headers.transaction if is_page else headers.api
    reference = new_request_id()
    request_id.set(reference)
    context = context_without_exchange(scope, reference)
    response = edge.failures.page(problem, context) if is_page else edge.failures.machine(problem, reference)
    await _send(response, send, base, reference)


async def _body(headers: Headers, receive: Receive) -> bytes:
    announced = headers.get("content-length", "0")
    if not announced.isdecimal() or int(announced[:9]) > BODY_LIMIT:
        raise too_large()
    try:
        async with asyncio.timeout(SECONDS_FOR_A_BODY):
            message = await receive()
            body: bytes = message.get("body", b"")
            while message["type"] == "http.request" and message.get("more_body", False):
                if len(body) > BODY_LIMIT:
                    raise too_large()
                message = await receive()
                body += message.get("body", b"")
    except TimeoutError:
        raise FormProblem("The request body did not arrive in time.", status=408) from None
    if message["type"] == "http.disconnect":
        raise _Disconnected
    return body


async def _send(response: Response, send: Send, base: RawHeaders, reference: str) -> None:
    own = response.raw_headers
    brought = {name for name, _ in own}
    headers = [*own, *(header for header in base if header[0] not in brought)]
    headers.append((b"x-request-id", reference.encode("ascii")))
    await send({"type": "http.response.start", "status": response.status_code, "headers": headers})
    await send({"type": "http.response.body", "body": response.body})
