"""Renders a template with what every page is told."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from starlette.responses import HTMLResponse

from idp.web import i18n
from idp.web.headers import page_policy
from idp.web.page_context import PageContext
from idp.web.pages.environment import environment_for
from idp.web.pages.parts import AskingClient, Problem, origin_of, web_address


class Renderer:
    """What the groups of pages stand on.

    Args:
        templates_dir: Where the templates are (`idp.web.assets.assets_dir("templates")`).
        product_name: What the installation is called; in every title.
        development: Shows a banner on every page, so that nobody takes a playground for the real thing.
        static_version: `StaticFiles.version`, part of the addresses of the stylesheet and the script.
    """

    def __init__(
        self, templates_dir: Path, *, product_name: str = "Sign in", development: bool = False, static_version: str = ""
    ) -> None:
        self._environment = environment_for(templates_dir)
        self._environment.globals.update(
            product=product_name, development=development, static_version=static_version, languages=i18n.LANGUAGES
        )

    def _client_page(
        self, template: str, context: PageContext, client: AskingClient | None, **values: Any
    ) -> HTMLResponse:
        """Render a page that shows a client: only web addresses become links, and its logo's origin is let in."""
        logo = web_address(client.logo_uri) if client else None
        origin = origin_of(logo) if logo else None
        shown: dict[str, Any] = {
            "client": client,
            "client_logo": logo if origin else None,
            "client_uri": web_address(client.uri) if client else None,
            "client_policy": web_address(client.policy_uri) if client else None,
            "client_terms": web_address(client.tos_uri) if client else None,
        }
        response = self._render(template, context, **shown, **values)
        if origin:
            response.headers["Content-Security-Policy"] = page_policy(form_action=False, image_origins=(origin,))
        return response

    def _render(
        self,
        template: str,
        context: PageContext,
        *,
        problems: Sequence[Problem] = (),
        status: int | None = None,
        **values: Any,
    ) -> HTMLResponse:
        if status is None:
            status = 400 if problems else 200
        body = self._environment.get_template(template).render(
            context=context, language=context.language, problems=problems, **values
        )
        return HTMLResponse(body, status_code=status)
