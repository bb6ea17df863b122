"""The pages on which accounts and passwords are made, proven and replaced."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from starlette.responses import HTMLResponse

from idp.web.page_context import PageContext
from idp.web.pages.parts import AskingClient, LinkedProvider, Problem
from idp.web.pages.renderer import Renderer


class CredentialPages(Renderer):
    """Signing up, proving an address, and replacing a password."""

    def signup(
        self,
        context: PageContext,
        *,
        client: AskingClient | None,
        request: str | None,
        password_minimum: int,
        email: str = "",
        name: str = "",
        problems: Sequence[Problem] = (),
        status: int | None = None,
    ) -> HTMLResponse:
        """Ask for what an account needs. POST /signup with email, password, name (may be empty); #signup-form."""
        return self._client_page(
            "signup.html",
            context,
            client,
            problems=problems,
            status=status,
            request=request,
            password_minimum=password_minimum,
            email=email,
            name=name,
        )

    def verify_email(
        self,
        context: PageContext,
        *,
        email: str,
        request: str | None,
        hidden: Mapping[str, str] | None = None,
        resent: bool = False,
        problems: Sequence[Problem] = (),
        status: int | None = None,
        change_url: str = "/signup",
    ) -> HTMLResponse:
        """Ask for the code from the mail. POST /verify-email with code, or POST /verify-email/resend.

        Args:
            hidden: More hidden fields for both forms, by which the endpoint finds the sign-up again.
            resent: A new mail was just sent; the page says so.
        """
        return self._render(
            "verify_email.html",
            context,
            problems=problems,
            status=status,
            email=email,
            request=request,
            hidden=hidden or {},
            resent=resent,
            change_url=change_url,
        )

    def forgot_password(
        self,
        context: PageContext,
        *,
        request: str | None,
        email: str = "",
        problems: Sequence[Problem] = (),
        status: int | None = None,
    ) -> HTMLResponse:
        """Ask where to send the link. POST /forgot-password with email; form #forgot-form."""
        return self._render(
            "forgot_password.html",
            context,
            problems=problems,
            status=status,
            request=request,
            email=email,
        )

    def forgot_sent(self, context: PageContext, *, email: str, request: str | None) -> HTMLResponse:
        """Say that a mail was sent if there is such an account; the same words whether there is or not."""
        return self._render("forgot_sent.html", context, email=email, request=request)

    def reset_password(
        self,
        context: PageContext,
        *,
        token: str,
        password_minimum: int,
        username: str | None = None,
        problems: Sequence[Problem] = (),
        status: int | None = None,
    ) -> HTMLResponse:
        """Ask for a new password, having followed the mailed link. POST /reset-password with token, password.

        Args:
            username: The address, for password managers; leave it out where the link alone should not tell it.
        """
        return self._render(
            "reset_password.html",
            context,
            problems=problems,
            status=status,
            token=token,
            password_minimum=password_minimum,
            username=username,
        )

    def password_changed(
        self, context: PageContext, *, ways: Sequence[LinkedProvider], sign_in_url: str = "/login"
    ) -> HTMLResponse:
        """Say that a forgotten password has been replaced, and which other ways into the account have stayed.

        Args:
            ways: What else opens the account; there is at least one.
            sign_in_url: Where the person signs in with the new password. A path of ours.
        """
        return self._render("password_changed.html", context, ways=ways, sign_in_url=sign_in_url)

    def confirm_link(
        self,
        context: PageContext,
        *,
        title: str,
        sentence: str,
        button: str,
        action: str,
        hidden: Mapping[str, str],
        username: str | None = None,
        problems: Sequence[Problem] = (),
    ) -> HTMLResponse:
        """Show a button for a mailed link, since scanners follow links but press no buttons; #confirm-submit.

        Args:
            username: Asks for the password of this address as well; field password.
        """
        return self._render(
            "confirm_link.html",
            context,
            problems=problems,
            title=title,
            sentence=sentence,
            button=button,
            action=action,
            hidden=hidden,
            username=username,
        )

    def change_password(
        self,
        context: PageContext,
        *,
        username: str,
        password_minimum: int,
        has_password: bool = True,
        problems: Sequence[Problem] = (),
        status: int | None = None,
    ) -> HTMLResponse:
        """Ask for the old and the new password. POST /account/password with current_password, password.

        Args:
            has_password: Who has none is asked for a new one only.
        """
        return self._render(
            "change_password.html",
            context,
            problems=problems,
            status=status,
            username=username,
            password_minimum=password_minimum,
            has_password=has_password,
        )
