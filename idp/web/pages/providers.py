"""The pages around other providers: somebody new, one more way in, and the ways in that there are."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.responses import HTMLResponse

from idp.web.page_context import PageContext
from idp.web.pages.parts import Arrival, LinkedProvider, Problem, ProviderButton
from idp.web.pages.renderer import Renderer


class ProviderPages(Renderer):
    """Arriving from another provider, and linking one."""

    def welcome(  # noqa: PLR0913  A page has as many values as it shows.
        self,
        context: PageContext,
        *,
        arrival: Arrival,
        request: str | None,
        email: str,
        name: str,
        is_proven: bool,
        has_account: bool,
        sign_up_open: bool,
        sign_in_url: str,
        problems: Sequence[Problem] = (),
        status: int | None = None,
    ) -> HTMLResponse:
        """Ask somebody new what they want. POST /welcome with handshake, name, and email unless it is proven.

        Args:
            is_proven: The provider decides who has the address, so no mail has to prove it.
            has_account: The address has a proven account, which has to be shown to be theirs.
            sign_in_url: Where who has an account goes first.
        """
        return self._render(
            "welcome.html",
            context,
            problems=problems,
            status=status,
            arrival=arrival,
            request=request,
            email=email,
            name=name,
            is_proven=is_proven,
            has_account=has_account,
            sign_up_open=sign_up_open,
            sign_in_url=sign_in_url,
        )

    def welcome_code(
        self,
        context: PageContext,
        *,
        email: str,
        handshake: str,
        resent: bool = False,
        problems: Sequence[Problem] = (),
    ) -> HTMLResponse:
        """Ask for the code from the mail. POST /welcome/code with handshake, code; POST /welcome/code/resend."""
        return self._render(
            "welcome_code.html", context, problems=problems, email=email, handshake=handshake, resent=resent
        )

    def link_identity(self, context: PageContext, *, arrival: Arrival, identity: str, account: str) -> HTMLResponse:
        """Ask whether to link. POST /welcome/link with handshake, account, decision=link|skip.

        Args:
            identity: The address of the account just signed in to; `account` comes back with the form.
        """
        return self._render("link_identity.html", context, arrival=arrival, identity=identity, account=account)

    def sign_in_methods(
        self,
        context: PageContext,
        *,
        email: str,
        has_password: bool,
        linked: Sequence[LinkedProvider],
        connectors: Sequence[ProviderButton],
        notice: str | None = None,
    ) -> HTMLResponse:
        """The ways in. POST /account/sign-in-methods/unlink with identity; POST /social/{name}/link."""
        return self._render(
            "sign_in_methods.html",
            context,
            email=email,
            has_password=has_password,
            linked=linked,
            connectors=connectors,
            notice=notice,
        )
