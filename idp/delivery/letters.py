"""The mails there are, and what each has to be told.

None of them takes the name a person gave at sign-up: whoever signs up with a stranger's address chooses it, and the
mail would carry their words to that stranger.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Letter:
    """One kind of mail: the names its template needs, and those it can do without."""

    needs: frozenset[str] = frozenset()
    may_have: frozenset[str] = frozenset()


_CIRCUMSTANCES = frozenset({"device", "address", "when"})

LETTERS: Mapping[str, Letter] = MappingProxyType(
    {
        "verify_address": Letter(
            frozenset({"code", "link"}), frozenset({"client_name", "code_expires_at", "link_expires_at"})
        ),
        "address_code": Letter(frozenset({"code"}), frozenset({"client_name", "code_expires_at"})),
        "sign_in_method_added": Letter(frozenset({"provider"}), _CIRCUMSTANCES | {"account_link"}),
        "sign_in_method_removed": Letter(frozenset({"provider"}), _CIRCUMSTANCES | {"account_link"}),
        "address_already_known": Letter(may_have=frozenset({"client_name", "sign_in_link", "reset_link"})),
        "reset_password": Letter(frozenset({"link"}), _CIRCUMSTANCES | {"link_expires_at"}),
        "password_changed": Letter(may_have=_CIRCUMSTANCES | {"reset_link", "account_link", "ways", "ways_link"}),
        "new_sign_in": Letter(may_have=_CIRCUMSTANCES | {"client_name", "reset_link", "account_link"}),
    }
)
"""`product` and `issuer` are known to every template; a caller may still give `product`.

`device` is a description such as "Chrome on Linux", `address` where a request came from; `when` and the names that end
in `_at` are times.
"""


def check_context(template: str, context: Mapping[str, object]) -> None:
    """Compare what a mail is told with what it has to be told.

    Raises:
        ValueError: No such mail, a missing name, or one that the template does not know. Values are not repeated.
    """
    letter = LETTERS.get(template)
    if letter is None:
        raise ValueError(f"there is no mail called {template}")
    if missing := letter.needs - context.keys():
        raise ValueError(f"the mail {template} needs {', '.join(sorted(missing))}")
    if unknown := context.keys() - letter.needs - letter.may_have - {"product"}:
        raise ValueError(f"the mail {template} does not know {', '.join(sorted(unknown))}")
