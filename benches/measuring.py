"""Runs commands and takes their time, their CPU seconds and their memory."""
import os
import shlex
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

MIB = 1 << 20
# How often in a round a command is started to see how long that takes.
STARTS = 8
GNU_TIME = shutil.which("time")


class Case:
    """A command that is measured.

    `makes`: the output, removed before each run. `keeps`: what the output is moved to afterwards, for the cases that read it.
    `size`: bytes of plaintext, and `room` those of the output where they are many more. `beside`: what its throughput is compared
    with; that is run immediately before it each time. `rounds`: how often it is run, when that is not every time.
    """

    def __init__(self, name, command, size, makes=None, keeps=None, beside=None, files=None, room=None, rounds=None):
        self.name, self.command, self.size, self.makes = name, command, size, makes
        self.keeps, self.beside, self.files = keeps, beside, files
        self.room, self.rounds = room or size, rounds
        self.seconds, self.cpu, self.memory, self.ratios = [], [], [], []

    def run(self, environment):
        """Runs what it is compared with, and then it."""
        before = self.beside.take(environment) if self.beside else None
        seconds = self.take(environment)
        if before:
            self.ratios.append(before / self.beside.size * self.size / seconds)
        if self.keeps:
            remove(self.keeps)
            os.replace(self.makes, self.keeps)

    def take(self, environment):
        """Runs it: the seconds."""
        seconds, cpu, memory = self.measure(environment)
        self.seconds.append(seconds)
        self.cpu.append(cpu)
        self.memory.append(memory)
        return seconds

    def measure(self, environment):
        """Seconds, seconds of all cores, and the peak in MiB of one run."""
        if self.makes:
            remove(self.makes)
            if not self.files:
                touch_memory(self.makes.with_suffix(".touched"), self.room)
        command = ["bash", "-o", "pipefail", "-c", self.command]
        if GNU_TIME:
            # What this process had in memory would count as the command's.
            command = [GNU_TIME, "-q", "-f", "%M", "-o", environment["MEASURED"], *command]
        begun = time.monotonic()
        process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.monotonic() - begun
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            sys.exit(f"{self.name}: status {process.returncode}: {self.command}")
        peak = int(Path(environment["MEASURED"]).read_text().split()[-1]) if GNU_TIME else usage.ru_maxrss
        return seconds, usage.ru_utime + usage.ru_stime, peak / 1024

    def forget(self):
        self.seconds, self.cpu, self.memory, self.ratios = [], [], [], []

    @property
    def rate(self):
        return self.size / statistics.median(self.seconds) / 1e6

    @property
    def ratio(self):
        """The median of the ratios of throughput to what was run before it each time: more is better."""
        return statistics.median(self.ratios)


def touch_memory(path, size):
    """Has the system give memory for an output, and gives it back.

    Many virtual machines return free memory to their host, and then the first to use it again waits for it: once, whoever that is.
    """
    block = bytes(MIB)
    with path.open("wb") as touched:
        for _ in range(size // MIB):
            touched.write(block)
    path.unlink()


def remove(path):
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


class Alone:
    """A part of the work by itself, on one core: what the commands cannot be faster than."""

    def __init__(self, program, name, size, source=None, out=None):
        self.words = [program, name, *[path for path in (source, out) if path], *([] if source else [size])]
        self.name, self.size, self.out = f"the {name} alone", size, out
        self.seconds = []

    def take(self, _environment=None):
        """Runs it: the seconds."""
        if self.out:
            touch_memory(self.out, self.size)
        out = subprocess.run([str(word) for word in self.words], check=True, capture_output=True, text=True).stdout
        if self.out:
            remove(self.out)
        self.seconds.append(float(out))
        return self.seconds[-1]

    def forget(self):
        self.seconds = []


class StartUp:
    """A command that has next to nothing to do. `source`: the file that it reads as its standard input."""

    def __init__(self, name, command, source=None):
        self.name, self.words, self.source = name, shlex.split(command), source or os.devnull
        self.milliseconds = []

    def take(self, environment):
        """Starts it some times."""
        for _ in range(STARTS):
            with open(self.source, "rb") as standard_input:
                begun = time.monotonic()
                subprocess.run(self.words, env=environment, stdin=standard_input, stdout=subprocess.DEVNULL, check=True)
                self.milliseconds.append((time.monotonic() - begun) * 1000)

    def forget(self):
        self.milliseconds = []
