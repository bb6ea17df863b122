"""Settings, schema and health by command line."""

import json
from base64 import urlsafe_b64decode
from pathlib import Path

from typer.testing import CliRunner

from idp.__main__ import app
from tests.commands.conftest import KEY, Operator


def test_show_tells_what_is_in_effect_and_no_secret(operator: Operator) -> None:
    shown = operator.runs("config", "show", "--json")

    settings = json.loads(shown.stdout)
    assert settings["IDP_ARGON2_MEMORY_MIB"] == "7"
    assert settings["IDP_KEY_ENCRYPTION_KEY"] == "(set)"
    assert KEY not in shown.output


def test_reference_is_a_table_of_every_setting(operator: Operator) -> None:
    lines = operator.runs("config", "reference").stdout.splitlines()

    assert lines[0] == "| Setting | Default | Meaning |"
    assert any(line.startswith("| `IDP_CODE_LIFETIME` | `1min` |") for line in lines)


def test_new_keys_are_32_random_bytes(operator: Operator) -> None:
    first, second = (operator.runs("config", "new-key").stdout.strip() for _ in range(2))

    assert len(urlsafe_b64decode(first + "=")) == 32
    assert first != second


def test_wrong_settings_end_every_command_with_the_list_of_problems() -> None:
    result = CliRunner().invoke(app, ["client", "list"], env={"IDP_ISSUER": "http://id.example.com"})

    assert result.exit_code == 78
    assert "IDP_DATABASE_URL" in result.stderr
    assert "IDP_ISSUER" in result.stderr


def test_a_database_without_a_schema_is_named_with_the_command_that_helps(operator: Operator, tmp_path: Path) -> None:
    operator.environ["IDP_DATABASE_URL"] = f"sqlite:///{tmp_path}/new.db"

    before = operator.runs("client", "list", expect=1)
    operator.runs("db", "check", expect=1)
    operator.runs("db", "upgrade")
    checked = operator.runs("db", "check", "--json")

    assert "idp db upgrade" in before.stderr
    assert json.loads(checked.stdout)["ready"] is True


def test_doctor_names_what_is_broken_and_what_to_run(operator: Operator) -> None:
    operator.environ["IDP_ISSUER"] = "https://127.0.0.1:1"

    examined = json.loads(operator.runs("doctor", "--json", expect=1).stdout)

    findings = {finding["subject"]: finding for finding in examined["findings"]}
    assert examined["healthy"] is False
    assert findings["database"]["level"] == "ok"
    assert findings["keys"]["level"] == "broken"
    assert findings["keys"]["fix"] == "idp keys init"
    assert findings["issuer"]["level"] == "warning"
    assert findings["proxy"]["level"] == "warning"


def test_doctor_sees_keys_that_another_key_has_sealed(operator: Operator) -> None:
    operator.environ["IDP_ISSUER"] = "https://127.0.0.1:1"
    operator.runs("keys", "init")
    healthy = operator.runs("doctor", "--json")

    operator.environ["IDP_KEY_ENCRYPTION_KEY"] = "A" * 43
    examined = json.loads(operator.runs("doctor", "--json", expect=1).stdout)

    assert json.loads(healthy.stdout)["healthy"] is True
    assert "broken" in {f["level"] for f in examined["findings"] if f["subject"] == "keys"}
