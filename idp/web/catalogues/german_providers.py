"""German for the pages around other providers."""

SENTENCES: dict[str, str] = {
    "Too many sign-ins with other providers were begun here": (
        "Von hier wurden zu viele Anmeldungen bei anderen Anbietern begonnen"
    ),
    "None of them was finished. Please wait a few minutes and try again, or choose another way to sign in.": (
        "Keine davon wurde zu Ende geführt. Bitte warten Sie einige Minuten und versuchen Sie es noch einmal, oder "
        "wählen Sie einen anderen Weg zur Anmeldung."
    ),
    # The sign-in page
    "Or sign in another way": "Oder auf einem anderen Weg anmelden",
    "Continue with %(provider)s": "Weiter mit %(provider)s",
    "People with this address sign in with another provider. Use its button below.": (
        "Wer diese Adresse hat, meldet sich bei einem anderen Anbieter an. Sein Knopf ist unten."
    ),
    "Confirm that it's you before you change how you sign in.": (
        "Bestätigen Sie, dass Sie es sind, bevor Sie ändern, wie Sie sich anmelden."
    ),
    "Sign in to the account that you want to link.": "Melden Sie sich bei dem Konto an, das Sie verknüpfen wollen.",
    "You did not sign in with the other provider. Try again, or choose another way.": (
        "Sie haben sich beim anderen Anbieter nicht angemeldet. Versuchen Sie es noch einmal, oder wählen Sie einen "
        "anderen Weg."
    ),
    "The other provider did not let you sign in. Try again, or choose another way.": (
        "Der andere Anbieter hat die Anmeldung nicht zugelassen. Versuchen Sie es noch einmal, oder wählen Sie einen "
        "anderen Weg."
    ),
    "The other provider did not answer in time. Choose another way, or try again later.": (
        "Der andere Anbieter hat nicht rechtzeitig geantwortet. Wählen Sie einen anderen Weg, oder versuchen Sie es "
        "später noch einmal."
    ),
    "Too many people are signing in with this provider right now. Choose another way, or try again in a minute.": (
        "Gerade melden sich zu viele bei diesem Anbieter an. Wählen Sie einen anderen Weg, oder versuchen Sie es in "
        "einer Minute noch einmal."
    ),
    "The other provider's answer could not be verified. Try again, or choose another way.": (
        "Die Antwort des anderen Anbieters ließ sich nicht prüfen. Versuchen Sie es noch einmal, oder wählen Sie "
        "einen anderen Weg."
    ),
    (
        "Signing in with this provider is not set up correctly. Choose another way; the people who run this service "
        "can see why."
    ): (
        "Die Anmeldung bei diesem Anbieter ist nicht richtig eingerichtet. Wählen Sie einen anderen Weg; die Betreiber "
        "dieses Dienstes sehen, woran es liegt."
    ),
    "The other provider did not ask you to sign in again, as the app wants. Choose another way.": (
        "Der andere Anbieter hat Sie nicht noch einmal um Ihre Anmeldung gebeten, wie die App es will. Wählen Sie "
        "einen anderen Weg."
    ),
    "That took too long, or it was finished before. Try again, or choose another way.": (
        "Das hat zu lange gedauert, oder es war schon fertig. Versuchen Sie es noch einmal, oder wählen Sie einen "
        "anderen Weg."
    ),
    "The other provider knows you, but the account here cannot be used. Ask the people who run this service.": (
        "Der andere Anbieter kennt Sie, aber das Konto hier kann nicht benutzt werden. Fragen Sie die Betreiber dieses "
        "Dienstes."
    ),
    # Somebody new
    "Welcome": "Willkommen",
    "%(provider)s knows you as %(identity)s. That does not open an account here yet.": (
        "%(provider)s kennt Sie als %(identity)s. Ein Konto öffnet das hier noch nicht."
    ),
    "There is an account with this address already. Sign in to it first; then it can be opened this way as well.": (
        "Mit dieser Adresse gibt es schon ein Konto. Melden Sie sich zuerst dort an; danach lässt es sich auch so "
        "öffnen."
    ),
    "Your address here will be %(email)s.": "Ihre Adresse hier wird %(email)s sein.",
    "New accounts are not made here. Ask the people who run this service for one.": (
        "Neue Konten werden hier nicht angelegt. Fragen Sie die Betreiber dieses Dienstes danach."
    ),
    "Sign in to link %(provider)s to it": "Melden Sie sich an, um %(provider)s damit zu verknüpfen",
    "We have sent a message to %(email)s. Type the code from it.": (
        "Wir haben eine Nachricht an %(email)s gesendet. Geben Sie den Code daraus ein."
    ),
    "This can no longer be finished": "Das lässt sich nicht mehr abschließen",
    "It was finished already, started in another browser, or it took too long. Sign in again.": (
        "Es ist schon abgeschlossen, in einem anderen Browser begonnen worden, oder es hat zu lange gedauert. Melden "
        "Sie sich noch einmal an."
    ),
    "It was made, or linked, in the meantime. Sign in again.": (
        "Es ist inzwischen angelegt oder verknüpft worden. Melden Sie sich noch einmal an."
    ),
    # After a new password
    "Your password has been changed": "Ihr Passwort ist geändert",
    "You have been signed out everywhere. Other ways to sign in are as they were, and still open your account:": (
        "Sie sind überall abgemeldet. Andere Wege der Anmeldung sind, wie sie waren, und öffnen Ihr Konto weiterhin:"
    ),
    "If one of them is not yours, remove it right after you have signed in.": (
        "Wenn einer davon nicht Ihrer ist, entfernen Sie ihn gleich nach der Anmeldung."
    ),
    "Sign in and look at them": "Anmelden und ansehen",
    "These still open your account, as before:": "Weiterhin öffnen Ihr Konto:",
    "Look whether all of them are yours": "Sehen Sie nach, ob alle Ihre sind",
    # Linking
    "Sign in with %(provider)s as well?": "Auch mit %(provider)s anmelden?",
    "You are signed in as %(identity)s.": "Sie sind angemeldet als %(identity)s.",
    "If you link it, signing in with %(provider)s as %(label)s opens this account as well.": (
        "Wenn Sie zustimmen, öffnet auch die Anmeldung bei %(provider)s als %(label)s dieses Konto."
    ),
    "Link %(provider)s": "%(provider)s verknüpfen",
    "Not now": "Jetzt nicht",
    # The ways in
    "How you sign in": "Wie Sie sich anmelden",
    "Change": "Ändern",
    "Your ways to sign in": "Ihre Wege zur Anmeldung",
    "last used": "zuletzt benutzt",
    "Remove": "Entfernen",
    "You have no password here.": "Sie haben hier kein Passwort.",
    "Set one": "Eines festlegen",
    "Set a password": "Ein Passwort festlegen",
    "Your only way to sign in cannot be removed.": "Ihr einziger Weg zur Anmeldung lässt sich nicht entfernen.",
    "Add another way": "Einen weiteren Weg hinzufügen",
    "You can sign in this way from now on.": "Von nun an können Sie sich auch so anmelden.",
    "This way to sign in has been removed.": "Dieser Weg zur Anmeldung ist entfernt.",
    "This is your only way to sign in. Set a password or link another provider first.": (
        "Das ist Ihr einziger Weg zur Anmeldung. Legen Sie zuerst ein Passwort fest, oder verknüpfen Sie einen anderen "
        "Anbieter."
    ),
    "This is already a way to sign in to another account here. Remove it there first.": (
        "So meldet man sich hier schon bei einem anderen Konto an. Entfernen Sie es zuerst dort."
    ),
    "Nothing was linked: you did not allow it at the other provider.": (
        "Nichts wurde verknüpft: Sie haben es beim anderen Anbieter nicht erlaubt."
    ),
    "Nothing was linked: the other provider did not answer. Try again in a moment.": (
        "Nichts wurde verknüpft: Der andere Anbieter hat nicht geantwortet. Versuchen Sie es gleich noch einmal."
    ),
    "Nothing was linked: the other provider's answer could not be used. Try again.": (
        "Nichts wurde verknüpft: Die Antwort des anderen Anbieters war nicht zu gebrauchen. Versuchen Sie es noch "
        "einmal."
    ),
}
