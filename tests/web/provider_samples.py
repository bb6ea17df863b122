"""The pages around other providers, once each."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from starlette.responses import Response

from idp.web.page_context import PageContext
from idp.web.pages import Arrival, LinkedProvider, Pages, Problem, ProviderButton, WaysIn

_WHEN = datetime(2026, 11, 20, 8, 30, tzinfo=UTC)

SAMPLES: dict[str, Callable[[Pages, PageContext, str], Response]] = {
    "login_with_providers": lambda pages, context, text: pages.login(
        context,
        client=None,
        request=text,
        connectors=[ProviderButton("google", "Google"), ProviderButton("work", text)],
        then="methods",
    ),
    "welcome": lambda pages, context, text: pages.welcome(
        context,
        arrival=Arrival(text, text, text),
        request=text,
        email=text,
        name=text,
        is_proven=False,
        has_account=False,
        sign_up_open=True,
        sign_in_url="/login?then=link",
        problems=[Problem("email", text), Problem("name", text)],
    ),
    "welcome_proven": lambda pages, context, text: pages.welcome(
        context,
        arrival=Arrival(text, text, text),
        request=None,
        email=text,
        name="",
        is_proven=True,
        has_account=False,
        sign_up_open=True,
        sign_in_url="/login",
    ),
    "welcome_closed": lambda pages, context, text: pages.welcome(
        context,
        arrival=Arrival(text, text, text),
        request=None,
        email=text,
        name="",
        is_proven=False,
        has_account=False,
        sign_up_open=False,
        sign_in_url="/login",
    ),
    "welcome_taken": lambda pages, context, text: pages.welcome(
        context,
        arrival=Arrival(text, text, text),
        request=None,
        email=text,
        name="",
        is_proven=False,
        has_account=True,
        sign_up_open=True,
        sign_in_url="/login",
    ),
    "welcome_code": lambda pages, context, text: pages.welcome_code(
        context, email=text, handshake=text, resent=True, problems=[Problem("code", text)]
    ),
    "link_identity": lambda pages, context, text: pages.link_identity(
        context, arrival=Arrival(text, text, text), identity=text, account=text
    ),
    "sign_in_methods": lambda pages, context, text: pages.sign_in_methods(
        context,
        email=text,
        has_password=True,
        linked=[LinkedProvider(text, text, text, _WHEN, _WHEN)],
        connectors=[ProviderButton("google", text)],
        notice=text,
    ),
    "sign_in_methods_last": lambda pages, context, text: pages.sign_in_methods(
        context,
        email=text,
        has_password=False,
        linked=[LinkedProvider(text, text, text, _WHEN, _WHEN, removable=False)],
        connectors=[],
    ),
    "account_without_password": lambda pages, context, text: pages.account(
        context,
        name=text,
        email=text,
        email_verified=True,
        devices=[],
        ways=WaysIn(has_password=False, linked=[text, "Google"], more=True),
    ),
    "set_password": lambda pages, context, text: pages.change_password(
        context, username=text, password_minimum=15, has_password=False, problems=[Problem(None, text)]
    ),
}
