"""Microsoft: an issuer for every tenant, behind metadata that names none of them, and addresses that prove nothing."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from idp.dev.upstreams.google import GoogleStage
from idp.dev.upstreams.personas import GOOGLE
from idp.dev.upstreams.signing import SigningKeys
from idp.federation.connector import Connector
from idp.federation.logout import read_logout_token
from idp.federation.oidc import OidcConnector
from idp.federation.problems import UpstreamProblem
from tests.federation.direct import CLIENT_ID, Direct, direct
from tests.federation.test_logout_there import token as logout_token

OURS, THEIRS = "3f2504e0-4f89-41d3-9a0c-0305e82c3301", "72f988bf-86f1-41af-91ab-2d7cd011db47"
PERSONAL = "9188040d-6c67-4c5b-b112-36a304b66dad"


@dataclass
class MicrosoftStage(GoogleStage):
    """What of Microsoft differs from the simulator of Google: where its metadata stands, and what that says."""

    tenant: str = OURS
    claims_more: dict[str, Any] = field(default_factory=dict)
    key_issuer: str | None = None
    places: list[str] = field(default_factory=list)

    def application(self) -> Starlette:
        self.forge = self.signed
        routes = [
            Route("/{place}/v2.0/.well-known/openid-configuration", self._metadata),
            Route("/keys", self._keys),
        ]
        return Starlette(routes=[*routes, *super().application().routes])

    def issuer(self, tenant: str) -> str:
        return f"{self.origin}/{tenant}/v2.0"

    def signed(self, claims: dict[str, Any], keys: SigningKeys) -> str:
        told = {**claims, "iss": self.issuer(self.tenant), "tid": self.tenant, "ver": "2.0", **self.claims_more}
        return keys.sign({name: value for name, value in told.items() if value is not None})

    async def _metadata(self, request: Request) -> Response:
        place = request.path_params["place"]
        self.places.append(place)
        tenant = "{tenantid}" if place in {"common", "organizations"} else place
        honest = {
            "issuer": self.issuer(tenant),
            "authorization_endpoint": f"{self.origin}/o/oauth2/v2/auth",
            "token_endpoint": f"{self.origin}/token",
            "jwks_uri": f"{self.origin}/keys",
            "id_token_signing_alg_values_supported": ["RS256"],
            "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt"],
        }
        return JSONResponse(honest | self.discovery_more)

    async def _keys(self, _request: Request) -> Response:
        more = {"issuer": self.key_issuer or self.issuer("{tenantid}")}
        return JSONResponse({"keys": [{**key, **more} for key in self.keys.document()["keys"]]})


@pytest.fixture
def there() -> Iterator[Direct[MicrosoftStage]]:
    with direct("microsoft", MicrosoftStage, GOOGLE) as started:
        yield started


def connector(there: Direct[MicrosoftStage], *tenants: str) -> Connector:
    return there.connector(tenants=tenants or ("*",))


def refusal(there: Direct[MicrosoftStage], *tenants: str) -> tuple[str, str]:
    with pytest.raises(UpstreamProblem) as raised:
        there.travel(connector(there, *tenants))
    return raised.value.because, raised.value.sentence


@pytest.mark.parametrize(
    ("tenants", "place"),
    [
        ((OURS,), OURS),
        ((OURS, THEIRS), "organizations"),
        ((OURS, PERSONAL), "common"),
        ((PERSONAL,), PERSONAL),
        (("*",), "common"),
    ],
)
def test_people_are_sent_where_all_of_theirs_can_sign_in(
    there: Direct[MicrosoftStage], tenants: tuple[str, ...], place: str
) -> None:
    there.stage.tenant = tenants[0] if tenants != ("*",) else THEIRS

    identity = there.travel(connector(there, *tenants))

    assert there.stage.places == [place]
    assert identity.issuer == there.stage.issuer(there.stage.tenant)


def test_the_same_subject_of_two_tenants_is_two_identities(there: Direct[MicrosoftStage]) -> None:
    identities = []
    for tenant in (OURS, THEIRS):
        there.stage.tenant = tenant
        identities.append(there.travel(connector(there)))

    assert identities[0].subject == identities[1].subject
    assert identities[0].issuer != identities[1].issuer


@pytest.mark.parametrize("tenants", [(OURS,), (OURS, PERSONAL)])
def test_people_of_another_tenant_stay_outside(there: Direct[MicrosoftStage], tenants: tuple[str, ...]) -> None:
    there.stage.tenant = THEIRS

    assert refusal(there, *tenants) == ("refused", "the person is not of a tenant that may come in")


@pytest.mark.parametrize("tid", [None, "", 7, [OURS], "common", OURS.upper(), f"{OURS}/", "{tenantid}", f"{OURS}\n"])
def test_a_token_without_a_tenant_that_is_one_comes_to_nothing(there: Direct[MicrosoftStage], tid: object) -> None:
    there.stage.claims_more = {"tid": tid}

    assert refusal(there) == ("untrusted", "the token does not say of which tenant the person is")


@pytest.mark.parametrize("tenants", [("*",), (THEIRS,), (OURS, THEIRS)])
def test_a_token_of_another_tenant_than_its_issuer_comes_to_nothing(
    there: Direct[MicrosoftStage], tenants: tuple[str, ...]
) -> None:
    there.stage.claims_more = {"tid": THEIRS}

    assert refusal(there, *tenants) == ("untrusted", "the token is of another tenant than its issuer")


@pytest.mark.parametrize(
    "issuer",
    [
        "{origin}/common/v2.0",
        "{origin}/{{tenantid}}/v2.0",
        "{origin}/{ours}/v2.0/",
        "{origin}/{ours}/v1.0",
        "{origin}/{ours}",
        "{origin}/x/{ours}/v2.0",
        "{origin}//{ours}/v2.0",
        "https://sts.windows.net/{ours}/",
        "https://login.evil.example/{ours}/v2.0",
        "https://login.microsoftonline.com/{ours}/v2.0",
        "{ours}",
        "",
    ],
)
def test_an_issuer_that_is_no_tenant_of_microsoft_comes_to_nothing(there: Direct[MicrosoftStage], issuer: str) -> None:
    there.stage.claims_more = {"iss": issuer.format(origin=there.stage.origin, ours=OURS)}

    assert refusal(there) == ("untrusted", "the token names another issuer")


def test_an_issuer_in_a_list_comes_to_nothing(there: Direct[MicrosoftStage]) -> None:
    there.stage.claims_more = {"iss": [there.stage.issuer(OURS)]}

    assert refusal(there)[0] == "untrusted"


def test_a_key_of_one_tenant_signs_for_no_other(there: Direct[MicrosoftStage]) -> None:
    there.stage.key_issuer = there.stage.issuer(PERSONAL)

    assert refusal(there) == ("untrusted", "the token is signed with a key of another tenant")
    there.stage.tenant = PERSONAL
    assert there.travel(connector(there)).issuer == there.stage.issuer(PERSONAL)


@pytest.mark.parametrize("more", [{}, {"email_verified": True}, {"xms_edov": True}, {"xms_edov": "1"}], ids=str)
def test_its_addresses_prove_nothing(there: Direct[MicrosoftStage], more: dict[str, Any]) -> None:
    # Whoever runs a tenant can write the address of anybody into it.
    there.stage.claims_more = {"email": "victim@gmail.com", "hd": "gmail.com", **more}

    identity = there.travel(connector(there))

    assert (identity.email, identity.email_verified, identity.is_authoritative) == ("victim@gmail.com", False, False)


@pytest.mark.parametrize("issuer", ["{origin}/{theirs}/v2.0", "{origin}/{{tenantid}}/v2.0"])
def test_metadata_of_another_tenant_than_the_one_that_was_asked_comes_to_nothing(
    there: Direct[MicrosoftStage], issuer: str
) -> None:
    there.stage.discovery_more = {"issuer": issuer.format(origin=there.stage.origin, theirs=THEIRS)}

    assert refusal(there, OURS)[0] == "misconfigured"


def test_metadata_of_one_tenant_is_not_that_of_every_tenant(there: Direct[MicrosoftStage]) -> None:
    there.stage.discovery_more = {"issuer": there.stage.issuer(OURS)}

    assert refusal(there)[0] == "misconfigured"


@pytest.mark.parametrize("place", ["common", "organizations"])
def test_a_connector_of_the_kind_oidc_says_what_to_take_instead(there: Direct[MicrosoftStage], place: str) -> None:
    found = there.connector(kind="oidc", issuer=there.stage.issuer(place)).examine()

    assert found == [
        "the discovery document is that of every tenant: take the kind microsoft, and name the tenants whose people "
        "may come in; or one tenant's id in the place of common or organizations in the issuer"
    ]


def test_a_connector_that_is_right_passes_the_check(there: Direct[MicrosoftStage]) -> None:
    assert connector(there).examine() == connector(there, OURS).examine() == []


def test_a_logout_token_ends_what_is_of_its_own_tenant(there: Direct[MicrosoftStage]) -> None:
    read = connector(there)
    assert isinstance(read, OidcConnector)
    more = {"iss": there.stage.issuer(THEIRS), "jti": str(uuid4())}

    ended = read_logout_token(read, logout_token(there.stage, CLIENT_ID, tid=THEIRS, **more), now=there.clock())

    assert ended.issuer == there.stage.issuer(THEIRS)
    with pytest.raises(UpstreamProblem):
        read_logout_token(read, logout_token(there.stage, CLIENT_ID, tid=OURS, **more), now=there.clock())
