"""The kinds of route, and the switchboard that finds the right one.

The kind decides cache headers, Content-Security-Policy, CORS, form tokens and how an error looks; nothing of that is
left to an endpoint's memory.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match, Route, Router
from starlette.types import Lifespan, Receive, Scope, Send

from idp.web import failures
from idp.web.door import Door, Edge, Kind, answer_problem
from idp.web.exchange import Handler
from idp.web.failures import PageProblem
from idp.web.headers import HeaderSets, RawHeaders
from idp.web.lanes import Lane

_REPLACEMENT = "\ufffd"  # what the server puts where a path is not UTF-8


@dataclass(frozen=True, slots=True)
class RouteBuilder:
    """Builds routes that share one edge.

    The route table reads best with the three methods bound to names: `page, api, public = b.page, b.api, b.public`.
    """

    edge: Edge
    headers: HeaderSets

    def page(
        self,
        path: str,
        handler: Handler,
        *,
        methods: Sequence[str] = ("GET",),
        account: bool = False,
        cross_site: bool = False,
        lane: Lane = "work",
    ) -> Route:
        """A page for people. A POST has to prove that it comes from a page of ours in the same browser.

        Args:
            account: A page outside of any sign-in transaction: stricter headers (`form-action 'self'`, COOP).
            cross_site: Entered by forms of other sites (/authorize, /end_session), so no form token is asked for.
        """
        headers = self.headers.account if account else self.headers.transaction
        door = Door(self.edge, "page", path, handler, lane, headers, foreign_posts=cross_site)
        return Route(path, door, methods=methods, name=path)

    def api(
        self,
        path: str,
        handler: Handler,
        *,
        methods: Sequence[str] = ("POST",),
        shared: bool = False,
        json: bool = False,
        lane: Lane = "work",
    ) -> Route:
        """An endpoint for machines: JSON errors, never stored, no cookies.

        Args:
            shared: Scripts of any origin may call it and read the answer (token, userinfo and revocation endpoints,
                which single-page apps use).
            json: It takes JSON instead of forms.
        """
        headers = self.headers.shared_api if shared else self.headers.api
        return self._for_machines("api", path, handler, methods, lane, headers, shared=shared, json=json)

    def public(self, path: str, handler: Handler, *, lane: Lane = "work") -> Route:
        """A document for everybody: GET only, readable from any origin, cacheable if the handler says so."""
        return self._for_machines("public", path, handler, ("GET",), lane, self.headers.public, shared=True)

    def framed(self, path: str, handler: Handler) -> Route:
        """A page without anything to see, which pages of any origin may frame. Its handler sees no cookie."""
        return self._for_machines("public", path, handler, ("GET",), "work", self.headers.framed, shared=False)

    def application(self, routes: Sequence[Route], *, lifespan: Lifespan[Starlette] | None = None) -> Starlette:
        """The ASGI application with these routes; nothing else answers, and every answer has its headers."""
        application = Starlette(lifespan=lifespan, exception_handlers={Exception: _last_resort})
        application.router = Switchboard(routes, self, lifespan)
        return application

    def _for_machines(
        self,
        kind: Kind,
        path: str,
        handler: Handler,
        methods: Sequence[str],
        lane: Lane,
        headers: RawHeaders,
        *,
        shared: bool,
        json: bool = False,
    ) -> Route:
        preflight: RawHeaders | None = None
        if shared:
            allowed = ", ".join(methods).encode("ascii")
            preflight = (*self.headers.preflight, (b"access-control-allow-methods", allowed))
            methods = (*methods, "OPTIONS")
        door = Door(self.edge, kind, path, handler, lane, headers, preflight=preflight, json=json)
        return Route(path, door, methods=methods, name=path)


@dataclass(slots=True)
class _Address:
    """Everything that lives at one declared path."""

    methods: dict[str, Route] = field(default_factory=dict)

    @property
    def allowed(self) -> str:
        return ", ".join(sorted(self.methods))


class Switchboard(Router):
    """Finds the route of a request: a dictionary for fixed paths, Starlette's patterns for the few with parameters.

    It differs from Starlette's router where that would hurt a provider: no redirect for a trailing slash (its
    location would be built from the Host header), and 405 names the methods of all routes at the path.
    """

    def __init__(
        self, routes: Sequence[Route], builder: RouteBuilder, lifespan: Lifespan[Starlette] | None = None
    ) -> None:
        super().__init__(routes, lifespan=lifespan)
        self._builder = builder
        self._fixed: dict[str, _Address] = {}
        self._patterned: list[Route] = []
        for route in routes:
            if route.param_convertors:
                self._patterned.append(route)
                continue
            address = self._fixed.setdefault(route.path, _Address())
            for method in route.methods or ():
                if method in address.methods:
                    raise ValueError(f"two routes for {method} {route.path}")
                address.methods[method] = route

    async def app(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await super().app(scope, receive, send)
            return
        found = self._find(scope)
        if isinstance(found, Route):
            await found.app(scope, receive, send)
            return
        problem, door = found
        await answer_problem(problem, self._builder.edge, door, self._builder.headers, scope=scope, send=send)

    def _find(self, scope: Scope) -> Route | tuple[PageProblem, Door | None]:
        path, method = scope["path"], scope["method"]
        address = self._fixed.get(path)
        if address is not None:
            route = address.methods.get(method)
            return route or (failures.method_not_allowed(address.allowed), _door(next(iter(address.methods.values()))))
        # A path parameter ends up in a query: PostgreSQL's text cannot hold NUL, and nothing of ours has such names.
        if not path.isprintable() or _REPLACEMENT in path:
            return failures.not_found(), None
        other_methods: list[Route] = []
        for route in self._patterned:
            match, child_scope = route.matches(scope)
            if match is Match.FULL:
                scope.update(child_scope)
                return route
            if match is Match.PARTIAL:
                other_methods.append(route)
        if other_methods:
            allowed = sorted({name for route in other_methods for name in route.methods or ()})
            return failures.method_not_allowed(", ".join(allowed)), _door(other_methods[0])
        return failures.not_found(), None


def _door(route: Route) -> Door | None:
    return route.app if isinstance(route.app, Door) else None


def _last_resort(_request: Request, _problem: Exception) -> Response:
    """Only a broken failure page leads here; the door has answered everything else."""
    return Response("Something went wrong.", status_code=500, headers={"Cache-Control": "no-store"})
