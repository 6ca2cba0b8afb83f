"""The programs compared with, each making Views of files."""

import base64
import email
import email.header
import email.utils
import logging
import warnings

from view import File, View, address, digest

warnings.filterwarnings("ignore")
logging.disable(logging.CRITICAL)


def seconds(moment) -> int | None:
    return int(moment.timestamp()) if moment is not None and moment.tzinfo is not None else None


def pairs(values) -> list[str]:
    return [address(one) for _, one in values if one and "@" in one]


class PythonEmail:
    """Python's own `email`: the whole tree."""

    name = "email (Python's own)"
    kinds = ("eml",)

    def view(self, raw: bytes) -> View:
        message = email.message_from_bytes(raw)

        def addresses(name: str) -> list[str]:
            value = message.get(name)
            return pairs(email.utils.getaddresses([str(value)])) if value is not None else []

        parts, texts, pages = [], [], []
        for part in self.leaves(message):
            content = part.get_payload(decode=True) or b""
            known = None if part.is_multipart() else digest(content)
            parts.append(File(self.file_name(part), len(content), known, part.get_content_type()))
            for kind, into in (("text/plain", texts), ("text/html", pages)):
                if part.get_content_type() == kind:
                    into.append(self.text(part, content))
        return View(
            subject=self.subject(message),
            sender=addresses("from"),
            to=addresses("to"),
            cc=addresses("cc"),
            date=self.date(message),
            message_id=message.get("message-id"),
            parts=parts,
            texts=texts,
            pages=pages,
        )

    def leaves(self, part):
        # Python reads whatever is called message/… as messages; for everybody else only two of them are.
        kind = part.get_content_type()
        opaque = kind.startswith("message/") and kind not in ("message/rfc822", "message/global")
        if part.is_multipart() and not opaque:
            for child in part.get_payload():
                yield from self.leaves(child)
        else:
            yield part

    def text(self, part, content: bytes) -> str:
        try:
            return content.decode(part.get_content_charset() or "ascii", "replace")
        except LookupError:
            return content.decode("ascii", "replace")

    def file_name(self, part) -> str | None:
        name = part.get_filename()
        return str(email.header.make_header(email.header.decode_header(name))) if name else None

    def subject(self, message) -> str | None:
        subject = message.get("subject")
        return None if subject is None else str(email.header.make_header(email.header.decode_header(subject)))

    def date(self, message) -> int | None:
        try:
            return int(email.utils.parsedate_to_datetime(str(message.get("date"))).timestamp())
        except (TypeError, ValueError):
            return None


class MailParser:
    """mail-parser: what people feed to their SIEM."""

    name = "mail-parser"
    kinds = ("eml",)

    def view(self, raw: bytes) -> View:
        import mailparser

        message = mailparser.parse_from_bytes(raw)
        return View(
            subject=message.subject if isinstance(message.subject, str) else None,
            sender=pairs(message.from_),
            to=pairs(message.to),
            cc=pairs(message.cc),
            message_id=message.message_id if isinstance(message.message_id, str) else None,
            attachments=[self.file(one) for one in message.attachments],
            texts=message.text_plain,
            pages=message.text_html,
        )

    def file(self, attachment) -> File:
        payload = attachment["payload"]
        if attachment["binary"]:
            content = base64.b64decode(payload)
            return File(attachment["filename"], len(content), digest(content), attachment["mail_content_type"])
        # Given out as text: its bytes are not known.
        return File(attachment["filename"], None, None, attachment["mail_content_type"])


class EmlParser:
    """eml_parser: what incident responders use."""

    name = "eml_parser"
    kinds = ("eml",)

    def view(self, raw: bytes) -> View:
        import eml_parser

        parsed = eml_parser.EmlParser(include_raw_body=True, include_attachment_data=False).decode_email_bytes(raw)
        header = parsed["header"]
        bodies = parsed.get("body", [])
        return View(
            subject=header.get("subject"),
            sender=[address(header["from"])] if header.get("from") else [],
            to=[address(one) for one in header.get("to", [])],
            cc=[address(one) for one in header.get("cc", [])],
            date=seconds(header.get("date")),
            attachments=[
                File(one["filename"], one["size"], one["hash"]["sha256"]) for one in parsed.get("attachment", [])
            ],
            texts=[one.get("content", "") for one in bodies if one.get("content_type", "text/plain") == "text/plain"],
            pages=[one.get("content", "") for one in bodies if one.get("content_type") == "text/html"],
        )


class ExtractMsg:
    """extract_msg: Outlook's files."""

    name = "extract_msg"
    kinds = ("msg",)

    def view(self, raw: bytes) -> View:
        import extract_msg

        message = extract_msg.openMsg(raw, delayAttachments=False)
        html = getattr(message, "htmlBody", None)
        files = []
        for attachment in message.attachments:
            content = attachment.data
            if isinstance(content, bytes):
                files.append(File(attachment.longFilename or attachment.shortFilename, len(content), digest(content)))
        return View(
            subject=message.subject,
            date=seconds(message.date) if getattr(message, "date", None) else None,
            attachments=files,
            texts=[message.body] if message.body else [],
            pages=[html.decode("utf-8", "replace")] if isinstance(html, bytes) else [],
        )


class TnefParse:
    """tnefparse: winmail.dat."""

    name = "tnefparse"
    kinds = ("tnef",)

    def view(self, raw: bytes) -> View:
        import tnefparse

        parsed = tnefparse.TNEF(raw)
        files = [
            File(one.long_filename() or one.name, len(one.data), digest(one.data))
            for one in parsed.attachments
            if isinstance(one.data, bytes)
        ]
        return View(attachments=files)


PEERS = (PythonEmail(), MailParser(), EmlParser(), ExtractMsg(), TnefParse())
