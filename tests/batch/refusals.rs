//! Transcripts of what is refused: after the statuses of `messages.rs`, each refusal of the command line that a person meets.

use super::messages::Transcript;

/// With `t/a`, `enc/a.esdk` of it, `unsigned.esdk`, and of `enc/a.esdk` `cut.esdk` (the first 100 bytes) and `longer.esdk` (5 bytes
/// more); `tampered.esdk` is `unsigned.esdk` with another tag.
pub const REFUSALS: &[Transcript] = &[
    (
        "encrypt t/a -o x",
        2,
        "",
        "esdk: error: no wrapping key is given to encrypt under\n\
         esdk: hint: give -k KEY for AWS KMS, -w SPEC for other keys, or -w provider=local to try the tool\n",
    ),
    (
        "encrypt --no-such t/a",
        2,
        "",
        "esdk: error: unexpected argument '--no-such' found\n\n  \
         tip: to pass '--no-such' as a value, use '-- --no-such'\n\n\
         Usage: esdk encrypt [OPTIONS] [INPUT]...\n\nFor more information, try '--help'.\n",
    ),
    (
        "nosuch",
        2,
        "",
        "esdk: error: unrecognized subcommand 'nosuch'\n\n\
         Usage: esdk [OPTIONS] <COMMAND>\n\nFor more information, try '--help'.\n",
    ),
    (
        "encrypt -w providr=local t/a",
        2,
        "",
        "esdk: error: -w providr=local: aws-kms has no name \"providr\"; did you mean \"provider\"?\n",
    ),
    (
        "encrypt -w provider=lokal t/a",
        2,
        "",
        "esdk: error: -w provider=lokal: there is no provider \"lokal\"; did you mean \"local\"?\n",
    ),
    (
        "decrypt -k alias/x enc/a.esdk -o x",
        2,
        "",
        "esdk: error: the KMS key \"alias/x\" is not a key ARN, and decrypting needs one\n\
         esdk: hint: to decrypt give the key's ARN; `esdk inspect` shows the ARNs that a message names\n",
    ),
    (
        "encrypt -w provider=local --algorithm 0x0378 t/a -o x",
        77,
        "",
        "esdk: error: the commitment policy require-encrypt-require-decrypt does not allow the algorithm suite AES_256_GCM_IV12_TAG16_HKDF_SHA384_ECDSA_P384 (0x0378)\n\
         esdk: hint: choose another --algorithm, or the --commitment-policy that allows this one\n",
    ),
    (
        "verify -q -w provider=local --require-signature unsigned.esdk",
        77,
        "",
        "esdk: error: unsigned.esdk: a signature is required, and a message of AES_256_GCM_HKDF_SHA512_COMMIT_KEY (0x0478) has none\n",
    ),
    (
        "verify -q -w provider=local --forbid-signature enc/a.esdk",
        77,
        "",
        "esdk: error: enc/a.esdk: signed messages are not accepted, and this one is of AES_256_GCM_HKDF_SHA512_COMMIT_KEY_ECDSA_P384 (0x0578)\n",
    ),
    (
        "verify -q -w provider=local cut.esdk",
        65,
        "",
        "esdk: error: cut.esdk: the message ends inside the encryption context (byte 100)\n\
         esdk: hint: the message was cut short; copy it again from its source\n",
    ),
    (
        "verify -q -w provider=local longer.esdk",
        65,
        "",
        "esdk: error: longer.esdk: bytes follow the end of the message (byte [..])\n\
         esdk: hint: something was appended to the message; restore it from its source\n",
    ),
    (
        "verify -q -w provider=local tampered.esdk",
        65,
        "",
        "esdk: error: tampered.esdk: frame 1 of the message failed authentication\n\
         esdk: hint: the message was changed or damaged after it was encrypted; restore it from its source\n",
    ),
    (
        "verify -q -w provider=local --max-length 2 enc/a.esdk",
        65,
        "",
        "esdk: error: enc/a.esdk: the frames or the body are 4096 bytes long, and at most 2 are accepted\n\
         esdk: hint: raise --max-length when you trust the message's source\n",
    ),
    (
        "encrypt -q -w provider=local --fits 100 t/a -o x",
        73,
        "",
        "esdk: error: t/a: the message would be at least [..] bytes long, [..] more than the 100 that it has to fit into\n\
         esdk: hint: compress the plaintext first, give fewer wrapping keys, or leave out the signature with --unsigned ([..] bytes)\n",
    ),
    (
        "encrypt -q -w provider=local -c a t/a -o x",
        2,
        "",
        "esdk: error: -c a: has no value\nesdk: hint: write KEY=VALUE\n",
    ),
    (
        "encrypt -q -w provider=local -c aws-crypto-x=1 t/a -o x",
        2,
        "",
        "esdk: error: encryption context key \"aws-crypto-x\" begins with \"aws-crypto-\", which is reserved\n",
    ),
    (
        "decrypt -q -w provider=local -c a=b enc/a.esdk -o x",
        77,
        "",
        "esdk: error: enc/a.esdk: the message was not encrypted with the encryption context that is required: pair \"a\"=\"b\"\n\
         esdk: hint: the message may belong somewhere else; `esdk inspect` shows its encryption context\n",
    ),
    (
        "rotate -q -w provider=local enc/a.esdk",
        2,
        "",
        "esdk: error: no wrapping key is given to encrypt the new message under\n\
         esdk: hint: give --to-kms-key KEY for AWS KMS, --to-wrapping-keys SPEC for other keys, or --to-wrapping-keys provider=local to try the tool\n",
    ),
    (
        "rotate -q -w provider=local --to-wrapping-keys provider=local --skip-existing enc/a.esdk",
        2,
        "",
        "esdk: error: --skip-existing without -o would pass over every input\n\
         esdk: hint: --if-needed passes over messages that are under the new keys already\n",
    ),
    (
        "encrypt -q -w provider=local --skip-existing -f t/a",
        2,
        "",
        "esdk: error: the argument '--skip-existing' cannot be used with '--force'\n\n\
         Usage: esdk encrypt --quiet --wrapping-keys <SPEC> --skip-existing <INPUT>...\n\n\
         For more information, try '--help'.\n",
    ),
    (
        "encrypt -q -w provider=local -o enc/none/x t/a",
        73,
        "",
        "esdk: error: t/a: enc/none/x: cannot be written: no such file or directory\n\
         esdk: hint: make its folder first\n",
    ),
    (
        "encrypt -q -w provider=local -r t -o t/a",
        2,
        "",
        "esdk: error: -o t/a is no directory, and a tree needs one\n",
    ),
    (
        "encrypt -q -w provider=local --metadata-output none/x t/a -o x",
        73,
        "",
        "esdk: error: metadata output none/x: cannot be written: no such file or directory\n",
    ),
    (
        "verify -q -w provider=raw-aes,namespace=n,name=k,key-file=none enc/a.esdk",
        66,
        "",
        "esdk: error: key file none: cannot be read: no such file or directory\n",
    ),
    (
        "verify -q -w provider=raw-aes,namespace=n,name=k,key-env=NONE enc/a.esdk",
        66,
        "",
        "esdk: error: key-env=NONE: the variable is not set, or not text\n",
    ),
    (
        "keygen aes --bits 100 -o x",
        2,
        "",
        "esdk: error: invalid value '100' for '--bits <BITS>'\n  \
         [possible values: 128, 192, 256]\n\nFor more information, try '--help'.\n",
    ),
    (
        "keygen aes --bits 128 -o t/a",
        73,
        "",
        "esdk: error: t/a: exists already\n\
         esdk: hint: a key that is overwritten is lost with all it opens: choose another name, or remove it yourself\n",
    ),
    (
        "clean none",
        66,
        "",
        "esdk: error: none: cannot be read: no such file or directory\nesdk: summary: 0 files removed, 0 B\n",
    ),
    (
        "decrypt -w provider=local ec2:user-data",
        66,
        "",
        "esdk: error: ec2:user-data: the instance metadata service is not to be asked: AWS_EC2_METADATA_DISABLED is true\n\
         esdk: hint: unset AWS_EC2_METADATA_DISABLED to have it asked\n",
    ),
];
