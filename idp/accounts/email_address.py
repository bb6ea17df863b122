"""E-mail addresses: what is stored for display and mailing, and the one key under which an address is found."""

from dataclasses import dataclass

from email_validator import EmailNotValidError, validate_email

_LONGEST = 254
"""RFC 5321 section 4.5.3.1.3, without the angle brackets."""


@dataclass(frozen=True, slots=True)
class EmailAddress:
    """An address that can be mailed to.

    Attributes:
        text: As typed, with the domain in A-labels (RFC 5890): an addr-spec, as the `email` claim has to be.
        key: The canonical form, equal for every way of writing this address; dots and plus signs are not folded.
    """

    text: str
    key: str


class EmailProblem(Exception):
    """The text is not an address that can be used. The message is a sentence for the person."""


def parse_address(typed: str) -> EmailAddress:
    """Read an address that a person typed.

    The local part is ASCII only and lower-cased in the key: lower-casing Unicode would merge different mailboxes
    (the Kelvin sign becomes a k). The domain goes through UTS #46. Spaces around the address are forgiven, since
    pasting brings them; everywhere else spaces, controls and invisible characters are refused.

    Raises:
        EmailProblem: It is not an address, or one in a notation that is not accepted.
    """
    trimmed = typed.strip(" \t")
    if not trimmed:
        raise EmailProblem("Enter your e-mail address.")
    if len(trimmed) > _LONGEST:
        raise EmailProblem("This e-mail address is too long.")
    try:
        valid = validate_email(
            trimmed,
            check_deliverability=False,
            allow_smtputf8=False,
            allow_quoted_local=False,
            allow_domain_literal=False,
        )
    except EmailNotValidError as problem:
        raise EmailProblem("Enter an e-mail address like name@example.com.") from problem
    domain = valid.ascii_domain.lower()
    return EmailAddress(f"{valid.local_part}@{domain}", f"{valid.local_part.lower()}@{domain}")
