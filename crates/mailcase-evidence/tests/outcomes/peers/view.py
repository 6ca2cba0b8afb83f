"""A message in one form, whoever took it apart. What a program does not say is None and is not compared."""

import hashlib
import re
from dataclasses import dataclass, field


@dataclass
class File:
    """A part with content of its own."""

    name: str | None
    size: int | None
    sha256: str | None
    kind: str | None = None
    #: Ours alone: codes of what is wrong with it, and its transfer encoding.
    defects: tuple[str, ...] = ()
    encoding: str | None = None

    def key(self) -> str:
        return self.sha256 or ""


@dataclass
class View:
    subject: str | None = None
    sender: list[str] | None = None
    to: list[str] | None = None
    cc: list[str] | None = None
    #: Seconds since 1970.
    date: int | None = None
    message_id: str | None = None
    #: Every part with content of its own.
    parts: list[File] | None = None
    #: What a person would save.
    attachments: list[File] | None = None
    texts: list[str] | None = None
    pages: list[str] | None = None
    #: Ours alone: codes of what is wrong with the message and its parts.
    defects: set[str] = field(default_factory=set)
    #: Ours alone: SHA-256 of everything there is, also in containers.
    hashes: set[str] = field(default_factory=set)


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def words(text: str | None) -> str:
    """Text without the blanks about which programs differ."""
    return re.sub(r"[\s\ufeff\x00]+", " ", text or "").strip()


def address(text: str | None) -> str:
    return re.sub(r"\s+", "", text or "").strip("<>").lower()
