//! The texts of `esdk-rotate.1`.

use super::{ALL_STATUSES, ENVIRONMENT, Texts};

pub(super) const ROTATE: Texts = Texts {
    description: "\
Each INPUT is one message. It is decrypted as decrypt does it, with -k and -w, and the plaintext is encrypted anew under the
keys of --to-kms-key and --to-wrapping-keys, in one pass. Nothing of the old keys is left in the new message, which has a data
key and a message id of its own: the first new key generates the data key, and all the others wrap it as well. --profile,
--region and --endpoint-url count for both sides.

Without -o a file is rotated in its place: the new message takes the name of the old one when it is whole, and no -f is needed.
Behind a symbolic link the file is replaced and the link stays. A file of several names (hard links) is refused, because
the others would keep the old message. Standard input goes to standard output. With -o DIR names are kept. With
-r the files of a directory are taken that have the suffix, as decrypt takes them. --caching counts for the old messages
only: each new one has a data key of its own.

What is not changed is kept: the stored encryption context, the frame length, whether the message is signed, and the
algorithm suite, as far as --commitment-policy lets it be written. With require-encrypt-allow-decrypt a message of a suite that
does not commit to its key is read, and becomes one of the committing suite that signs, or does not sign, as the old one: that
is how old messages are brought up to date. The other way round nothing is done unasked: with forbid-encrypt-allow-decrypt a
message that commits needs --algorithm. A body that is not framed becomes frames of 4096 bytes. A pair that -c gives and that
is authenticated without being stored stays so.

--set-context and --unset-context change what is stored. What -c requires must be true of the old message.

--if-needed leaves a file alone, and its exit status at 0, when the encrypted data keys in its header are those of exactly the
new keys, and no change that was asked for would change it. KMS keys are compared by their ARNs, so that the new ones have to
be given by theirs; raw keys by namespace and name, and AES keys are tried. No call is made for that, and the header is not
verified: who changes the names in it, without having the data key, makes a message that no key opens, which verify shows. It is for files in their
place only, where a run that was interrupted can be taken up again.",
    environment: ENVIRONMENT,
    statuses: ALL_STATUSES,
    guarantees: "\
No plaintext is written to a file: it goes from decryption to encryption in memory, less than 1 MiB of it at a time. Swap and
core dumps are the operating system's. Memory does not grow with the length of a message; a frame is held whole on both sides.

A file gets its name after everything of the old message has been verified (header, every frame, the signature when there is
one, and that nothing follows it), the new one has been written under another name (mode 0600, ending in .esdk.part, same
directory), synced, read back and verified under its own data key to its end, and its plaintext found to be that of the old one.
Until then, and when anything fails, the old message is untouched and no new one is there. Reading back asks no key, and needs
no permission to decrypt with the new ones.

In its place the file keeps its permission bits, and its owner and group where that is allowed; its times with --preserve
only, and not its extended attributes and access control lists. One that somebody has changed or replaced while it was read is refused, and what is
there then stays: the last look at it is right before the rename.

What goes to a pipe, a terminal or a device begins when everything of the old message has been verified, whether it is signed
or not; it is not read back. For that a file is read twice, and what comes through a pipe is kept as ciphertext, in memory up
to 16 MiB, then in a temporary file without a name (in TMPDIR). What has been written before a failure is not a message: no AWS
Encryption SDK decrypts it whole.

The signature of the new message is made by this run: it says no longer who made the old one. That the old one was signed and
verified is in the metadata. Whoever still has a copy of the old message and its key can open that one as before.

The exit status is 0 only when every input was rotated whole, or passed over with --if-needed or --skip-existing.",
};
