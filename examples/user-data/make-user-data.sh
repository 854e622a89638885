#!/bin/sh
# Makes EC2 user data of a file of secrets: a cloud-config that holds the encrypted secrets and the script that decrypts them
# at every boot.
#
# usage: make-user-data SECRETS OUTPUT CONTEXT KEY_ARN... > user-data
#
#   SECRETS   the file to encrypt
#   OUTPUT    where the instance shall have it, best below /run, which is not on a disk
#   CONTEXT   the encryption context, KEY=VALUE: what says where the secrets belong
#   KEY_ARN   a KMS key of each Region in which instances are started; the first one generates the data key
#
# The program is $ESDK, else the one in PATH. $ESDK_URL and $ESDK_SHA256, when they are set, go into the user data: where an
# instance without the program gets it.
#
# Exit status: that of esdk, 73 when the user data would be longer than EC2 takes; 2 wrong usage.
set -eu

# EC2 counts user data before the base64 in which its API takes it.
limit=16384
here=$(dirname "$0")
esdk=${ESDK:-esdk}

fail() {
    status=$1
    shift
    echo "make-user-data: $*" >&2
    exit "$status"
}

# The user data with this message, in base64, at its end.
cloud_config() {
    cat << END
#cloud-config
write_files:
- path: /usr/local/sbin/decrypt-secrets
  permissions: '0755'
  content: |
$(sed -e '/^#[^!]/d' -e '/^#$/d' -e 's/^/    /' "$here/decrypt-secrets.sh")
- path: /var/lib/cloud/scripts/per-boot/10-decrypt-secrets
  permissions: '0755'
  content: |
    #!/bin/sh
    export ESDK_URL='${ESDK_URL:-}' ESDK_SHA256='${ESDK_SHA256:-}'
    exec /usr/local/sbin/decrypt-secrets /var/lib/secrets/message.esdk '$output' '$context' $keys
- path: /var/lib/secrets/message.esdk
  permissions: '0600'
  encoding: b64
  content: $1
END
}

[ $# -ge 4 ] || fail 2 "usage: make-user-data SECRETS OUTPUT CONTEXT KEY_ARN... > user-data"
secrets=$1 output=$2 context=$3
shift 3
keys=$*
# These words go into a script, in single quotes or as they are.
case $output$context${ESDK_URL:-}${ESDK_SHA256:-} in
    *\'* | *"
"*) fail 2 "a quote or a new line in OUTPUT, CONTEXT, ESDK_URL or ESDK_SHA256 cannot go into the user data" ;;
esac
case $keys in
    *[!A-Za-z0-9:/_\ -]*) fail 2 "these are not key ARNs: $keys" ;;
esac
for key; do
    case $key in
        arn:*:kms:*:*:key/*) ;;
        *) fail 2 "$key is not a key ARN: without a Region in it an instance cannot choose its key" ;;
    esac
    set -- "$@" -k "$key"
    shift
done

room=$((limit - $(cloud_config '' | wc -c)))
[ "$room" -gt 0 ] || fail 73 "the scripts alone are longer than $limit bytes"
message=$("$esdk" encrypt -q --encode --fits "$room" -c "$context" "$@" < "$secrets") || {
    status=$?
    [ "$status" -ne 73 ] || fail 73 "of the $limit bytes of user data the scripts leave $room to the message"
    exit "$status"
}
cloud_config "$message"
