"""What benches/compare.sh runs: measures, and writes the table and the chart."""
import argparse
import contextlib
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from cases import PYTHON_ROUNDS, SLOW_ROUNDS, Places, own_cases, peer_cases, start_ups
from measuring import MIB, Alone
from showing import beside_python, bounds, chart, processor, started, table, version_of

ROOT = Path(__file__).resolve().parent.parent
# Public keys and signatures of which the time is taken.
VERIFIED = 1000


def parts_of(program, places):
    """Parts of the work, each to be done by itself."""
    parts = {name: Alone(program, name, places.size) for name in ("hash", "seal", "open")}
    parts["verify"] = Alone(program, "verify", VERIFIED)
    parts["read"] = Alone(program, "read", places.size, source=places.plain)
    parts["write"] = Alone(program, "write", places.size, out=places.folder / "alone")
    return parts


@contextlib.contextmanager
def emulator(peers):
    lab = ROOT / "tests/support/kms/kms_lab.py"
    process = subprocess.Popen([peers / "venv/bin/python", lab, "--follow-stdin"], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        address = (process.stdout.readline().split() or sys.exit("the KMS emulator did not start"))[-1]
        yield address if address.startswith("http") else f"http://{address}"
    finally:
        process.stdin.close()
        process.terminate()
        process.wait()


def key_of(address):
    import boto3
    kms = boto3.client("kms", endpoint_url=address, region_name="us-west-2",
                       aws_access_key_id="benchmark", aws_secret_access_key="benchmark")
    return kms.create_key()["KeyMetadata"]["Arn"]


def locked(name, pattern):
    """A version that a file of this project names."""
    found = re.search(pattern, (ROOT / name).read_text())
    return found and found.group(1)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--esdk", type=Path, required=True)
    parser.add_argument("--alone", type=Path, required=True)
    parser.add_argument("--peers", type=Path, required=True)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--mib", type=int, default=1024)
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--folder", type=Path, default=Path("/dev/shm"))
    parser.add_argument("--quick", action="store_true", help="esdk and cp only; writes nothing into docs/")
    options = parser.parse_args()
    esdk, peers = options.esdk.resolve(), options.peers.resolve()

    with tempfile.TemporaryDirectory(dir=options.folder, prefix="esdk-benchmark-") as name, contextlib.ExitStack() as stack:
        folder = Path(name)
        environment = dict(os.environ, XDG_DATA_HOME=str(folder / "data"), AWS_ACCESS_KEY_ID="benchmark",
                           AWS_SECRET_ACCESS_KEY="benchmark", MEASURED=str(folder / "measured"), AWS_DEFAULT_REGION="us-west-2", AWS_REGION="us-west-2")
        key_arn = None
        if not options.quick:
            address = stack.enter_context(emulator(peers))
            environment["AWS_ENDPOINT_URL_KMS"] = environment["AWS_ENDPOINT_URL"] = address
            key_arn = key_of(address)
        if shutil.which("gpgconf"):
            # gpg leaves an agent behind.
            stack.callback(subprocess.run, ["gpgconf", "--homedir", folder / "gpg-home", "--kill", "all"], capture_output=True)
        with (folder / "plain").open("wb") as plain:
            for _ in range(options.mib):
                plain.write(os.urandom(MIB))
        (folder / "key").write_bytes(os.urandom(32))
        for at in range(options.files):
            place = folder / "small" / f"{at // 1000:03}"
            place.mkdir(parents=True, exist_ok=True)
            (place / f"{at:06}").write_bytes(os.urandom(1024))

        places = Places(folder, esdk, options)
        parts = parts_of(options.alone.resolve(), places)
        cases = own_cases(places, parts["hash"])
        starts = []
        if not options.quick:
            cases += peer_cases(places, peers, key_arn, cases)
            starts = start_ups(places, peers, key_arn)
        by_name = {case.name: case for case in cases}
        # The first round is not counted, and makes what the others read.
        for number in range(-1, options.rounds):
            for case in cases:
                if case.rounds is None or 0 <= number < case.rounds:
                    case.run(environment)
            for other in [*parts.values(), *starts]:
                other.take(environment)
            if number < 0:
                for measured in [*cases, *parts.values(), *starts]:
                    measured.forget()
            print(f"round {number + 1} of {options.rounds}", file=sys.stderr)
        lines = [*table(cases, parts["hash"]), *beside_python(by_name), "", *bounds(parts, by_name, options.files)]
        print("\n".join(lines))
        if options.quick:
            return

        versions = [
            ("esdk", version_of(esdk, "--version")), ("Linux", ".".join(platform.release().split(".")[:2])),
            ("rustc", version_of("rustc", "--version")), ("OpenSSL", version_of("openssl", "version")),
            ("age", version_of("age", "--version")), ("rage", version_of("rage", "--version")),
            ("gpg", version_of("gpg", "--version")), ("Node.js", version_of("node", "--version")),
            ("aws-encryption-cli", version_of(peers / "venv/bin/aws-encryption-cli", "--version")),
            ("aws-lc-rs", locked("Cargo.lock", r'name = "aws-lc-rs"\nversion = "([^"]+)"')),
            ("client-node", locked("tests/support/peers/package.json", r'"@aws-crypto/client-node": "([^"]+)"')),
        ]
        text = [
            "# Measured",
            "",
            f"`benches/compare.sh` wrote this on {time.strftime('%Y-%m-%d')}: {os.cpu_count()} cores of {processor()}, "
            f"{options.mib} MiB of random bytes, frames of 4 KiB where nothing else is said, medians of {options.rounds} rounds "
            f"(at most {PYTHON_ROUNDS} of aws-encryption-cli, {SLOW_ROUNDS} of the other tools). What a case is compared with runs immediately before it, each time, "
            "and the ratio is the median of those pairs, with the least and the greatest. Memory for a long output was in use a moment before: many virtual machines give "
            "free memory back to their host, and who takes it next would wait for it.",
            "",
            *lines,
            "",
            *started(starts),
            "",
            "Versions: " + "; ".join(f"{name}: {version}" for name, version in versions if version) + ".",
            "",
        ]
        docs = ROOT / "docs/benchmarks"
        docs.mkdir(parents=True, exist_ok=True)
        (docs / "results.md").write_text("\n".join(text))
        shown = [case for case in cases if not case.files and " | " not in case.name and "frames" not in case.name
                 and "pipes" not in case.name and "verify" not in case.name]
        (docs / "throughput.svg").write_text(chart([(case.name, case.rate) for case in shown]))


if __name__ == "__main__":
    main()
