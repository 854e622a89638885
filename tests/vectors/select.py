#!/usr/bin/env python3
"""Make this folder anew from a folder of generated messages.

  select.py SOURCE        SOURCE holds manifest*.json, cases.json, keys.json

README.md beside this file says what is taken. Needs only Python's standard library.
"""
import collections, json, os, shutil, sys

MANIFESTS = "manifest.json", "manifest-strict.json", "manifest-unsigned-only.json"
VERSION_2 = "0478", "0578"
GREATEST = 64 * 1024  # bytes of a message
PER_SUITE = 6  # good messages of each version 1 suite, framed; and as many that are not


def is_unframed(message):
    """Whether the content type of a well-formed message is 1."""
    def field(at):
        return at + 2 + int.from_bytes(message[at:at + 2], "big")
    at = field(20 if message[:1] == b"\x01" else 35)  # behind the encryption context
    count, at = int.from_bytes(message[at:at + 2], "big"), at + 2
    for _ in range(3 * count):
        at = field(at)
    return message[at:at + 1] == b"\x01"


def load(source):
    """-> id -> (the entry of the manifest, the message, the facts of cases.json)"""
    cases, found = json.load(open(os.path.join(source, "cases.json"), encoding="utf-8")), {}
    for name in MANIFESTS:
        for case, entry in json.load(open(os.path.join(source, name), encoding="utf-8"))["tests"].items():
            path = entry["ciphertext"].removeprefix("file://")
            message = open(os.path.join(source, path), "rb").read()
            # A message that is read under two requirements is two cases; the facts are the message's.
            facts = cases.get(case) or cases[os.path.basename(path)]
            if len(message) <= GREATEST:
                assert case not in found, case
                found[case] = entry, message, facts
    return found


def differing(cases, count):
    """So many of these, each as unlike those before it as can be: by keys, context and framing."""
    chosen, seen = [], collections.Counter()
    cases = sorted(cases)
    while cases and len(chosen) < count:
        def traits(case):
            facts = case[1]
            return "-".join(facts["keys"]), facts["context"], facts["frame_length"], facts["plaintext"], facts["made_by"]
        best = min(cases, key=lambda case: (sum(seen[trait] for trait in traits(case)), case[0]))
        cases.remove(best)
        seen.update(traits(best))
        chosen.append(best[0])
    return chosen


def select(found):
    version_2 = {case for case, (_, _, facts) in found.items() if facts["suite"] in VERSION_2}
    names = {found[case][2].get("name") for case in version_2}
    version_1, good = {}, collections.defaultdict(list)
    for case, (_, message, facts) in sorted(found.items()):
        if case in version_2:
            continue
        if "name" in facts:  # what no version 2 message shows, once
            if facts["name"] not in names:
                smallest = version_1.setdefault(facts["name"], case)
                if len(message) < len(found[smallest][1]):
                    version_1[facts["name"]] = case
        elif "keys" in facts:
            good[facts["suite"], is_unframed(message)].append((case, facts))
    chosen = version_2 | set(version_1.values())
    for cases in good.values():
        chosen.update(differing(cases, PER_SUITE))
    return sorted(chosen)


def write(source, target, found, chosen):
    for folder in "ciphertexts", "plaintexts":
        shutil.rmtree(os.path.join(target, folder), ignore_errors=True)
        os.mkdir(os.path.join(target, folder))
    tests, wanted = {}, set()
    for case in chosen:
        entry = dict(found[case][0])
        entry.pop("description", None)
        tests[case] = entry
        wanted.add(entry["ciphertext"])
        if "output" in entry["result"]:
            wanted.add(entry["result"]["output"]["plaintext"])
    for uri in wanted:
        path = uri.removeprefix("file://")
        shutil.copyfile(os.path.join(source, path), os.path.join(target, path))
    used = {key["key"] for entry in tests.values() for key in entry["master-keys"]}
    keys = json.load(open(os.path.join(source, "keys.json"), encoding="utf-8"))
    keys["keys"] = {name: key for name, key in keys["keys"].items() if name in used}
    manifest = json.load(open(os.path.join(source, MANIFESTS[0]), encoding="utf-8"))
    manifest["tests"] = tests
    for name, content in ("keys.json", keys), ("manifest.json", manifest):
        with open(os.path.join(target, name), "w", encoding="utf-8") as file:
            json.dump(content, file, indent=1)
            file.write("\n")


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    source, target = sys.argv[1], os.path.dirname(os.path.abspath(__file__))
    found = load(source)
    chosen = select(found)
    write(source, target, found, chosen)
    good = sum("output" in found[case][0]["result"] for case in chosen)
    length = sum(len(found[case][1]) for case in chosen)
    print("%d to read, %d to refuse, %d bytes of messages" % (good, len(chosen) - good, length))
    print(sorted(collections.Counter(found[case][2]["suite"] for case in chosen).items()))


if __name__ == "__main__":
    main()
