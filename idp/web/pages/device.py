"""The pages on which a person lets a device in that has no browser of its own (RFC 8628 section 3.3)."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.responses import HTMLResponse

from idp.web.page_context import PageContext
from idp.web.pages.parts import AskingClient, AskingDevice, Problem
from idp.web.pages.renderer import Renderer
from idp.web.permissions import Permission


class DevicePages(Renderer):
    """Typing the code of a device, deciding about it, and what came of it."""

    def device_code(
        self,
        context: PageContext,
        *,
        user_code: str = "",
        problems: Sequence[Problem] = (),
        status: int | None = None,
    ) -> HTMLResponse:
        """Ask for the code that the device shows. POST /device with user_code; form #device-form.

        Args:
            user_code: What was typed before, or came with the address. It is shown, never taken for granted.
        """
        return self._render("device_code.html", context, problems=problems, status=status, user_code=user_code)

    def device_question(
        self,
        context: PageContext,
        *,
        client: AskingClient,
        device: AskingDevice,
        request: str,
        identity: str,
        permissions: Sequence[Permission],
        account: str,
    ) -> HTMLResponse:
        """Ask whether the device may come in. POST /device/confirm with decision=allow|deny; as on the consent page.

        Args:
            account: Whose decision this page asks for; comes back with the form.
        """
        return self._client_page(
            "device_question.html",
            context,
            client,
            device=device,
            request=request,
            identity=identity,
            permissions=permissions,
            account=account,
        )

    def device_outcome(self, context: PageContext, *, client: AskingClient, approved: bool) -> HTMLResponse:
        """Say that the device is connected, or that it is not, and that it goes on there."""
        return self._client_page("device_outcome.html", context, client, approved=approved)
