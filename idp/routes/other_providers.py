"""The routes to other providers and back."""

from starlette.routing import Route

from idp.accounts.arrivals import Arrivals
from idp.admission import Admission
from idp.endpoints.sign_in_methods import SignInMethodsEndpoint
from idp.endpoints.social import SocialEndpoint
from idp.endpoints.upstream_logout import UpstreamLogoutEndpoint
from idp.endpoints.welcome import WelcomeEndpoint
from idp.federation.handshake import Handshakes
from idp.house import House


def by_other_providers(house: House, arrivals: Arrivals) -> list[Route]:
    """The ways to other providers and back. What asks them runs on the waiting lane."""
    page, database, pages, clock = house.routes.page, house.database, house.pages, house.clock
    admission = Admission(house.connectors, arrivals, house.reception, house.outbox, clock)
    handshakes = Handshakes(
        house.sealer.secret_for("handshake"), house.settings.issuer, house.settings.lifetimes.authorization_request
    )
    social = SocialEndpoint(
        database, house.connectors, handshakes, admission, house.provider.registry, house.throttle, clock
    )
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
