#!/usr/bin/env bash
# Measures esdk beside cp, OpenSSL, age, rage, gpg, the Python aws-encryption-cli and the JavaScript Encryption SDK, in one run:
# each round runs the commands, and what one is compared with immediately before it. Writes
# docs/benchmarks/results.md and docs/benchmarks/throughput.svg, which the README shows.
#
# usage: benches/compare.sh [--rounds N] [--mib N] [--folder DIR] [--quick]
#
# What it needs: Linux, a release build (it makes one), Python 3.11; Node.js with npm for the peer of that name; age, rage
# and gpg are measured when they are installed. Everything goes to target/ and to a folder in DIR (/dev/shm), which is removed.
# An idle machine, and sixteen times N MiB of memory: N is 1,024 by default.
set -euo pipefail
cd "$(dirname "$0")/.."

cargo build --release --locked --bin esdk --example alone
peers=target/benchmark-peers
measure=(-B benches/compare.py --esdk target/release/esdk --alone target/release/examples/alone --peers "$peers")
case " $* " in *" --quick "*) exec python3 "${measure[@]}" "$@" ;; esac
mkdir -p "$peers"
if command -v python3 > /dev/null && [ ! -e "$peers/venv/done" ]; then
    python3 -m venv "$peers/venv"
    "$peers/venv/bin/pip" install --quiet --disable-pip-version-check -r tests/support/kms/requirements.txt
    touch "$peers/venv/done"
fi
if command -v npm > /dev/null && [ ! -e "$peers/node/done" ]; then
    mkdir -p "$peers/node"
    cp tests/support/peers/package.json tests/support/peers/package-lock.json "$peers/node"
    (cd "$peers/node" && npm ci --ignore-scripts --no-audit --no-fund --no-update-notifier > /dev/null && touch done)
fi
cp benches/javascript_peer.js "$peers/node/" 2> /dev/null || true
exec "$peers/venv/bin/python" "${measure[@]}" "$@"
