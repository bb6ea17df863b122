"""Clients that came by themselves, and what lets them come, by command line."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from idp.clock import utc_now
from idp.protocol.registration.dynamic_registration import Limits
from idp.store import clients, initial_access_tokens
from idp.store.base import digest_of
from keys.keypair import generate
from tests.commands.conftest import Operator

CALLBACK = "https://wiki.example/callback"
METADATA = {"redirect_uris": [CALLBACK], "scope": "openid", "response_types": ["code"], "client_name": "Wiki"}


def run(operator: Operator, *arguments: str, **more: Any) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(operator.runs(*arguments, "--json", **more).stdout)
    return document


def self_registered(operator: Operator) -> str:
    with operator.database.transaction() as db:
        clients.add(db, "rp", METADATA, now=utc_now())
        clients.let_manage_itself(db, "rp", by=clients.ANYONE, digest=digest_of("token"), limits=None)
    return "rp"


def test_an_initial_access_token_is_shown_once_and_stored_as_a_digest(operator: Operator) -> None:
    made = run(operator, "client", "initial-token", "create", "--uses", "3", "--expires", "2d", "--note", "partner")

    listed = operator.runs("client", "initial-token", "list", "--json").stdout
    with operator.database.autocommit() as db:
        found = initial_access_tokens.find_usable(db, digest_of(made["token"]), now=utc_now())
    assert found is not None
    assert (found.uses_left, found.note) == (3, "partner")
    assert timedelta(days=1) < found.expires_at - utc_now() < timedelta(days=2)
    assert Limits.of(found.limits) == Limits()
    assert made["token"] not in listed
    assert json.loads(listed)[0]["id"] == made["id"]
    assert operator.events() == ["initial_token_created"]


def test_who_has_switched_registration_off_is_told_that_nothing_listens(operator: Operator) -> None:
    off = operator.runs("client", "initial-token", "create").stderr
    operator.environ["IDP_CLIENT_REGISTRATION"] = "token"
    on = operator.runs("client", "initial-token", "create").stderr

    assert "IDP_CLIENT_REGISTRATION" in off
    assert "IDP_CLIENT_REGISTRATION" not in on


def test_a_token_can_allow_what_clients_may_not_ask_for_otherwise(operator: Operator) -> None:
    options = ("--scope", "openid invoices.read", "--grant-type", "client_credentials", "--redirect-host", "a.example")

    made = run(operator, "client", "initial-token", "create", *options)

    with operator.database.autocommit() as db:
        found = initial_access_tokens.find_usable(db, digest_of(made["token"]), now=utc_now())
    assert found is not None
    assert Limits.of(found.limits) == Limits(
        scope=("openid", "invoices.read"), grant_types=("client_credentials",), redirect_hosts=("a.example",)
    )


@pytest.mark.parametrize(
    "options",
    [
        ("--uses", "0"),
        ("--uses", "1000000"),
        ("--expires", "0s"),
        ("--expires", "900d"),
        ("--expires", "soon"),
        ("--scope", "a  b"),
        ("--grant-type", "password"),
        ("--redirect-host", "https://a.example"),
        ("--redirect-host", "A.example"),
    ],
)
def test_a_token_that_makes_no_sense_is_not_made(operator: Operator, options: tuple[str, ...]) -> None:
    operator.runs("client", "initial-token", "create", *options, expect=2)

    with operator.database.autocommit() as db:
        assert initial_access_tokens.everything(db) == []


def test_a_revoked_token_lets_nobody_come(operator: Operator) -> None:
    made = run(operator, "client", "initial-token", "create")

    operator.runs("client", "initial-token", "revoke", made["id"])

    with operator.database.autocommit() as db:
        assert initial_access_tokens.find_usable(db, digest_of(made["token"]), now=utc_now()) is None
    assert json.loads(operator.runs("client", "initial-token", "list", "--json").stdout)[0]["state"] == "revoked"
    operator.runs("client", "initial-token", "revoke", made["id"], expect=1)
    assert operator.events() == ["initial_token_created", "initial_token_revoked"]


def test_who_came_by_himself_is_told_from_who_was_registered(operator: Operator) -> None:
    self_registered(operator)
    run(operator, "client", "create", "--id", "wiki", "--redirect-uri", CALLBACK)

    listed = json.loads(operator.runs("client", "list", "--json").stdout)

    assert {client["client_id"]: client["registered_by"] for client in listed} == {"rp": "anyone", "wiki": "operator"}
    assert run(operator, "client", "show", "rp")["manages_itself"] is True


@pytest.mark.parametrize("option", ["--first-party", "--resource-server", "--resource=https://api.example/"])
def test_a_client_that_changes_its_own_addresses_is_given_no_trust(operator: Operator, option: str) -> None:
    self_registered(operator)

    refusal = operator.runs("client", "update", "rp", option, expect=1)
    operator.runs("client", "adopt", "rp", "--yes")
    operator.runs("client", "update", "rp", option)

    assert "idp client adopt rp" in refusal.stderr
    assert operator.events() == ["client_adopted", "client_changed"]


def test_an_adopted_client_has_no_registration_access_token(operator: Operator) -> None:
    self_registered(operator)

    operator.runs("client", "adopt", "rp", "--yes")

    with operator.database.autocommit() as db:
        assert clients.find_managed(db, "rp", digest_of("token")) is None
    shown = run(operator, "client", "show", "rp")
    assert (shown["registered_by"], shown["manages_itself"]) == ("operator", False)
    operator.runs("client", "adopt", "rp", "--yes", expect=1)


def test_a_lost_registration_access_token_is_replaced(operator: Operator) -> None:
    self_registered(operator)

    fresh = run(operator, "client", "rotate-registration-token", "rp")

    with operator.database.autocommit() as db:
        assert clients.find_managed(db, "rp", digest_of("token")) is None
        assert clients.find_managed(db, "rp", digest_of(fresh["registration_access_token"])) is not None
    assert fresh["registration_client_uri"] == "https://id.example.com/register/rp"


def test_the_client_of_an_operator_has_no_such_token(operator: Operator) -> None:
    run(operator, "client", "create", "--id", "wiki", "--redirect-uri", CALLBACK)

    operator.runs("client", "rotate-registration-token", "wiki", expect=1)


def test_what_another_provider_answered_to_a_registration_is_taken_over(operator: Operator, tmp_path: Path) -> None:
    answer = METADATA | {
        "client_id": "from-elsewhere",
        "client_secret": "s" * 40,
        "client_secret_expires_at": 0,
        "client_id_issued_at": 1_700_000_000,
        "registration_access_token": "theirs",
        "registration_client_uri": "https://old.example/register/from-elsewhere",
        "tls_client_certificate_bound_access_tokens": False,
    }
    file = tmp_path / "client.json"
    file.write_text(json.dumps(answer))

    result = operator.runs("client", "create", "--from", str(file), "--json")

    client = json.loads(result.stdout)
    with operator.database.autocommit() as db:
        stored = clients.find(db, "from-elsewhere")
    assert stored is not None
    assert client["client_id"] == "from-elsewhere"
    assert [secret.digest for secret in stored.secrets] == [digest_of("s" * 40)]
    assert not stored.manages_itself
    assert "theirs" not in json.dumps(dict(stored.metadata))
    assert "tls_client_certificate_bound_access_tokens" in result.stderr


def test_a_weak_secret_is_not_taken_over(operator: Operator) -> None:
    document = json.dumps(METADATA | {"client_secret": "hunter2"})

    result = operator.runs("client", "create", "--from", "-", typed=document, expect=2)

    assert "hunter2" not in result.stderr


def test_grants_follow_from_response_types_and_the_other_way_round(operator: Operator) -> None:
    create = ("client", "create", "--id", "rp", "--redirect-uri", CALLBACK)

    made = run(operator, *create, "--response-type", "id_token code")
    by_front = run(operator, "client", "update", "rp", "--response-type", "id_token")
    by_code = run(operator, "client", "update", "rp", "--grant-type", "authorization_code")

    assert made["grant_types"] == ["authorization_code", "refresh_token", "implicit"]
    assert (by_front["response_types"], by_front["grant_types"]) == (["id_token"], ["implicit"])
    assert (by_code["response_types"], by_code["grant_types"]) == (["code"], ["authorization_code"])


def test_a_key_is_registered_from_a_file_and_ends_the_secret(operator: Operator, tmp_path: Path) -> None:
    run(operator, "client", "create", "--id", "rp", "--redirect-uri", CALLBACK)
    file = tmp_path / "keys.json"
    file.write_text(json.dumps({"keys": [dict(generate("ES256").public_jwk)]}))

    result = operator.runs("client", "update", "rp", "--auth-method", "private_key_jwt", "--jwks", str(file))

    with operator.database.autocommit() as db:
        stored = clients.find(db, "rp")
    assert stored is not None
    assert stored.secrets == ()
    assert "Its secret has ended" in result.stderr
    assert "key" in operator.runs("client", "rotate-secret", "rp", expect=1).stderr


def test_an_empty_value_takes_a_member_away(operator: Operator) -> None:
    run(
        operator,
        "client",
        "create",
        "--id",
        "rp",
        "--redirect-uri",
        CALLBACK,
        "--logo-uri",
        "https://wiki.example/l.png",
    )

    changed = run(operator, "client", "update", "rp", "--logo-uri", "", "--contact", "")

    assert "logo_uri" not in changed


def test_a_sector_identifier_that_cannot_be_read_is_not_registered(operator: Operator) -> None:
    sector = ("--pairwise", "--sector-identifier-uri", "https://127.0.0.1:9/sector")

    result = operator.runs("client", "create", "--redirect-uri", CALLBACK, *sector, expect=2)

    assert "sector_identifier_uri cannot be read" in result.stderr


def test_doctor_asks_whether_open_registration_is_meant(operator: Operator) -> None:
    operator.environ["IDP_ISSUER"] = "https://127.0.0.1:1"
    operator.environ["IDP_CLIENT_REGISTRATION"] = "open"
    operator.runs("keys", "init")

    findings = json.loads(operator.runs("doctor", "--json").stdout)["findings"]

    assert [finding["level"] for finding in findings if finding["subject"] == "registration"] == ["warning"]
