"""A device is let in by somebody who signs in with another provider on the way."""

from tests.federation.world import Traveller, World, query_of
from tests.flows.device import television, type_code
from tests.flows.relying_party import RelyingParty


def test_who_signs_in_with_another_provider_comes_back_to_the_device(world: World, traveller: Traveller) -> None:
    alice = world.meet("google", "alice")
    account = traveller.become("google", alice.key)
    device, elsewhere = television(world.provider), Traveller(world)
    codes = device.codes()
    asked = elsewhere.browser.get(type_code(elsewhere.browser, codes["user_code"]).headers["Location"])

    back = elsewhere.go("google", alice.key, page=elsewhere.browser.get(asked.headers["Location"]))

    request = query_of(asked.headers["Location"])["request"]
    assert back.headers["Location"] == f"/authorize/{request}"
    hub = elsewhere.browser.get(back.headers["Location"])
    page = elsewhere.browser.get(hub.headers["Location"])
    assert codes["user_code"] in page.text
    elsewhere.browser.send(page, "/device/confirm", decision="allow")
    tokens = device.poll(codes["device_code"]).json()
    claims = RelyingParty(world.provider, device.client).claims(tokens["id_token"])
    assert (claims["sub"], claims["amr"]) == (account.id, ["fed"])
