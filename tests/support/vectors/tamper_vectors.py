#!/usr/bin/env python3
"""Flip every bit, cut at every length and extend good messages; every result must be refused.

  tamper_vectors.py --manifest FOLDER/manifest.json --cmd '...as for run_vectors.py...' \\
      [--mode flip,truncate,extend,bytes] [--per-suite 1] [--stride 1] [--only REGEX]

Takes the smallest good messages of each suite (AES keys first: RSA costs
time), makes each change in a scratch file and runs the command.  Exit 0, a
crash, the time limit or a file left behind is a failure.  Nothing is stored.
  flip      every single bit               (8 x length runs a message)
  truncate  every shorter length, 0 too    (length runs)
  extend    1 to 40 bytes of three kinds, and the message twice
  bytes     every byte to 00, ff and +1
--stride N takes every Nth change (from a start that differs by message).
The last line is 'N passed, N failed'.
"""
import argparse, collections, concurrent.futures, os, re, sys, tempfile, time, zlib
import run_vectors as rv


def changes(b, mode):
    n = len(b)
    if mode == "flip":
        for i in range(8 * n):
            c = bytearray(b)
            c[i // 8] ^= 0x80 >> i % 8
            yield "bit %d of byte %d" % (i % 8, i // 8), bytes(c)
    elif mode == "truncate":
        for i in range(n):
            yield "cut to %d of %d" % (i, n), b[:i]
    elif mode == "extend":
        for k in (1, 2, 15, 16, 17, 40):
            for nm, x in (("00", b"\0" * k), ("ff", b"\xff" * k), ("its own start", b[:k])):
                yield "%d bytes more (%s)" % (k, nm), b + x
        yield "twice", b + b
    elif mode == "bytes":
        for i in range(n):
            for v in {0, 255, (b[i] + 1) % 256} - {b[i]}:
                yield "byte %d to %02x" % (i, v), b[:i] + bytes([v]) + b[i + 1:]
    else:
        sys.exit("unknown mode " + mode)


def main():
    p = rv.arguments(argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter))
    p.add_argument("--mode", default="flip,truncate,extend")
    p.add_argument("--per-suite", type=int, default=1)
    p.add_argument("--stride", type=int, default=1)
    p.add_argument("--min-plaintext", type=int, default=17, help="smallest plaintext to take")
    a = p.parse_args()
    passed, failures = 0, 0
    t0 = time.time()
    for man in a.manifest:
        with tempfile.TemporaryDirectory(prefix="veckeys") as kd:
            tests, kpath = rv.load_tests(man)
            r = rv.Run(a)
            r.keys = rv.load_keys(kpath, kd)
            by = collections.defaultdict(list)
            for t in tests:
                if t["plaintext"] and not t["required-context"] and not t["method"] and not (a.no_unframed and rv.is_unframed(t["ciphertext"])) and (not a.only or re.search(a.only, t["id"])) \
                        and all(k["type"] == "raw" for k in t["keys"]) and os.path.getsize(t["plaintext"]) >= a.min_plaintext:
                    rsa = any(k["encryption-algorithm"] == "rsa" for k in t["keys"])
                    by[rv.head(t["ciphertext"])[0]].append((rsa, os.path.getsize(t["ciphertext"]), t["id"], t))
            for suite in sorted(by):
                for _, size, tid, t in sorted(by[suite], key=lambda x: x[:3])[:a.per_suite]:
                    b = open(t["ciphertext"], "rb").read()
                    # the message as it is must be accepted, or the rest proves nothing
                    why = r.test(t)
                    if why:
                        print("FAIL %s as it is: %s" % (tid, why))
                        failures += 1
                        continue
                    todo = [(m, n, c) for m in a.mode.split(",") for n, c in changes(b, m)][zlib.crc32(tid.encode()) % a.stride::a.stride]

                    def one(x):
                        m, n, c = x
                        with tempfile.TemporaryDirectory(prefix="tam") as d, tempfile.NamedTemporaryFile(prefix="ct") as f:
                            f.write(c)
                            f.flush()
                            return rv.Run.must_fail(r, rv.command(a.cmd, t, r.keys, os.path.join(d, "out"), d, f.name), d)
                    with concurrent.futures.ThreadPoolExecutor(a.jobs) as ex:
                        res = list(zip(todo, ex.map(one, todo)))
                    bad = [(x[1], w) for x, w in res if w]
                    passed += len(res) - len(bad)
                    failures += len(bad)
                    print("%s %s (%d bytes): %d changes, %d not refused" % ("FAIL" if bad else "ok  ", tid, len(b), len(res), len(bad)))
                    for n, w in bad[:10]:
                        print("     ", n, "-", w)
    print("%.1f s" % (time.time() - t0))
    print("%d passed, %d failed" % (passed, failures))
    sys.exit(1 if failures or not passed else 0)


if __name__ == "__main__":
    main()
