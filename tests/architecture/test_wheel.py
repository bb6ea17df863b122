"""The provider works as an installed wheel, away from its checkout: templates and static files are inside."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from idp.store.schema import KNOWN_REVISIONS

ROOT = Path(__file__).parents[2]

SERVES_A_PAGE = """
import sys
from pathlib import Path
from idp.web.assets import assets_dir
from idp.web.page_context import PageContext
from idp.web.pages import Pages
from idp.web.static_files import StaticFiles

assert Path(sys.argv[1]) in assets_dir("templates").parents, assets_dir("templates")
version = StaticFiles(assets_dir("static")).version
page = Pages(assets_dir("templates"), static_version=version).home(PageContext("r"), issuer="https://id.example.com")
assert b"https://id.example.com" in page.body
from idp.store import schema
print(schema.upgrade("sqlite:///" + sys.argv[2])[1])
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, unpacked as an installer would."""
    built = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(built)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True, timeout=120)
    (wheel,) = built.glob("*.whl")
    target = tmp_path_factory.mktemp("site")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(target)
    return target


def test_the_installed_wheel_renders_its_pages_and_migrates_a_database(installed: Path, tmp_path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", SERVES_A_PAGE, str(installed), str(tmp_path / "idp.db")],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.strip() == KNOWN_REVISIONS[-1]


def test_the_wheel_holds_the_program_and_nothing_else(installed: Path) -> None:
    found = {path.name for path in installed.iterdir() if not path.name.endswith(".dist-info")}

    assert found == {"idp", "keys"}
