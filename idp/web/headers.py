"""The header sets of every response, by kind of route.

Sources: OWASP ASVS 5.0 section 3.4; RFC 6749 section 5.1 (no-store). Two departures from the usual advice are
deliberate: pages of a sign-in transaction have neither `form-action`, which browsers apply to the redirect that
follows the form and which would stop the hop to the relying party, nor Cross-Origin-Opener-Policy, which would cut a
relying party off from the pop-up it opened.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

RawHeaders = tuple[tuple[bytes, bytes], ...]

MACHINE_POLICY = "default-src 'none'; frame-ancestors 'none'"
FRAMED_POLICY = "default-src 'none'; script-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors *"
PERMISSIONS = (
    "publickey-credentials-get=(self), publickey-credentials-create=(self), "
    "camera=(), geolocation=(), microphone=(), payment=(), usb=()"
)
TWO_YEARS = 63_072_000


def page_policy(*, form_action: bool, image_origins: Iterable[str] = (), frame_origins: Iterable[str] = ()) -> str:
    """The Content-Security-Policy of a page.

    Args:
        form_action: True on account pages. On transaction pages the directive has to be absent.
        image_origins: Origins of client logos shown on this one response, already checked to be bare origins.
        frame_origins: Origins of what this one response frames, checked likewise. Without any, nothing is framed.
    """
    images = " ".join(("'self'", "data:", *image_origins))
    policy = (
        "default-src 'none'; script-src 'self'; style-src 'self'; "
        f"img-src {images}; font-src 'self'; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
    if frames := " ".join(dict.fromkeys(frame_origins)):
        policy = f"{policy}; frame-src {frames}"
    return f"{policy}; form-action 'self'" if form_action else policy


def encoded(headers: dict[str, str]) -> RawHeaders:
    """Headers as ASGI carries them."""
    return tuple((name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items())


@dataclass(frozen=True, slots=True)
class HeaderSets:
    """One set for each kind of route, encoded once at start.

    A header that a response brings along itself wins over the set.
    """

    transaction: RawHeaders
    account: RawHeaders
    api: RawHeaders
    shared_api: RawHeaders
    public: RawHeaders
    framed: RawHeaders
    preflight: RawHeaders

    @classmethod
    def of(cls, *, https: bool) -> HeaderSets:
        """Build the sets. Strict-Transport-Security is sent with an https issuer only."""
        every = {
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
            "X-Frame-Options": "DENY",
            "Permissions-Policy": PERMISSIONS,
        }
        if https:
            every["Strict-Transport-Security"] = f"max-age={TWO_YEARS}; includeSubDomains"
        private = {**every, "Cache-Control": "no-store", "Cross-Origin-Resource-Policy": "same-origin"}
        api = {**private, "Content-Security-Policy": MACHINE_POLICY, "Pragma": "no-cache"}
        # Scripts of relying parties read these answers. "*" is safe: such routes never look at a cookie.
        shared = {
            "Access-Control-Allow-Origin": "*",
            "Access-Control-Expose-Headers": "DPoP-Nonce, ETag, Retry-After, WWW-Authenticate, X-Request-Id",
            "Cross-Origin-Resource-Policy": "cross-origin",
        }
        preflight = {
            **every,
            **shared,
            "Access-Control-Allow-Headers": "Authorization, Content-Type, DPoP",
            "Access-Control-Max-Age": "7200",
            "Cache-Control": "no-store",
        }
        return cls(
            transaction=encoded({**private, "Content-Security-Policy": page_policy(form_action=False)}),
            account=encoded(
                {
                    **private,
                    "Content-Security-Policy": page_policy(form_action=True),
                    "Cross-Origin-Opener-Policy": "same-origin",
                }
            ),
            api=encoded(api),
            shared_api=encoded({**api, **shared}),
            public=encoded({**every, **shared, "Content-Security-Policy": MACHINE_POLICY, "Cache-Control": "no-store"}),
            framed=encoded(_framed(every)),
            preflight=encoded(preflight),
        )


def _framed(every: dict[str, str]) -> dict[str, str]:
    """For what pages of other origins may frame: it shows nothing, so nobody can be led to click on it."""
    return {
        **{name: value for name, value in every.items() if name != "X-Frame-Options"},
        "Content-Security-Policy": FRAMED_POLICY,
        "Cross-Origin-Resource-Policy": "cross-origin",
        "Cache-Control": "no-store",
    }
