"""German. The keys are the English sentences of the templates, of the permissions and of the failure pages."""

from __future__ import annotations

MONTHS = ("Jan.", "Feb.", "März", "April", "Mai", "Juni", "Juli", "Aug.", "Sept.", "Okt.", "Nov.", "Dez.")
"""As they stand in a date."""

SENTENCES: dict[str, str] = {
    # Everywhere
    "Skip to content": "Zum Inhalt springen",
    "Development mode": "Entwicklungsmodus",
    "Do not use a real password here.": "Verwenden Sie hier kein echtes Passwort.",
    "Error:": "Fehler:",
    "There is a problem": "Etwas stimmt noch nicht",
    "(optional)": "(freiwillig)",
    "Show": "Zeigen",
    "Hide": "Verbergen",
    "Privacy policy": "Datenschutz",
    "Terms of service": "Nutzungsbedingungen",
    "Continue": "Weiter",
    "Continue to %(client)s": "Weiter zu %(client)s",
    "Cancel": "Abbrechen",
    "E-mail address": "E-Mail-Adresse",
    "Password": "Passwort",
    "You are signed in as %(identity)s": "Angemeldet als %(identity)s",
    "If you ask for help, give this reference:": "Wenn Sie um Hilfe bitten, nennen Sie diese Nummer:",
    # Signing in
    "Sign in": "Anmelden",
    "Sign in to continue to %(client)s": "Anmelden, um zu %(client)s zu gelangen",
    "Forgot your password?": "Passwort vergessen?",
    "New here?": "Neu hier?",
    "Create an account": "Konto anlegen",
    "This sign-in has expired": "Diese Anmeldung ist abgelaufen",
    (
        "It took too long, or was opened in another browser. "
        "Nothing was lost: start again and you will be back in a moment."
    ): (
        "Sie hat zu lange gedauert oder wurde in einem anderen Browser geöffnet. "
        "Es ging nichts verloren: Beginnen Sie noch einmal."
    ),
    "Start again": "Noch einmal beginnen",
    "Start again at %(client)s": "Noch einmal bei %(client)s beginnen",
    "Go back to the app you came from and sign in there.": (
        "Gehen Sie zurück zur App, aus der Sie kamen, und melden Sie sich dort an."
    ),
    "You are already signed in": "Sie sind schon angemeldet",
    "This sign-in was completed before, perhaps in another tab.": (
        "Diese Anmeldung ist schon abgeschlossen, vielleicht in einem anderen Tab."
    ),
    "You can close this page and go on in the app you came from.": (
        "Sie können diese Seite schließen und in der App weitermachen, aus der Sie kamen."
    ),
    "You are being taken back to the app. If nothing happens, use the button.": (
        "Sie werden zur App zurückgebracht. Wenn nichts geschieht, drücken Sie den Knopf."
    ),
    # Accounts and permissions
    "Choose an account": "Konto wählen",
    "Choose an account for %(client)s": "Konto für %(client)s wählen",
    "Continue as": "Weiter als",
    "Signed in": "Angemeldet",
    "Signed out": "Abgemeldet",
    "Use another account": "Anderes Konto verwenden",
    "Allow %(client)s to use your account?": "Darf %(client)s Ihr Konto verwenden?",
    "Switch account": "Konto wechseln",
    "Nobody has checked this app. Go on only if you trust it.": (
        "Niemand hat diese App geprüft. Fahren Sie nur fort, wenn Sie ihr vertrauen."
    ),
    "%(client)s will be able to:": "%(client)s darf dann:",
    "Allow": "Erlauben",
    "You will be taken to %(host)s.": "Es geht weiter zu %(host)s.",
    "You can remove this access at any time in your account.": (
        "Sie können diese Erlaubnis jederzeit in Ihrem Konto zurücknehmen."
    ),
    "Know who you are": "Wissen, wer Sie sind",
    "A number for your account, and when you signed in": "Eine Nummer Ihres Kontos, und wann Sie sich angemeldet haben",
    "See your profile": "Ihr Profil sehen",
    "Your name, picture, language and time zone": "Name, Bild, Sprache und Zeitzone",
    "See your e-mail address": "Ihre E-Mail-Adresse sehen",
    "See your phone number": "Ihre Telefonnummer sehen",
    "And whether it has been confirmed": "Und ob sie bestätigt ist",
    "See your postal address": "Ihre Postanschrift sehen",
    "Keep access when you are not using the app": "Zugriff behalten, auch wenn Sie die App nicht verwenden",
    # Signing up, and passwords
    "Create an account to continue to %(client)s": "Konto anlegen, um zu %(client)s zu gelangen",
    "We will send a code to this address.": "An diese Adresse senden wir einen Code.",
    "Your name": "Ihr Name",
    "At least %(minimum)s characters. A few words you can remember are good.": (
        "Mindestens %(minimum)s Zeichen. Gut sind ein paar Wörter, die Sie sich merken können."
    ),
    "Create account": "Konto anlegen",
    "You have an account already?": "Sie haben schon ein Konto?",
    "Check your mail": "Sehen Sie in Ihre E-Mails",
    "We have sent a message to %(email)s. Type the code from it, or follow the link in it.": (
        "Wir haben eine Nachricht an %(email)s gesendet. Geben Sie den Code daraus ein, oder folgen Sie ihrem Link."
    ),
    "We have sent a new message. Only the newest code works.": (
        "Wir haben eine neue Nachricht gesendet. Nur der neueste Code gilt."
    ),
    "Code from the message": "Code aus der Nachricht",
    "Six digits": "Sechs Ziffern",
    "Confirm": "Bestätigen",
    "Nothing there? Look into the folder for unwanted mail, or": (
        "Nichts angekommen? Sehen Sie in den Ordner für unerwünschte Mails, oder"
    ),
    "send it again": "senden Sie sie noch einmal",
    "Wrong address?": "Falsche Adresse?",
    "Change it": "Ändern",
    "Tell us your address. We will send you a link for choosing a new password.": (
        "Nennen Sie uns Ihre Adresse. Wir senden Ihnen einen Link, mit dem Sie ein neues Passwort wählen."
    ),
    "Send the link": "Link senden",
    "Back to sign in": "Zurück zur Anmeldung",
    "If there is an account for %(email)s, we have sent a link to it. The link works once, for a short time.": (
        "Wenn es ein Konto für %(email)s gibt, haben wir einen Link dorthin gesendet. Er gilt einmal, für kurze Zeit."
    ),
    "Nothing there? Look into the folder for unwanted mail, or check the address.": (
        "Nichts angekommen? Sehen Sie in den Ordner für unerwünschte Mails, oder prüfen Sie die Adresse."
    ),
    "Try another address": "Andere Adresse versuchen",
    "Choose a new password": "Neues Passwort wählen",
    "You will be signed out everywhere else.": "Sie werden überall sonst abgemeldet.",
    "You will be signed out everywhere. Then you sign in with the new password.": (
        "Sie werden überall abgemeldet. Danach melden Sie sich mit dem neuen Passwort an."
    ),
    "New password": "Neues Passwort",
    "Current password": "Jetziges Passwort",
    "Save the new password": "Neues Passwort speichern",
    "Change your password": "Passwort ändern",
    # The person's own page
    "Your account": "Ihr Konto",
    "Sign in to your account": "Bei Ihrem Konto anmelden",
    "Back to your account": "Zurück zu Ihrem Konto",
    "confirmed": "bestätigt",
    "not confirmed yet": "noch nicht bestätigt",
    "Changing it signs you out everywhere else.": "Eine Änderung meldet Sie überall sonst ab.",
    "Change password": "Passwort ändern",
    "Where you are signed in": "Wo Sie angemeldet sind",
    "This device": "Dieses Gerät",
    "since": "seit",
    "last seen": "zuletzt",
    "Sign out everywhere else": "Überall sonst abmelden",
    "Connected apps": "Verbundene Apps",
    "Remove access": "Erlaubnis zurücknehmen",
    "No app has access to your account.": "Keine App hat Zugriff auf Ihr Konto.",
    # Signing out
    "Sign out": "Abmelden",
    "Sign out?": "Abmelden?",
    "Stay signed in": "Angemeldet bleiben",
    (
        "%(client)s asks to sign you out. "
        "You will be signed out of every app that you use with this account in this browser."
    ): (
        "%(client)s bittet darum, Sie abzumelden. "
        "Sie werden in diesem Browser von allen Apps abgemeldet, die Sie mit diesem Konto verwenden."
    ),
    "You will be signed out of every app that you use with this account in this browser.": (
        "Sie werden in diesem Browser von allen Apps abgemeldet, die Sie mit diesem Konto verwenden."
    ),
    "You are signed out": "Sie sind abgemeldet",
    "You can close this page. On a shared computer, close the browser as well.": (
        "Sie können diese Seite schließen. An einem gemeinsam genutzten Rechner schließen Sie auch den Browser."
    ),
    "Back to %(client)s": "Zurück zu %(client)s",
    "Sign in again": "Wieder anmelden",
    # Home, and failures
    (
        "One account for all your apps. "
        "You come here to sign in, and to see and end what is signed in with your account."
    ): (
        "Ein Konto für alle Ihre Apps. Hier melden Sie sich an, und hier sehen und beenden Sie, "
        "was mit Ihrem Konto angemeldet ist."
    ),
    "For developers": "Für Entwickler",
    "This is an OpenID Connect provider. Point your client library at the issuer; it finds the rest by itself.": (
        "Dies ist ein OpenID-Connect-Provider. Nennen Sie Ihrer Bibliothek den Issuer; den Rest findet sie selbst."
    ),
    "Issuer": "Issuer",
    "Discovery document": "Discovery-Dokument",
    "Details for developers": "Einzelheiten für Entwickler",
    "Reason": "Grund",
    "Page not found": "Seite nicht gefunden",
    "The address may have been mistyped, or the page has moved.": (
        "Vielleicht ist die Adresse falsch geschrieben, oder die Seite ist umgezogen."
    ),
    "That did not work": "Das ging nicht",
    "This address cannot be used in that way. Go back and try again from the start.": (
        "Diese Adresse lässt sich so nicht verwenden. Gehen Sie zurück und beginnen Sie noch einmal."
    ),
    "Please try that again": "Bitte versuchen Sie das noch einmal",
    (
        "We could not tell that this form came from this browser. Go back, reload the page and send it again. "
        "If this happens again, allow cookies for this site."
    ): (
        "Wir konnten nicht erkennen, dass dieses Formular aus diesem Browser kommt. Gehen Sie zurück, laden Sie die "
        "Seite neu und senden Sie es noch einmal. Hilft das nicht, erlauben Sie Cookies für diese Seite."
    ),
    "We are very busy right now": "Gerade ist sehr viel los",
    "Please wait a few seconds and try again.": "Bitte warten Sie ein paar Sekunden und versuchen Sie es noch einmal.",
    "We cannot do that right now": "Das geht gerade nicht",
    "Please try again in a few seconds. Nothing has been lost.": (
        "Bitte versuchen Sie es in ein paar Sekunden noch einmal. Es ist nichts verloren."
    ),
    "Something went wrong": "Etwas ist schiefgegangen",
    "The mistake is on our side and has been recorded. Please try again in a moment.": (
        "Der Fehler liegt bei uns und ist festgehalten. Bitte versuchen Sie es gleich noch einmal."
    ),
    "We could not read that request": "Diese Anfrage war nicht lesbar",
    "Go back and try again. If you followed a link from an app, tell its makers.": (
        "Gehen Sie zurück und versuchen Sie es noch einmal. Kamen Sie über den Link einer App, "
        "sagen Sie es deren Machern."
    ),
    # The mailbox of the playground
    "Mailbox": "Postfach",
    "In development no mail leaves this machine. It ends here.": (
        "In der Entwicklung verlässt keine Mail diesen Rechner. Sie endet hier."
    ),
    "To": "An",
    "No mail yet.": "Noch keine Mail.",
    "Back to the mailbox": "Zurück zum Postfach",
}
