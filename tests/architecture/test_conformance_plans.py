"""The conformance plans have what the official ones have, and every module of theirs is written."""

import re
from collections import Counter
from pathlib import Path

from conformance_tests.plans import PROFILES, passes

_FOLDER = Path(__file__).parents[2] / "conformance_tests"

_OFFICIAL = {
    "config": 1,
    "basic": 38,
    "formpost-basic": 38,
    "implicit": 58,
    "formpost-implicit": 58,
    "hybrid": 102,
    "formpost-hybrid": 102,
    "dynamic": 23,
    "3rdparty-init-login": 2,
    "rp-initiated-logout": 11,
    "frontchannel-logout": 2,
    "backchannel-logout": 2,
    "session-management": 2,
    "fapi2-security-profile": 56,
    "fapi2-message-signing": 70,
}
_OFFICIAL_DYNAMIC = {
    "code": 23,
    "code id_token": 22,
    "code token": 23,
    "code id_token token": 22,
    "id_token": 18,
    "id_token token": 19,
}


def test_each_plan_has_as_many_modules_as_the_official_one() -> None:
    counted: Counter[str] = Counter()
    for part in passes("code"):
        counted[part.variant.profile] += len(part.modules)

    assert dict(counted) == _OFFICIAL
    assert set(PROFILES) == set(_OFFICIAL)


def test_the_dynamic_plan_has_as_many_modules_as_the_official_one_for_each_response_type() -> None:
    counted = {
        words: sum(len(part.modules) for part in passes(words) if part.variant.profile == "dynamic")
        for words in _OFFICIAL_DYNAMIC
    }

    assert counted == _OFFICIAL_DYNAMIC


def test_every_module_of_the_plans_is_written_once_and_no_other() -> None:
    written = [
        name
        for path in _FOLDER.glob("test_*.py")
        for name in re.findall(r"^def test_(\w+)", path.read_text(encoding="utf-8"), re.MULTILINE)
    ]

    assert sorted(written) == sorted(set().union(*(part.modules for part in passes("code"))))
