"""German. The keys are the English sentences of the templates and endpoints."""

from __future__ import annotations

SENTENCES: dict[str, str] = {}
