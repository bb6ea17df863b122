"""Every page once, with values as hostile as a stranger could make them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from starlette.responses import Response

from idp.web.failures import Link
from idp.web.page_context import PageContext
from idp.web.pages import (
    AccountChoice,
    AppToldLine,
    AskingClient,
    AskingDevice,
    ConnectedApp,
    DeviceLine,
    LinkedProvider,
    LogoutFrame,
    Mail,
    Pages,
    Permission,
    Problem,
    permission_for,
)
from tests.web import provider_samples

HOSTILE = """"><script>alert(1)</script>'{{7*7}}${7*7}%s%(x)s{0.__class__}<img src=x onerror=alert(1)>"""
WHEN = datetime(2026, 11, 20, 8, 30, tzinfo=UTC)

Sample = Callable[[Pages, PageContext, str], Response]


def client(text: str) -> AskingClient:
    return AskingClient(
        name=text,
        host=text,
        uri="https://photos.example/",
        logo_uri="https://cdn.photos.example:8443/logo.png",
        policy_uri="https://photos.example/privacy?a=1&b=2",
        tos_uri="https://photos.example/terms",
        unverified=True,
    )


def _problems(text: str, *names: str | None) -> tuple[Problem, ...]:
    return tuple(Problem(name, text) for name in names)


def _devices(text: str) -> list[DeviceLine]:
    return [
        DeviceLine(text, text, "192.0.2.1", WHEN, WHEN, current=True),
        DeviceLine("2", "Safari on iPhone", "2001:db8::7", WHEN, WHEN),
    ]


SAMPLES: dict[str, Sample] = {
    "login": lambda pages, context, text: pages.login(context, client=client(text), request=text, username=text),
    "login_alone": lambda pages, context, text: pages.login(context, client=None, request=None, reason=text),
    "login_problems": lambda pages, context, text: pages.login(
        context,
        client=client(text),
        request=text,
        username=text,
        problems=_problems(text, "username", "password", None),
    ),
    "signup": lambda pages, context, text: pages.signup(
        context, client=client(text), request=text, password_minimum=15, email=text, name=text
    ),
    "signup_problems": lambda pages, context, text: pages.signup(
        context, client=None, request=None, password_minimum=15, problems=_problems(text, "email", "password", "name")
    ),
    "verify_email": lambda pages, context, text: pages.verify_email(
        context, email=text, request=text, hidden={text: text}, resent=True, problems=_problems(text, "code")
    ),
    "device_code": lambda pages, context, text: pages.device_code(
        context, user_code=text, problems=_problems(text, "user_code", None)
    ),
    "device_question": lambda pages, context, text: pages.device_question(
        context,
        client=client(text),
        device=AskingDevice(text, text, WHEN, same_network=False),
        request=text,
        identity=text,
        permissions=[permission_for("openid"), permission_for("offline_access"), Permission(text, text, text)],
        account=text,
    ),
    "device_outcome": lambda pages, context, text: pages.device_outcome(context, client=client(text), approved=True),
    "device_refused": lambda pages, context, text: pages.device_outcome(context, client=client(text), approved=False),
    "forgot_password": lambda pages, context, text: pages.forgot_password(
        context, request=text, email=text, problems=_problems(text, "email")
    ),
    "forgot_sent": lambda pages, context, text: pages.forgot_sent(context, email=text, request=text),
    "reset_password": lambda pages, context, text: pages.reset_password(
        context, token=text, password_minimum=15, username=text, problems=_problems(text, "password")
    ),
    "password_changed": lambda pages, context, text: pages.password_changed(
        context, ways=[LinkedProvider("", text, text, WHEN, WHEN)], sign_in_url="/login?reason=password_changed"
    ),
    "confirm_link": lambda pages, context, text: pages.confirm_link(
        context, title=text, sentence=text, button=text, action="/verify-email/link", hidden={"token": text}
    ),
    "change_password": lambda pages, context, text: pages.change_password(
        context, username=text, password_minimum=15, problems=_problems(text, "current_password", "password")
    ),
    "consent": lambda pages, context, text: pages.consent(
        context,
        client=client(text),
        request=text,
        identity=text,
        permissions=[
            permission_for("openid"),
            permission_for("email"),
            permission_for("offline_access"),
            Permission(text, text, text),
        ],
    ),
    "select_account": lambda pages, context, text: pages.select_account(
        context,
        client=client(text),
        request=text,
        accounts=[AccountChoice(text, text, text), AccountChoice("2", "", "bob@example.com", signed_in=False)],
    ),
    "confirm_logout": lambda pages, context, text: pages.confirm_logout(
        context, identity=text, client_name=text, hidden={"request": text}
    ),
    "signed_out": lambda pages, context, text: pages.signed_out(
        context, client=client(text), told=[text, "Wiki"], not_told=[text, "Photos"]
    ),
    "signed_out_frames": lambda pages, context, text: pages.signed_out(
        context,
        client=client(text),
        continue_url="https://photos.example/bye?a=b&c=d",
        frames=[LogoutFrame(text, "https://wiki.example:8443/out?iss=x&sid=y"), LogoutFrame(text, text)],
        told=[text],
    ),
    "error": lambda pages, context, text: pages.error(
        context,
        title=text,
        sentence=text,
        code=text,
        hint=text,
        received={text: text},
        link=Link(text, "https://app.example/"),
    ),
    "expired": lambda pages, context, text: pages.expired(
        context, client=client(text), restart_url="https://photos.example/start"
    ),
    "completed": lambda pages, context, text: pages.completed(context, client=client(text)),
    "form_post": lambda pages, context, text: pages.form_post(
        context, action="https://app.example/cb?a=1&b=2", fields={"code": text, text: "1"}, client_name=text
    ),
    "home": lambda pages, context, text: pages.home(context, issuer=text),
    "account": lambda pages, context, text: pages.account(
        context,
        name=text,
        email=text,
        email_verified=False,
        devices=_devices(text),
        apps=[ConnectedApp(text, text, WHEN, (text, "See your profile"))],
        told=[
            AppToldLine(text, "told", WHEN, WHEN),
            AppToldLine(text, "trying", WHEN, WHEN),
            AppToldLine(text, "given_up", WHEN),
        ],
        notice=text,
    ),
    "account_with_picture": lambda pages, context, text: pages.account(
        context, name=text, email=text, email_verified=True, picture="/picture/p1", devices=_devices(text)
    ),
    "profile": lambda pages, context, text: pages.profile(
        context,
        names={"name": text, "given_name": text, "family_name": text},
        picture="/picture/p1",
        has_picture=True,
        notice=text,
        problems=[Problem("name", text), Problem("given_name", text)],
    ),
    "profile_with_a_picture_elsewhere": lambda pages, context, text: pages.profile(
        context, names={"name": text}, picture=None, has_picture=True, notice=text
    ),
    "mailbox": lambda pages, context, text: pages.mailbox(context, messages=[Mail(text, text, text, WHEN)]),
    "mailbox_message": lambda pages, context, text: pages.mailbox_message(
        context, message=Mail("1", text, text, WHEN, text, ("https://id.example.com/verify?t=1", "javascript:alert(1)"))
    ),
    **provider_samples.SAMPLES,
}
