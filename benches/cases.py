"""The commands that are compared."""
import os
import shutil
import subprocess

from measuring import MIB, Case, StartUp

# Files that are encrypted by a process each, at most.
LOOP = 1000
# Rounds of what is so slow that it hardly varies, and of the tool that esdk replaces.
SLOW_ROUNDS, PYTHON_ROUNDS = 3, 5
# The algorithm suites, as esdk, the Python tool and the JavaScript library name them.
SUITES = {
    "unsigned": ("--unsigned", "AES_256_GCM_HKDF_SHA512_COMMIT_KEY", "UNSIGNED"),
    "signed": ("", "AES_256_GCM_HKDF_SHA512_COMMIT_KEY_ECDSA_P384", "SIGNED"),
}


class Places:
    """Where the files are that the commands read and write, and how esdk is called with a key of its own."""

    def __init__(self, folder, esdk, options):
        self.folder, self.esdk = folder, esdk
        self.size, self.files = options.mib * MIB, options.files
        self.plain, self.small, self.key = folder / "plain", folder / "small", folder / "key"
        self.out = folder / "out"
        self.raw = f"-q -w provider=raw-aes,namespace=benchmark,name=key,key-file={self.key}"


def own_cases(places, hash_alone):
    """esdk, and what it is compared with."""
    folder, esdk, raw, plain, out, size = (
        places.folder, places.esdk, places.raw, places.plain, places.out, places.size
    )
    copying = Case("cp", f"cp {plain} {out}", size, makes=out)
    cases = [copying]
    for kind, (flag, _, _) in SUITES.items():
        message = folder / f"{kind}.esdk"
        beside = copying if kind == "unsigned" else hash_alone
        cases += [
            Case(f"esdk encrypt, {kind}", f"{esdk} encrypt {raw} {flag} {plain} -o {out}", size, out, message, beside),
            Case(f"esdk decrypt, {kind}", f"{esdk} decrypt {raw} {message} -o {out}", size, out, beside=beside),
        ]
    unsigned = folder / "unsigned.esdk"
    pipes = Case("cat | cat", f"cat {plain} | cat | cat > /dev/null", size)
    cases += [
        Case("esdk verify, unsigned", f"{esdk} verify {raw} {unsigned}", size, beside=copying),
        pipes,
        Case("esdk encrypt, unsigned, pipes", f"cat {plain} | {esdk} encrypt {raw} --unsigned | cat > /dev/null", size, beside=pipes),
        Case("esdk decrypt, unsigned, pipes", f"cat {unsigned} | {esdk} decrypt {raw} | cat > /dev/null", size, beside=pipes),
    ]
    return cases + frame_cases(places, cases) + small_cases(places)


def frame_cases(places, others):
    """Long frames beside those of 4 KiB, and short ones by two threads beside the same by one."""
    esdk, raw, out, size = places.esdk, places.raw, places.out, places.size
    by_name = {case.name: case for case in others}
    beginning = places.folder / "beginning"
    with places.plain.open("rb") as whole:
        beginning.write_bytes(whole.read(size // 64))
    cases = []
    for frames, frame_length, source in (("64 MiB frames", 64 * MIB, places.plain), ("1 byte frames", 1, beginning)):
        message, part = places.folder / f"{frame_length}.esdk", source.stat().st_size
        ways = {
            "encrypt": (f"encrypt --unsigned --frame-length {frame_length} {raw} {source} -o {out}", message),
            "decrypt": (f"decrypt {raw} {message} -o {out}", None),
        }
        for name, (words, keeps) in ways.items():
            # A frame has 32 bytes beside its content.
            room = part * 33 if (name, frame_length) == ("encrypt", 1) else part
            one = Case(f"esdk {name}, {frames}, one thread", f"{esdk} {words} --threads 1", part, out, keeps, room=room)
            beside = by_name[f"esdk {name}, unsigned"] if source == places.plain else one
            cases += [one, Case(f"esdk {name}, {frames}", f"{esdk} {words}", part, out, beside=beside, room=room)]
    return cases


def small_cases(places):
    """Trees of many small files."""
    esdk, out, files = places.esdk, places.out, places.files
    local, cases = "-q -w provider=local", []
    for kind, flag in (("", ""), (", unsigned", "--unsigned")):
        messages = places.folder / f"messages{flag}"
        for name, words, keeps in (("encrypt", f"encrypt {local} {flag} -r {places.small}", messages),
                                   ("decrypt", f"decrypt {local} -r {messages}", None)):
            command = f"{esdk} {words} -o {out}"
            cases.append(Case(f"esdk {name}, small files{kind}", command, files * 1024, out, keeps, files=files))
    return cases


def peer_cases(places, peers, key_arn, own):
    """The other tools, as far as they are there; the tool that esdk replaces beside esdk."""
    folder, plain, key, out, size = places.folder, places.plain, places.key, places.out, places.size
    by_name = {case.name: case for case in own}
    cases = []
    python = peers / "venv/bin/aws-encryption-cli"
    if python.exists() and key_arn:
        for kind, (_, suite, _) in SUITES.items():
            common = f"{python} --suppress-metadata --wrapping-keys key={key_arn}"
            message = folder / f"python-{kind}"
            cases += [
                Case(f"aws-encryption-cli encrypt, {kind}",
                     f"{common} --encrypt --algorithm {suite} -i {plain} -o {out}", size, out, message,
                     by_name[f"esdk encrypt, {kind}"], rounds=PYTHON_ROUNDS),
                Case(f"aws-encryption-cli decrypt, {kind}", f"{common} --decrypt -i {message} -o {out}", size, out,
                     beside=by_name[f"esdk decrypt, {kind}"], rounds=PYTHON_ROUNDS),
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
            recipient = recipient_of(name, identity)
            cases += [
                Case(f"{name} encrypt", f"{name} -r {recipient} -o {out} {plain}", size, out, folder / name),
                Case(f"{name} decrypt", f"{name} -d -i {identity} -o {out} {folder / name}", size, out),
            ]
    if shutil.which("gpg"):
        gpg = gpg_of(folder, "--yes")
        cases += [
            Case("gpg encrypt", f"{gpg} --symmetric --cipher-algo AES256 -z0 -o {out} {plain}", size, out, folder / "gpg"),
            Case("gpg decrypt", f"{gpg} --decrypt -o {out} {folder / 'gpg'}", size, out),
        ]
    cases += loop_cases(places)
    for case in cases:
        case.rounds = case.rounds or SLOW_ROUNDS
    return cases


def loop_cases(places):
    """A process for each small file, as a shell loop has it: the other tools know no trees."""
    folder, esdk, out = places.folder, places.esdk, places.out
    loop = folder / "loop"
    loop.mkdir()
    copied = sorted(path for path in places.small.rglob("*") if path.is_file())[:LOOP]
    for path in copied:
        shutil.copy(path, loop)
    ways = {"esdk, unsigned": f"{esdk} encrypt -q -w provider=local --unsigned -o {out}/${{f##*/}} $f"}
    if shutil.which("gpg"):
        ways["gpg"] = f"{gpg_of(folder)} --symmetric --s2k-mode 1 --cipher-algo AES256 -o {out}/${{f##*/}} $f"
    if shutil.which("age") and shutil.which("age-keygen"):
        ways["age"] = f"age -r {recipient_of('age', folder / 'loop.key')} -o {out}/${{f##*/}} $f"
    each = f"mkdir {out} && for f in {loop}/*; do"
    count = len(copied)
    return [Case(f"a loop over {count} small files: {name}", f"{each} {line} || exit; done", count * 1024, out, files=count)
            for name, line in ways.items()]


def start_ups(places, peers, key_arn):
    """How long it takes until a tool is there, and until it has encrypted next to nothing."""
    esdk, small = places.esdk, places.folder / "plain-small"
    small.write_bytes(os.urandom(1024))
    local = f"{esdk} encrypt -q -w provider=local {small} -o -"
    starts = [
        StartUp("esdk --version", f"{esdk} --version"),
        StartUp("esdk encrypt, 1 KiB, local key, unsigned", f"{local} --unsigned"),
        StartUp("esdk encrypt, 1 KiB, local key, signed", local),
        StartUp("esdk encrypt, 1 KiB, one KMS key, unsigned", f"{esdk} encrypt -q --unsigned -k {key_arn} {small} -o -"),
        StartUp("esdk encrypt, 1 KiB, one KMS key, signed", f"{esdk} encrypt -q -k {key_arn} {small} -o -"),
        StartUp("aws-encryption-cli --version", f"{peers / 'venv/bin/aws-encryption-cli'} --version"),
    ]
    if (peers / "node/done").exists():
        script = f"node {peers / 'node/javascript_peer.js'} encrypt {places.key}"
        starts += [StartUp(f"client-node encrypt, 1 KiB, local key, {kind}", f"{script} {name}", small)
                   for kind, (_, _, name) in SUITES.items()]
    starts += [StartUp(f"{name} --version", f"{name} --version") for name in ("age", "rage", "gpg") if shutil.which(name)]
    return starts


def gpg_of(folder, more=""):
    home = folder / "gpg-home"
    home.mkdir(mode=0o700, exist_ok=True)
    return f"gpg --homedir {home} --batch {more} --quiet --pinentry-mode loopback --passphrase benchmark"


def recipient_of(name, identity):
    """Makes a key pair of age or rage; gives the public half."""
    subprocess.run([f"{name}-keygen", "-o", identity], check=True, capture_output=True)
    return subprocess.run([f"{name}-keygen", "-y", identity], check=True, capture_output=True, text=True).stdout.strip()
