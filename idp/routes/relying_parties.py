"""The routes for relying parties and other clients."""

from starlette.routing import Route

from idp.endpoints.authorize import AuthorizeEndpoint
from idp.endpoints.check_session import CheckSessionEndpoint
from idp.endpoints.client_configuration import ClientConfigurationEndpoint
from idp.endpoints.discovery import DiscoveryEndpoint
from idp.endpoints.end_session import EndSessionEndpoint
from idp.endpoints.interaction import InteractionEndpoint
from idp.endpoints.registration import RegistrationEndpoint
from idp.endpoints.token import TokenEndpoint
from idp.endpoints.userinfo import UserinfoEndpoint
from idp.house import House, count_device, count_registration
from idp.refusing import Refusing


def for_relying_parties(house: House) -> list[Route]:
    """The protocol: where applications send browsers, and what they ask by themselves."""
    page, api, public = house.routes.page, house.routes.api, house.routes.public
    settings, database, provider, pages, cookies, clock = (
        house.settings,
        house.database,
        house.provider,
        house.pages,
        house.cookies,
        house.clock,
    )
    idle = settings.lifetimes.session_idle
    discovery = DiscoveryEndpoint(settings.issuer, provider.features, house.ring)
    refusing = Refusing(database, provider.registry, clock)
    authorize = AuthorizeEndpoint(
        database, provider, refusing, pages, cookies, settings.lifetimes.authorization_request, idle, clock
    )
    interaction = InteractionEndpoint(database, provider, pages, cookies, idle, clock)
    token = TokenEndpoint(
        provider, refusing, settings.lifetimes.pushed_request, count_device(database, house.throttle, clock)
    )
    userinfo = UserinfoEndpoint(provider.server)
    end_session = EndSessionEndpoint(database, provider, pages, house.reception, house.farewell)
    return [
        public("/.well-known/openid-configuration", discovery.metadata),
        public("/.well-known/oauth-authorization-server", discovery.metadata),
        public("/jwks", discovery.jwks),
        page("/authorize", authorize.begin, methods=["GET", "POST"], cross_site=True),
        page("/authorize/{id}", authorize.proceed),
        page("/consent", interaction.show_consent),
        page("/consent", interaction.decide_consent, methods=["POST"]),
        page("/select-account", interaction.show_accounts),
        page("/select-account", interaction.choose_account, methods=["POST"]),
        api("/token", token.token, shared=True),
        api("/par", token.push, shared=True),
        api("/revoke", token.revoke, shared=True),
        api("/introspect", token.introspect),
        api("/device_authorization", token.authorize_device),
        *_registration(house),
        api("/userinfo", userinfo.answer, methods=["GET", "POST"], shared=True),
        page("/end_session", end_session.begin, methods=["GET", "POST"], cross_site=True),
        page("/end_session/confirm", end_session.confirm, methods=["POST"]),
        page("/signed-out", house.farewell.show),
        *_framed(house),
    ]


def _registration(house: House) -> list[Route]:
    """Where applications register themselves, if this installation lets them."""
    api, mode = house.routes.api, house.settings.client_registration
    if mode == "off":
        return []
    count = count_registration(house.database, house.throttle, house.clock)
    register = RegistrationEndpoint(house.database, house.provider, count, mode == "open", house.clock)
    own = ClientConfigurationEndpoint(house.database, house.provider, count, house.clock)
    return [
        api("/register", register.register, shared=True, json=True),
        api("/register/{client_id}", own.answer, methods=["GET", "PUT", "DELETE"], shared=True, json=True),
    ]


def _framed(house: House) -> list[Route]:
    """What pages of relying parties frame."""
    if not house.settings.session_management:
        return []
    check_session = CheckSessionEndpoint(house.cookies, house.static)
    return [house.routes.framed("/check_session", check_session.show)]
