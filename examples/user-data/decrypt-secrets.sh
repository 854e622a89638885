#!/bin/sh
# Decrypts the secrets of this instance at boot, with the KMS key of its own Region and no other.
#
# usage: decrypt-secrets MESSAGE OUTPUT CONTEXT KEY_ARN...
#
#   MESSAGE   a file that holds the message, or ec2:user-data when the user data itself is the message
#   OUTPUT    the file for the plaintext: it appears whole, with mode 0600, or stays as it was
#   CONTEXT   the encryption context that the message must have, KEY=VALUE
#   KEY_ARN   the keys that are trusted; the one of this Region is asked
#
# The Region is $AWS_REGION, else what cloud-init knows. The program is $ESDK, else /usr/local/bin/esdk, else the one in
# PATH; when there is none, it is fetched from $ESDK_URL and must have the SHA-256 $ESDK_SHA256.
#
# Exit status: that of esdk; 2 wrong usage, 1 what this script could not do. What may pass (75) is tried five times.
set -eu
umask 077

fail() {
    status=$1
    shift
    echo "decrypt-secrets: $*" >&2
    exit "$status"
}

# Fetches the program to where it is looked for, when it is what was promised.
fetch() {
    part=$1.part
    [ -n "${ESDK_URL:-}" ] && [ -n "${ESDK_SHA256:-}" ] ||
        fail 1 "esdk was not found, and ESDK_URL and ESDK_SHA256 do not say where to get it"
    curl -fsS --retry 5 --max-time 300 -o "$part" "$ESDK_URL" || fail 1 "$ESDK_URL could not be fetched"
    if ! echo "$ESDK_SHA256  $part" | sha256sum -c - > /dev/null 2>&1; then
        rm -f "$part"
        fail 1 "what $ESDK_URL gave has another SHA-256 than $ESDK_SHA256"
    fi
    chmod 755 "$part"
    mv "$part" "$1"
}

decrypt() {
    # From standard input, so that the plaintext gets mode 0600 whatever the message's file has.
    case $message in
        ec2:user-data) "$esdk" decrypt -k "$key" -c "$context" -f -o "$output" "$message" ;;
        *) "$esdk" decrypt -k "$key" -c "$context" -f -o "$output" < "$message" ;;
    esac
}

[ $# -ge 4 ] || fail 2 "usage: decrypt-secrets MESSAGE OUTPUT CONTEXT KEY_ARN..."
message=$1 output=$2 context=$3
shift 3

region=${AWS_REGION:-$(cloud-init query region 2> /dev/null || :)}
[ -n "$region" ] || fail 1 "the Region of this instance is not known: set AWS_REGION"
key=
for candidate; do
    case $candidate in
        arn:*:kms:"$region":*) key=$candidate ;;
    esac
done
[ -n "$key" ] || fail 1 "none of the keys is of this Region, $region: $*"

installed=${ESDK_INSTALL:-/usr/local/bin/esdk}
esdk=${ESDK:-$installed}
[ -x "$esdk" ] || esdk=$(command -v esdk || :)
if [ -z "$esdk" ]; then
    fetch "$installed"
    esdk=$installed
fi

mkdir -p "$(dirname "$output")"
attempt=1
while :; do
    status=0
    decrypt || status=$?
    [ "$status" -eq 75 ] && [ "$attempt" -lt 5 ] || break
    echo "decrypt-secrets: attempt $attempt of 5 failed, and may pass" >&2
    sleep "${RETRY_SECONDS:-10}"
    attempt=$((attempt + 1))
done
[ "$status" -eq 0 ] || fail "$status" "THE SECRETS OF THIS INSTANCE DID NOT OPEN (esdk status $status): $output was not written"
