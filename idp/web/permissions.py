"""What a scope allows, in the words of the person who is asked to allow it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Permission:
    """One line on the consent page.

    Attributes:
        scope: The scope value, as the client asked for it.
        sentence: What it lets the client do.
        detail: What that includes, in smaller letters.
        optional: Shown as a check box the person may clear; it is posted as a `scope` field.
    """

    scope: str
    sentence: str
    detail: str | None = None
    optional: bool = False


# OpenID Connect Core 1.0, sections 5.4 and 11.
KNOWN = {
    "openid": Permission("openid", "Know who you are", "A number for your account, and when you signed in"),
    "profile": Permission("profile", "See your profile", "Your name, picture, language and time zone"),
    "email": Permission("email", "See your e-mail address", "And whether it has been confirmed"),
    "phone": Permission("phone", "See your phone number", "And whether it has been confirmed"),
    "address": Permission("address", "See your postal address"),
    "offline_access": Permission("offline_access", "Keep access when you are not using the app", optional=True),
}


def permission_for(scope: str) -> Permission:
    """The line for a scope; a scope without words of its own is shown by its name."""
    return KNOWN.get(scope) or Permission(scope, scope)
