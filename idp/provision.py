"""What each room gets of the settings."""

from collections.abc import Callable
from urllib.parse import urlsplit

from idp.accounts.throttle import Limits, Throttle
from idp.federation.connectors import ConnectorOptions, Connectors
from idp.federation.wire import Wire
from idp.outgoing import Outgoing
from idp.protocol.features import Features
from idp.protocol.lifetimes import Lifetimes
from idp.settings import Settings


def connectors_of(settings: Settings, *, held: Callable[[], bool] = lambda: False) -> Connectors:
    """The configured ways to other providers.

    The operator has named their hosts, so unlike those that strangers register they may be private ones.
    """
    outgoing = Outgoing(
        allowed_hosts=_allowed_hosts(settings),
        ca_file=settings.outgoing_ca_file,
        timeout=settings.upstream_timeout,
        at_once=(64, 48),
        held=held,
    )
    options = [
        ConnectorOptions(
            name=one.name,
            kind=one.kind,
            label=one.button,
            client_id=one.client_id,
            client_secret=one.client_secret.get_secret_value() if one.client_secret else None,
            issuer=one.issuer,
            scope=one.scope,
            domains=one.domains,
            authoritative_for=one.authoritative_for,
            hosted_domains=one.hosted_domains,
            tenants=one.tenants,
            team_id=one.team_id,
            key_id=one.key_id,
            graph_version=one.graph_version,
            response_mode=one.response_mode,
            token_method=one.token_method,
            origin=one.origin,
        )
        for one in settings.connectors
    ]
    return Connectors(options, Wire(outgoing))


def way_to_pictures(settings: Settings, *, held: Callable[[], bool]) -> Outgoing:
    """The way to people's pictures at other providers: apart from the others, whose places it must not take."""
    return Outgoing(
        allowed_hosts=_allowed_hosts(settings),
        ca_file=settings.outgoing_ca_file,
        timeout=settings.outgoing_timeout,
        held=held,
    )


def _allowed_hosts(settings: Settings) -> tuple[str, ...]:
    named = (urlsplit(one.origin or one.issuer or "") for one in settings.connectors)
    hosts = {f"{parts.hostname}:{parts.port}" if parts.port else parts.hostname for parts in named if parts.hostname}
    return (*settings.outgoing_allowed_hosts, *(host for host in hosts if host))


def features_of(settings: Settings) -> Features:
    """What is switched on."""
    return Features(
        implicit_and_hybrid=settings.implicit_and_hybrid,
        dpop_algorithms=settings.dpop_algorithms,
        require_pushed_authorization_requests=settings.require_pushed_authorization_requests,
        session_management=settings.session_management,
        registration=settings.client_registration != "off",
    )


def lifetimes_of(settings: Settings) -> Lifetimes:
    """How long what the protocol issues lives."""
    lives = settings.lifetimes
    return Lifetimes(
        code=lives.code,
        device_code=lives.device_code,
        access_token=lives.access_token,
        jwt_access_token=lives.jwt_access_token,
        id_token=lives.id_token,
        refresh_idle=lives.refresh_token_idle,
        refresh_absolute=lives.refresh_token,
        refresh_repeat_window=settings.refresh_repeat_window,
    )


def throttle_of(settings: Settings) -> Throttle:
    """The limits against guessing and flooding."""
    given = settings.throttle
    limits = Limits(
        source_failures=given.source_failures,
        source_window=given.source_window,
        account_free_failures=given.account_free_failures,
        account_longest_wait=given.account_longest_wait,
        known_device_failures=given.known_device_failures,
        known_device_window=given.known_device_window,
        account_ceiling=given.account_ceiling,
        account_mails=given.account_mails,
        source_mails=given.source_mails,
        source_sign_ups=given.source_sign_ups,
        source_registrations=given.source_registrations,
        client_failures=given.client_failures,
        source_device_codes=given.source_device_codes,
        source_handshakes=given.source_handshakes,
        client_devices=given.client_devices,
        client_devices_window=settings.lifetimes.device_code,
    )
    return Throttle(limits, given.enabled)
