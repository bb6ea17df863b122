"""The routes for people."""

from starlette.routing import Route

from idp.accounts.arrivals import Arrivals
from idp.accounts.device_sign_in import DeviceSignIn
from idp.accounts.login import SignIn
from idp.accounts.password_policy import PasswordPolicy
from idp.accounts.passwords import Passwords
from idp.accounts.proofs import ProofLife
from idp.accounts.recovery import Recovery
from idp.accounts.signup import SignUp
from idp.endpoints.account import AccountEndpoint
from idp.endpoints.device import DeviceEndpoint
from idp.endpoints.device_consent import DeviceConsentEndpoint
from idp.endpoints.login import LoginEndpoint
from idp.endpoints.picture import PictureEndpoint
from idp.endpoints.profile import ProfileEndpoint
from idp.endpoints.recovery import RecoveryEndpoint
from idp.endpoints.signup import SignupEndpoint
from idp.endpoints.verify_email import VerifyEmailEndpoint
from idp.house import House
from idp.routes.other_providers import by_other_providers


def for_people(house: House) -> list[Route]:
    """Signing in and up, passwords, the account, and letting devices in."""
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
    recovery = RecoveryEndpoint(
        database, Recovery(sign_in, policy, life, house.connectors.label), pages, reception, clock
    )
    account = AccountEndpoint(
        database, house.sessions, clients, pages, reception, house.farewell, house.connectors, clock
    )
    profile = ProfileEndpoint(database, pages, reception, clock)
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
        page("/reset-password/done", recovery.show_done),
        page("/account", account.show, account=True),
        page("/account/profile", profile.show, account=True),
        page("/account/profile", profile.save, methods=["POST"], account=True),
        page("/account/profile/picture/remove", profile.remove_picture, methods=["POST"], account=True),
        house.routes.public("/picture/{id}", PictureEndpoint(database).show),
        page("/account/password", recovery.show_change, account=True),
        page("/account/password", recovery.submit_change, methods=["POST"], account=True, lane="hashing"),
        page("/account/devices/end", account.end_device, methods=["POST"], account=True),
        page("/account/devices/end-others", account.end_other_devices, methods=["POST"], account=True),
        page("/account/apps/remove", account.remove_app, methods=["POST"], account=True),
        page("/account/sign-out", account.sign_out, methods=["POST"], account=True),
        page("/.well-known/change-password", recovery.well_known),
        *_devices(house),
        *by_other_providers(house, Arrivals(sign_in, life, settings.sign_up_open)),
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
    lives = house.settings.lifetimes
    # Once approved, a device may take until its code ends to fetch its tokens.
    once = lives.device_code + lives.access_token
    sign_in = DeviceSignIn(house.outbox, house.settings.issuer, once, lives.device_code + lives.refresh_token)
    question = DeviceConsentEndpoint(database, house.provider, pages, reception, sign_in, clock)
    return [
        page("/device", typing.show),
        page("/device", typing.submit, methods=["POST"]),
        page("/device/confirm", question.show),
        page("/device/confirm", question.decide, methods=["POST"]),
    ]
