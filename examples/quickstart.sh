#!/bin/sh
# Encrypts a file of a folder and a pipe, looks at the message, decrypts and compares, and shows two refusals.
# It needs no AWS: the wrapping key is provider=local. It works in a temporary folder, key included, and leaves nothing.
#
# It takes the esdk that $ESDK names, else the one that `cargo install` has installed, else the one in PATH.
set -eu

fail() {
    echo "quickstart: $*" >&2
    exit 1
}

# Runs a command that must end with the status that stands first, and shows what it says.
must_end_with() {
    expected=$1
    shift
    status=0
    "$@" 2> messages || status=$?
    sed 's/^/    /' messages
    [ "$status" -eq "$expected" ] || fail "exit status $status, and $expected was expected: $*"
}

find_esdk() {
    cargo_home=${CARGO_HOME:-${HOME:-}/.cargo}
    for candidate in "${ESDK:-}" "${CARGO_INSTALL_ROOT:-$cargo_home}/bin/esdk" "$cargo_home/bin/esdk" "$(command -v esdk || :)"; do
        if [ -n "$candidate" ] && [ -x "$candidate" ]; then
            case $candidate in
                /*) echo "$candidate" ;;
                *) echo "$PWD/$candidate" ;;
            esac
            return
        fi
    done
}

program=$(find_esdk)
[ -n "$program" ] || fail "esdk was not found: install it with 'cargo install --locked --path .', or set ESDK to it"

esdk() {
    "$program" "$@"
}

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM
cd "$folder"
export XDG_DATA_HOME="$folder/data"

esdk --version
mkdir letters
printf 'Dear reader,\nthis letter is encrypted.\n' > letters/letter.txt

echo
echo '1. Encrypt a file, with an encryption context: letters/letter.txt -> letters/letter.txt.esdk'
esdk encrypt -w provider=local -c purpose=quickstart letters/letter.txt

echo
echo '2. Look at the message; this needs no key'
esdk inspect letters/letter.txt.esdk

echo
echo '3. Decrypt it, and compare'
esdk decrypt -w provider=local -c purpose=quickstart -o copy.txt letters/letter.txt.esdk
cmp letters/letter.txt copy.txt
echo '    the same bytes'

echo
echo '4. The same through pipes, with the whole folder: tar | esdk encrypt | esdk decrypt | tar'
mkdir unpacked
tar cf - letters > letters.tar
esdk encrypt -q -w provider=local -c purpose=quickstart < letters.tar |
    esdk decrypt -w provider=local -c purpose=quickstart > copy.tar
cmp letters.tar copy.tar
tar xf copy.tar -C unpacked
cmp letters/letter.txt unpacked/letters/letter.txt
echo '    the same bytes'

echo
echo '5. Ask for another encryption context: refused with status 77, and no file appears'
must_end_with 77 esdk decrypt -w provider=local -c purpose=payroll -o refused.txt letters/letter.txt.esdk
[ ! -e refused.txt ] || fail 'a refused message left a file'

echo
echo '6. Change one byte in the middle of the message: refused with status 65, and no file appears'
length=$(wc -c < letters/letter.txt.esdk)
# The frame stands between the header and the signature, which takes the last 105 bytes or so.
offset=$((length - 140))
{
    head -c "$offset" letters/letter.txt.esdk
    tail -c +"$((offset + 1))" letters/letter.txt.esdk | head -c 1 | LC_ALL=C tr '\000-\377' '\001-\377\000'
    tail -c +"$((offset + 2))" letters/letter.txt.esdk
} > changed.esdk
[ "$(wc -c < changed.esdk)" -eq "$length" ] || fail 'the changed message has another length'
must_end_with 65 esdk decrypt -w provider=local -o refused.txt changed.esdk
[ ! -e refused.txt ] || fail 'a changed message left a file'

echo
echo 'All of it worked as it should.'
