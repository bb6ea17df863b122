"""E-mail addresses: kept as typed for display, compared in one canonical form."""

import re
from dataclasses import dataclass

_LONGEST = 254
_TOO_LONG = "The address is too long."
_NOT_ONE = "Enter an e-mail address in the form name@example.com."
_LOCAL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+", re.ASCII)


class NotAnAddress(ValueError):
    """The text is not an address we can send to. The message is for the person."""


@dataclass(frozen=True, slots=True)
class EmailAddress:
    """An address of a person.

    Attributes:
        typed: As the person wrote it; where mail goes.
        key: Lower case, the domain in ASCII. Unique among accounts. Dots and plus signs are not folded: only the
            mailbox knows what they mean.
    """

    typed: str
    key: str

    @classmethod
    def parse(cls, text: str) -> "EmailAddress":
        """Read what was typed.

        The local part is ASCII: lower-casing other letters makes different addresses equal (the Kelvin sign is a k).

        Raises:
            NotAnAddress: With a sentence for the person.
        """
        from email_validator import EmailNotValidError, validate_email

        text = text.strip(" ")
        if len(text) > _LONGEST:
            raise NotAnAddress(_TOO_LONG)
        local, _, domain = text.rpartition("@")
        if not _LOCAL.fullmatch(local) or not domain.isprintable():
            raise NotAnAddress(_NOT_ONE)
        try:
            # `.test` and `.example` are refused as undeliverable, which is for the mail server to find out.
            found = validate_email(text, check_deliverability=False, test_environment=True, allow_smtputf8=False)
        except EmailNotValidError:
            raise NotAnAddress(_NOT_ONE) from None
        return cls(text, f"{local.lower()}@{(found.ascii_domain or found.domain).lower()}")


def key_of(text: str) -> str:
    """The canonical form of what somebody typed to sign in; whatever is no address is no account's either."""
    try:
        return EmailAddress.parse(text).key
    except NotAnAddress:
        return ""
