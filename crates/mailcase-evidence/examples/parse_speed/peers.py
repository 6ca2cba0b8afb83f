"""Takes every message of a folder apart with a library in Python and says what it cost: `make bench ARGS=parse`.

    peers.py mail-parser|eml_parser|parse-emails|mailparser|stdlib+iocfinder FOLDER

Each does by default what its users have it do, and hashes every attachment. The last two are those of py_parse.py in the
bench kit (MAILCASE_BENCH_KIT): mail-parser as a listener uses it, and the standard library with ioc-finder. Prints JSON:
messages, bytes, seconds by the clock and of the processor, failures.
"""

import base64
import hashlib
import json
import logging
import os
import sys
import tempfile
import time
import warnings

warnings.simplefilter("ignore")
logging.disable(logging.CRITICAL)


def hashes(content):
    """Those that evidence has, but for the similarity hash, which Python's own libraries lack."""
    return [hashlib.new(name, content).hexdigest() for name in ("md5", "sha1", "sha256")]


def mail_parser():
    import mailparser

    def take_apart(raw):
        mail = mailparser.parse_from_bytes(raw)
        found = [mail.subject, mail.from_, mail.to, mail.date, mail.headers, mail.text_plain, mail.text_html]
        for one in mail.attachments:
            payload = one["payload"]
            content = base64.b64decode(payload) if one.get("binary") else payload.encode("utf-8", "replace")
            found.append([one["filename"], hashes(content)])
        return found

    return take_apart


def eml_parser():
    import eml_parser

    # It hashes attachments itself, with SHA-512 besides, and finds addresses and links.
    return lambda raw: eml_parser.EmlParser(include_raw_body=True, include_attachment_data=True).decode_email_bytes(raw)


def parse_emails():
    from parse_emails.parse_emails import EmailParser

    def take_apart(raw):
        with tempfile.NamedTemporaryFile(suffix=".eml") as file:
            file.write(raw)
            file.flush()
            parser = EmailParser(file_path=file.name, max_depth=3, parse_only_headers=False, file_info="RFC 822 mail")
            parser.parse()
        mails = parser.parsed_email if isinstance(parser.parsed_email, list) else [parser.parsed_email]
        for mail in mails:
            for one in (mail or {}).get("AttachmentsData") or []:
                content = one.get("FileData")
                hashes(content.encode("utf-8", "replace") if isinstance(content, str) else content or b"")
        return mails

    return take_apart


def of_kit(name):
    def made():
        sys.path.insert(0, os.environ["MAILCASE_BENCH_KIT"])
        import py_parse

        return lambda raw: py_parse.run(name, raw)

    return made


CONTESTANTS = {
    "mail-parser": mail_parser,
    "eml_parser": eml_parser,
    "parse-emails": parse_emails,
    "mailparser": of_kit("mailparser"),
    "stdlib+iocfinder": of_kit("stdlib+iocfinder"),
}


def main():
    contestant, folder = sys.argv[1:]
    take_apart = CONTESTANTS[contestant]()
    # Imports and tables are not what is measured.
    take_apart(b"From: a@b.example\r\nSubject: x\r\n\r\nhello\r\n")
    size, failures, names = 0, 0, sorted(os.listdir(folder))
    begun, worked = time.perf_counter(), time.process_time()
    for name in names:
        with open(os.path.join(folder, name), "rb") as file:
            raw = file.read()
        size += len(raw)
        try:
            take_apart(raw)
        except Exception:  # noqa: BLE001 - a program of this kind passes over what it cannot read
            failures += 1
    cpu, wall = time.process_time() - worked, time.perf_counter() - begun
    report = {"messages": len(names), "bytes": size, "seconds": wall, "cpu_seconds": cpu, "failures": failures}
    print(json.dumps(report))


if __name__ == "__main__":
    main()
