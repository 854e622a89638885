//! The sections that several pages have in common.

use super::Rows;

pub const INPUTS: &str = "\
An INPUT is a file, - for standard input, or with -r a directory. One that is not the name of a file and holds *, ? or [ is a
pattern, and stands for what it matches: quote it when there are more files than a command line takes. ** matches any number
of directories. A FIFO or a device that is named is read as a stream.

--files-from takes names as if they had been typed, without patterns. --include and --exclude choose among what directories
and patterns hold: a PATTERN with a slash is matched with the way from the directory on, one without it with the name; a
directory that is left out is not entered.

In a directory symbolic links are passed over unless --follow-symlinks is given, and FIFOs, sockets and devices in any case.
An output directory that lies in it is not entered, and what this run itself writes is not taken. A directory that cannot be
read is a failure, and the rest goes on.";

pub const OUTPUTS: &str = "\
With -o DIR one directory is mirrored: its files go to the same places below DIR, which is made. Of several inputs a directory
goes to DIR/NAME, with its own name, and a file to DIR. Directories are made where a file needs them, with the permission bits
of those that they mirror, and read, write and search permission for their owner. Nothing is written outside of DIR: a
symbolic link below it is not followed.

What is mirrored are files: a directory without any has no counterpart, and --preserve keeps the times and the owner of
files, not of directories. Where those count, put the tree into an archive first: tar -c DIR | esdk encrypt -o DIR.tar.esdk.

No two inputs are written to one output, and with --force none replaces what is yet to be read: of those that were typed
nothing is begun then, of others that input fails.

--remove-input removes an input when its output is whole, has its name, and is synced to disk; when encrypting, after the
message has been read back and verified with its data key. An input that changed meanwhile stays. So does one that is a
symbolic link, and a key file.";

pub const SPEED: &str = "\
An unsigned message in a file is divided among --threads threads, by default one for each core; inputs that are worked on at
once (--jobs) share them. A signed message has to be hashed from its beginning to its end: one thread does that beside the one
that seals or opens, and the hash is what takes the time. Streams are sealed and opened by one thread.

Memory is bounded, whatever the length of the input: some batches of 256 KiB for each thread. A frame that is longer than a
batch is held whole, by each of the threads, as far as that is no more than 192 MiB for one file; so where memory is short a
--frame-length of more than 1 MiB is best avoided.";

pub const MANY_FILES: &str = "\
As many inputs are worked on at once as --jobs says, by default one for each core. Each asks KMS for itself: without --caching
many small files wait less with more jobs, for instance -j 32, which is how many calls are under way at most by default.
Records are written in the order in which the jobs end; with --ordered in the order of the inputs, which for a directory is
that of the file system. A failure is reported at once and the rest goes on; with --fail-fast nothing more is begun. At the
end, when there can be more inputs than one, a summary on standard error says what was done, skipped and failed, and how many
calls of KMS there were; -v names what was skipped.

--retry-failed RECORDS, with the same inputs and options as before, takes only those inputs whose last line in that metadata
file says that they failed. With --skip-existing a run that was interrupted is taken up.

--progress shows a bar at a terminal when the work takes more than a second; with --progress always there are lines in a log.

A signal (SIGINT, SIGTERM, SIGHUP) ends the run within a second: what is in hand is abandoned without a trace, what is done
is recorded. A second one ends it at once. Only a run that is killed leaves files behind: esdk clean removes them.
The last line of its metadata file can be cut off; it stays a line of its own when a later run writes behind it.";

pub const CACHING: &str = "\
With --caching a data key is used again for other inputs of the same run, so that many small files need few calls. It is in
memory only, and gone when the run ends. Fewer calls are cheaper and stay below the limits of KMS; they are also fewer lines in
its audit log, more plaintext under one key, and a key that was disabled or a permission that was withdrawn counts only after
max-age. Reuse as little as is enough.

When encrypting, all inputs have the same encryption context and the same data key, until a limit is reached. A data key is
never used beyond a limit: the length of an input is counted before it is encrypted. An input of which the length is not known
before (a pipe), one longer than max-bytes, and the algorithm suites without a key derivation have a data key of
their own. A file that grows while it is read is not encrypted: exit status 75.

When decrypting, the messages share a data key that have the same encrypted data keys and the same encryption context. Each is
verified in full. What does not open the first time is asked again the next time.";

pub const LIMITS: Rows = &[
    ("capacity=N", "Most data keys that are kept; the least recently used gives way."),
    ("max-age=SECONDS", "How long a data key is used after it came."),
    (
        "max-messages=N",
        "Most messages that are encrypted under one data key: 1 to 4294967296, the default. Decrypting, it has no effect.",
    ),
    (
        "max-bytes=N",
        "Most bytes of plaintext that are encrypted under one data key: 1 to 9223372036854775807, the default. Decrypting, \
         it has no effect.",
    ),
];

pub const METADATA: &str = "\
--metadata-output writes one JSON object a line and a job, when the job has ended, whether it was done or not. Bytes are in
base64.";

pub const METADATA_FIELDS: Rows = &[
    (
        "mode, input, output",
        "encrypt, decrypt, verify, rotate or inspect; full paths, or <stdin> and <stdout>.",
    ),
    ("input_bytes, output_bytes", "The bytes of a path that is not text."),
    ("status", "ok, failed or skipped; with error (kind and message) or reason."),
    (
        "header",
        "The message header: version, type, algorithm, message_id, encryption_context, encrypted_data_keys, content_type, \
         header_iv_length, frame_length, commitment_key. When decrypting failed, it may be forged. When rotating, that of \
         the new message.",
    ),
    ("header_auth", "iv and tag; when decrypting."),
    (
        "previous",
        "The message that was read when rotating: header and header_auth, which may be forged when it failed or was \
         skipped; wrapping_key, ciphertext_bytes and frames.",
    ),
    (
        "missing_encryption_context_keys, missing_encryption_context_pairs",
        "What was required with -c and not found; when decrypting.",
    ),
    ("plaintext_bytes, ciphertext_bytes, frames", "Sizes; when the job was done."),
    ("signature", "verified or none; of the message that was decrypted, when that was done."),
    ("wrapping_key", "The key that generated or unwrapped the data key."),
    (
        "verdicts",
        "What became of each encrypted data key; when decrypting, until one opened. A list of position (from 1), provider_id, \
         key_info, outcome (opened, refused, not-asked) and verdict (the reason in words).",
    ),
    ("seconds", "How long the job took."),
];

pub const WRAPPING_KEYS: &str = "\
The first -k or -w generates the data key, and all the others wrap it as well: any one of them opens the message.

-k KEY is an AWS KMS key. Encrypting takes a key ARN, a key id, an alias name (alias/NAME) or an alias ARN; decrypting
takes key ARNs only. A multi-Region key opens what any of its replicas wrapped, and the call goes to the Region of the key
that was named.

-w SPEC is name=value pairs, separated by commas; a comma in a value is written \\,. Names that can be given several times
are marked (repeat).";

pub const KMS_LIMITS: &str = "\
To decrypt, the keys of the caller's own Region are asked first, and then the others as they stand in the message. The own
Region is that of region=, --region, the profile or the environment; the instance is not asked for it. Of several names of one
multi-Region key the one in the own Region is asked first. A Region that does not answer is passed over for the rest of the
message, and the error, -v and the metadata tell what became of each encrypted data key.

One operation of KMS, with its 3 attempts and the pauses of random length between them, has --kms-timeout seconds, by default
60; an attempt has a sixth of that, and a connection a twelfth. All operations that are made to open one message have that
time together: each Region that is still to be asked has an equal share of what is left, so that a near Region that is silent
leaves the others theirs. With keys in two Regions the second is by default asked after 30 seconds at the latest. When the time is not
enough, the exit status is 75. Credentials that come from elsewhere have to come in it as well; waiting for --kms-in-flight
and --kms-rate does not count. At most --kms-in-flight calls are under way at once, and at most
--kms-rate requests a second are sent, repeated ones counted. From the 33rd call of a run the SDK's adaptive mode also sends
more slowly after a throttled request. Configuration, credentials and clients are had once a run; AWS_RETRY_MODE and
AWS_MAX_ATTEMPTS are not read.

A permission that is missing is told with its IAM action and key. KMS does not tell a wrong encryption context from a damaged
encrypted data key; under aws-kms-rsa the two are told apart.

The code of an MFA device cannot be typed here: for a profile with mfa_serial make a session first, for instance with
eval \"$(aws configure export-credentials --profile NAME --format env)\".";

pub const PROVIDERS: Rows = &[
    (
        "provider=aws-kms (the default)",
        "key= (repeat), and how they are reached: region=, profile=, endpoint-url=, grant-token= (repeat), role-arn= (a role \
         that is assumed through STS with the credentials that there are), role-session-name= (by default esdk) and \
         external-id= for it. Several groups stand side by side, each as it says. To decrypt only: discovery=true, which \
         tries the key that the message itself names, with discovery-account= (repeat) and discovery-partition=, both or \
         neither, to limit whose keys are tried, and discovery-region= (repeat, in order of preference) to limit which \
         Regions are asked for multi-Region keys.",
    ),
    (
        "provider=aws-kms-rsa",
        "An RSA key of KMS: key= (one key ARN), padding= (oaep-sha256, the default, or oaep-sha1), public-key-file=, and how \
         KMS is reached, as for aws-kms. Encrypting calls nobody when public-key-file= holds the key's public half (PEM or \
         DER), and GetPublicKey once a run when it is not given; nothing checks that the file belongs to the key. Decrypting \
         calls Decrypt. It goes with algorithm suites without a signature only (--unsigned), because whoever has the public \
         key can wrap a data key.",
    ),
    (
        "provider=raw-aes",
        "namespace=, name=, and key-file= (16, 24 or 32 bytes: raw, or in hexadecimal or base64) or key-env= (a variable \
         that holds hexadecimal or base64).",
    ),
    (
        "provider=raw-rsa",
        "namespace=, name=, padding= (oaep-sha256, the default, oaep-sha1, oaep-sha384, oaep-sha512, pkcs1), \
         public-key-file= to encrypt, private-key-file= to decrypt (PEM or DER: SPKI, certificate, PKCS#1, PKCS#8, \
         encrypted PKCS#8).",
    ),
    (
        "provider=local",
        "One AES-256 key of this user, made on first use. It exists on this machine only: for trying the tool and for tests.",
    ),
];
