"""Compares the evidence of every mail of a corpus with what other programs say of it. Differences with a rule are
counted, those without are listed and make it fail.

usage: compare.py CORPUS EVIDENCE.jsonl [--peer NAME] [--all] [--judged]
"""

import json
import signal
import sys
from collections import Counter, defaultdict
from pathlib import Path

import ours
from peers import PEERS
from rules import FIELDS, Difference, reason

#: No program gets longer for one message.
SECONDS_MAX = 30
#: Differences listed of each peer.
LISTED_MAX = 40


class TooLong(Exception):
    pass


def too_long(*_):
    raise TooLong


def kind_of(corpus: Path) -> dict[str, str]:
    kinds = {}
    for line in (corpus / "manifest.tsv").read_text().splitlines()[1:]:
        path, _, _, kind, role, *_ = line.split("\t")
        if role == "input":
            kinds[str((corpus / path).resolve())] = kind
    return kinds


def evidence_of(path: Path):
    for line in path.read_text().splitlines():
        found = json.loads(line)
        yield str(Path(found["file"]).resolve()), found["evidence"]


def show(found) -> None:
    for path, difference in found:
        print(f"  {path} {difference.field}")
        print(f"    ours   {difference.ours!r:.300}")
        print(f"    theirs {difference.theirs!r:.300}")


def main() -> int:
    corpus, evidence = Path(sys.argv[1]), Path(sys.argv[2])
    wanted = sys.argv[sys.argv.index("--peer") + 1] if "--peer" in sys.argv else ""
    listed = sys.maxsize if "--all" in sys.argv else LISTED_MAX
    judged = "--judged" in sys.argv
    kinds = kind_of(corpus)
    signal.signal(signal.SIGALRM, too_long)
    views = [(path, ours.view(found)) for path, found in evidence_of(evidence) if path in kinds]
    unjustified = 0
    for peer in PEERS:
        if wanted not in peer.name:
            continue
        matched, justified, differing, failed = 0, defaultdict(list), [], Counter()
        fields = defaultdict(Counter)
        for path, view in views:
            if kinds[path] not in peer.kinds:
                continue
            raw = Path(path).read_bytes()
            try:
                signal.alarm(SECONDS_MAX)
                theirs = peer.view(raw)
            except Exception as error:  # Whatever a peer raises, the others go on.
                failed[type(error).__name__] += 1
                continue
            finally:
                signal.alarm(0)
            for name, compare in FIELDS.items():
                for outcome in compare(view, theirs):
                    if outcome is None:
                        matched += 1
                        fields[name]["matched"] += 1
                        continue
                    difference = Difference(name, raw, view, theirs, *outcome)
                    rule = reason(difference)
                    into = justified[rule] if rule else differing
                    into.append((Path(path).relative_to(corpus.resolve()), difference))
                    fields[name]["justified" if rule else "differing"] += 1
        total = sum(map(len, justified.values()))
        print(f"{peer.name}: {matched} matched, {len(differing)} differing, {total} justified")
        for name, counts in fields.items():
            print("  " + f"{name}: " + ", ".join(f"{count} {what}" for what, count in counts.items()))
        for what, count in failed.most_common():
            print(f"  it failed with {what}: {count}")
        for rule, found in sorted(justified.items(), key=lambda item: -len(item[1])):
            print(f"  justified {len(found)}: {rule} (first at {found[0][0]})")
            show(found if judged else [])
        show(differing[:listed])
        unjustified += len(differing)
    return 1 if unjustified else 0


if __name__ == "__main__":
    sys.exit(main())
