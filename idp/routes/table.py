"""The whole route table."""

from starlette.routing import Route

from idp.endpoints.health import HealthEndpoint
from idp.endpoints.home import HomeEndpoint
from idp.house import House
from idp.routes.people import for_people
from idp.routes.relying_parties import for_relying_parties


def all_routes(house: House) -> list[Route]:
    """Every route of the provider."""
    page, api, public = house.routes.page, house.routes.api, house.routes.public
    settings = house.settings
    idle = settings.lifetimes.session_idle
    home = HomeEndpoint(settings.issuer, house.database, house.pages, house.cookies, idle, house.clock)
    health = HealthEndpoint(house.database, house.ring)
    return [
        page("/", home.show, account=True),
        public("/robots.txt", home.robots),
        public("/static/{name}", house.static.serve),
        api("/livez", health.live, methods=["GET"]),
        api("/readyz", health.ready, methods=["GET"]),
        *for_relying_parties(house),
        *for_people(house),
    ]
