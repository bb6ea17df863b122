"""German for the page of the profile."""

SENTENCES: dict[str, str] = {
    "Edit your profile": "Profil bearbeiten",
    "Your profile": "Ihr Profil",
    "Your profile has been saved.": "Ihr Profil wurde gespeichert.",
    "Your picture has been removed.": "Ihr Bild wurde entfernt.",
    "Apps that you have allowed to know your profile see this.": (
        "Das sehen Apps, denen Sie Ihr Profil freigegeben haben."
    ),
    "Your picture": "Ihr Bild",
    "Picture": "Bild",
    "It is kept at another address, so it is not shown here.": (
        "Es liegt an einer anderen Adresse und wird darum hier nicht gezeigt."
    ),
    "Remove the picture": "Bild entfernen",
    "Name": "Name",
    "First name": "Vorname",
    "Last name": "Nachname",
    "Save": "Speichern",
}
