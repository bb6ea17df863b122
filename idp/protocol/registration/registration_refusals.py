"""Why metadata cannot be registered (RFC 7591 section 3.2.2). Sentences are fixed and never repeat what was sent."""


class InvalidClientMetadata(Exception):
    """Metadata that cannot be registered: `member` has to be what `sentence` says."""

    error = "invalid_client_metadata"

    def __init__(self, member: str, sentence: str) -> None:
        self.member = member
        self.sentence = sentence
        super().__init__(f"{member} {sentence}")


class InvalidRedirectUri(InvalidClientMetadata):
    """A redirect URI that cannot be registered."""

    error = "invalid_redirect_uri"


class UnapprovedStatement(InvalidClientMetadata):
    """A software statement: nobody's are taken here."""

    error = "unapproved_software_statement"


def refusal_of(member: str) -> type[InvalidClientMetadata]:
    """The refusal that belongs to a member."""
    return InvalidRedirectUri if member == "redirect_uris" else InvalidClientMetadata
