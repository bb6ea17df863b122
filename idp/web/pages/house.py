"""The pages outside of any sign-in: home, the account, errors, and the playground's mailbox."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from starlette.responses import HTMLResponse

from idp.web.failures import Link
from idp.web.page_context import PageContext
from idp.web.pages.parts import ConnectedApp, DeviceLine, Mail, Problem, WaysIn, web_address
from idp.web.pages.renderer import Renderer
from idp.web.pages.signing_out import AppToldLine

_LONGEST_SHOWN = 500


class HousePages(Renderer):
    """Home, the person's own page, and what is shown when something fails."""

    def home(self, context: PageContext, *, issuer: str) -> HTMLResponse:
        """Say what lives here, and where machines find the rest."""
        return self._render("home.html", context, issuer=issuer)

    def account(  # noqa: PLR0913  A page has as many values as it shows.
        self,
        context: PageContext,
        *,
        name: str | None,
        email: str,
        email_verified: bool,
        picture: str | None = None,
        devices: Sequence[DeviceLine],
        apps: Sequence[ConnectedApp] | None = None,
        told: Sequence[AppToldLine] = (),
        ways: WaysIn | None = None,
        notice: str | None = None,
        password_changed: bool = False,
    ) -> HTMLResponse:
        """The person's own page: who they are, how they sign in, devices, connected apps.

        Posts to /account/devices/end (device), /account/devices/end-others, /account/sign-out and
        /account/apps/remove (app).

        Args:
            picture: Its path, if it is one that is kept here.
            apps: None hides the section.
            told: Which apps know that the person has signed out lately.
            ways: How the person signs in; by password alone unless it is said.
            notice: What was just done ("Your password has been changed.").
            password_changed: It was the password: the person is told which other ways in have stayed as they were.
        """
        return self._render(
            "account.html",
            context,
            name=name,
            email=email,
            email_verified=email_verified,
            picture=picture,
            ways=ways or WaysIn(),
            devices=devices,
            apps=apps,
            told=told,
            notice=notice,
            password_changed=password_changed,
        )

    def profile(
        self,
        context: PageContext,
        *,
        names: Mapping[str, str],
        picture: str | None,
        has_picture: bool,
        notice: str | None = None,
        problems: Sequence[Problem] = (),
    ) -> HTMLResponse:
        """What apps are told of the person. POST /account/profile with the names, /account/profile/picture/remove.

        Args:
            names: `name`, and `given_name` and `family_name` where the account has them.
            picture: Its path, if it is one that is kept here; others are not shown, only removed.
        """
        return self._render(
            "profile.html",
            context,
            names=names,
            picture=picture,
            has_picture=has_picture,
            notice=notice,
            problems=problems,
        )

    def error(
        self,
        context: PageContext,
        *,
        title: str,
        sentence: str,
        status: int = 400,
        code: str | None = None,
        hint: str | None = None,
        received: Mapping[str, str] | None = None,
        link: Link | None = None,
    ) -> HTMLResponse:
        """Say what happened and what to do now; folded below it, what the developer of the client needs."""
        shown = {name: value[:_LONGEST_SHOWN] for name, value in (received or {}).items()}
        return self._render(
            "error.html",
            context,
            status=status,
            title=title,
            sentence=sentence,
            code=code,
            hint=hint,
            received=shown,
            link=Link(link.label, link.url) if link and (link.url.startswith("/") or web_address(link.url)) else None,
        )

    def mailbox(self, context: PageContext, *, messages: Sequence[Mail]) -> HTMLResponse:
        """The mails of the playground, newest first; each links to /dev/mailbox/{id}."""
        return self._render("mailbox.html", context, messages=messages)

    def mailbox_message(self, context: PageContext, *, message: Mail) -> HTMLResponse:
        """One mail of the playground, as text, its links as links."""
        links = [link for link in message.links if web_address(link)]
        return self._render("mailbox_message.html", context, message=message, links=links)
