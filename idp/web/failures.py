"""What the caller sees when a request cannot be served: in brand on pages, as an OAuth error for machines.

The words outside say what to do and a reference; the log has the rest, under the same reference.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING

from starlette.responses import Response

from idp.web import replies
from idp.web.page_context import PageContext

if TYPE_CHECKING:
    from idp.web.pages import Pages


@dataclass(frozen=True, slots=True)
class Link:
    """Where a page lets the person go on."""

    label: str
    url: str


@dataclass(eq=False)
class PageProblem(Exception):
    """A request that ends on an error page (or, on a route for machines, in a JSON error).

    Attributes:
        title: What happened, in a few words; the heading.
        sentence: What the person can do now.
        status: The HTTP status.
        code: The error code of OAuth or OpenID Connect, for the developer of the client.
        hint: One sentence for the developer of the client: the rule that was broken. Never what is registered.
        received: What was sent, by parameter name, for the developer; shown escaped and shortened.
        link: Where to go from here.
        headers: Added to the response, Retry-After for example.
    """

    title: str
    sentence: str
    status: int = 400
    code: str = "invalid_request"
    hint: str | None = None
    received: Mapping[str, str] = field(default_factory=dict)
    link: Link | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


def not_found() -> PageProblem:
    """Nothing lives at this address."""
    return PageProblem(
        "Page not found", "The address may have been mistyped, or the page has moved.", status=404, code="not_found"
    )


def method_not_allowed(allowed: str) -> PageProblem:
    """The address exists, but is not asked this way (RFC 9110 section 15.5.6)."""
    return PageProblem(
        "That did not work",
        "This address cannot be used in that way. Go back and try again from the start.",
        status=405,
        code="method_not_allowed",
        headers={"Allow": allowed},
    )


def foreign_form() -> PageProblem:
    """The form was not sent by one of our pages in this browser."""
    return PageProblem(
        "Please try that again",
        "We could not tell that this form came from this browser. Go back, reload the page and send it again. "
        "If this happens again, allow cookies for this site.",
        status=403,
        code="access_denied",
    )


def busy() -> PageProblem:
    """More sign-ins are waiting than can be served in reasonable time."""
    return PageProblem(
        "We are very busy right now",
        "Please wait a few seconds and try again.",
        status=503,
        code="temporarily_unavailable",
        headers={"Retry-After": "3"},
    )


def outage() -> PageProblem:
    """Something we need does not answer."""
    return PageProblem(
        "We cannot do that right now",
        "Please try again in a few seconds. Nothing has been lost.",
        status=503,
        code="temporarily_unavailable",
        headers={"Retry-After": "5"},
    )


def unexpected() -> PageProblem:
    """A mistake of ours."""
    return PageProblem(
        "Something went wrong",
        "The mistake is on our side and has been recorded. Please try again in a moment.",
        status=500,
        code="server_error",
    )


def unreadable(sentence: str, *, status: int) -> PageProblem:
    """The request could not be read; `sentence` says why, for the developer."""
    return PageProblem(
        "We could not read that request",
        "Go back and try again. If you followed a link from an app, tell its makers.",
        status=status,
        hint=sentence,
        # What is left of an oversized or late body would be taken for the next request.
        headers={"Connection": "close"} if status in {HTTPStatus.REQUEST_ENTITY_TOO_LARGE, 408} else {},
    )


@dataclass(frozen=True, slots=True)
class Failures:
    """Turns a problem into the response that fits the kind of route."""

    pages: Pages

    def page(self, problem: PageProblem, context: PageContext) -> Response:
        """The branded error page."""
        response = self.pages.error(
            context,
            title=problem.title,
            sentence=problem.sentence,
            status=problem.status,
            code=problem.code,
            hint=problem.hint,
            received=problem.received,
            link=problem.link,
        )
        response.headers.update(problem.headers)
        return response

    @staticmethod
    def machine(problem: PageProblem, reference: str) -> Response:
        """The JSON error (RFC 6749 section 5.2), with the reference as one more member."""
        body = {
            "error": problem.code,
            "error_description": problem.hint or problem.sentence,
            "request_id": reference,
        }
        return replies.json(problem.status, body, problem.headers)
