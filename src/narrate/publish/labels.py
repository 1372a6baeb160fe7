"""What asides and sounds are called, in brackets, for those who read what others hear: in captions and EPUBs."""

_ENGLISH = {
    "image": "[image description]",
    "table": "[table]",
    "code": "[code]",
    "formula": "[formula]",
    "page": "[page]",
    "note": "[note]",
    "": "[description]",
}
_LABELS = {
    "en": _ENGLISH,
    "de": {
        "image": "[Bildbeschreibung]",
        "table": "[Tabelle]",
        "code": "[Code]",
        "formula": "[Formel]",
        "page": "[Seite]",
        "note": "[Anmerkung]",
        "": "[Beschreibung]",
    },
    "fr": {
        "image": "[description de l’image]",
        "table": "[tableau]",
        "code": "[code]",
        "formula": "[formule]",
        "page": "[page]",
        "note": "[note]",
        "": "[description]",
    },
    "es": {
        "image": "[descripción de la imagen]",
        "table": "[tabla]",
        "code": "[código]",
        "formula": "[fórmula]",
        "page": "[página]",
        "note": "[nota]",
        "": "[descripción]",
    },
    "it": {
        "image": "[descrizione dell’immagine]",
        "table": "[tabella]",
        "code": "[codice]",
        "formula": "[formula]",
        "page": "[pagina]",
        "note": "[nota]",
        "": "[descrizione]",
    },
}


def label(about: str, language: str) -> str:
    """The label of an aside about an "image", a "table" … (`script.Utterance.about`) in the book's language, else in
    English."""
    labels = _LABELS.get(language.partition("-")[0].lower(), _ENGLISH)
    return labels.get(about, labels[""])


_CONTINUED = {"de": "weiterhin: {}", "fr": "suite : {}", "es": "continúa: {}", "it": "continua: {}"}


def continued(sound: str, language: str) -> str:
    """What the later part of a long sound is called: "[driving continues]" for "car driving"."""
    pattern = _CONTINUED.get(language.partition("-")[0].lower(), "")
    if pattern:
        return f"[{pattern.format(sound)}]"
    last = sound.split()[-1]
    return f"[{last if last.endswith('ing') else sound} continues]"
