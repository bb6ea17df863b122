"""Clients by command line."""

import json
from pathlib import Path
from typing import Any

import pytest

from idp.clock import utc_now
from idp.store import clients
from idp.store.base import digest_of
from tests.commands.conftest import Operator

CALLBACK = "https://wiki.example/callback"


def created(operator: Operator, *options: str) -> dict[str, Any]:
    result = operator.runs("client", "create", "--redirect-uri", CALLBACK, "--json", *options)
    document: dict[str, Any] = json.loads(result.stdout)
    return document


def test_a_client_is_created_with_a_secret_that_is_stored_as_a_digest_only(operator: Operator) -> None:
    client = created(operator, "--name", "Wiki")

    with operator.database.autocommit() as db:
        stored = clients.find(db, client["client_id"])
    assert stored is not None
    assert [secret.digest for secret in stored.secrets] == [digest_of(client["client_secret"])]
    assert client["client_secret"] not in json.dumps(dict(stored.metadata))
    assert stored.metadata["client_name"] == "Wiki"
    assert operator.events() == ["client_created"]


def test_the_secret_is_never_shown_again(operator: Operator) -> None:
    client = created(operator)

    shown = operator.runs("client", "show", client["client_id"], "--json")
    listed = operator.runs("client", "list", "--json")

    assert client["client_secret"] not in shown.stdout + listed.stdout
    assert json.loads(listed.stdout)[0]["client_id"] == client["client_id"]


def test_words_go_to_standard_error_and_data_to_standard_output(operator: Operator) -> None:
    result = operator.runs("client", "create", "--redirect-uri", CALLBACK, "--json")

    assert set(json.loads(result.stdout)) >= {"client_id", "client_secret"}
    assert "Created. The secret is shown only now." in result.stderr


def test_a_public_client_has_no_secret(operator: Operator) -> None:
    client = created(operator, "--public")

    assert "client_secret" not in client
    assert client["token_endpoint_auth_method"] == "none"
    operator.runs("client", "rotate-secret", client["client_id"], expect=1)


@pytest.mark.parametrize(
    "options",
    [
        ("--redirect-uri", "javascript:alert(1)"),
        ("--alg", "none"),
        ("--public", "--no-require-pkce"),
        ("--id", "with space"),
        ("--grant-type", "password"),
    ],
)
def test_what_cannot_be_registered_is_refused_and_leaves_nothing_behind(
    operator: Operator, options: tuple[str, ...]
) -> None:
    operator.runs("client", "create", "--redirect-uri", CALLBACK, *options, expect=2)

    with operator.database.autocommit() as db:
        assert clients.all_clients(db) == []
    assert operator.events() == []


def test_a_metadata_document_is_taken_and_options_prevail(operator: Operator, tmp_path: Path) -> None:
    file = tmp_path / "client.json"
    file.write_text(json.dumps({"client_name": "Old", "require_pkce": False}))

    client = created(operator, "--metadata", str(file), "--name", "New")

    assert client["client_name"] == "New"
    assert client["require_pkce"] is False


def test_a_misspelt_member_is_refused(operator: Operator) -> None:
    document = json.dumps({"redirect_uri": CALLBACK})

    result = operator.runs("client", "create", "--metadata", "-", typed=document, expect=2)

    assert "redirect_uri is not a known member" in result.stderr


def test_an_id_can_be_taken_once(operator: Operator) -> None:
    created(operator, "--id", "wiki")

    result = operator.runs("client", "create", "--id", "wiki", "--redirect-uri", CALLBACK, expect=1)

    assert "taken" in result.stderr


def test_an_update_changes_what_was_named_and_says_so(operator: Operator) -> None:
    created(operator, "--id", "wiki", "--name", "Wiki")

    result = operator.runs("client", "update", "wiki", "--redirect-uri", "https://wiki.example/sso", "--json")

    assert json.loads(result.stdout)["redirect_uris"] == ["https://wiki.example/sso"]
    assert json.loads(result.stdout)["client_name"] == "Wiki"
    assert "Changed: redirect_uris" in result.stderr
    assert operator.events() == ["client_created", "client_changed"]


def test_the_old_secret_works_until_the_overlap_ends(operator: Operator) -> None:
    client = created(operator, "--id", "wiki")

    fresh = json.loads(operator.runs("client", "rotate-secret", "wiki", "--overlap", "1h", "--json").stdout)

    with operator.database.autocommit() as db:
        stored = clients.find(db, "wiki")
    assert stored is not None
    ends = {secret.digest: secret.expires_at for secret in stored.secrets}
    old_ends = ends[digest_of(client["client_secret"])]
    assert ends[digest_of(fresh["client_secret"])] is None
    assert old_ends is not None
    assert 3500 < (old_ends - utc_now()).total_seconds() < 3600


def test_a_client_is_disabled_and_enabled_again(operator: Operator) -> None:
    created(operator, "--id", "wiki")

    operator.runs("client", "disable", "wiki", "--yes")
    disabled = json.loads(operator.runs("client", "show", "wiki", "--json").stdout)["state"]
    operator.runs("client", "enable", "wiki")

    assert disabled == "disabled"
    assert json.loads(operator.runs("client", "show", "wiki", "--json").stdout)["state"] == "enabled"


@pytest.mark.parametrize("command", ["disable", "delete"])
def test_what_cannot_be_undone_needs_a_yes(operator: Operator, command: str) -> None:
    created(operator, "--id", "wiki")

    result = operator.runs("client", command, "wiki", expect=2)

    assert "--yes" in result.stderr
    assert operator.events() == ["client_created"]


def test_a_deleted_client_is_gone_with_its_secrets(operator: Operator) -> None:
    created(operator, "--id", "wiki")

    operator.runs("client", "delete", "wiki", "--yes")

    with operator.database.autocommit() as db:
        assert clients.find(db, "wiki") is None
        assert db.exec_driver_sql("SELECT count(*) FROM client_secrets").scalar() == 0
    assert operator.events() == ["client_created", "client_deleted"]


def test_an_existing_secret_can_be_brought_along_if_it_is_long_enough(operator: Operator) -> None:
    arguments = ("client", "create", "--redirect-uri", CALLBACK, "--secret-stdin", "--json")

    operator.runs(*arguments, typed="short\n", expect=2)
    result = operator.runs(*arguments, typed="x" * 32 + "\n")

    assert json.loads(result.stdout)["client_secret"] == "x" * 32


def test_a_name_cannot_move_the_cursor_of_the_terminal(operator: Operator) -> None:
    with operator.database.transaction() as db:
        clients.add(db, "old", {"client_name": "a\x1b[2Jb", "scope": "openid"}, now=utc_now())

    assert "\x1b" not in operator.runs("client", "list").stdout
