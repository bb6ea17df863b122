"""The pages of the simulators. They look like nobody, and say what they are."""

from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from idp.dev.upstreams.personas import Persona

_STYLE = Path(__file__).parents[1] / "static" / "simulator.css"
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


def choice(provider: str, personas: Sequence[Persona], key: str, faults: Mapping[str, str]) -> HTMLResponse:
    """Whom to be, and how the provider is to behave."""
    people = "".join(
        f'<li><button name="persona" value="{escape(one.key)}">{escape(one.name)}</button> '
        f"<small>{escape(one.note)}</small></li>"
        for one in personas
    )
    ways = "".join(f'<option value="{escape(value)}">{escape(words)}</option>' for value, words in faults.items())
    return _page(
        f"{provider} (simulated)",
        f'<p>Who are you at {escape(provider)}?</p><form method="post" action="/choose">'
        f'<input type="hidden" name="asked" value="{escape(key)}"><ul>{people}</ul>'
        f'<p><label for="fault">The provider</label> <select id="fault" name="fault">{ways}</select></p>'
        '<p><button name="persona" value="cancel">Cancel</button></p></form>',
    )


def error(provider: str, title: str, sentence: str, *, status: int = 400) -> HTMLResponse:
    """A page of theirs on which a journey ends: the browser never comes back."""
    return _page(f"{provider} (simulated)", f"<h2>{escape(title)}</h2><p>{escape(sentence)}</p>", status=status)


async def style(_request: Request) -> Response:
    """The stylesheet."""
    return Response(_STYLE.read_text(encoding="utf-8"), media_type="text/css", headers={"Cache-Control": "no-store"})


def _page(title: str, body: str, *, status: int = 200) -> HTMLResponse:
    return HTMLResponse(
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<title>{escape(title)}</title><link rel="icon" href="data:,"><link rel="stylesheet" href="/simulator.css">'
        f'</head><body><p class="ribbon">Simulated</p><main><h1>{escape(title)}</h1>{body}</main></body></html>',
        status,
        _HEADERS | {"Content-Security-Policy": _HEADERS["Content-Security-Policy"] + "; img-src data:"},
    )
