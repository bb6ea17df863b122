"""German for what a person who signs out is told about the apps."""

from __future__ import annotations

SENTENCES: dict[str, str] = {
    "One moment, the apps you have used are being told.": (
        "Einen Moment, die von Ihnen benutzten Apps werden benachrichtigt."
    ),
    "These apps are being told that you have signed out:": (
        "Diese Apps werden benachrichtigt, dass Sie sich abgemeldet haben:"
    ),
    "These apps may keep you signed in until you sign out there:": (
        "In diesen Apps bleiben Sie vielleicht angemeldet, bis Sie sich dort abmelden:"
    ),
    "Apps you have been signed out of": "Apps, von denen Sie abgemeldet wurden",
    "knows since": "weiß es seit",
    "has not answered yet; we keep trying until": "hat noch nicht geantwortet; wir versuchen es weiter bis",
    "could not be told; please sign out there as well. You signed out": (
        "konnte nicht benachrichtigt werden; bitte melden Sie sich auch dort ab. Sie haben sich abgemeldet:"
    ),
}
