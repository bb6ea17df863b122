"""The people of the simulated providers: one for each case that the real ones bring."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Persona:
    """Somebody to pick on a simulator's page.

    Attributes:
        subject: As the provider numbers people: digits in a string, longer than a double can hold.
        note: What is special, for the page.
        scopes_declined: Permissions that this person unticks.
        is_enrolled: X only: whether the operator's app may read profiles at all.
        hides_email: GitHub only: whether the address is kept from everybody's eyes; apps may still ask for it.
    """

    key: str
    subject: str
    name: str
    note: str
    email: str | None = None
    email_verified: bool = False
    hosted_domain: str | None = None
    has_picture: bool = True
    username: str = ""
    scopes_declined: frozenset[str] = frozenset()
    is_enrolled: bool = True
    hides_email: bool = False

    @property
    def given_name(self) -> str:
        """The first word of the name."""
        return self.name.partition(" ")[0]

    @property
    def family_name(self) -> str:
        """The rest of it."""
        return self.name.partition(" ")[2]


GOOGLE = (
    Persona("alice", "110169484474386276334", "Alice Adams", "a gmail.com address", "alice.adams@gmail.com", True),
    Persona(
        "walt", "110169484474386276335", "Walt Work", "a Workspace of acme.example", "walt@acme.example", True,
        hosted_domain="acme.example",
    ),
    Persona(
        "nora", "110169484474386276336", "Nora Nord", "another address, checked once, no picture", "nora@example.org",
        True, has_picture=False,
    ),
    Persona("una", "110169484474386276337", "Una Ultimo", "an address that was never checked", "una@example.net"),
)  # fmt: skip
FACEBOOK = (
    Persona("fred", "10223456789012345", "Fred Fisher", "an address", "fred@example.org"),
    Persona(
        "fiona", "10223456789012346", "Fiona Fox", "does not give the address", "fiona@example.org",
        scopes_declined=frozenset({"email"}),
    ),
    Persona("phil", "10223456789012347", "Phil Phone", "has a phone number only"),
)  # fmt: skip
X = (
    Persona("xena", "1735112233445566778", "Xena", "a confirmed address", "xena@example.org", username="xena"),
    Persona("xaver", "1735112233445566779", "Xaver", "no address", username="xaver"),
    Persona(
        "xing", "1735112233445566780", "Xing", "the app is not enrolled", "xing@example.org", username="xing",
        is_enrolled=False,
    ),
)  # fmt: skip
GITHUB = (
    Persona("octo", "583231", "Octo Ober", "a confirmed address", "octo@example.org", True, username="octo"),
    Persona(
        "greta", "583232", "Greta Grau", "keeps the address private", "greta@example.org", True, username="greta",
        hides_email=True,
    ),
    Persona("gina", "583233", "Gina Gast", "an address that was never checked", "gina@example.net", username="gina"),
    Persona(
        "gus", "583234", "Gus Gerber", "does not give the address", "gus@example.org", True, username="gus",
        scopes_declined=frozenset({"user:email"}), hides_email=True,
    ),
)  # fmt: skip
