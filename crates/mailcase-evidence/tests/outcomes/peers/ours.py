"""What the example `examine` prints, as a View."""

from datetime import datetime

from view import File, View, address, digest

EMPTY = digest(b"")


def view(evidence: dict) -> View:
    envelope = evidence["envelope"]

    def addresses(name: str) -> list[str]:
        return [address(one["address"]) for one in envelope[name] if one["address"]]

    date = envelope["date"]
    parts = list(leaves(evidence["root"]))
    defects = {defect["code"] for defect in evidence["defects"]}
    defects |= {defect["code"] for part in walk(evidence["root"]) for defect in part["defects"]}
    return View(
        subject=envelope["subject"],
        sender=addresses("from"),
        to=addresses("to"),
        cc=addresses("cc"),
        date=int(datetime.fromisoformat(date).timestamp()) if date else None,
        message_id=envelope["message_id"],
        parts=[file(part) for part in parts],
        attachments=[file(part) for part in walk(evidence["root"]) if is_attachment(part)],
        texts=[evidence["text"]["content"]] if is_plain(evidence) else [],
        pages=[evidence["html"]["content"]] if evidence["html"] else [],
        defects=defects,
        hashes={part["hashes"]["sha256"] for part in walk(evidence["root"]) if part["hashes"]},
    )


def is_plain(evidence: dict) -> bool:
    """Whether the text is one, and not the HTML read as text."""
    text = evidence["text"]
    return bool(text) and any(
        part["path"] == text["path"] and "html" not in part["content_type"] for part in walk(evidence["root"])
    )


def walk(part: dict):
    yield part
    for child in part["children"]:
        yield from walk(child)


def leaves(part: dict):
    """The parts MIME itself knows: not what is in containers."""
    declared = part["path"] == "/" or part["content_type"].startswith(("multipart/", "message/"))
    if part["kind"] in ("multipart", "message") and part["children"] and declared:
        for child in part["children"]:
            yield from leaves(child)
    else:
        yield part


def is_attachment(part: dict) -> bool:
    return part["kind"] in ("attachment", "inline", "message") and part["path"] != "/"


def file(part: dict) -> File:
    hashes = part["hashes"] or {}
    defects = tuple(defect["code"] for defect in part["defects"])
    return File(part["name"], part["size"], hashes.get("sha256", EMPTY), part["content_type"], defects, part["encoding"])
