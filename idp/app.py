"""The roof: settings in, ASGI application out. Every part is built here and handed exactly what it needs."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta

from starlette.applications import Starlette
from starlette.routing import Route
from starlette.types import Lifespan

from idp.accounts.arrivals import Arrivals
from idp.accounts.device_sign_in import DeviceSignIn
from idp.accounts.login import SignIn
from idp.accounts.password_policy import PasswordPolicy
from idp.accounts.passwords import Passwords, keep_hashing_memory
from idp.accounts.proofs import ProofLife
from idp.accounts.recovery import Recovery
from idp.accounts.signup import SignUp
from idp.admission import Admission
from idp.clock import Clock, utc_now
from idp.delivery.backchannel_logout import LogoutCarrier
from idp.delivery.carrying import Line
from idp.delivery.mail import MailCarrier, MailTemplates
from idp.delivery.outbox import MAIL
from idp.delivery.smtp import SmtpTransport
from idp.delivery.worker import Worker
from idp.endpoints.account import AccountEndpoint
from idp.endpoints.authorize import AuthorizeEndpoint
from idp.endpoints.check_session import CheckSessionEndpoint
from idp.endpoints.client_configuration import ClientConfigurationEndpoint
from idp.endpoints.device import DeviceEndpoint
from idp.endpoints.device_consent import DeviceConsentEndpoint
from idp.endpoints.discovery import DiscoveryEndpoint
from idp.endpoints.end_session import EndSessionEndpoint
from idp.endpoints.health import HealthEndpoint
from idp.endpoints.home import HomeEndpoint
from idp.endpoints.interaction import InteractionEndpoint
from idp.endpoints.login import LoginEndpoint
from idp.endpoints.recovery import RecoveryEndpoint
from idp.endpoints.registration import RegistrationEndpoint
from idp.endpoints.sign_in_methods import SignInMethodsEndpoint
from idp.endpoints.signup import SignupEndpoint
from idp.endpoints.social import SocialEndpoint
from idp.endpoints.token import TokenEndpoint
from idp.endpoints.upstream_logout import UpstreamLogoutEndpoint
from idp.endpoints.userinfo import UserinfoEndpoint
from idp.endpoints.verify_email import VerifyEmailEndpoint
from idp.endpoints.welcome import WelcomeEndpoint
from idp.farewell import Farewell
from idp.federation.handshake import Handshakes
from idp.house import House, build_house, count_registration
from idp.observe import logs
from idp.protocol.logout_token import LogoutTokens
from idp.settings import Settings
from idp.store import schema
from idp.store.session_endings import LOGOUT
from idp.web.assets import assets_dir
from keys.lifecycle import KeyPolicy

_MARGIN = timedelta(seconds=30)

Development = Callable[[House], Sequence[Route]]
"""Adds the playground's routes. Only `idp dev` passes one."""


def create_app() -> Starlette:
    """The application of this process's environment; what the server processes of `idp serve` call."""
    settings = Settings.from_environment()
    logs.configure(level=settings.log_level, form=settings.log_format)
    keep_hashing_memory(settings.argon2.memory_mib, threads=settings.hashing_threads)
    return build_app(settings, settings.keys.policy())


def build_app(
    settings: Settings, policy: KeyPolicy, *, clock: Clock = utc_now, development: Development | None = None
) -> Starlette:
    """Build the provider from its settings. Opens nothing before the first request or the start of its lifespan."""
    house = build_house(settings, policy, clock=clock)
    routes = [*_routes(house), *(development(house) if development else ())]
    return house.routes.application(routes, lifespan=_lifespan(house))


def _routes(house: House) -> list[Route]:
    """The whole route table."""
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
    authorize = AuthorizeEndpoint(
        database, provider, pages, cookies, settings.lifetimes.authorization_request, idle, clock
    )
    interaction = InteractionEndpoint(database, provider, pages, cookies, idle, clock)
    token = TokenEndpoint(provider, settings.lifetimes.pushed_request)
    userinfo = UserinfoEndpoint(provider.server)
    end_session = EndSessionEndpoint(database, provider, pages, house.reception, _farewell(house))
    home = HomeEndpoint(settings.issuer, database, pages, cookies, idle, clock)
    health = HealthEndpoint(database, house.ring)
    return [
        page("/", home.show, account=True),
        public("/robots.txt", home.robots),
        public("/.well-known/openid-configuration", discovery.metadata),
        public("/.well-known/oauth-authorization-server", discovery.metadata),
        public("/jwks", discovery.jwks),
        *_people(house),
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
        *_devices(house),
        *_registration(house),
        api("/userinfo", userinfo.answer, methods=["GET", "POST"], shared=True),
        page("/end_session", end_session.begin, methods=["GET", "POST"], cross_site=True),
        page("/end_session/confirm", end_session.confirm, methods=["POST"]),
        *_framed(house),
        public("/static/{name}", house.static.serve),
        api("/livez", health.live, methods=["GET"]),
        api("/readyz", health.ready, methods=["GET"]),
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


def _devices(house: House) -> list[Route]:
    """The pages on which a person lets in a device without a browser."""
    page, database, pages, reception, clock = (
        house.routes.page,
        house.database,
        house.pages,
        house.reception,
        house.clock,
    )
    typing = DeviceEndpoint(database, house.provider.registry, pages, reception, house.throttle, clock)
    sign_in = DeviceSignIn(house.outbox, house.settings.issuer, house.settings.lifetimes.session)
    question = DeviceConsentEndpoint(database, house.provider, pages, reception, sign_in, clock)
    return [
        page("/device", typing.show),
        page("/device", typing.submit, methods=["POST"]),
        page("/device/confirm", question.show),
        page("/device/confirm", question.decide, methods=["POST"]),
    ]


def _framed(house: House) -> list[Route]:
    """What pages of relying parties frame."""
    if not house.settings.session_management:
        return []
    check_session = CheckSessionEndpoint(house.cookies, house.static)
    return [house.routes.framed("/check_session", check_session.show)]


def _farewell(house: House) -> Farewell:
    return Farewell(house.database, house.provider, house.pages, house.reception, house.clock)


def _people(house: House) -> list[Route]:
    """The routes of the people: signing in and up, passwords, and the account."""
    page, settings, clock = house.routes.page, house.settings, house.clock
    database, pages, reception, clients = house.database, house.pages, house.reception, house.provider.registry
    lives, argon2 = settings.lifetimes, settings.argon2
    sign_in = SignIn(
        Passwords(memory_mib=argon2.memory_mib, time=argon2.time, parallelism=argon2.parallelism),
        house.throttle,
        house.sessions,
        house.outbox,
        settings.issuer,
        lives.known_device,
    )
    policy = PasswordPolicy(settings.password_minimum_length, settings.product_name)
    life = ProofLife(lives.verification_link, lives.verification_code, lives.reset_link)
    sign_up = SignUp(sign_in, policy, life, settings.sign_up_open)
    login = LoginEndpoint(database, sign_in, clients, pages, reception, house.connectors, settings.sign_up_open, clock)
    signup = SignupEndpoint(database, sign_up, clients, pages, reception, clock)
    verify_email = VerifyEmailEndpoint(database, sign_up, pages, reception, clock)
    recovery = RecoveryEndpoint(database, Recovery(sign_in, policy, life), pages, reception, clock)
    account = AccountEndpoint(
        database, house.sessions, clients, pages, reception, _farewell(house), house.connectors, clock
    )
    return [
        page("/login", login.show),
        page("/login", login.submit, methods=["POST"], lane="hashing"),
        page("/signup", signup.show),
        page("/signup", signup.submit, methods=["POST"], lane="hashing"),
        page("/signup/link", verify_email.show_link),
        page("/signup/link", verify_email.follow_link, methods=["POST"], lane="hashing"),
        page("/verify-email", verify_email.show),
        page("/verify-email", verify_email.verify, methods=["POST"]),
        page("/verify-email/resend", verify_email.resend, methods=["POST"]),
        page("/forgot-password", recovery.show_forgot),
        page("/forgot-password", recovery.submit_forgot, methods=["POST"]),
        page("/reset-password", recovery.show_reset),
        page("/reset-password", recovery.submit_reset, methods=["POST"], lane="hashing"),
        page("/account", account.show, account=True),
        page("/account/password", recovery.show_change, account=True),
        page("/account/password", recovery.submit_change, methods=["POST"], account=True, lane="hashing"),
        page("/account/devices/end", account.end_device, methods=["POST"], account=True),
        page("/account/devices/end-others", account.end_other_devices, methods=["POST"], account=True),
        page("/account/apps/remove", account.remove_app, methods=["POST"], account=True),
        page("/account/sign-out", account.sign_out, methods=["POST"], account=True),
        page("/.well-known/change-password", recovery.well_known),
        *_other_providers(house, Arrivals(sign_in, life, settings.sign_up_open)),
    ]


def _other_providers(house: House, arrivals: Arrivals) -> list[Route]:
    """The ways to other providers and back. What asks them runs on the waiting lane."""
    page, database, pages, clock = house.routes.page, house.database, house.pages, house.clock
    admission = Admission(house.connectors, arrivals, house.reception, clock)
    handshakes = Handshakes(
        house.sealer.secret_for("handshake"), house.settings.issuer, house.settings.lifetimes.authorization_request
    )
    social = SocialEndpoint(database, house.connectors, handshakes, admission, house.provider.registry, clock)
    welcome = WelcomeEndpoint(database, admission, pages, clock)
    methods = SignInMethodsEndpoint(database, admission, pages, clock)
    upstream_logout = UpstreamLogoutEndpoint(database, house.connectors, clock)
    return [
        page("/welcome", welcome.show),
        page("/welcome", welcome.submit, methods=["POST"]),
        page("/welcome/code", welcome.show_code),
        page("/welcome/code", welcome.submit_code, methods=["POST"]),
        page("/welcome/code/resend", welcome.resend, methods=["POST"]),
        page("/welcome/link", welcome.show_link),
        page("/welcome/link", welcome.submit_link, methods=["POST"]),
        # No account page: its form-action would stop the hop from the form to the provider.
        page("/account/sign-in-methods", methods.show),
        page("/account/sign-in-methods/unlink", methods.unlink, methods=["POST"]),
        page("/social/{connector}", social.preselected, lane="waiting"),
        page("/social/{connector}", social.begin, methods=["POST"], lane="waiting"),
        page("/social/{connector}/link", social.begin_link, methods=["POST"], lane="waiting"),
        page(
            "/social/{connector}/callback",
            social.callback,
            methods=["GET", "POST"],
            cross_site=True,
            lane="waiting",
        ),
        house.routes.api("/social/{connector}/logout", upstream_logout.end, lane="waiting"),
    ]


def _lifespan(house: House) -> Lifespan[Starlette]:
    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        problems = schema.check(house.database)
        if problems:
            raise RuntimeError("; ".join(problems))
        house.ring.refresh()
        worker = Worker(house.database, house.outbox, _carriers(house), clock=house.clock)
        worker.start()
        try:
            yield
        finally:
            worker.stop()
            house.database.dispose()

    return lifespan


def _carriers(house: House) -> dict[str, Line]:
    """Who delivers what. Without an SMTP server mails wait in the outbox."""
    settings, provider = house.settings, house.provider
    tokens = LogoutTokens(provider.issuer, provider.ring, provider.registry, provider.subjects, house.clock)
    # Many at once, since they do nothing but wait: relying parties that hang must not delay the others.
    logout = Line(
        LogoutCarrier(house.outgoing, tokens.notice), at_once=16, lease_for=settings.outgoing_timeout + _MARGIN
    )
    if settings.smtp_url is None:
        return {LOGOUT: logout}
    templates = MailTemplates(
        assets_dir("templates") / "mail",
        product=settings.product_name,
        issuer=settings.issuer,
        sender=settings.mail_from,
    )
    mail = Line(MailCarrier(templates, SmtpTransport.from_url(settings.smtp_url.get_secret_value())))
    return {LOGOUT: logout, MAIL: mail}
