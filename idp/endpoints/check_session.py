"""The page that relying parties frame to ask whether the person is still signed in (Session Management 1.0)."""

from dataclasses import dataclass
from datetime import timedelta
from html import escape

from starlette.responses import Response

from idp.web import replies
from idp.web.cookies import Cookies
from idp.web.exchange import Exchange
from idp.web.static_files import StaticFiles

_MAX_AGE = timedelta(minutes=5)
_PAGE = """<!doctype html>
<html lang="en" data-cookie="{cookie}">
<head>
<meta charset="utf-8">
<title>Session</title>
<script type="module" src="/static/check_session.js?v={version}"></script>
</head>
</html>
"""


@dataclass(frozen=True, slots=True)
class CheckSessionEndpoint:
    """`/check_session`: nothing to see, and a script that compares. It is the same for everybody."""

    cookies: Cookies
    static: StaticFiles

    def show(self, exchange: Exchange) -> Response:
        """Answer with the page (section 3.2)."""
        page = _PAGE.format(cookie=escape(self.cookies.browser_state_name), version=self.static.version)
        return replies.bytes_with_etag(exchange, page.encode(), media_type="text/html; charset=utf-8", max_age=_MAX_AGE)
