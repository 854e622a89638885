"""What benches/compare.sh runs: measures, and writes the table and the chart."""
import argparse
import contextlib
import os
import platform
import shlex
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MIB = 1 << 20
# Files that are encrypted by a process each.
LOOP = 1000
# Rounds of what is so slow that it hardly varies.
SLOW_ROUNDS = 3
GNU_TIME = shutil.which("time")
SUITES = {
    "unsigned": ("--unsigned", "AES_256_GCM_HKDF_SHA512_COMMIT_KEY", "UNSIGNED"),
    "signed": ("", "AES_256_GCM_HKDF_SHA512_COMMIT_KEY_ECDSA_P384", "SIGNED"),
}


class Case:
    """A command that is measured.

    `makes`: the output, removed before each run. `keeps`: what the output is moved to afterwards, for the cases that read it.
    `size`: bytes of plaintext. `beside`: the case of the same round that the throughput is compared with.
    """

    def __init__(self, name, command, size, makes=None, keeps=None, beside="cp", files=None):
        self.is_slow = not name.startswith(("esdk", "cp", "cat"))
        self.name, self.command, self.size, self.makes = name, command, size, makes
        self.keeps, self.beside, self.files = keeps, beside, files
        self.seconds, self.cpu, self.memory = [], [], []

    def run(self, environment):
        if self.makes:
            remove(self.makes)
        command = ["sh", "-c", self.command]
        if GNU_TIME:
            # What this process had in memory would count as the command's.
            command = [GNU_TIME, "-q", "-f", "%M", "-o", environment["MEASURED"], *command]
        begun = time.monotonic()
        process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        self.seconds.append(time.monotonic() - begun)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            sys.exit(f"{self.name}: status {process.returncode}: {self.command}")
        self.cpu.append(usage.ru_utime + usage.ru_stime)
        peak = int(Path(environment["MEASURED"]).read_text().split()[-1]) if GNU_TIME else usage.ru_maxrss
        self.memory.append(peak / 1024)
        if self.keeps:
            remove(self.keeps)
            os.replace(self.makes, self.keeps)

    @property
    def rate(self):
        return self.size / statistics.median(self.seconds) / 1e6


def remove(path):
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def ratio(case, other):
    """The median of the ratios of the rounds: of throughput, so that more is better."""
    pairs = list(zip(case.seconds, other.seconds))
    return statistics.median(b / a * case.size / other.size for a, b in pairs)


# Public keys and signatures of which the time is taken.
VERIFIED = 1000


class Alone:
    """Parts of the work by themselves, on one core, in every round: what the commands cannot be faster than."""

    def __init__(self, program, folder, size):
        out = folder / "alone"
        self.size, self.program = size, program
        self.commands = {
            "hash": ("hash", size), "seal": ("seal", size), "open": ("open", size), "verify": ("verify", VERIFIED),
            "read": ("read", folder / "plain"), "write": ("write", out, size),
        }
        self.out = out
        self.taken = {name: [] for name in self.commands}

    def run(self):
        for name, words in self.commands.items():
            remove(self.out)
            words = [self.program, *map(str, words)]
            out = subprocess.run(words, check=True, capture_output=True, text=True).stdout
            self.taken[name].append(float(out))
        remove(self.out)

    def seconds(self, name):
        return statistics.median(self.taken[name])

    def lines(self, by_name, files):
        """What each of them takes, and what that leaves for the commands when no core ever waits."""
        cores = os.cpu_count()
        what = {
            "read": "reading the file", "seal": "sealing 4 KiB frames, AES-256-GCM", "open": "opening them",
            "write": "writing the file", "hash": "SHA-384",
        }
        lines = [f"| alone, on one core, {self.size // MIB} MiB | s |", "| --- | ---: |"]
        lines += [f"| {text} | {self.seconds(name):.2f} |" for name, text in what.items()]
        lines += ["", f"| the least that is possible on {cores} cores | s | cp takes | esdk takes |", "| --- | ---: | ---: | ---: |"]
        copied = statistics.median(by_name["cp"].seconds)
        for name, parts in (("encrypt", ("read", "seal", "write")), ("decrypt", ("read", "open", "write"))):
            least = sum(map(self.seconds, parts)) / cores
            taken = statistics.median(by_name[f"esdk {name}, unsigned"].seconds)
            lines.append(f"| {name}, unsigned: {', '.join(parts)} | {least:.2f} | {copied:.2f} | {taken:.2f} |")
        lines += ["", "On a virtual machine a new page costs several times as much where the host has taken the memory back meanwhile, and which "
                      "command meets such pages is chance: [bounds.md](bounds.md) has the best of several runs."]
        each = self.seconds("verify") / VERIFIED
        unsigned, signed = (statistics.median(by_name[f"esdk decrypt, small files{kind}"].seconds) / files
                            for kind in (", unsigned", ""))
        lines += [
            "",
            f"Of a small signed file, the public key and the signature (ECDSA P-384) take {each * 1e6:.0f} \u00b5s of one core, so that "
            f"{cores} cores verify {cores / each:,.0f} in a second and do nothing else. With all that is done for an unsigned one "
            f"({unsigned * 1e6:.0f} \u00b5s on {cores} cores) that leaves {1 / (unsigned + each / cores):,.0f} files a second; esdk decrypts "
            f"{1 / signed:,.0f}.",
        ]
        return lines


@contextlib.contextmanager
def emulator(peers):
    lab = ROOT / "tests/support/kms/kms_lab.py"
    process = subprocess.Popen([peers / "venv/bin/python", lab, "--follow-stdin"], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        address = process.stdout.readline().strip().split()[-1]
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


def cases_of(folder, esdk, peers, options, key_arn):
    size = options.mib * MIB
    plain, small = folder / "plain", folder / "small"
    key = folder / "key"
    raw = f"-w provider=raw-aes,namespace=benchmark,name=key,key-file={key}"
    out = folder / "out"
    cases = [Case("cp", f"cp {plain} {out}", size, makes=out)]
    for kind, (flag, _, _) in SUITES.items():
        message = folder / f"{kind}.esdk"
        beside = "cp" if kind == "unsigned" else "hash"
        cases += [
            Case(f"esdk encrypt, {kind}", f"{esdk} encrypt -q {raw} {flag} {plain} -o {out}", size, out, message, beside),
            Case(f"esdk decrypt, {kind}", f"{esdk} decrypt -q {raw} {message} -o {out}", size, out, None, beside),
        ]
    unsigned = folder / "unsigned.esdk"
    pipe = "cat | cat"
    cases += [
        Case("esdk verify, unsigned", f"{esdk} verify -q {raw} {unsigned}", size),
        Case(pipe, f"cat {plain} | cat | cat > /dev/null", size, beside=None),
        Case("esdk encrypt, unsigned, pipes", f"cat {plain} | {esdk} encrypt -q {raw} --unsigned | cat > /dev/null", size, beside=pipe),
        Case("esdk decrypt, unsigned, pipes", f"cat {unsigned} | {esdk} decrypt -q {raw} | cat > /dev/null", size, beside=pipe),
    ]
    for frames, frame_size, part in (("64 MiB frames", 64 * MIB, size), ("1 byte frames", 1, size // 64)):
        source, message = folder / f"plain-{part}", folder / f"{frame_size}.esdk"
        if not source.exists():
            with plain.open("rb") as whole, source.open("wb") as beginning:
                remaining = part
                while remaining:
                    block = whole.read(min(remaining, MIB))
                    beginning.write(block)
                    remaining -= len(block)
        length = f"--unsigned --frame-length {frame_size}"
        for name, command in (("encrypt", f"{esdk} encrypt {length}"), ("decrypt", f"{esdk} decrypt")):
            from_file, kept = (source, message) if name == "encrypt" else (message, None)
            one = f"esdk {name}, {frames}, one thread"
            cases += [
                Case(one, f"{command} -q --threads 1 {raw} {from_file} -o {out}", part, out, kept, beside=None),
                Case(f"esdk {name}, {frames}", f"{command} -q {raw} {from_file} -o {out}", part, out, beside=one),
            ]
    cases += [
        Case("esdk encrypt, small files", f"{esdk} encrypt -q -w provider=local -r {small} -o {out}", options.files * 1024,
             out, folder / "small.esdk", beside=None, files=options.files),
        Case("esdk encrypt, small files, unsigned",
             f"{esdk} encrypt -q -w provider=local --unsigned -r {small} -o {out}", options.files * 1024, out,
             folder / "small-unsigned.esdk", beside=None, files=options.files),
        Case("esdk decrypt, small files, unsigned",
             f"{esdk} decrypt -q -w provider=local -r {folder / 'small-unsigned.esdk'} -o {out}", options.files * 1024, out,
             beside=None, files=options.files),
        Case("esdk decrypt, small files", f"{esdk} decrypt -q -w provider=local -r {folder / 'small.esdk'} -o {out}",
             options.files * 1024, out, beside=None, files=options.files),
    ]
    if options.quick:
        return cases
    python = peers / "venv/bin/aws-encryption-cli"
    if python.exists() and key_arn:
        for kind, (_, suite, _) in SUITES.items():
            common = f"{python} --suppress-metadata --wrapping-keys key={key_arn}"
            message = folder / f"python-{kind}"
            cases += [
                Case(f"aws-encryption-cli encrypt, {kind}",
                     f"{common} --encrypt --algorithm {suite} -i {plain} -o {out}", size, out, message),
                Case(f"aws-encryption-cli decrypt, {kind}", f"{common} --decrypt -i {message} -o {out}", size, out),
            ]
    if (peers / "node/done").exists():
        for kind, (_, _, name) in SUITES.items():
            script, message = peers / "node/javascript_peer.js", folder / f"node-{kind}"
            cases += [
                Case(f"client-node encrypt, {kind}", f"node {script} encrypt {key} {name} < {plain} > {out}", size, out, message),
                Case(f"client-node decrypt, {kind}", f"node {script} decrypt {key} {name} < {message} > {out}", size, out),
            ]
    for name in ("age", "rage"):
        if shutil.which(name) and shutil.which(f"{name}-keygen"):
            identity = folder / f"{name}.key"
            subprocess.run([f"{name}-keygen", "-o", identity], check=True, capture_output=True)
            recipient = subprocess.run([f"{name}-keygen", "-y", identity], check=True, capture_output=True, text=True)
            cases += [
                Case(f"{name} encrypt", f"{name} -r {recipient.stdout.strip()} -o {out} {plain}", size, out, folder / name),
                Case(f"{name} decrypt", f"{name} -d -i {identity} -o {out} {folder / name}", size, out),
            ]
    # A process for each file, as a shell loop has it. The other tools know no trees.
    loop = folder / "loop"
    loop.mkdir()
    for path in sorted(path for path in small.rglob("*") if path.is_file())[:LOOP]:
        shutil.copy(path, loop)
    each = f"mkdir {out} && for f in {loop}/*; do"
    ways = {"esdk, unsigned": f"{esdk} encrypt -q -w provider=local --unsigned -o {out}/${{f##*/}} $f"}
    if shutil.which("gpg"):
        home = folder / "gpg-home"
        home.mkdir(mode=0o700, exist_ok=True)
        ways["gpg"] = (f"gpg --homedir {home} --batch --quiet --pinentry-mode loopback --passphrase benchmark --symmetric "
                       f"--s2k-mode 1 --cipher-algo AES256 -o {out}/${{f##*/}} $f")
    if shutil.which("age"):
        identity = folder / "loop.key"
        subprocess.run(["age-keygen", "-o", identity], check=True, capture_output=True)
        recipient = subprocess.run(["age-keygen", "-y", identity], check=True, capture_output=True, text=True).stdout.strip()
        ways["age"] = f"age -r {recipient} -o {out}/${{f##*/}} $f"
    cases += [Case(f"a loop over {LOOP} small files: {name}", f"{each} {line}; done", LOOP * 1024, out, beside=None, files=LOOP)
              for name, line in ways.items()]
    if shutil.which("gpg"):
        home = folder / "gpg-home"
        home.mkdir(mode=0o700, exist_ok=True)
        gpg = f"gpg --homedir {home} --batch --yes --quiet --pinentry-mode loopback --passphrase benchmark"
        cases += [
            Case("gpg encrypt", f"{gpg} --symmetric --cipher-algo AES256 -z0 -o {out} {plain}", size, out, folder / "gpg"),
            Case("gpg decrypt", f"{gpg} --decrypt -o {out} {folder / 'gpg'}", size, out),
        ]
    return cases


def start_up(commands, environment):
    """Milliseconds of each command, medians of twenty."""
    taken = {}
    for name, command in commands.items():
        words = shlex.split(command)
        times = []
        for _ in range(20):
            begun = time.monotonic()
            subprocess.run(words, env=environment, stdout=subprocess.DEVNULL, check=True)
            times.append((time.monotonic() - begun) * 1000)
        taken[name] = statistics.median(times)
    return taken


def version_of(*words):
    try:
        out = subprocess.run(words, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    lines = (out.stdout or out.stderr).strip().splitlines()
    return lines[0] if lines else None


def processor():
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.processor()


def table(cases, by_name, alone):
    lines = ["| case | MB/s | CPU s | peak MiB | beside |", "| --- | ---: | ---: | ---: | --- |"]
    for case in cases:
        if case.beside == "hash":
            hashed = statistics.median(a / b for a, b in zip(alone.taken["hash"], case.seconds))
            beside = f"{hashed:.2f} x the hash alone"
        elif case.beside and case.beside in by_name and case.beside != case.name:
            beside = f"{ratio(case, by_name[case.beside]):.2f} x {case.beside}".replace("|", "\\|")
        else:
            beside = ""
        rate = f"{case.rate:,.0f}" if case.rate >= 100 else f"{case.rate:,.1f}"
        if case.files:
            beside = f"{case.files / statistics.median(case.seconds):,.0f} files a second"
        name = case.name.replace("|", "\\|")
        lines.append(f"| {name} | {rate} | {statistics.median(case.cpu):.2f} | {max(case.memory):.0f} | {beside} |")
    lines.append(f"| the hash alone, SHA-384, 1 MiB blocks | {alone.size / alone.seconds('hash') / 1e6:,.0f} | | | |")
    for name, algorithm, block in (("SHA-384, 1 MiB blocks", "sha384", 1 << 20), ("AES-256-GCM, 4 KiB blocks", "aes-256-gcm", 4096)):
        rate = openssl_speed(algorithm, block)
        if rate:
            lines.append(f"| openssl speed, {name}, one core | {rate:,.0f} | | | |")
    return lines


def openssl_speed(algorithm, block):
    """MB a second, by OpenSSL's own measure; `None` without OpenSSL."""
    words = ["openssl", "speed", "-mr", "-seconds", "2", "-bytes", str(block), "-evp", algorithm]
    try:
        out = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return None
    rates = [line for line in out.splitlines() if line.startswith("+F:")]
    return float(rates[-1].rsplit(":", 1)[1]) / 1e6 if rates else None


def beside_python(by_name):
    """How many times as fast as the Python tool each of them is."""
    texts = []
    for what in ("encrypt, unsigned", "decrypt, unsigned", "encrypt, signed", "decrypt, signed"):
        other = by_name.get(f"aws-encryption-cli {what}")
        if other:
            texts.append(f"{what}: {by_name[f'esdk {what}'].rate / other.rate:.1f} x")
    return ["", f"Beside aws-encryption-cli, {'; '.join(texts)}."] if texts else []


def chart(rows):
    """Bars, as SVG: what is encrypted in a second, from file to file."""
    row, left, width = 26, 250, 760
    most = max(rate for _, rate in rows)
    height = row * len(rows) + 50
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        'font-family="sans-serif" font-size="13">',
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
        '<text x="12" y="24" font-size="15" fill="#111111">File to file, MB a second (more is better)</text>',
    ]
    for at, (name, rate) in enumerate(rows):
        top = 40 + at * row
        length = max(1, round(rate / most * (width - left - 90)))
        colour = "#1f6f5c" if name.startswith("esdk") else "#9aa5b1"
        parts.append(f'<text x="{left - 8}" y="{top + 14}" text-anchor="end" fill="#111111">{name}</text>')
        parts.append(f'<rect x="{left}" y="{top}" width="{length}" height="{row - 8}" fill="{colour}"/>')
        parts.append(f'<text x="{left + length + 6}" y="{top + 14}" fill="#111111">{rate:,.0f}</text>')
    return "\n".join([*parts, "</svg>", ""])


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

        cases = cases_of(folder, esdk, peers, options, key_arn)
        alone = Alone(options.alone.resolve(), folder, options.mib * MIB)
        by_name = {case.name: case for case in cases}
        # The first round is not counted: the memory of a virtual machine is slow when it is touched for the first time.
        for number in range(-1, options.rounds):
            for case in cases:
                if case.is_slow and not 0 <= number < SLOW_ROUNDS:
                    continue
                case.run(environment)
                if number < 0:
                    case.seconds, case.cpu, case.memory = [], [], []
            if number >= 0:
                alone.run()
            print(f"round {number + 1} of {options.rounds}", file=sys.stderr)
        lines = [*table(cases, by_name, alone), *beside_python(by_name), "", *alone.lines(by_name, options.files)]
        print("\n".join(lines))
        if options.quick:
            return

        commands = {"esdk": f"{esdk} --version", "aws-encryption-cli": f"{peers / 'venv/bin/aws-encryption-cli'} --version"}
        commands |= {name: f"{name} --version" for name in ("age", "rage", "gpg", "node") if shutil.which(name)}
        started = start_up(commands, environment)
        small = folder / "plain-small"
        small.write_bytes(os.urandom(1024))
        started |= start_up({
            "esdk encrypt, 1 KiB, local key, signed": f"{esdk} encrypt -q -w provider=local {small} -o - ",
            "esdk encrypt, 1 KiB, local key, unsigned": f"{esdk} encrypt -q -w provider=local --unsigned {small} -o -",
            "esdk encrypt, 1 KiB, one KMS key": f"{esdk} encrypt -q -k {key_arn} {small} -o -",
        }, environment)

        versions = [
            ("esdk", version_of(esdk, "--version")), ("Linux", ".".join(platform.release().split(".")[:2])),
            ("rustc", version_of("rustc", "--version")), ("OpenSSL", version_of("openssl", "version")),
            ("age", version_of("age", "--version")), ("rage", version_of("rage", "--version")),
            ("gpg", version_of("gpg", "--version")), ("Node.js", version_of("node", "--version")),
            ("aws-encryption-cli", version_of(peers / "venv/bin/aws-encryption-cli", "--version")),
        ]
        text = [
            "# Measured",
            "",
            f"`benches/compare.sh` wrote this on {time.strftime('%Y-%m-%d')}: {os.cpu_count()} cores of {processor()}, "
            f"{options.mib} MiB of random bytes, frames of 4 KiB where nothing else is said, medians of {options.rounds} rounds "
            f"({SLOW_ROUNDS} for the tools that are not esdk, cp and cat).",
            "Figures move with the machine; the ratios to `cp`, to the pipe of `cat` and to the hash are of the same round.",
            "",
            *lines,
            "",
            "| start-up | ms |", "| --- | ---: |",
            *(f"| {name} | {taken:.1f} |" for name, taken in started.items()),
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
