"""The commands for signing keys inside the provider: on record in the audit trail, and saying who rotates when."""

import json
from typing import Any

from tests.commands.conftest import Operator


def key_events(operator: Operator) -> list[tuple[str, dict[str, Any]]]:
    with operator.database.autocommit() as db:
        rows = db.exec_driver_sql("SELECT event, detail FROM audit_events ORDER BY number").all()
    return [(event, detail if isinstance(detail, dict) else json.loads(detail)) for event, detail in rows]


def test_every_change_of_a_key_is_on_record(operator: Operator) -> None:
    first = operator.runs("keys", "init", "--algorithm", "EdDSA").stdout.strip()
    second = operator.runs("keys", "rotate").stdout.strip()
    operator.runs("keys", "revoke", second, "--yes")
    third = operator.runs("keys", "rotate", "--emergency", "--yes").stdout.strip()
    operator.runs("keys", "prune")

    noted = key_events(operator)

    assert [(event, facts["key"]) for event, facts in noted] == [
        ("signing_key_published", first),
        ("signing_key_published", second),
        ("signing_key_revoked", second),
        ("signing_key_published", third),
        ("signing_key_revoked", first),
    ]
    assert {(facts["because"], facts["algorithm"]) for _, facts in noted} == {("command", "EdDSA")}


def test_what_changes_nothing_leaves_no_record(operator: Operator) -> None:
    kid = operator.runs("keys", "init", "--algorithm", "EdDSA").stdout.strip()

    operator.runs("keys", "init", "--algorithm", "EdDSA")
    operator.runs("keys", "rotate", "--dry-run")
    operator.runs("keys", "rotate", "--if-due")
    operator.runs("keys", "revoke", kid, expect=1)
    operator.runs("keys", "list")

    assert len(key_events(operator)) == 1


def test_the_list_says_when_the_next_key_comes_and_who_publishes_it(operator: Operator) -> None:
    operator.runs("keys", "init", "--algorithm", "EdDSA")

    by_servers, facts = operator.runs("keys", "list"), json.loads(operator.runs("keys", "list", "--json").stdout)
    operator.environ["IDP_KEYS_ROTATE_AUTOMATICALLY"] = "false"
    by_hand = operator.runs("keys", "list")

    assert "EdDSA: the next key is published from" in by_servers.stderr
    assert "by the servers themselves" in by_servers.stderr
    assert facts["schedule"]["automatic"] is True
    assert facts["schedule"]["rotate_every"] == "90d"
    assert set(facts["schedule"]["next"]) == {"EdDSA"}
    assert "idp keys rotate --if-due" in by_hand.stderr


def test_the_first_key_of_a_further_algorithm_says_when_it_signs_and_how_it_could_at_once(operator: Operator) -> None:
    operator.runs("keys", "init", "--algorithm", "EdDSA")

    made = operator.runs("keys", "init", "--algorithm", "ES256")

    (kid,) = made.stdout.split()
    assert f"{kid} is published and signs from" in made.stderr
    assert "Until then nothing signs with ES256" in made.stderr
    assert "idp keys rotate --emergency --algorithm ES256" in made.stderr
    shown = json.loads(operator.runs("keys", "list", "--json").stdout)
    assert [key["state"] for key in shown["keys"]] == ["active", "published"]


def test_the_doctor_says_when_a_key_is_due_and_when_nobody_has_replaced_it(operator: Operator) -> None:
    operator.environ["IDP_ISSUER"] = "https://127.0.0.1:1"
    operator.runs("keys", "init", "--algorithm", "EdDSA")

    def found() -> dict[str, str]:
        findings = json.loads(operator.runs("doctor", "--json").stdout)["findings"]
        return next(finding for finding in findings if finding["subject"] == "keys")

    fine = found()
    operator.environ.update(IDP_KEYS_ROTATE_EVERY="1s", IDP_KEYS_ROTATE_AUTOMATICALLY="false")
    overdue = found()

    assert fine["level"] == "ok"
    assert "by the servers themselves" in fine["sentence"]
    assert (overdue["level"], overdue["fix"]) == ("warning", "idp keys rotate --if-due")
