"""Where a person goes who has just signed in: to the relying party's request, or to a page of ours that waits."""

import re

METHODS = "methods"
_LINK = re.compile(r"link:([A-Za-z0-9_-]{32})\Z")


def link_of(handshake_id: str) -> str:
    """For `then`: the page that links what a handshake brought to the account just signed in to."""
    return f"link:{handshake_id}"


def known(then: str | None) -> str | None:
    """What came as `then`, if it names a page of ours; it is no address, so it leads nowhere else."""
    return then if then is not None and (then == METHODS or _LINK.match(then)) else None


def onward(request_id: str | None, then: str | None = None) -> str:
    """The path to go on to."""
    then = known(then)
    if then == METHODS:
        return "/account/sign-in-methods"
    if then is not None and (found := _LINK.match(then)):
        return f"/welcome/link?handshake={found[1]}"
    return f"/authorize/{request_id}" if request_id else "/account"
