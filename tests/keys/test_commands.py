"""The commands as an operator runs them: a process, its two streams and its exit status."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

KEK = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Ran:
    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Keys = Callable[..., Ran]


@pytest.fixture
def keys(sqlite_url: str) -> Keys:
    def run(*arguments: str, **settings: str) -> Ran:
        environ = {name: value for name, value in os.environ.items() if not name.startswith("IDP_")}
        environ |= {"IDP_DATABASE_URL": sqlite_url, "IDP_KEY_ENCRYPTION_KEY": KEK, **settings}
        command = [sys.executable, "-m", "keys", *arguments]
        done = subprocess.run(
            command, env=environ, cwd=ROOT, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False
        )
        assert "Traceback" not in done.stderr
        return Ran(done.returncode, done.stdout, done.stderr)

    return run


def states(keys: Keys) -> list[str]:
    return [key["state"] for key in keys("list", "--json").json["keys"]]


def test_the_first_key_signs_at_once_and_a_second_init_does_nothing(keys: Keys) -> None:
    made = keys("init", "--algorithm", "ES256", "--json")
    again = keys("init", "--algorithm", "ES256", "--json")

    assert made.json["created"]["state"] == "active"
    assert (again.status, again.json["created"]) == (0, None)
    assert "idp keys rotate" in again.err
    assert states(keys) == ["active"]


def test_a_rotation_only_publishes(keys: Keys) -> None:
    keys("init", "--algorithm", "EdDSA")

    rotated = keys("rotate", "--json")

    (rotation,) = rotated.json["rotations"]
    assert (rotated.status, rotation["outcome"]) == (0, "published")
    assert states(keys) == ["active", "published"]
    assert [r["retire_at"] for r in rotation["retires"]] == [rotation["activate_at"]]
    assert keys("rotate", "--json").json["rotations"][0]["outcome"] == "underway"


def test_a_dry_run_changes_nothing(keys: Keys) -> None:
    keys("init", "--algorithm", "EdDSA")

    plan = keys("rotate", "--dry-run", "--json").json["rotations"][0]

    assert (plan["outcome"], plan["published"], len(plan["retires"])) == ("planned", None, 1)
    assert states(keys) == ["active"]


def test_a_key_that_is_not_due_is_left_alone(keys: Keys) -> None:
    keys("init", "--algorithm", "EdDSA")

    early = keys("rotate", "--if-due", "--json")

    assert (early.status, early.json) == (0, {"rotations": []})
    assert "not due before" in early.err
    due = keys("rotate", "--if-due", "--json", IDP_KEYS_ROTATE_EVERY="1s")
    assert due.json["rotations"][0]["outcome"] == "published"


def test_an_emergency_says_what_breaks_and_waits_for_a_yes(keys: Keys) -> None:
    kid = keys("init", "--algorithm", "EdDSA").out.strip()

    unconfirmed = keys("rotate", "--emergency")

    assert unconfirmed.status == 1
    assert f"Tokens signed by {kid} stop verifying" in unconfirmed.err
    assert "--yes" in unconfirmed.err
    assert states(keys) == ["active"]
    assert keys("rotate", "--emergency", "--yes", "--json").json["rotations"][0]["revokes"] == [kid]
    assert states(keys) == ["gone", "active"]


def test_the_last_signing_key_is_not_revoked_without_a_yes(keys: Keys) -> None:
    kid = keys("init", "--algorithm", "EdDSA").out.strip()

    refused = keys("revoke", kid)

    assert refused.status == 1
    assert "idp keys rotate --emergency --algorithm EdDSA" in refused.err
    assert states(keys) == ["active"]
    revoked = keys("revoke", kid, "--yes", "--json")
    assert revoked.json["leaves_no_signing_key"] is True
    assert "rotate --emergency" in revoked.err
    assert states(keys) == ["gone"]
    assert keys("revoke", kid, "--yes").status == 0


def test_revoking_a_waiting_key_keeps_the_active_one(keys: Keys) -> None:
    first = keys("init", "--algorithm", "EdDSA").out.strip()
    second = keys("rotate").out.strip()

    revoked = keys("revoke", second, "--yes", "--json")

    assert revoked.json["reinstated"] == [first]
    assert keys("list", "--json").json["keys"][0]["retire_at"] is None


def test_an_unknown_kid_is_refused_without_an_echo(keys: Keys) -> None:
    keys("init", "--algorithm", "EdDSA")

    refused = keys("revoke", "no-such-key", "--yes")

    assert (refused.status, refused.out) == (1, "")
    assert "no-such-key" not in refused.err


def test_pruning_a_young_installation_throws_nothing_away(keys: Keys) -> None:
    keys("init", "--algorithm", "EdDSA")

    assert keys("prune", "--json").json == {"erased": [], "deleted": []}
    assert states(keys) == ["active"]


def test_a_missing_schema_names_the_command(keys: Keys, tmp_path: Path) -> None:
    refused = keys("init", IDP_DATABASE_URL=f"sqlite:///{tmp_path}/none.db")

    assert (refused.status, refused.out) == (1, "")
    assert "run: idp db upgrade" in refused.err


def test_settings_that_need_attention_are_named_with_status_two(keys: Keys) -> None:
    refused = keys("list", IDP_KEY_ENCRYPTION_KEY="", IDP_DATABASE_URL="mysql://x")

    assert refused.status == 2
    assert refused.err.startswith("keys: 2 settings need attention")


def test_no_command_shows_a_private_half(keys: Keys) -> None:
    shown = [keys("init"), keys("rotate"), keys("list"), keys("list", "--json"), keys("rotate", "--emergency", "--yes")]

    text = "".join(ran.out + ran.err for ran in shown)
    assert all(ran.status == 0 for ran in shown)
    assert KEK not in text
    assert "PRIVATE KEY" not in text
    # The longest word of letters and digits is a kid: 43 characters of base64url. Key material would be longer.
    assert max(len(word.strip('",')) for word in text.replace(":", " ").split()) == 43


def test_without_keys_the_next_command_is_named(keys: Keys) -> None:
    assert "idp keys init" in keys("list").err
    rotation = keys("rotate")
    assert (rotation.status, rotation.out) == (1, "")
    assert "idp keys init" in rotation.err


def test_an_rsa_size_that_is_not_offered_is_refused(keys: Keys) -> None:
    assert keys("init", "--bits", "1024").status == 2
    assert states(keys) == []
