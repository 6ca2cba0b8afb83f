"""What is compared, and the rules by which a difference is right. None of them knows a file."""

import re
import unicodedata
from dataclasses import dataclass

from view import File, View, words


@dataclass
class Difference:
    field: str
    raw: bytes
    view: View
    peer: View
    ours: object
    theirs: object


def one(ours, theirs):
    return [None] if ours == theirs else [(ours, theirs)]


def subject(view: View, peer: View):
    return one(words(view.subject), words(peer.subject)) if peer.subject is not None else []


def people(name: str):
    def compare(view: View, peer: View):
        theirs = getattr(peer, name)
        known = lambda addresses: sorted({one for one in addresses if "@" in one})  # noqa: E731
        return [] if theirs is None else one(known(getattr(view, name)), known(theirs))

    return compare


def date(view: View, peer: View):
    # Some say 1970 when they do not know.
    return one(view.date, peer.date) if peer.date else []


def message_id(view: View, peer: View):
    strip = lambda text: (text or "").strip().strip("<>").strip()  # noqa: E731
    return one(strip(view.message_id), strip(peer.message_id)) if peer.message_id else []


def parts(view: View, peer: View):
    if peer.parts is None:
        return []
    kinds = one([file.kind for file in view.parts], [file.kind for file in peer.parts])
    if len(view.parts) != len(peer.parts) or kinds != [None]:
        return kinds
    outcomes = kinds
    for ours, theirs in zip(view.parts, peer.parts):
        outcomes += one(words(ours.name), words(theirs.name))
        outcomes += [None] if theirs.sha256 in (ours.sha256, None) else [(ours, theirs)]
    return outcomes


def attachments(view: View, peer: View):
    """Each file the peer gives out is there, with the same bytes; then its name is the same."""
    if peer.attachments is None:
        return []
    outcomes = []
    every = {file.sha256: file for file in view.parts + view.attachments}
    for theirs in peer.attachments:
        if theirs.sha256 is None:
            continue
        found = every.get(theirs.sha256)
        outcomes += [None] if found else [([f"{file.name} {file.size}" for file in view.attachments], theirs)]
        if found and theirs.name:
            names = {words(file.name) for file in view.parts + view.attachments if file.sha256 == theirs.sha256}
            outcomes += [None] if words(theirs.name) in names else [(sorted(names), theirs.name)]
    return outcomes


def bodies(name: str):
    def compare(view: View, peer: View):
        ours, theirs = getattr(view, name), getattr(peer, name)
        if theirs is None or not ours:
            return []
        known = {words(text) for text in theirs}
        mine = words(ours[0])
        if mine in known or mine == words(" ".join(theirs)):
            return [None]
        return [(mine, sorted(known))]

    return compare


FIELDS = {
    "subject": subject,
    "from": people("sender"),
    "to": people("to"),
    "cc": people("cc"),
    "date": date,
    "message id": message_id,
    "parts": parts,
    "attachments": attachments,
    "text": bodies("texts"),
    "html": bodies("pages"),
}


def reason(difference: Difference) -> str | None:
    for rule, holds in RULES:
        if holds(difference):
            return rule
    return None


#: What is wrong with a message when headers or parts are where programs differ most.
ODD_HEADERS = {"junk_in_headers", "missing_separator", "no_headers", "duplicate_header"}
ODD_PARTS = {
    "boundary_never_found",
    "missing_end_boundary",
    "no_boundary",
    "parts_after_end",
    "limit_depth",
    "limit_parts",
    "duplicate_header",
}


def texts_of(value) -> str:
    return value if isinstance(value, str) else " ".join(map(str, value)) if isinstance(value, list) else ""


def lossy(difference: Difference) -> bool:
    theirs = texts_of(difference.theirs)
    return "\ufffd" in theirs or any("\udc80" <= one <= "\udcff" for one in theirs)


def as_browsers(difference: Difference) -> bool:
    """Latin 1 with the characters Windows has where Latin 1 has controls."""
    theirs = texts_of(difference.theirs)
    read = "".join(one if not "\x80" <= one <= "\x9f" else bytes([ord(one)]).decode("cp1252", "replace") for one in theirs)
    return read != theirs and words(texts_of(difference.ours)) in words(read)


def file_of(value) -> File | None:
    return value if isinstance(value, File) else None


def sizes_differ_by(difference: Difference, most: int) -> bool:
    ours, theirs = file_of(difference.ours), file_of(difference.theirs)
    return bool(ours and theirs and abs((ours.size or 0) - (theirs.size or 0)) <= most)


def starts_with_mark(difference: Difference) -> bool:
    return difference.raw.startswith(b"\xef\xbb\xbf")


def only_cr(difference: Difference) -> bool:
    return difference.raw.count(b"\r") > 10 * difference.raw.count(b"\n")


def found_nothing(difference: Difference) -> bool:
    return not difference.theirs and bool(difference.ours)


def invented_by_name(difference: Difference) -> bool:
    """Theirs has an address more, taken out of a display name."""
    if difference.field not in ("from", "to", "cc"):
        return False
    more = set(difference.theirs) - set(difference.ours)
    raw = difference.raw.decode("latin-1").lower()
    return bool(more) and all(f'"{one}"' in raw or f"{one} <" in raw for one in more)


def near_addresses(difference: Difference) -> bool:
    """Each of theirs is a piece of one of ours."""
    if difference.field not in ("from", "to", "cc") or not difference.theirs:
        return False
    return all(any(piece in whole for whole in difference.ours) for piece in difference.theirs)


def without_blanks(difference: Difference) -> bool:
    theirs = difference.theirs
    ours = difference.ours if isinstance(difference.ours, list) else [difference.ours]
    if not isinstance(theirs, str):
        return False
    bare = lambda text: re.sub(r"\s", "", unicodedata.normalize("NFC", text))  # noqa: E731
    return any(isinstance(text, str) and bare(text) == bare(theirs) for text in ours)


def theirs_gave_up(difference: Difference) -> bool:
    """They show a multipart as a file."""
    theirs, ours = difference.theirs, difference.ours
    if difference.field in ("text", "html"):
        return "Content-Type:" in texts_of(theirs) and "Content-Type:" not in texts_of(ours)
    return isinstance(theirs, list) and any(
        str(kind).startswith("multipart/") for kind in theirs if kind not in ours
    )


def only_empty_more(difference: Difference) -> bool:
    if difference.field != "parts" or not isinstance(difference.theirs, list):
        return False
    ours = [file.kind for file in difference.view.parts if file.size]
    return ours == [file.kind for file in difference.peer.parts if file.size]


def types_without_subtype(difference: Difference) -> bool:
    if difference.field != "parts" or not isinstance(difference.theirs, list):
        return False
    pairs = [pair for pair in zip(difference.ours, difference.theirs) if pair[0] != pair[1]]
    return len(difference.ours) == len(difference.theirs) and all("/" not in ours for ours, _ in pairs)


def backslashes(difference: Difference) -> bool:
    theirs = texts_of(difference.theirs)
    ours = difference.ours if isinstance(difference.ours, list) else [difference.ours]
    return "\\" in theirs and any(theirs.replace("\\", "") == str(one).replace("\\", "") for one in ours)


def dropped(difference: Difference) -> bool:
    """They left bytes out that are no ASCII."""
    theirs, ours = texts_of(difference.theirs), texts_of(difference.ours)
    ascii_only = lambda text: re.sub(r"[^a-z0-9]", "", text.encode("ascii", "ignore").decode().lower())  # noqa: E731
    theirs = re.sub(r"=\?[\w-]+\?[qb]\?|\?=", "", theirs, flags=re.I)
    return not ours.isascii() and ascii_only(ours) == ascii_only(theirs)


def seven_bit(difference: Difference) -> bool:
    """They show the escapes of charsets that write everything in ASCII."""
    theirs = texts_of(difference.theirs)
    return "\x1b$" in theirs or "\x1b(" in theirs or b"utf-7" in difference.raw.lower()


def text_is_a_file(difference: Difference) -> bool:
    """They take the text for an attachment, or for nothing."""
    if difference.field == "html":
        return found_nothing(difference)
    if difference.field != "text":
        return False
    files = (difference.peer.attachments or []) + (difference.peer.parts or [])
    named = any(file.kind == "text/plain" for file in files)
    return named or not any(words(text) for text in difference.peer.texts or [])


def written_anew(difference: Difference) -> bool:
    """A message within, which they give out as their own library writes it."""
    theirs = file_of(difference.theirs)
    if difference.field != "attachments" or theirs is None:
        return False
    name = theirs.name or ""
    return re.search(rb"(?i)message/rfc822|multipart/digest", difference.raw) is not None and (
        re.fullmatch(r"part-\d+", name) is not None or name.lower().endswith(".eml")
    )


def odd_address(difference: Difference) -> bool:
    """What they add is none."""
    if difference.field not in ("from", "to", "cc"):
        return False
    more = set(difference.theirs) - set(difference.ours)
    return bool(more) and all(re.search(r'[<>"]', one) for one in more)


def code_page(difference: Difference) -> bool:
    return any("\x80" <= one <= "\x9f" for one in texts_of(difference.theirs))


def made_of_text(difference: Difference) -> bool:
    theirs = texts_of(difference.theirs)
    return difference.field == "html" and theirs.startswith("<html><body>") and "<br />" in theirs


def blank_behind_encoding(difference: Difference) -> bool:
    return re.search(rb"(?im)^content-transfer-encoding: *[a-z-]+[ \t]+\r?$", difference.raw) is not None


def left_encoded(difference: Difference) -> bool:
    return "=?" in texts_of(difference.theirs) and "=?" not in texts_of(difference.ours)


def ambiguous_date(difference: Difference) -> bool:
    return difference.field == "date" and re.search(rb"(?im)^date: *\d\d?[-/]\d\d?[-/]\d{4}", difference.raw) is not None


def times_of_outlook(difference: Difference) -> bool:
    return difference.field == "date" and difference.raw.startswith(b"\xd0\xcf\x11\xe0")


def message_in_pieces(difference: Difference) -> bool:
    return re.search(rb"(?i)message/(partial|external-body)", difference.raw) is not None


def comment_before_zone(difference: Difference) -> bool:
    return difference.field == "date" and re.search(rb"(?im)^date:.*\([a-z]+\) *[+-]\d{4}", difference.raw) is not None


def made_up_name(difference: Difference) -> bool:
    theirs = difference.theirs
    return isinstance(theirs, str) and re.fullmatch(r"part-\d+|[Uu]ntitled.[Aa]ttachment.*|noname.*|[a-z]{10}(\.\w+)?|<.*>", theirs) is not None


def wrapped_object(difference: Difference) -> bool:
    """An embedded OLE object, of which we give the file and they the bytes of the property it lies in."""
    theirs = file_of(difference.theirs)
    if theirs is None or difference.field != "attachments" or not difference.raw.startswith(b"\x78\x9f\x3e\x22"):
        return False
    ours = difference.view.attachments
    named = any(file.name == theirs.name for file in ours)
    return named or ((theirs.name or "").startswith("Untitled") and any(file.size < theirs.size for file in ours))


def in_layer(difference: Difference) -> bool:
    return found_nothing(difference) and re.search(rb"(?i)ms-tnef|pkcs7-mime|pgp-encrypted", difference.raw) is not None


def found_addresses(difference: Difference) -> bool:
    return difference.field in ("from", "to", "cc") and found_nothing(difference)


def opened(difference: Difference) -> bool:
    """They give the encoded text of a message, we what is in it."""
    encoded = rb"(?is)message/rfc822.{0,300}\sbase64|\sbase64.{0,300}message/rfc822"
    return difference.field == "parts" and re.search(encoded, difference.raw) is not None


def blank_lines_before_headers(difference: Difference) -> bool:
    found = re.search(rb"(?is)message/rfc822[^\n]*\n([^\n]+\n)*\r?\n(\r?\n)+[a-z-]+:", difference.raw)
    return difference.field in ("parts", "text", "html") and found is not None


RULES = [
    ("raw bytes in headers and text are read in the charset they show (RFC 6532), not replaced", lossy),
    ("ISO-8859-1 is read as Windows-1252, as browsers read it", as_browsers),
    ("a byte order mark before the headers is passed over", starts_with_mark),
    ("lines may end with CR alone", only_cr),
    (
        "headers are read behind lines that are none, and the first of two counts",
        lambda difference: bool(difference.view.defects & ODD_HEADERS),
    ),
    (
        "broken base64 is decoded as far as it goes",
        lambda difference: bool(file_of(difference.ours)) and "bad_base64" in difference.ours.defects,
    ),
    (
        "what is uuencoded is a file within its part",
        lambda difference: bool(file_of(difference.ours))
        and (difference.ours.encoding or "").endswith(("uuencode", "uue"))
        and difference.theirs.sha256 in difference.view.hashes,
    ),
    (
        "the line end before the end of the file is content when no boundary follows",
        lambda difference: sizes_differ_by(difference, 2),
    ),
    ("a message that is encoded is opened", opened),
    ("blank lines before the headers of a message are passed over", blank_lines_before_headers),
    ("a boundary begins a part, also one in which there is nothing", only_empty_more),
    (
        "parts are found although boundaries are missing, twice there, or without an end",
        lambda difference: difference.field in ("parts", "text", "html")
        and (bool(difference.view.defects & ODD_PARTS) or theirs_gave_up(difference)),
    ),
    ("an address in a display name is a name", invented_by_name),
    ("what is nearly an address is shown whole", near_addresses),
    ("addresses are found where the other finds none: behind a blank before the colon, in raw UTF-8, with two @", found_addresses),
    ("a type without a subtype is shown as it is declared", types_without_subtype),
    ("a backslash in quotes stands for the character behind it (RFC 5322 §3.2.4)", backslashes),
    ("names are the same but for blanks, and for how accents are composed", without_blanks),
    ("bytes beyond ASCII are read, not left out", dropped),
    ("text in ISO-2022 and UTF-7 is decoded", seven_bit),
    ("text and HTML that are first, or stand by themselves, are the body, whatever they are called", text_is_a_file),
    ("a piece of a message, and one that lies elsewhere, is named and not read", message_in_pieces),
    ("a comment in a date is no zone", comment_before_zone),
    ("a message within is given out byte for byte, not written anew", written_anew),
    ("an address within an encoded word is a name (RFC 2047 §5)", odd_address),
    ("ANSI properties of Outlook are read in their code page", code_page),
    ("HTML is what the message holds, not made of its text", made_of_text),
    ("blanks behind the name of an encoding are no part of it", blank_behind_encoding),
    ("all encoded words are decoded", left_encoded),
    ("a date that can be read in two ways is none", ambiguous_date),
    ("the Date header of a message counts before the times of Outlook", times_of_outlook),
    ("a file without a name gets none here but a safe one", made_up_name),
    ("an embedded object is given out as the file it is, not as the property it lies in", wrapped_object),
    ("what is in a layer belongs to the message around it", in_layer),
]

