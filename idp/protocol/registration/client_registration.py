"""Client metadata: what may be registered, checked and typed (RFC 7591; OpenID Connect Dynamic Registration 1.0)."""

from collections.abc import Mapping
from typing import Any

from idp.protocol.clients.client_metadata import ClientMetadata
from idp.protocol.clients.security_profile import defaults_of
from idp.protocol.registration.registered_members import CHECKS
from idp.protocol.registration.registration_refusals import InvalidClientMetadata, InvalidRedirectUri
from idp.protocol.registration.registration_rules import check_together

__all__ = ["InvalidClientMetadata", "InvalidRedirectUri", "validate_client_metadata"]


def validate_client_metadata(metadata: Mapping[str, object], *, refuse_unknown: bool = True) -> ClientMetadata:
    """Check a registration and give it types. A member that is null counts as absent (RFC 7591 section 2).

    Args:
        metadata: As received; nothing about its types is taken for granted.
        refuse_unknown: An operator's misspelling is an error; a dynamic registration may name what we do not know
            (RFC 7591 section 2: "MUST ignore").

    Raises:
        InvalidRedirectUri: One of `redirect_uris` cannot be registered.
        InvalidClientMetadata: Anything else cannot be.
    """
    given = {name: value for name, value in metadata.items() if value is not None}
    if refuse_unknown and (unknown := sorted(set(given) - set(CHECKS))):
        raise InvalidClientMetadata(unknown[0] if unknown[0].isidentifier() else "metadata", "is not a known member")
    values: dict[str, Any] = {name: check(name, given[name]) for name, check in CHECKS.items() if name in given}
    if "response_types" not in given and "authorization_code" not in values.get("grant_types", ("authorization_code",)):
        # The default is code, which is of no use to a service or to a device.
        values["response_types"] = ()
    client = ClientMetadata(**{**defaults_of(values.get("security_profile")), **values})
    check_together(client)
    return client
