"""The mailbox shows what waits in the outbox, and exists in development only."""

import re
from base64 import urlsafe_b64decode
from datetime import timedelta

import pytest

from idp.delivery.outbox import Outbox
from idp.store import outbox as parcels
from keys.sealing import Sealer
from tests.dev.conftest import Playground
from tests.running import KEK, Running


def put_mail(provider: Running, **context: object) -> str:
    outbox = Outbox(Sealer(urlsafe_b64decode(KEK)).for_purpose("outbox"))
    now = provider.clock()
    with provider.database.transaction() as db:
        return outbox.mail(
            db,
            to="eve@example.com",
            template="verify_address",
            context={"code": "271828", "link": f"{provider.issuer}/signup/link?token=abc", **context},
            expires_at=now + timedelta(hours=1),
            now=now,
        )


def test_a_mail_can_be_found_and_its_link_followed(playground: Playground) -> None:
    provider = playground.provider
    parcel_id = put_mail(provider, client_name="<b>Acme</b>")

    listed = provider.get("/dev/mailbox")
    message = provider.get(f"/dev/mailbox/{parcel_id}")

    assert f"/dev/mailbox/{parcel_id}" in listed.text
    assert "271828 is your" in listed.text
    assert f'href="{provider.issuer}/signup/link?token=abc"' in message.text
    assert "<b>Acme" not in message.text


def test_the_html_of_a_mail_runs_in_a_sandbox(playground: Playground) -> None:
    parcel_id = put_mail(playground.provider, client_name="<script>alert(1)</script>")

    shown = playground.provider.get(f"/dev/mailbox/{parcel_id}/html")

    assert "271828" in shown.text
    assert "<script" not in shown.text
    assert re.search(r"default-src 'none'.*sandbox", shown.headers["Content-Security-Policy"])


@pytest.mark.parametrize("path", ["/dev/mailbox/unknown", "/dev/mailbox/unknown/html", "/dev/mailbox/%00"])
def test_an_unknown_mail_is_not_found(playground: Playground, path: str) -> None:
    assert playground.provider.get(path).status_code == 404


def test_a_mail_that_was_delivered_is_gone_from_the_mailbox(playground: Playground) -> None:
    provider = playground.provider
    parcel_id = put_mail(provider)
    with provider.database.transaction() as db:
        parcel = parcels.find(db, parcel_id)
        assert parcel is not None
        parcels.delivered(db, parcel, now=provider.clock())

    assert parcel_id not in provider.get("/dev/mailbox").text
    assert provider.get(f"/dev/mailbox/{parcel_id}").status_code == 404


def test_a_production_server_has_no_mailbox(provider: Running) -> None:
    assert provider.get("/dev/mailbox").status_code == 404
