"""Runs the command line of aws-encryption-sdk-cli many times: what it imports is paid for once, and each call is a fork.

Standard input: a line of JSON for each call: {"arguments", "folder", "environment", "input"}, the last of them in base64.
Standard output: a line of JSON for each: {"status", "output", "errors"}, the last two in base64.
"""
import base64
import io
import json
import os
import sys
import tempfile

import boto3  # imported before the first call, as everything is that a call would import

import aws_encryption_sdk_cli

boto3.session.Session()


def standard_stream(number, mode, name):
    """A standard stream as the interpreter makes it at its start."""
    raw = io.FileIO(number, mode, closefd=False)
    raw.name = name
    buffered = io.BufferedReader(raw) if mode == "r" else io.BufferedWriter(raw)
    return io.TextIOWrapper(buffered, encoding="utf-8", write_through=name == "<stderr>")


def call(arguments, folder, environment, files):
    """In the child: what the console script does. Never returns."""
    for number, file in enumerate(files):
        os.dup2(file.fileno(), number)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    sys.stdin = standard_stream(0, "r", "<stdin>")
    sys.stdout = standard_stream(1, "w", "<stdout>")
    sys.stderr = standard_stream(2, "w", "<stderr>")
    sys.argv = ["aws-encryption-cli"] + arguments
    status = 0
    try:
        sys.exit(aws_encryption_sdk_cli.cli())
    except SystemExit as end:
        if isinstance(end.code, str):
            print(end.code, file=sys.stderr)
            status = 1
        else:
            status = end.code or 0
    for stream in sys.stdout, sys.stderr:
        if not stream.closed:
            stream.flush()
    os._exit(status)


def answer(request):
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        given.write(base64.b64decode(request["input"]))
        given.flush()
        given.seek(0)
        child = os.fork()
        if child == 0:
            try:
                call(request["arguments"], request["folder"], request["environment"], (given, output, errors))
            finally:
                # Only when the call itself did not end as it should: whoever asked sees a status that it never has.
                os._exit(99)
        _, ended = os.waitpid(child, 0)
        for file in output, errors:
            file.seek(0)
        return {
            "status": os.waitstatus_to_exitcode(ended),
            "output": base64.b64encode(output.read()).decode(),
            "errors": base64.b64encode(errors.read()).decode(),
        }


for line in sys.stdin:
    json.dump(answer(json.loads(line)), sys.stdout)
    sys.stdout.write("\n")
    sys.stdout.flush()
