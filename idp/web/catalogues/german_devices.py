"""German for the pages on which a device without a browser is let in."""

from __future__ import annotations

SENTENCES: dict[str, str] = {
    "Connect a device": "Gerät verbinden",
    "Does this match the code on your device? Go on only if it does.": (
        "Stimmt das mit dem Code auf Ihrem Gerät überein? Machen Sie nur dann weiter."
    ),
    "Your device shows a code of eight letters. Type it here.": (
        "Ihr Gerät zeigt einen Code aus acht Buchstaben. Geben Sie ihn hier ein."
    ),
    "Code on your device": "Code auf Ihrem Gerät",
    "Capital or small letters, with or without the dash": "Groß oder klein, mit oder ohne Bindestrich",
    "Only continue if you started this on a device of yours. Nobody from support will ever send you a code.": (
        "Machen Sie nur weiter, wenn Sie das auf einem eigenen Gerät begonnen haben. "
        "Kein Kundendienst wird Ihnen je einen Code schicken."
    ),
    "Type the eight letters that your device shows.": "Geben Sie die acht Buchstaben ein, die Ihr Gerät zeigt.",
    "No device waits under this code. Check the letters, or have your device show a new code.": (
        "Unter diesem Code wartet kein Gerät. Prüfen Sie die Buchstaben, oder lassen Sie Ihr Gerät einen neuen zeigen."
    ),
    "Too many wrong codes were typed from here. Please try again later.": (
        "Von hier wurden zu viele falsche Codes eingegeben. Bitte versuchen Sie es später noch einmal."
    ),
    "Connect %(client)s to your account?": "%(client)s mit Ihrem Konto verbinden?",
    "A device is waiting for your answer. It shows this code:": (
        "Ein Gerät wartet auf Ihre Antwort. Es zeigt diesen Code:"
    ),
    "App": "App",
    "Asked": "Angefragt",
    "From the address": "Von der Adresse",
    "the network you are in": "das Netz, in dem Sie sind",
    "This device is in another network than you are.": "Dieses Gerät ist in einem anderen Netz als Sie.",
    (
        "Only continue if you started this on a device of yours, and if it shows this very code. "
        "Whoever sent you a code or a link could use your account."
    ): (
        "Machen Sie nur weiter, wenn Sie das auf einem eigenen Gerät begonnen haben und es genau diesen Code zeigt. "
        "Wer Ihnen einen Code oder Link geschickt hat, könnte sonst Ihr Konto benutzen."
    ),
    "Connect": "Verbinden",
    "Do not connect": "Nicht verbinden",
    "Your device is connected": "Ihr Gerät ist verbunden",
    "Your device was not connected": "Ihr Gerät wurde nicht verbunden",
    "Go back to your device: %(client)s goes on there in a moment. You can close this page.": (
        "Gehen Sie zurück zu Ihrem Gerät: %(client)s macht dort gleich weiter. Sie können diese Seite schließen."
    ),
    "See and end what is signed in to your account": "Ansehen und beenden, was an Ihrem Konto angemeldet ist",
    "%(client)s was told that you do not allow it. You can close this page.": (
        "%(client)s hat erfahren, dass Sie es nicht erlauben. Sie können diese Seite schließen."
    ),
    "This code can no longer be used": "Dieser Code gilt nicht mehr",
    (
        "It has expired, was answered already, or was typed in another browser. "
        "Have your device show a new code and type that one."
    ): (
        "Er ist abgelaufen, wurde schon beantwortet oder in einem anderen Browser eingegeben. "
        "Lassen Sie Ihr Gerät einen neuen Code zeigen, und geben Sie diesen ein."
    ),
    "Type a code": "Code eingeben",
}
