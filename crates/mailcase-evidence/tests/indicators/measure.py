"""Precision and recall of indicators against labels made by hand, of this project and of two programs in Python.

    measure.py CORPUS LABELS EVIDENCE.jsonl

LABELS say for each mail (SHA-256 of its bytes) what an analyst writes down; EVIDENCE is what the example `examine`
prints. Every program's values are brought into one form before they are compared, and what the labels call unclear, or
what only repeats another value in part (the host of an address, the names of servers in Received), is not judged.
"""

import collections
import email
import email.header
import email.utils
import email.policy
import hashlib
import ipaddress
import json
import pathlib
import re
import sys
import urllib.parse
import warnings

warnings.simplefilter("ignore")
KINDS = ("url", "domain", "email", "ip", "hash")
ADDRESS_FIELDS = ("From", "Sender", "Reply-To", "To", "Cc", "Return-Path")
# Names of formats: neither right nor wrong.
FORMATS = re.compile(r"^https?://((www\.)?w3\.org|schemas\.[a-z.]+|(www\.)?schema\.org|fonts\.g\w+\.com)(/|$)", re.I)


def host_form(host):
    host = host.lower().rstrip(".")
    try:
        return host if host.isascii() else host.encode("idna").decode()
    except UnicodeError:
        return host


def url_form(url):
    """One form for all programs: scheme, host in ASCII, path and query decoded, no default port, no lone slash."""
    url = re.sub(r"^h[tx]{2}p", "http", url.strip(), flags=re.I).replace("[.]", ".")
    if not re.match(r"[a-z][a-z0-9+.-]*://", url, re.I):
        url = "http://" + url
    try:
        parts = urllib.parse.urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return url
    host = host_form(urllib.parse.unquote(host))
    if re.fullmatch(r"0x[0-9a-f]+|\d{8,10}", host):
        try:
            host = str(ipaddress.ip_address(int(host, 0)))
        except ValueError:
            pass
    scheme = parts.scheme.lower()
    port = f":{port}" if port and (scheme, port) not in (("http", 80), ("https", 443)) else ""
    # A scheme that was not written is anybody's guess.
    rest = urllib.parse.unquote(parts.path) or "/"
    rest += "?" + urllib.parse.unquote(parts.query) if parts.query else ""
    rest += "#" + urllib.parse.unquote(parts.fragment) if parts.fragment else ""
    return host + port + (rest.replace(" ", "").replace("\\", "/") if rest != "/" else "")


def form(kind, value):
    value = value.strip()
    if kind == "url":
        return url_form(value)
    if kind == "domain":
        return host_form(value)
    if kind == "ip":
        try:
            return str(ipaddress.ip_address(value.split("/")[0]))
        except ValueError:
            return value.lower()
    return value.lower().strip("'\"")


def ours(evidence):
    kinds = {"ipv4": "ip", "ipv6": "ip", "md5": "hash", "sha1": "hash", "sha256": "hash", "sha512": "hash"}
    for one in evidence["indicators"]:
        kind = kinds.get(one["kind"], one["kind"])
        # Digests of attachments are computed, not found.
        computed = kind == "hash" and all(place.endswith(" attachment") for place in one["places"])
        # What a wrapped link leads to is not labelled.
        unwrapped = one.get("sightings") and all(sighting["how"] == "unwrapped" for sighting in one["sightings"])
        if kind in KINDS and not computed and not unwrapped:
            yield kind, one["value"]


def text_of(part):
    data = part.get_payload(decode=True) or b""
    try:
        return data.decode(part.get_content_charset() or "utf-8", "replace")
    except LookupError:
        return data.decode("latin-1")


def readable(raw):
    """What a program that knows no mail is given: the fields an analyst reads, and every text."""
    message = email.message_from_bytes(raw)
    pieces = []
    for part in message.walk():
        for name in (*ADDRESS_FIELDS, "Subject", "X-Originating-IP"):
            pieces += [str(email.header.make_header(safe_decode(value))) for value in part.get_all(name) or []]
        for value in part.get_all("Received") or []:
            pieces.append(from_clause(str(value)))
        if part.get_content_maintype() == "text":
            pieces.append(text_of(part))
    return "\n".join(pieces)


def safe_decode(value):
    import email.header

    try:
        return email.header.decode_header(value)
    except Exception:
        return [(str(value), None)]


def from_clause(value):
    return re.split(r"(?:^|\s)by\s", value)[0]


def ioc_finder(raw):
    from ioc_finder import find_iocs

    found = find_iocs(readable(raw), parse_domain_from_email_address=False)
    names = {"urls": "url", "domains": "domain", "email_addresses": "email", "ipv4s": "ip", "ipv6s": "ip",
             "md5s": "hash", "sha1s": "hash", "sha256s": "hash", "sha512s": "hash"}
    for name, kind in names.items():
        for value in found.get(name, ()):
            yield kind, value


def eml_parser(raw):
    import eml_parser as library

    parsed = library.EmlParser(include_raw_body=True, parse_attachments=False).decode_email_bytes(raw)
    header = parsed.get("header", {})
    values = [("email", header.get("from"))]
    for name in ("to", "cc", "bcc"):
        values += [("email", value) for value in header.get(name) or []]
    for name in ("reply-to", "return-path", "sender"):
        for value in header.get("header", {}).get(name) or []:
            values += [("email", address) for _, address in email.utils.getaddresses([str(value)])]
    values += [("ip", value) for hop in header.get("received", []) for value in hop.get("from", [])]
    for body in parsed.get("body", []):
        for name, kind in (("uri", "url"), ("uri_noscheme", "url"), ("email", "email"), ("domain", "domain"), ("ip", "ip")):
            values += [(kind, value) for value in body.get(name) or []]
    for kind, value in values:
        if not value:
            continue
        # Hops name hosts and addresses alike.
        if kind == "ip":
            try:
                ipaddress.ip_address(str(value))
            except ValueError:
                continue
        yield kind, str(value)


def judged(kind, value, label, neutral):
    if value in neutral or any(unclear.lstrip("@") in value for unclear in label["unclear"]):
        return False
    if kind == "ip":
        try:
            address = ipaddress.ip_address(value)
            return not (address.is_loopback or address.is_unspecified)
        except ValueError:
            return True
    return True


def neutral_values(raw, label):
    neutral = {value for value in label["unclear"]}
    neutral |= {form(kind, value) for kind in ("email", "domain", "url") for value in label["unclear"]}
    neutral |= {value.rsplit("@", 1)[-1] for value in (*label["email"], *label["unclear"]) if "@" in value}
    message = email.message_from_bytes(raw)
    for part in message.walk():
        for value in part.get_all("Received") or []:
            neutral |= {name.lower() for name in re.findall(r"[\w-]+(?:\.[\w-]+)+", from_clause(str(value)))}
    return neutral


def main():
    corpus, labels, evidence = sys.argv[1:4]
    files = {}
    for path in pathlib.Path(corpus).rglob("*"):
        if path.is_file():
            files[hashlib.sha256(path.read_bytes()).hexdigest()] = path
    examined = {}
    for line in open(evidence, encoding="utf-8"):
        one = json.loads(line)
        examined[one["file"]] = one["evidence"]
    counts = collections.defaultdict(collections.Counter)
    wrong = collections.defaultdict(list)
    absent = 0
    for label in json.load(open(labels, encoding="utf-8")):
        path = files.get(label["sha256"])
        if path is None:
            absent += 1
            continue
        raw = path.read_bytes()
        neutral = neutral_values(raw, label)
        programs = {"mailcase": lambda raw: ours(examined[str(path)]), "ioc-finder": ioc_finder, "eml_parser": eml_parser}
        for program, find in programs.items():
            found = collections.defaultdict(set)
            try:
                for kind, value in find(raw):
                    if kind == "url" and FORMATS.match(value):
                        continue
                    found[kind].add(form(kind, value))
            except Exception as error:
                counts[program]["failed"] += 1
                wrong[program].append(("failed", path.name, repr(error)[:200]))
            formats = {"www.w3.org", "w3.org", "schemas.microsoft.com", "fonts.googleapis.com", "fonts.gstatic.com"}
            for kind in KINDS:
                want = {form(kind, value) for value in label[kind]}
                got = {value for value in found[kind] if judged(kind, value, label, neutral | formats) or value in want}
                counts[program][kind, "right"] += len(want & got)
                counts[program][kind, "extra"] += len(got - want)
                counts[program][kind, "missed"] += len(want - got)
                wrong[program] += [("extra " + kind, path.name, value) for value in sorted(got - want)]
                wrong[program] += [("missed " + kind, path.name, value) for value in sorted(want - got)]
    print("| kind | labelled |" + "".join(f" {program} P | {program} R |" for program in counts))
    print("|---|---|" + "---|---|" * len(counts))
    for kind in KINDS:
        cells = []
        for program in counts:
            right, extra, missed = (counts[program][kind, what] for what in ("right", "extra", "missed"))
            cells += [f"{right / max(1, right + extra):.3f}", f"{right / max(1, right + missed):.3f}"]
        labelled = counts["mailcase"][kind, "right"] + counts["mailcase"][kind, "missed"]
        print(f"| {kind} | {labelled} | " + " | ".join(cells) + " |")
    print("failed:", {program: counts[program]["failed"] for program in counts}, "absent mails:", absent, file=sys.stderr)
    for program in sys.argv[4:]:
        for entry in wrong[program]:
            print(program, *entry, file=sys.stderr)


if __name__ == "__main__":
    main()
