"""What is known of a person, from a JSON file: the standard claims of OpenID Connect Core 1.0 section 5.1."""

import json
from pathlib import Path
from typing import Any

from idp.commands.console import MISUSED, fail

_LONGEST = 1000
_ADDRESS = frozenset({"formatted", "street_address", "locality", "region", "postal_code", "country"})


def read_profile(file: str) -> dict[str, Any]:
    """The claims in a file. Ends the command if one is unknown or of the wrong type.

    `sub`, `email`, `email_verified` and `updated_at` are not among them: they come from the account itself.
    """
    from idp.protocol.tokens.claims import CLAIMS_OF_SCOPE

    texts = {*CLAIMS_OF_SCOPE["profile"], "phone_number"} - {"updated_at"}
    try:
        found = json.loads(Path(file).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        fail("--profile must name a readable JSON file", status=MISUSED)
    if not isinstance(found, dict):
        fail("--profile must hold a JSON object", status=MISUSED)
    for name, value in found.items():
        if name in texts:
            good = _is_text(value)
        elif name == "phone_number_verified":
            good = isinstance(value, bool)
        elif name == "address":
            good = isinstance(value, dict) and value.keys() <= _ADDRESS and all(map(_is_text, value.values()))
        else:
            fail("--profile may hold standard claims only (OpenID Connect Core 1.0 section 5.1)", status=MISUSED)
        if not good:
            fail(f"--profile: {name} must have the type of OpenID Connect Core 1.0 section 5.1", status=MISUSED)
    return found


def _is_text(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= _LONGEST and "\0" not in value
