"""The plan of the house holds: floors, names of rooms, sizes, and settings that are written down."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from idp.settings import Settings
from idp.settings.names import settings_of

ROOT = Path(__file__).parents[2]
MODULES = sorted([*ROOT.glob("idp/**/*.py"), *ROOT.glob("keys/**/*.py")])
BINS = {"utils", "util", "helpers", "helper", "common", "manager", "managers", "services", "service", "core", "types"}
BINS |= {"models", "misc", "base_utils", "shared", "lib"}
LONGEST = 350


def test_nobody_imports_upwards_and_libraries_stay_in_their_rooms() -> None:
    linter = Path(sys.executable).parent / "lint-imports"

    done = subprocess.run([linter, "--no-logo"], cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout[-3000:]


def test_every_room_stands_on_a_floor() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    floors = next(contract["layers"] for contract in contracts if contract["id"] == "floors")
    planned = set(re.findall(r"idp\.(\w+)", " ".join(floors)))
    packages = {path.name for path in (ROOT / "idp").iterdir() if (path / "__init__.py").exists()}
    modules = {path.stem for path in (ROOT / "idp").glob("*.py")} - {"__init__"}

    assert (packages | modules) - planned == set()


def test_no_module_is_a_bin() -> None:
    named = {part for path in MODULES for part in path.relative_to(ROOT).with_suffix("").parts}

    assert named & BINS == set()


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_can_be_read_in_one_sitting(path: Path) -> None:
    lines = len(path.read_text().splitlines())

    assert lines <= LONGEST, f"{lines} lines: it is probably two modules"


def test_every_setting_is_explained_in_the_example() -> None:
    explained = set(re.findall(r"^#?(IDP_\w+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    settings = list(settings_of(Settings))
    known = {setting.env for setting in settings} | {setting.env_file for setting in settings if setting.secret}

    assert explained == known


def test_every_setting_is_in_the_reference() -> None:
    reference = (ROOT / "docs/settings.md").read_text()

    assert [setting.env for setting in settings_of(Settings) if f"`{setting.env}`" not in reference] == []


def test_the_compose_file_names_only_settings_that_exist() -> None:
    used = set(re.findall(r"\bIDP_\w+", (ROOT / "docker-compose.yml").read_text()))
    settings = list(settings_of(Settings))
    known = {setting.env for setting in settings} | {setting.env_file for setting in settings if setting.secret}

    assert used - known == set()


def test_the_image_runs_the_pinned_versions_that_were_tested() -> None:
    def pins(name: str) -> set[str]:
        return set(re.findall(r"^([a-z0-9._-]+==[^ ;]+)", (ROOT / name).read_text().lower(), re.MULTILINE))

    assert pins("requirements.run.lock") <= pins("requirements.lock")
    assert len(pins("requirements.run.lock")) > 20


@pytest.mark.parametrize("name", ["requirements.lock", "requirements.run.lock"])
def test_a_lock_pins_hashes_and_names_no_registry(name: str) -> None:
    lock = (ROOT / name).read_text()
    pinned = re.findall(r"^[a-z0-9].*==.*", lock, re.MULTILINE | re.IGNORECASE)

    assert pinned
    assert all(line.endswith("\\") for line in pinned)
    assert "://" not in lock
    assert "--index-url" not in lock
