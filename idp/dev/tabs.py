"""Sign-ins in several tabs: a small change to Authlib's client, which forgets the others when one begins."""

import time
from typing import Any

from authlib.integrations.starlette_client import OAuth, StarletteIntegration

_MOST = 20


class _ManySignIns(StarletteIntegration):  # type: ignore[misc]
    """Keeps the latest sign-ins under way instead of the last one."""

    async def set_state_data(self, session: dict[str, Any], state: str, data: Any) -> None:
        """Remember what belongs to a `state`."""
        prefix = f"_state_{self.name}_"
        for old in [key for key in session if key.startswith(prefix)][: -(_MOST - 1)]:
            session.pop(old)
        session[f"{prefix}{state}"] = {"data": data, "exp": time.time() + self.expires_in}


class TabbedOAuth(OAuth):  # type: ignore[misc]
    """Authlib's registry of providers, for browsers with tabs."""

    framework_integration_cls = _ManySignIns
