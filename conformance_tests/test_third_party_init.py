"""3rd Party-Init OP: where a sign-in that somebody else begins is to start (Core section 4)."""

import pytest

from conformance_tests.clients import Registrar
from conformance_tests.issuer import Issuer, json_object, media_type
from conformance_tests.tokens import check_refusal
from conformance_tests.verdict import Verdict

_ADDRESS = "https://rp.conformance.example/initiate_login"


@pytest.mark.requirement("OIDCC-4")
@pytest.mark.requirement("OIDCR-4.2")
def test_oidcc_3rd_party_init_login(issuer: Issuer, registrar: Registrar, verdict: Verdict) -> None:
    """`initiate_login_uri` is registered, told back, and told again when the client reads its registration."""
    registered = registrar.client(initiate_login_uri=_ADDRESS).registered
    verdict.expect(registered.get("initiate_login_uri") == _ADDRESS, "initiate_login_uri is not told back")
    address, token = registered.get("registration_client_uri"), registered.get("registration_access_token")
    verdict.demand(address and token, "there is no registration_client_uri with a registration_access_token")

    answer = issuer.fetch(str(address), Authorization=f"Bearer {token}")

    verdict.expect(answer.status_code == 200, f"reading the registration answered {answer.status_code}")
    verdict.expect(media_type(answer.headers) == "application/json", "the registration is not application/json")
    read = json_object(answer) or {}
    verdict.expect(read.get("initiate_login_uri") == _ADDRESS, "initiate_login_uri is not in what is read back")


@pytest.mark.requirement("OIDCC-4")
@pytest.mark.requirement("OIDCR-2")
def test_oidcc_3rd_party_init_login_nohttps(registrar: Registrar, verdict: Verdict) -> None:
    """An `initiate_login_uri` without https is refused."""
    answer = registrar.attempt(initiate_login_uri=_ADDRESS.replace("https", "http"))

    check_refusal(answer, verdict, "invalid_client_metadata")
