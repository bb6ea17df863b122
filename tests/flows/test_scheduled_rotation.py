"""A running provider rotates its keys by itself, on record and with the old key signing until the new one may."""

import base64
import json
import threading
from datetime import timedelta
from typing import Any

import pytest

from idp.clock import utc_now
from idp.store.database import Database
from keys.lifecycle import KeyPolicy, plan_rotation
from keys.sealing import Sealer
from keys.settings import KeySettings
from keys.vault import Vault
from tests.flows.logout_receiver import until
from tests.flows.relying_party import RelyingParty
from tests.running import KEK, Running, keypair, running_provider


@pytest.fixture
def kid_in_use_for_a_year(database_url: str) -> str:
    """The key of a provider that nobody has looked after."""
    database = Database(database_url)
    vault = Vault(database.engine, Sealer(base64.urlsafe_b64decode(KEK)).for_purpose("signing-key"))
    then, policy = utc_now() - timedelta(days=365), KeyPolicy()
    plan = plan_rotation((), then, policy, algorithm="RS256")
    published = vault.publish(keypair("RS256"), plan, policy, now=then)
    database.dispose()
    assert published is not None
    return published.kid


def kids(provider: Running) -> list[str]:
    return [key["kid"] for key in provider.get("/jwks").json()["keys"]]


def events(provider: Running) -> list[tuple[str, Any]]:
    with provider.database.autocommit() as db:
        rows = db.exec_driver_sql("SELECT event, detail FROM audit_events WHERE event = 'signing_key_published'").all()
    return [(event, detail) for event, detail in rows]


def test_a_server_publishes_the_next_key_and_signs_with_the_old_one_meanwhile(
    database_url: str, kid_in_use_for_a_year: str
) -> None:
    # The ring reads again after ten seconds; here the test's clock says when.
    with running_provider(database_url) as provider:
        until(lambda: len(events(provider)) == 1)
        provider.clock.ahead += timedelta(seconds=11)
        until(lambda: len(kids(provider)) == 2)
        rp = RelyingParty(provider, provider.client())
        browser = provider.session(provider.person())

        during = rp.redeem(rp.code(browser)).json()["id_token"]
        provider.clock.ahead += KeyPolicy().publication
        afterwards = rp.redeem(rp.code(provider.session(provider.person()))).json()["id_token"]

        assert kids(provider)[0] != kid_in_use_for_a_year
        assert signed_by(during) == kid_in_use_for_a_year
        assert signed_by(afterwards) == kids(provider)[0]
        ((event, detail),) = events(provider)
        assert event == "signing_key_published"
        assert "schedule" in str(detail)
        assert kids(provider)[0] in str(detail)


def signed_by(id_token: str) -> str:
    header = id_token.split(".", maxsplit=1)[0]
    return str(json.loads(base64.urlsafe_b64decode(header + "=" * (-len(header) % 4)))["kid"])


def settings_without_schedule() -> KeySettings:
    given = {"IDP_DATABASE_URL": "sqlite:///unused", "IDP_KEY_ENCRYPTION_KEY": KEK}
    return KeySettings.from_environment({**given, "IDP_KEYS_ROTATE_AUTOMATICALLY": "false"})


def schedules() -> int:
    return sum(thread.name == "key-schedule" for thread in threading.enumerate())


def test_a_server_whose_operator_rotates_has_no_schedule(database_url: str, kid_in_use_for_a_year: str) -> None:
    before = schedules()

    with running_provider(database_url, keys=settings_without_schedule()) as provider:
        running = schedules()
        kept = kids(provider)

    assert running == before
    assert kept == [kid_in_use_for_a_year]
