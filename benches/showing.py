"""What was measured, as tables in Markdown and as a chart."""
import os
import platform
import statistics
import subprocess
from pathlib import Path

from measuring import MIB


def table(cases, hash_alone):
    """Each case in a line."""
    lines = ["| case | MB/s | CPU s | peak MiB | beside |", "| --- | ---: | ---: | ---: | --- |"]
    for case in cases:
        beside = ""
        if case.beside:
            beside = f"{case.ratio:.2f} ({min(case.ratios):.2f} to {max(case.ratios):.2f}) x {case.beside.name}"
        if case.files:
            beside = f"{case.files / statistics.median(case.seconds):,.0f} files a second"
        rate = f"{case.rate:,.0f}" if case.rate >= 100 else f"{case.rate:,.1f}"
        cells = (case.name, rate, f"{statistics.median(case.cpu):.2f}", f"{max(case.memory):.0f}", beside)
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    hashed = hash_alone.size / statistics.median(hash_alone.seconds) / 1e6
    lines.append(f"| the hash alone, SHA-384, 1 MiB blocks | {hashed:,.0f} | | | |")
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
            texts.append(f"{what}: {1 / other.ratio:.1f} x")
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


def bounds(parts, by_name, files):
    """What the parts take alone, and what that leaves for the commands when no core ever waits: of everything the best run."""
    cores, size = os.cpu_count(), parts["hash"].size
    what = {
        "read": "reading the file", "seal": "sealing 4 KiB frames, AES-256-GCM", "open": "opening them",
        "write": "writing the file", "hash": "SHA-384",
    }
    least = {name: min(part.seconds) for name, part in parts.items()}
    best = {name: min(case.seconds) for name, case in by_name.items()}
    lines = [f"| alone, on one core, {size // MIB} MiB, the best run | s |", "| --- | ---: |"]
    lines += [f"| {text} | {least[name]:.2f} |" for name, text in what.items()]
    lines += ["", f"| the best runs, {cores} cores | the least that is possible, s | esdk takes | beside |",
              "| --- | ---: | ---: | --- |"]
    for name, inner in (("encrypt", "seal"), ("decrypt", "open")):
        bound = (least["read"] + least[inner] + least["write"]) / cores
        lines.append(f"| {name}, unsigned: (reading + {inner}ing + writing) / {cores} | {bound:.2f} | "
                     f"{best[f'esdk {name}, unsigned']:.2f} | `cp`: {best['cp']:.2f} |")
    for name in ("encrypt", "decrypt"):
        lines.append(f"| {name}, signed: SHA-384 | {least['hash']:.2f} | {best[f'esdk {name}, signed']:.2f} | |")
    cpu = {name: min(case.cpu) for name, case in by_name.items()}
    for name in ("encrypt", "decrypt"):
        pipes = f"esdk {name}, unsigned, pipes"
        lines.append(f"| {name}, unsigned, pipes: the CPU seconds of all three / {cores} | {cpu[pipes] / cores:.2f} | "
                     f"{best[pipes]:.2f} | `cat \\| cat`: {best['cat | cat']:.2f} |")
    each = least["verify"] / parts["verify"].size
    unsigned, signed = (best[f"esdk decrypt, small files{kind}"] / files for kind in (", unsigned", ""))
    lines += [
        "",
        f"Of a small signed file, the public key and the signature (ECDSA P-384) take {each * 1e6:.0f} \u00b5s of one core, so that "
        f"{cores} cores verify {cores / each:,.0f} in a second and do nothing else. With all that is done for an unsigned one "
        f"({unsigned * 1e6:.0f} \u00b5s on {cores} cores) that leaves {1 / (unsigned + each / cores):,.0f} files a second; esdk decrypts "
        f"{1 / signed:,.0f}.",
    ]
    return lines


def started(starts):
    """Each start in a line."""
    lines = ["| start-up, ms | median | best |", "| --- | ---: | ---: |"]
    times = [(start.name, statistics.median(start.milliseconds), min(start.milliseconds)) for start in starts]
    return [*lines, *(f"| {name} | {median:.1f} | {best:.1f} |" for name, median, best in times)]


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
