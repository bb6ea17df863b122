"""The pages of relying parties that sign a person out there when a browser loads them in a frame.

OpenID Connect Front-Channel Logout 1.0. Browsers that keep cookies from framed pages make it fail silently, and nobody
learns of it; a client that registers for the back channel is told there as well.
"""

from urllib.parse import urlencode

from idp.protocol.clients.client import RegisteredClient


def logout_frame(client: RegisteredClient, *, issuer: str, session_id: str) -> str | None:
    """What the frame for a client loads; None when it has nothing of the kind.

    `iss` and `sid` are added for clients that asked for them (section 3), and nothing else ever is.
    """
    uri = client.frontchannel_logout_uri
    if uri is None or not client.frontchannel_logout_session_required:
        return uri
    return f"{uri}{'&' if '?' in uri else '?'}{urlencode({'iss': issuer, 'sid': session_id})}"
