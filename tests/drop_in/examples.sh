#!/bin/sh
# The examples of the README of aws-encryption-sdk-cli 4.3.0, and the scripts in its folder examples/bin, one after the other in
# an empty folder, with `aws-encryption-cli` from the PATH. The README shows options alone; they stand here in a whole
# call. Where an example is from a version before 2.1 and not accepted any more, that is said and checked.
#
# KEY_ARN_1, KEY_ARN_2: two keys. ALIAS_NAME: an alias in us-west-2, the default Region, and in eu-central-1.
set -eu

failed() {
    echo "$*" >&2
    exit 1
}

# Ends with this status, and leaves what it prints in out and err.
ends_with() {
    expected=$1
    shift
    found=0
    "$@" > out 2> err || found=$?
    [ "$found" = "$expected" ] || failed "status $found and not $expected: $*
$(cat err)"
}

same() {
    cmp "$1" "$2" || failed "$1 and $2 differ"
}

absent() {
    [ ! -e "$1" ] || failed "$1 is there"
}

head -c 20000 /dev/zero | tr '\0' 'x' > input
printf 'two\n' > two
mkdir -p tree/below
cp input tree/one.txt
cp two tree/below/two.txt

# --- Input and Output: the table of what goes together

aws-encryption-cli -e -S -i - -o - -w key="$KEY_ARN_1" < input > stdin-stdout
aws-encryption-cli -d -S -i - -o - -w key="$KEY_ARN_1" < stdin-stdout > opened
same opened input
aws-encryption-cli -e -S -i - -o stdin-file -w key="$KEY_ARN_1" < input
aws-encryption-cli -d -S -i stdin-file -o - -w key="$KEY_ARN_1" > opened
same opened input
mkdir stdin-folder
ends_with 1 aws-encryption-cli -e -S -i - -o stdin-folder -w key="$KEY_ARN_1" < input

aws-encryption-cli -e -S -i input -o - -w key="$KEY_ARN_1" > file-stdout
aws-encryption-cli -e -S -i input -o file-file -w key="$KEY_ARN_1"
mkdir file-folder
aws-encryption-cli -e -S -i input -o file-folder -w key="$KEY_ARN_1"
for message in file-stdout file-file file-folder/input.encrypted; do
    rm opened
    aws-encryption-cli -d -S -i "$message" -o opened -w key="$KEY_ARN_1"
    same opened input
done

mkdir patterns
aws-encryption-cli -e -S -i 'tree/*.txt' -o patterns -w key="$KEY_ARN_1"
[ "$(ls patterns)" = one.txt.encrypted ] || failed "$(ls patterns)"
ends_with 1 aws-encryption-cli -e -S -i '[it][nw][po]*' -o no-folder -w key="$KEY_ARN_1"
absent no-folder

mkdir trees opened-trees
aws-encryption-cli -e -S -i tree -o trees --recursive -w key="$KEY_ARN_1"
aws-encryption-cli -d -S -i trees -o opened-trees --recursive -w key="$KEY_ARN_1"
same opened-trees/one.txt.encrypted.decrypted input
same opened-trees/below/two.txt.encrypted.decrypted two
ends_with 1 aws-encryption-cli -e -S -i tree -o no-folder --recursive -w key="$KEY_ARN_1"
absent no-folder

# If a destination file already exists, the contents will be overwritten.
aws-encryption-cli -e -S -i two -o file-file -w key="$KEY_ARN_1"
aws-encryption-cli -d -S -i file-file -o - -w key="$KEY_ARN_1" > opened
same opened two

# --- Parameter Values

aws-encryption-cli -e -S -i input -o message -w key="$KEY_ARN_1" \
   --encryption-context key1=value1 key2=value2 "key 3=value with spaces"
# --master-keys is --wrapping-keys since version 2.1.
aws-encryption-cli -e -S -i input -o message \
   --wrapping-keys provider=aws-kms key="$KEY_ARN_1" key="$KEY_ARN_2"
ends_with 2 aws-encryption-cli -e -S -i input -o refused --master-keys provider=aws-kms key="$KEY_ARN_1"
absent refused
aws-encryption-cli -e -S -i input -o message -w key="$KEY_ARN_1" \
   --caching capacity=3 max_age=80.0

# --- Encryption Context

aws-encryption-cli -e -S -i input -o message -w key="$KEY_ARN_1" \
   --encryption-context required_key=required_value classification=secret other=more
aws-encryption-cli -d -S -i message -o by-pairs -w key="$KEY_ARN_1" \
   --encryption-context required_key=required_value classification=secret
same by-pairs input
aws-encryption-cli -d -S -i message -o by-key -w key="$KEY_ARN_1" \
   --encryption-context required_key classification=secret
same by-key input

# --- Output Metadata

aws-encryption-cli -e -i input -o message -w key="$KEY_ARN_1" --metadata-output records
aws-encryption-cli -d -i message -o opened -w key="$KEY_ARN_1" --metadata-output records
[ "$(wc -l < records)" -eq 2 ] || failed "$(cat records)"
grep -q '"mode": "decrypt"' records
aws-encryption-cli -d -i message -o opened -w key="$KEY_ARN_1" --metadata-output records --overwrite-metadata
[ "$(wc -l < records)" -eq 1 ] || failed "$(cat records)"
[ "$(aws-encryption-cli -d -i message -o opened -w key="$KEY_ARN_1" --metadata-output - 2> err)" = "$(cat records)" ]
ends_with 1 aws-encryption-cli -d -i message -o - -w key="$KEY_ARN_1" --metadata-output -

# The fields of a message that is skipped. The exit status is not part of the README: 0 of the original.
aws-encryption-cli -d -i message -o skipped -w key="$KEY_ARN_1" --metadata-output skipped-records \
   --encryption-context missing_key missing=pair 2> err || true
absent skipped
for field in '"skipped": true' '"reason": "Missing encryption context key or value"' \
    '"missing_encryption_context_keys": ["missing_key"]' '"missing_encryption_context_pairs": [["missing", "pair"]]'; do
    grep -qF "$field" skipped-records || failed "no $field in $(cat skipped-records)"
done

# --- Master Key Provider

encrypts_with() {
    rm -f message opened
    aws-encryption-cli -e -S -i input -o message "$@"
    aws-encryption-cli -d -S -i message -o opened --wrapping-keys discovery=true
    same opened input
}

# Single KMS CMK
encrypts_with --wrapping-keys provider=aws-kms key="$KEY_ARN_1"
# Two KMS CMKs
encrypts_with --wrapping-keys provider=aws-kms key="$KEY_ARN_1" key="$KEY_ARN_2"
# KMS Alias by name in default region
encrypts_with --wrapping-keys provider=aws-kms key="$ALIAS_NAME"
# KMS Alias by name in two specific regions
encrypts_with \
   --wrapping-keys provider=aws-kms key="$ALIAS_NAME" region=us-west-2 \
   --wrapping-keys provider=aws-kms key="$ALIAS_NAME" region=eu-central-1
# A package and an entry point
encrypts_with --wrapping-keys provider=aws-encryption-sdk-cli::aws-kms key="$KEY_ARN_1"
# A named profile, which has the region of the alias
printf '[profile named]\nregion = eu-central-1\naws_access_key_id = AKIDNAMED\naws_secret_access_key = secret\n' > config
(
    export AWS_CONFIG_FILE="$PWD/config"
    encrypts_with --wrapping-keys profile=named key="$ALIAS_NAME"
)

# Discovery, which the README describes and does not show
account=$(printf %s "$KEY_ARN_1" | cut -d : -f 5)
for keys in discovery=true "discovery=true discovery-account=$account discovery-partition=aws" \
    "discovery=true discovery-account=$account discovery-account=111122223333 discovery-partition=aws" \
    "discovery=false key=$KEY_ARN_1"; do
    aws-encryption-cli -e -S -q -i input -o message -w key="$KEY_ARN_1"
    rm -f opened
    # shellcheck disable=SC2086 # several words
    aws-encryption-cli -d -S -i message -o opened --wrapping-keys $keys
    same opened input
done
rm opened
ends_with 1 aws-encryption-cli -d -S -i message -o opened \
   --wrapping-keys discovery=true discovery-account=111122223333 discovery-partition=aws
absent opened

# --- Commitment Policy

encrypts_with -w key="$KEY_ARN_1" \
   --commitment-policy require-encrypt-require-decrypt

# --- Data Key Caching

encrypts_with -w key="$KEY_ARN_1" \
   --caching capacity=10 max_age=60.0 max_messages_encrypted=15 max_bytes_encrypted=100000

# --- Logging and Verbosity

rm opened
ends_with 0 aws-encryption-cli -d -S -i message -o opened -w key="$KEY_ARN_1"
[ ! -s err ] || failed "$(cat err)"
for verbosity in -v -vv -vvv -vvvv; do
    rm opened
    ends_with 0 aws-encryption-cli -d -S -i message -o opened -w key="$KEY_ARN_1" "$verbosity"
    grep -q 'aws_encryption_sdk_cli - INFO - decrypting file message to opened' err || failed "$verbosity: $(cat err)"
done

# --- Configuration Files: with --wrapping-keys for --master-key, and with -S, which is required since version 1.0.2

INPUT_FILE=input OUTPUT_FILE=configured INPUT_DIR=tree OUTPUT_DIR=configured-tree
mkdir "$OUTPUT_DIR"
cat > master-key.conf <<CONF
--master-key key=$KEY_ARN_1 key=$KEY_ARN_2
CONF
ends_with 2 aws-encryption-cli -e -i "$INPUT_FILE" -o "$OUTPUT_FILE" @master-key.conf
absent "$OUTPUT_FILE"
cat > master-key.conf <<CONF
--wrapping-keys key=$KEY_ARN_1 key=$KEY_ARN_2
CONF
ends_with 2 aws-encryption-cli -e -i "$INPUT_FILE" -o "$OUTPUT_FILE" @master-key.conf
aws-encryption-cli -e -S -i "$INPUT_FILE" -o "$OUTPUT_FILE" @master-key.conf
cat > caching.conf <<'CONF'
--caching capacity=10 max_age=60.0 max_messages_encrypted=15
CONF
aws-encryption-cli -e -S -i "$INPUT_FILE" -o "$OUTPUT_FILE" @master-key.conf @caching.conf
aws-encryption-cli -d -S -i "$OUTPUT_FILE" -o - -w key="$KEY_ARN_2" > opened
same opened input
aws-encryption-cli -e -S -i "$INPUT_DIR" -o "$OUTPUT_DIR" @master-key.conf @caching.conf --recursive
aws-encryption-cli -d -S -i "$OUTPUT_DIR/below/two.txt.encrypted" -o - -w key="$KEY_ARN_2" > opened
same opened two
cat > my-encrypt.config <<'CONF'
--encrypt
@master-key.conf # Use existing master key config
@caching.conf
# Always recurse, but require interactive overwrite.
--recursive
--interactive
CONF
INPUT=tree OUTPUT=interactive-tree
mkdir "$OUTPUT"
aws-encryption-cli @my-encrypt.config -S -i $INPUT -o $OUTPUT
cp $OUTPUT/one.txt.encrypted before
printf 'n\nn\n' | aws-encryption-cli @my-encrypt.config -S -i $INPUT -o $OUTPUT > out
same $OUTPUT/one.txt.encrypted before
printf 'y\ny\n' | aws-encryption-cli @my-encrypt.config -S -i $INPUT -o $OUTPUT > out 2> err
! cmp -s $OUTPUT/one.txt.encrypted before || failed 'one.txt.encrypted was not overwritten'
grep -q 'Overwriting existing output file based on interactive user decision' err

# --- Encoding: ciphertext in a variable of the shell

ciphertext=$(aws-encryption-cli -e -S -i input -o - -w key="$KEY_ARN_1" --encode)
printf %s "$ciphertext" | aws-encryption-cli -d -S -i - -o - -w key="$KEY_ARN_1" --decode > opened
same opened input
encoded=$(printf %s "$ciphertext" | aws-encryption-cli -d -S -i - -o - -w key="$KEY_ARN_1" --decode --encode)
[ "$encoded" = "$(base64 < input | tr -d '\n')" ] || failed 'the plaintext was to be encoded'

# --- examples/bin

encrypt_command_line() {
    echo "$1" | aws-encryption-cli --encrypt --suppress-metadata --input - --output - --encode --wrapping-keys key="$2"
}

decrypt_command_line() {
    echo "$1" | aws-encryption-cli --decrypt --suppress-metadata --input - --output - --decode --buffer \
        --wrapping-keys discovery=true
}

[ "$(decrypt_command_line "$(encrypt_command_line 'Hello World' "$KEY_ARN_1")")" = 'Hello World' ]

encrypt() {
    aws-encryption-cli --encrypt --input "$1" --recursive --wrapping-keys key="$2" --suppress-metadata \
        --encryption-context purpose=test --commitment-policy require-encrypt-require-decrypt --output "$3"
}

decrypt() {
    aws-encryption-cli --decrypt --input "$1" --recursive --wrapping-keys key="$2" \
        --commitment-policy require-encrypt-require-decrypt --encryption-context purpose=test --suppress-metadata \
        --max-encrypted-data-keys 1 --buffer --output "$3"
}

mkdir examples examples-opened
encrypt input "$KEY_ARN_1" examples
decrypt examples/input.encrypted "$KEY_ARN_1" examples-opened
same examples-opened/input.encrypted.decrypted input
encrypt tree "$KEY_ARN_1" examples
decrypt examples "$KEY_ARN_1" examples-opened 2> err
same examples-opened/below/two.txt.encrypted.decrypted two

aws-encryption-cli --encrypt --input two --wrapping-keys key="$KEY_ARN_1" key="$KEY_ARN_2" --suppress-metadata \
    --encryption-context purpose=test --commitment-policy require-encrypt-require-decrypt --output examples
ends_with 1 decrypt examples/two.encrypted "$KEY_ARN_2" refused
absent refused
aws-encryption-cli --decrypt --input examples/two.encrypted --wrapping-keys key="$KEY_ARN_1" key="$KEY_ARN_2" \
    --commitment-policy require-encrypt-require-decrypt --encryption-context purpose=test --suppress-metadata \
    --max-encrypted-data-keys 2 --buffer --output examples-opened
same examples-opened/two.encrypted.decrypted two

echo 'Every example did what it shows.'
