"""`idp dev` comes up from nothing, finds everything again, and stays on this machine."""

import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests

from idp.dev.directory import NotOurs, open_playground
from idp.dev.people import ALICE, PEOPLE
from idp.dev.preparation import prepare
from idp.protocol.registration.client_registration import validate_client_metadata
from idp.protocol.tokens.claims import CLAIMS_OF_SCOPE
from idp.store import accounts, clients
from idp.store.base import digest_of
from idp.store.database import Database
from tests.dev.conftest import free_neighbours

_ROOT = Path(__file__).parents[2]


@contextmanager
def dev(directory: Path, port: int, more: str = "") -> Iterator[subprocess.Popen[str]]:
    command = (
        "from pathlib import Path; from idp.dev.run import main; "
        f"main({port}, directory=Path({str(directory)!r}){more})"
    )
    with subprocess.Popen(
        [sys.executable, "-c", command], cwd=_ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def block_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    block = ""
    for line in process.stdout:
        block += line
        if "Ctrl-C" in line:
            return block
    raise AssertionError(process.stderr.read() if process.stderr else "")


def utc_now() -> datetime:
    return datetime.now(UTC)


def test_it_comes_up_from_nothing_says_where_and_stops_when_told(tmp_path: Path) -> None:
    port = free_neighbours(7)

    with dev(tmp_path / "playground", port) as process:
        block = block_of(process)
        answers = [
            requests.get(f"http://127.0.0.1:{port}{path}", timeout=20).status_code
            for path in ("/.well-known/openid-configuration", "/jwks", "/dev/mailbox")
        ] + [requests.get(f"http://127.0.0.1:{port + number}/", timeout=20).status_code for number in (1, 2)]
        process.send_signal(signal.SIGINT)
        status = process.wait(30)

    assert answers == [200] * 5
    for shown in (
        f"http://127.0.0.1:{port}\n",
        f"http://127.0.0.1:{port + 1}/",
        "/dev/mailbox",
        ALICE.email,
        ALICE.password,
    ):
        assert shown in block
    assert status == 0


def test_a_port_that_is_taken_is_said_and_nothing_is_made(tmp_path: Path) -> None:
    port = free_neighbours(7)
    with socket.create_server(("127.0.0.1", port + 2)), dev(tmp_path / "playground", port) as process:
        _, said = process.communicate(timeout=60)

    assert process.returncode == 1
    assert said == f"idp: port {port + 2} is in use; stop what uses it, or choose others: idp dev --port 9000\n"
    assert not (tmp_path / "playground").exists()


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "id.example.com"])  # noqa: S104
def test_it_refuses_to_listen_for_other_machines(tmp_path: Path, host: str) -> None:
    with dev(tmp_path / "playground", 8000, f", host={host!r}") as process:
        _, said = process.communicate(timeout=60)

    assert process.returncode == 1
    assert "this machine only" in said
    assert not (tmp_path / "playground").exists()


def test_a_second_start_finds_everything_as_it_was_left(tmp_path: Path) -> None:
    first = prepare(tmp_path / "p", host="127.0.0.1", port=8000, reset=False, clock=utc_now)
    database = Database(first.settings.database_url)
    with database.transaction() as db:
        alice = accounts.find_by_email(db, ALICE.email)
        assert alice is not None
        accounts.set_password(db, alice.id, "changed", now=utc_now())

    second = prepare(tmp_path / "p", host="127.0.0.1", port=9000, reset=False, clock=utc_now)

    with database.autocommit() as db:
        people, found = accounts.all_accounts(db), clients.find(db, "acme-photos")
    database.dispose()
    assert [person.email for person in people] == [person.email for person in PEOPLE]
    assert people[0].password_hash == "changed"
    assert found is not None
    assert found.metadata["redirect_uris"] == ["http://127.0.0.1:9001/callback"]
    assert [secret.digest for secret in found.secrets] == [digest_of(second.apps[0].secret)]
    assert second.apps[0].secret == first.apps[0].secret
    assert second.settings.key_encryption_key == first.settings.key_encryption_key


def test_a_reset_begins_afresh_and_throws_nothing_else_away(tmp_path: Path) -> None:
    before = open_playground(tmp_path / "p")
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "holiday.jpg").write_bytes(b"sun")

    after = open_playground(tmp_path / "p", reset=True)
    with pytest.raises(NotOurs):
        open_playground(tmp_path / "photos", reset=True)

    assert after.key_encryption_key != before.key_encryption_key
    assert (tmp_path / "photos" / "holiday.jpg").exists()


def test_what_is_secret_is_readable_by_its_owner_alone(tmp_path: Path) -> None:
    prepare(tmp_path / "p", host="127.0.0.1", port=8000, reset=False, clock=utc_now)

    modes = {file.name: file.stat().st_mode & 0o077 for file in (tmp_path / "p").iterdir() if file.suffix != ".db"}

    assert set(modes) >= {"key-encryption-key", "demo-client-secrets", "idp.toml"}
    assert set(modes.values()) == {0}
    assert (tmp_path / "p").stat().st_mode & 0o077 == 0


def test_the_applications_are_registered_as_operators_would_have_to(tmp_path: Path) -> None:
    prepared = prepare(tmp_path / "p", host="127.0.0.1", port=8000, reset=False, clock=utc_now)
    database = Database(prepared.settings.database_url)

    with database.autocommit() as db:
        registered = clients.all_clients(db)
    database.dispose()

    assert [client.client_id for client in registered] == ["acme-photos", "bistro-bookings", "living-room-tv"]
    assert [validate_client_metadata(client.metadata).first_party for client in registered] == [False, True, False]


def test_other_commands_work_on_the_playground(tmp_path: Path) -> None:
    prepared = prepare(tmp_path / "p", host="127.0.0.1", port=8000, reset=False, clock=utc_now)

    listed = subprocess.run(
        [sys.executable, "-m", "idp", "user", "list"],
        cwd=_ROOT,
        env={"IDP_CONFIG": str(prepared.config)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert (listed.returncode, listed.stderr) == (0, "")
    assert ALICE.email in listed.stdout


def test_alice_has_every_standard_claim() -> None:
    elsewhere = {"email", "email_verified", "updated_at"}

    missing = {name for names in CLAIMS_OF_SCOPE.values() for name in names} - set(ALICE.profile) - elsewhere

    assert missing == set()
