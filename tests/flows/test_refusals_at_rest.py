"""At rest and in the log: after a whole flow nothing that opens a door can be found in the database or the log."""

import base64
import json
import logging
from typing import Any

import pytest
import requests
from sqlalchemy import inspect, text

from idp.store.database import Database
from tests.flows.relying_party import RelyingParty
from tests.running import KEK, Running, running_provider


def everything_stored(database: Database) -> bytes:
    """Every text, document and blob of every table, one after the other."""
    found: list[bytes] = []
    with database.autocommit() as db:
        for table in inspect(db).get_table_names():
            for row in db.execute(text(f'SELECT * FROM "{table}"')):  # noqa: S608  a name from the schema
                found.extend(_octets(value) for value in row)
    return b"\n".join(found)


def _octets(value: Any) -> bytes:
    if isinstance(value, bytes | memoryview):
        return bytes(value)
    return (json.dumps(value) if isinstance(value, dict | list) else str(value)).encode()


def test_no_secret_can_be_found_in_the_database_or_in_the_log(
    database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    # Shut by the server's own logging, opened here: Authlib logs what it issues, which must be harmless even so.
    caplog.set_level(logging.DEBUG, logger="authlib")
    with running_provider(database_url) as provider:
        secrets = [KEK, *a_whole_flow(provider)]

        stored = everything_stored(provider.database)

    assert b"authorization_code" in stored or b"code_challenge" in stored
    for secret in secrets:
        for form in (secret.encode(), base64.b64encode(secret.encode()), secret.encode().hex().encode()):
            assert form not in stored
    logged = "\n".join(f"{record.name} {record.getMessage()} {record.__dict__}" for record in caplog.records)
    assert [record.name for record in caplog.records if record.name.startswith("authlib")]
    for secret in secrets:
        assert secret not in logged


def a_whole_flow(provider: Running) -> list[str]:
    """Everything secret that a sign-in, an exchange, a refresh and three refusals have put into the world."""
    rp = RelyingParty(provider, provider.client())
    browser = provider.session(provider.person())
    code, unused = (rp.code(browser, scope="openid offline_access", state="S" * 40) for _ in range(2))
    first = rp.redeem(code).json()
    second = rp.refresh(first["refresh_token"]).json()
    waiting = requests.Session()
    rp.authorize(waiting)
    rp.redeem(unused, auth=(rp.client.client_id, "a-wrong-client-secret"))
    rp.redeem(unused, code_verifier="w" * 43)
    rp.userinfo(second["access_token"])
    provider.post("/revoke", {"token": second["access_token"]}, auth=rp.client.basic)
    return [
        code,
        unused,
        rp.client.secret,
        rp.verifier,
        "a-wrong-client-secret",
        browser.cookies["op_sid"],
        *(cookie.value or "" for cookie in waiting.cookies),
        *(tokens[kind] for tokens in (first, second) for kind in ("access_token", "refresh_token", "id_token")),
    ]
