#!/usr/bin/env python3
"""Run a decrypt command over an awses-decrypt manifest (versions 1 to 5).

  run_vectors.py --manifest FOLDER/manifest.json \\
      --cmd 'esdk decrypt --commitment-policy require-encrypt-allow-decrypt -o {output} {keys} {context} {options} {ciphertext}'

Placeholders (each is one word of the template, or a part of one):
  {ciphertext} {output} {workdir} {suite} {version}   paths and plain values
  {keys}      the words key_args() gives, for every usable master key
  {context}   the words context_args() gives (only for the required encryption context)
  {options}   the words option_args() gives (streaming-unsigned-only, ...)
A word that is just {keys}, {context} or {options} becomes any number of
words; {keys} is added at the end when the template has none.

A positive case passes when the command exits 0 and the output has the right
bytes; a negative one when it exits with 1..100 or so (not by a signal, not
101, Rust's panic, not by the time limit) and leaves no file behind.
A case with no raw private key (KMS, ECDH, hierarchy) is skipped.
Needs only the Python standard library.  The last line is 'N passed, N failed, N skipped'.
"""
import argparse, base64, concurrent.futures, json, os, re, resource, shlex, subprocess, sys, tempfile, time

# ------------------------------------------------------------- what to adapt


def key_args(master_key, keys):
    """argv words for one wrapping key of a test.

    master_key: the entry of the manifest, e.g. {"type": "raw", "key": "aes-256",
    "provider-id": NS, "encryption-algorithm": "aes"}; for rsa also
    "padding-algorithm" and "padding-hash".
    keys: key name -> the entry of the keys manifest, to which the runner has
    added "file" (raw bytes of an AES key, or the PEM) and "public-file".
    None: this key cannot be used here (the test may have others).
    """
    if master_key["type"] != "raw":
        return None
    k = keys[master_key["key"]]
    def spec(*pairs):
        return ",".join("%s=%s" % (n, v.replace("\\", "\\\\").replace(",", "\\,")) for n, v in pairs)
    common = ("namespace", master_key["provider-id"]), ("name", k["key-id"])
    if master_key["encryption-algorithm"] == "aes":
        return ["-w", spec(("provider", "raw-aes"), *common, ("key-file", k["file"]))]
    if k["type"] != "private":
        return None
    pad = "pkcs1" if master_key["padding-algorithm"] == "pkcs1" else "oaep-" + master_key["padding-hash"]
    return ["-w", spec(("provider", "raw-rsa"), *common, ("padding", pad), ("private-key-file", k["file"]))]


def context_args(test):
    """argv words for the encryption context that a required-encryption-context test gives on decrypt."""
    if not test["required-context"]:
        return []
    return [w for k, v in sorted(test["context"].items()) for w in ("-c", "%s=%s" % (k, v))]


def option_args(test):
    """argv words for everything else about a test."""
    words = ["--forbid-signature"] if test["method"] == "streaming-unsigned-only" else []
    if "1000-unusable-edks" in test["id"]:  # more encrypted data keys than the default limit
        words += ["--max-encrypted-data-keys", "0"]
    return words


# ------------------------------------------------------------- the manifests

def path_of(uri, base):
    return os.path.join(base, uri[len("file://"):] if uri.startswith("file://") else uri)


def load_keys(path, keydir):
    keys = {}
    for i, (name, k) in enumerate(json.load(open(path, encoding="utf-8"))["keys"].items()):
        k = dict(k)
        k.setdefault("key-id", name)
        m = k.get("material")
        if m is not None and k.get("algorithm") in ("aes", "rsa"):
            if isinstance(m, list):
                m = k.get("line-separator", "").join(m)
            data = base64.b64decode(m) if k["encoding"] == "base64" else m.encode()
            k["file"] = os.path.join(keydir, "key-%d.%s" % (i, "bin" if k["encoding"] == "base64" else "pem"))
            if keydir:
                with open(k["file"], "wb") as f:
                    f.write(data)
        keys[name] = k
    for name, k in keys.items():
        pub = name.replace("private", "public")
        if k.get("type") == "private" and pub in keys:
            k["public-file"] = keys[pub].get("file")
    return keys


def flatten(d):
    """A keyring description (manifest version 5) as a list of keys, and whether it asks for a required context."""
    if d["type"] == "multi-keyring":
        ks = ([d["generator"]] if d.get("generator") else []) + d.get("childKeyrings", [])
        return [x for k in ks for x in flatten(k)[0]], False
    if d["type"] == "required-encryption-context-cmm":
        return flatten(d["underlying"])[0], True
    return [d], False


def load_tests(manifest):
    m = json.load(open(manifest, encoding="utf-8"))
    base = os.path.dirname(os.path.abspath(manifest))
    tests = []
    for tid, t in m["tests"].items():
        s = t.get("decryption-scenario", t)
        if "decryptKeyDescription" in s:
            mks, req = flatten(s["decryptKeyDescription"])
            ctx = s.get("reproduced-encryption-context") or {}
            req = req and bool(ctx)
        else:
            mks, req = s["master-keys"], s.get("cmm") == "RequiredEncryptionContext"
            ctx = s.get("encryption-context") or {}
        res = s.get("result", {"output": {"plaintext": s.get("plaintext")}})
        if isinstance(res, str):
            res = {"output": {"plaintext": res}}
        ct = path_of(s["ciphertext"], base)
        tests.append({"id": tid, "ciphertext": ct, "keys": mks, "context": ctx, "required-context": req, "method": s.get("decryption-method"),
                      "plaintext": path_of(res["output"]["plaintext"], base) if "output" in res else None,
                      "error": res["error"].get("error-description", "error") if "error" in res else None})
    return tests, path_of(m["keys"], base)


def head(ct):
    try:
        b = open(ct, "rb").read(4)
        return ("%02x%02x" % (b[2], b[3]), "1") if b[0] == 1 else ("%02x%02x" % (b[1], b[2]), "2")
    except (OSError, IndexError):
        return "", ""


def is_unframed(ct):
    """Whether the content type of a well-formed message is 1."""
    b = open(ct, "rb").read()
    def field(at):
        return at + 2 + int.from_bytes(b[at:at + 2], "big")
    at = field(20 if b[:1] == b"\x01" else 35)  # behind the encryption context
    count, at = int.from_bytes(b[at:at + 2], "big"), at + 2
    for _ in range(3 * count):
        at = field(at)
    return b[at:at + 1] == b"\x01"


# ------------------------------------------------------------- running

def command(template, test, keys, output, workdir, ciphertext=None):
    """The argv of a test, or None when none of its keys can be used."""
    groups = [key_args(mk, keys) for mk in test["keys"]]
    kw = [w for g in groups if g for w in g]
    if not kw:
        return None
    many = {"{keys}": kw, "{context}": context_args(test), "{options}": option_args(test)}
    suite, version = head(test["ciphertext"])
    one = {"{ciphertext}": ciphertext or test["ciphertext"], "{output}": output, "{workdir}": workdir, "{suite}": suite, "{version}": version}
    argv = []
    for w in shlex.split(template) + ([] if "{keys}" in template else ["{keys}"]):
        if w in many:
            argv += many[w]
            continue
        for k, v in one.items():
            w = w.replace(k, v)
        argv.append(w)
    return argv


class Run:
    def __init__(self, a):
        self.a = a

    def limits(self):
        if self.a.max_mem:
            resource.setrlimit(resource.RLIMIT_AS, (self.a.max_mem << 20,) * 2)
        if self.a.max_out:
            resource.setrlimit(resource.RLIMIT_FSIZE, (self.a.max_out << 20,) * 2)

    def execute(self, argv):
        """-> (exit status or 'time limit', the end of stderr)"""
        try:
            r = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                               timeout=self.a.timeout, preexec_fn=self.limits if self.a.max_mem or self.a.max_out else None)
            return r.returncode, r.stderr[-300:].decode("utf-8", "replace").strip().replace("\n", " | ")
        except subprocess.TimeoutExpired:
            return "time limit", ""

    def must_fail(self, argv, workdir):
        """None if the command failed as it must, else why not."""
        rc, err = self.execute(argv)
        left = sorted(os.listdir(workdir))
        for f in left:
            os.unlink(os.path.join(workdir, f))
        if rc == 0:
            return "exit 0, must fail" + (" (left %s)" % left if left else "")
        if rc == "time limit" or rc < 0 or rc == 101:
            return "ended by %s: %s" % ("the time limit" if rc == "time limit" else "signal %d" % -rc if rc < 0 else "a panic (101)", err)
        if left:
            return "exit %d but left %s" % (rc, left)
        return None

    def test(self, t):
        """-> (None: passed, str: why failed, False: skipped)"""
        with tempfile.TemporaryDirectory(prefix="vec") as d:
            out = os.path.join(d, "out")
            argv = command(self.a.cmd, t, self.keys, out, d)
            if argv is None or (t["required-context"] and self.a.no_required_context) or (t["method"] and self.a.no_unsigned_only):
                return False
            if self.a.no_unframed and t["error"] is None and is_unframed(t["ciphertext"]):
                return False
            if t["error"] is not None:
                return self.must_fail(argv, d)
            rc, err = self.execute(argv)
            if rc != 0:
                return "exit %s: %s" % (rc, err)
            if not os.path.exists(out):
                return "exit 0 but no output"
            got, want = open(out, "rb").read(), open(t["plaintext"], "rb").read()
            if got != want:
                return "output differs (%d bytes, expected %d)" % (len(got), len(want))
            left = [f for f in os.listdir(d) if f != "out"]
            return "left %s" % left if left else None


def arguments(p):
    p.add_argument("--manifest", required=True, action="append")
    p.add_argument("--cmd", required=True)
    p.add_argument("--only", help="regular expression over the test ids")
    p.add_argument("--jobs", type=int, default=2)
    p.add_argument("--timeout", type=float, default=30)
    p.add_argument("--max-mem", type=int, default=0, metavar="MiB", help="limit of the address space of each command (a 4 GiB frame length must not be allocated)")
    p.add_argument("--max-out", type=int, default=256, metavar="MiB", help="largest file a command may write")
    p.add_argument("--no-required-context", action="store_true", help="skip the required encryption context tests")
    p.add_argument("--no-unsigned-only", action="store_true")
    p.add_argument("--no-unframed", action="store_true", help="skip the good messages with an unframed body")
    p.add_argument("--verbose", action="store_true")
    p.add_argument("--json", help="write the failures there")
    return p


def main():
    a = arguments(argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)).parse_args()
    t0 = time.time()
    passed, skipped, failures = 0, 0, {}
    for man in a.manifest:
        with tempfile.TemporaryDirectory(prefix="veckeys") as kd:
            tests, kpath = load_tests(man)
            r = Run(a)
            r.keys = load_keys(kpath, kd)
            tests = [t for t in tests if not a.only or re.search(a.only, t["id"])]
            with concurrent.futures.ThreadPoolExecutor(a.jobs) as ex:
                for t, why in zip(tests, ex.map(r.test, tests)):
                    if why is None:
                        passed += 1
                    elif why is False:
                        skipped += 1
                    else:
                        failures[t["id"]] = why
                    if why or a.verbose:
                        print("%s %s%s" % ("FAIL" if why else "ok  " if why is None else "skip", t["id"], ": " + why if why else ""))
    if a.json:
        json.dump(failures, open(a.json, "w"), indent=1)
    print("%.1f s" % (time.time() - t0))
    print("%d passed, %d failed, %d skipped" % (passed, len(failures), skipped))
    sys.exit(1 if failures or not passed else 0)


if __name__ == "__main__":
    main()
