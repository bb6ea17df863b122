"""Every page of the provider, one method each, so that a missing value is a type error before it is a blank space."""

from __future__ import annotations

from idp.web.page_context import PageContext
from idp.web.pages.credentials import CredentialPages
from idp.web.pages.device import DevicePages
from idp.web.pages.house import HousePages
from idp.web.pages.parts import (
    AccountChoice,
    Arrival,
    AskingClient,
    AskingDevice,
    ConnectedApp,
    DeviceLine,
    LinkedProvider,
    Mail,
    Problem,
    ProviderButton,
    WaysIn,
)
from idp.web.pages.providers import ProviderPages
from idp.web.pages.sign_in import SignInPages
from idp.web.pages.signing_out import AppToldLine, LogoutFrame, SigningOutPages
from idp.web.permissions import Permission, permission_for

__all__ = [
    "AccountChoice",
    "AppToldLine",
    "Arrival",
    "AskingClient",
    "AskingDevice",
    "ConnectedApp",
    "DeviceLine",
    "LinkedProvider",
    "LogoutFrame",
    "Mail",
    "PageContext",
    "Pages",
    "Permission",
    "Problem",
    "ProviderButton",
    "WaysIn",
    "permission_for",
]


class Pages(SignInPages, ProviderPages, CredentialPages, DevicePages, SigningOutPages, HousePages):
    """All pages. Every method takes a `PageContext` first, then what this page shows.

    Forms post to fixed paths, named in the docstrings, and carry `csrf`; inside a sign-in
    transaction they carry `request` as well. With problems the status is 400, unless `status` says otherwise.
    """
