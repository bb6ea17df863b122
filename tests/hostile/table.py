"""Every value of the table, in every parameter of every route."""

from dataclasses import dataclass

from starlette.routing import Route

from tests.hostile.attack import MORE_OF_A_REGISTRATION, Attack, good_request
from tests.hostile.ground import Ground
from tests.hostile.values import OCTETS, TEXTS


@dataclass(frozen=True)
class Cell:
    """One value in one parameter of one route; octets stand behind all parameters."""

    route: Route
    method: str
    name: str
    value: str | bytes

    def attack(self, ground: Ground) -> Attack:
        """The request, the rest of it as it should be."""
        good = good_request(ground, self.route, self.method)
        if isinstance(self.value, bytes):
            return good.sent(good.pairs, also=self.value)
        return good.sent([*(pair for pair in good.pairs if pair[0] != self.name), (self.name, self.value)])


def table(ground: Ground) -> list[list[Cell]]:
    """A row of cells for each method of each route."""
    rows = []
    for route in ground.routes:
        for method in sorted((route.methods or set()) - {"HEAD", "OPTIONS"}):
            good = good_request(ground, route, method)
            names = [name for name, _ in good.pairs]
            if good.is_json:
                names += MORE_OF_A_REGISTRATION
            elif good.kind == "api":
                names = list(dict.fromkeys([*names, "client_id", "client_secret", "client_assertion", "token"]))
            cells = [Cell(route, method, name, value) for name in names for value in TEXTS]
            rows.append(cells + [Cell(route, method, "", octets) for octets in OCTETS])
    return rows
