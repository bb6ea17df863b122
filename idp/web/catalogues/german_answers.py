"""German for what the endpoints and the accounts answer: mistakes, failures, and what has been done.

A number in a sentence stands here as `#`.
"""

from __future__ import annotations

SENTENCES: dict[str, str] = {
    # What was typed
    "Enter your e-mail address.": "Geben Sie Ihre E-Mail-Adresse ein.",
    "Enter an e-mail address like name@example.com.": "Geben Sie eine E-Mail-Adresse wie name@example.com ein.",
    "This e-mail address is too long.": "Diese E-Mail-Adresse ist zu lang.",
    "Enter your password.": "Geben Sie Ihr Passwort ein.",
    "The e-mail address or the password is not right.": "Die E-Mail-Adresse oder das Passwort stimmt nicht.",
    "This is not your password.": "Das ist nicht Ihr Passwort.",
    "This is not the password that was chosen for this account.": (
        "Das ist nicht das Passwort, das für dieses Konto gewählt wurde."
    ),
    "Choose a password.": "Wählen Sie ein Passwort.",
    "Use at least # characters.": "Nehmen Sie mindestens # Zeichen.",
    "Use at most # characters, and only such as can be typed.": (
        "Nehmen Sie höchstens # Zeichen, und nur solche, die sich tippen lassen."
    ),
    "This password is among the first that others would try. Choose another one.": (
        "Dieses Passwort würden andere als eines der ersten probieren. Wählen Sie ein anderes."
    ),
    "Leave your address and the name of this service out of the password.": (
        "Lassen Sie Ihre Adresse und den Namen dieses Dienstes aus dem Passwort heraus."
    ),
    "Use at most # characters for the name.": "Nehmen Sie höchstens # Zeichen für den Namen.",
    "The name contains characters that cannot be shown.": (
        "Der Name enthält Zeichen, die sich nicht darstellen lassen."
    ),
    "This is not the code from the newest mail, or it is too old. Check it, or have another one sent.": (
        "Das ist nicht der Code aus der neuesten Mail, oder er ist zu alt. "
        "Prüfen Sie ihn, oder lassen Sie einen neuen senden."
    ),
    # Too much, too late
    "Too many attempts. Please wait # seconds and try again.": (
        "Zu viele Versuche. Bitte warten Sie # Sekunden und versuchen Sie es noch einmal."
    ),
    "Too many attempts. Please wait # minutes and try again, or reset your password.": (
        "Zu viele Versuche. Bitte warten Sie # Minuten und versuchen Sie es noch einmal, "
        "oder wählen Sie ein neues Passwort."
    ),
    "Too many accounts were asked for from here. Please try again later.": (
        "Von hier wurden zu viele Konten angelegt. Bitte versuchen Sie es später noch einmal."
    ),
    "It is too long since you signed in. Sign out, sign in again, and then set a password.": (
        "Ihre Anmeldung ist zu lange her. Melden Sie sich ab und wieder an, und setzen Sie dann ein Passwort."
    ),
    "This link no longer works": "Dieser Link gilt nicht mehr",
    "It was used already, replaced by a newer one, or it is too old. Ask for another one.": (
        "Er wurde schon benutzt, durch einen neueren ersetzt, oder er ist zu alt. Fordern Sie einen neuen an."
    ),
    "Ask for another link": "Neuen Link anfordern",
    "This can no longer be confirmed": "Das lässt sich nicht mehr bestätigen",
    (
        "It was confirmed already, replaced by a newer mail, started in another browser, or it is too old. "
        "Try to sign in; if that does not work, begin again."
    ): (
        "Es wurde schon bestätigt, durch eine neuere Mail ersetzt, in einem anderen Browser begonnen, oder es ist zu "
        "alt. Versuchen Sie, sich anzumelden; geht das nicht, beginnen Sie noch einmal."
    ),
    "This sign-in is not open here": "Diese Anmeldung ist hier nicht offen",
    (
        "It was started in another browser, or so long ago that nothing is left of it. "
        "Go back to the app you came from and sign in again."
    ): (
        "Sie wurde in einem anderen Browser begonnen, oder vor so langer Zeit, dass nichts mehr davon da ist. "
        "Gehen Sie zurück zur App, aus der Sie kamen, und melden Sie sich dort noch einmal an."
    ),
    # Accounts that are not there, and apps that are not right
    "You have an account already": "Sie haben schon ein Konto",
    "An account with this address was made in the meantime. Sign in with its password.": (
        "Inzwischen wurde ein Konto mit dieser Adresse angelegt. Melden Sie sich mit dessen Passwort an."
    ),
    "New accounts are not made here": "Hier werden keine neuen Konten angelegt",
    "Ask the people who run this service for an account.": ("Bitten Sie die Betreiber dieses Dienstes um ein Konto."),
    "This account is disabled": "Dieses Konto ist gesperrt",
    "Your password is right, but the account cannot be used. Ask the people who run this service.": (
        "Ihr Passwort stimmt, aber das Konto kann nicht benutzt werden. Fragen Sie die Betreiber dieses Dienstes."
    ),
    "This sign-in link does not work": "Dieser Link zum Anmelden geht nicht",
    (
        "The app that sent you here is not set up correctly. Nothing is wrong with your account; "
        "tell the makers of the app and give them the reference below."
    ): (
        "Die App, aus der Sie kommen, ist nicht richtig eingerichtet. Mit Ihrem Konto ist alles in Ordnung; "
        "sagen Sie es den Machern der App und nennen Sie ihnen die Nummer unten."
    ),
    # What is asked, and what has been done
    "Confirm your address": "Adresse bestätigen",
    "One more click, and your account is ready.": "Noch ein Klick, und Ihr Konto ist fertig.",
    "This is not the browser in which you began. Enter the password that you chose there.": (
        "Das ist nicht der Browser, in dem Sie begonnen haben. Geben Sie das Passwort ein, das Sie dort gewählt haben."
    ),
    "%(client)s asks you to confirm it's you.": "%(client)s bittet um Bestätigung, dass Sie es sind.",
    "The app asks you to confirm it's you.": "Die App bittet um Bestätigung, dass Sie es sind.",
    "Sign in with the account you want to use.": "Melden Sie sich mit dem Konto an, das Sie verwenden möchten.",
    "Your password has been changed. Sign in with the new one.": (
        "Ihr Passwort ist geändert. Melden Sie sich mit dem neuen an."
    ),
    "Your password has been changed. Your other devices have been signed out.": (
        "Ihr Passwort ist geändert. Ihre anderen Geräte sind abgemeldet."
    ),
    "The device has been signed out.": "Das Gerät ist abgemeldet.",
    "All other devices have been signed out.": "Alle anderen Geräte sind abgemeldet.",
    "The app has lost its access.": "Die App hat keinen Zugriff mehr.",
}
