"""People's names as pages need them: cut to a letter, or taken apart."""


def masked_name(first_name: str, last_name: str, email: str) -> str:
    """Return just enough of a name for its owner to recognise: "A…".

    Whoever is forwarded the link learns a letter and not a name.
    """
    return next((name.strip()[0] for name in (first_name, last_name, email) if name.strip()), "") + "…"


def split_name(name: str) -> tuple[str, str]:
    """Return first and last name of a name as somebody typed it; a single word is a first name.

    What stands before the last space counts as first: wrong for some names, and easily corrected by the CSM.
    """
    first, _space, last = " ".join(name.split()).rpartition(" ")
    return (first, last) if first else (last, "")
