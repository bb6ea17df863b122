"""The pages of a sign-in transaction, from the password to the way back to the relying party."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from starlette.responses import HTMLResponse

from idp.web.page_context import PageContext
from idp.web.pages.parts import AccountChoice, AskingClient, Problem, ProviderButton, web_address
from idp.web.pages.renderer import Renderer
from idp.web.permissions import Permission


class SignInPages(Renderer):
    """Signing in, consenting, choosing an account, and where that ends."""

    def login(  # noqa: PLR0913  A page has as many values as it shows.
        self,
        context: PageContext,
        *,
        client: AskingClient | None,
        request: str | None,
        username: str = "",
        reason: str | None = None,
        problems: Sequence[Problem] = (),
        sign_up_open: bool = True,
        connectors: Sequence[ProviderButton] = (),
        then: str | None = None,
        status: int | None = None,
    ) -> HTMLResponse:
        """Ask for address and password. POST /login with username, password; form #login-form.

        Args:
            username: What was typed before, or the login_hint.
            reason: Why a person who is signed in is asked again ("Acme Bank asks you to confirm it's you.").
            connectors: Other providers to sign in with; each has a form of its own, POST /social/{name}.
            then: Which of our pages to go on to; comes back with every form.
        """
        return self._client_page(
            "login.html",
            context,
            client,
            problems=problems,
            status=status,
            request=request,
            username=username,
            reason=reason,
            sign_up_open=sign_up_open,
            connectors=connectors,
            then=then,
        )

    def consent(
        self,
        context: PageContext,
        *,
        client: AskingClient,
        request: str,
        identity: str,
        permissions: Sequence[Permission],
        account: str = "",
    ) -> HTMLResponse:
        """Ask what the client may do. POST /consent with decision=allow|cancel, and scope for each ticked optional one.

        Args:
            identity: The signed-in address, shown with a way to switch.
            permissions: Required ones are only listed; optional ones get a check box.
            account: Whose decision this page asks for; comes back with the form, so that nobody answers for another.
        """
        return self._client_page(
            "consent.html",
            context,
            client,
            request=request,
            identity=identity,
            permissions=permissions,
            account=account,
        )

    def select_account(
        self,
        context: PageContext,
        *,
        client: AskingClient | None,
        request: str,
        accounts: Sequence[AccountChoice],
    ) -> HTMLResponse:
        """Ask which account to go on with. POST /select-account with account=<id>, or empty for another one."""
        return self._client_page("select_account.html", context, client, request=request, accounts=accounts)

    def expired(
        self, context: PageContext, *, client: AskingClient | None = None, restart_url: str | None = None
    ) -> HTMLResponse:
        """Say that this sign-in took too long, with a link to start again at the client."""
        return self._client_page("expired.html", context, client, status=400, restart_url=web_address(restart_url))

    def completed(
        self, context: PageContext, *, client: AskingClient | None = None, continue_url: str | None = None
    ) -> HTMLResponse:
        """Say that this sign-in was completed already, in another tab or before going back."""
        return self._client_page("completed.html", context, client, continue_url=web_address(continue_url))

    def form_post(
        self, context: PageContext, *, action: str, fields: Mapping[str, str], client_name: str | None = None
    ) -> HTMLResponse:
        """Carry an authorization response to the client by POST (OAuth 2.0 Form Post Response Mode).

        Args:
            action: The registered redirect URI, already proven by the caller.
        """
        if web_address(action) is None:
            raise ValueError("a form can be posted to http and https addresses only")
        return self._render("form_post.html", context, action=action, fields=fields, client_name=client_name)
