"""The pages on which a person signs out: the question, the goodbye, and who knows of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from starlette.responses import HTMLResponse

from idp.web.headers import page_policy
from idp.web.page_context import PageContext
from idp.web.pages.parts import AskingClient, origin_of, web_address
from idp.web.pages.renderer import Renderer


@dataclass(frozen=True, slots=True)
class LogoutFrame:
    """A page of a client that signs the person out there when it is loaded."""

    name: str
    uri: str


@dataclass(frozen=True, slots=True)
class AppToldLine:
    """Whether an app knows that the person has signed out: `state` is `told`, `trying` or `given_up`.

    Attributes:
        since: When the person signed out.
        until: When it was told, or until when it is tried.
    """

    name: str
    state: str
    since: datetime
    until: datetime | None = None


class SigningOutPages(Renderer):
    """Signing out."""

    def confirm_logout(
        self,
        context: PageContext,
        *,
        identity: str | None,
        client_name: str | None = None,
        hidden: Mapping[str, str] | None = None,
    ) -> HTMLResponse:
        """Ask whether to sign out. POST /end_session/confirm with decision=logout|stay.

        Buttons #logout-confirm and #logout-cancel.
        """
        return self._render(
            "confirm_logout.html",
            context,
            identity=identity,
            client_name=client_name,
            hidden=hidden or {},
        )

    def signed_out(
        self,
        context: PageContext,
        *,
        client: AskingClient | None = None,
        sign_in_url: str = "/account",
        continue_url: str | None = None,
        frames: Sequence[LogoutFrame] = (),
        told: Sequence[str] = (),
        not_told: Sequence[str] = (),
    ) -> HTMLResponse:
        """Say that the person is signed out, and load the frames in which apps sign them out as well.

        Args:
            continue_url: Where the browser goes when the frames have loaded, a registered address. The script waits for
                them, though not for long; without it the page goes on by itself after a few seconds, and has a link.
            told: The apps that are being told.
            not_told: Those that may keep the person signed in.
        """
        framed = {frame: origin for frame in frames if web_address(frame.uri) and (origin := origin_of(frame.uri))}
        response = self._client_page(
            "signed_out.html",
            context,
            client,
            sign_in_url=sign_in_url,
            continue_url=continue_url if continue_url and _can_be_followed(continue_url) else None,
            frames=list(framed),
            told=told,
            not_told=not_told,
        )
        if framed:
            policy = page_policy(form_action=False, frame_origins=framed.values())
            response.headers["Content-Security-Policy"] = policy
        return response


def _can_be_followed(uri: str) -> bool:
    """A web address, or one of a native app, whose scheme is a domain name of its own (RFC 8252 section 7.1)."""
    return web_address(uri) is not None or "." in urlsplit(uri).scheme
