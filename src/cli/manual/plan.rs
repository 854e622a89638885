//! The texts of `esdk-plan.1`.

use super::{ALL_STATUSES, ENVIRONMENT, Texts};

pub(super) const PLAN: Texts = Texts {
    description: "\
Shows which calls of KMS encrypt or decrypt would make with the same arguments, in which Region and under which key, how many
for all inputs, without data key caching and with it, and the IAM policy that they need. It is shown on standard output:
as text, with --json as lines of JSON, with --iam-policy as the policy alone. Warnings and errors go to standard error.

Inputs are gone through as the command goes through them: directories, patterns, lists, what is left out, what is there already.
Of files to encrypt only the length is looked at, of messages the header is read. What comes through standard input or a pipe
to decrypt is read for that, and gone; to encrypt it is not touched, and its length is not known. The INPUT ec2:user-data is
read as decrypt reads it.

Encrypting generates a data key for each message with the first key (GenerateDataKey) and wraps it with each of the others
(Encrypt); a KMS RSA key takes no call, or without public-key-file= one GetPublicKey a run. Decrypting asks for a message's
encrypted data keys one after the other until one opens it (Decrypt), those in the caller's own Region first: a message takes
one call when the first opens it, and all of them when only the last does. What is not asked is shown with the reason. For more
than 20 messages this is summed up, and -v shows each. A key of this process takes no call. A call that fails for the moment is sent up to three times;
that is not counted. An endpoint is shown when --endpoint-url or endpoint-url= names it, and not when the environment does.

With --caching the calls are counted for the inputs in their order, and no data key growing older than max-age= while the run
goes on; how many there are at least in any order, and how many when none is used again, is shown beside that. When --caching is not given,
an example is counted with.

The policy has a statement for each action with exactly the keys that would be asked, and the pairs of -c and of
--unstored-context as conditions (kms:EncryptionContext:KEY), but for keys that a condition cannot name or that differ from another in case only. Of an alias
the key is not known: the policy allows the keys of its Region that are asked for by this alias (kms:RequestAlias), and for an
alias name or a key id those of the caller's own account. With role-arn=, or a profile that
takes a role, there are several principals, and the policies are in one JSON object by their names: caller, profile NAME, or the
role's ARN, each as put-role-policy takes it; the caller's, and that of a profile's source, allows to assume the role. Where a
profile takes a role, what is called by the profile's name is the policy of that role. The policies of the keys, which have to allow another account's callers, are not known here. By headers that nobody has
verified, whoever can write a message decides which keys the policy of decrypt names, within the keys and accounts that are
given: read it before it is used. An ARN that is a pattern is in none. When no call is made,
no policy is printed: IAM takes none without statements.

It is warned of discovery without a filter, of keys of one Region only, of algorithm suites that do not commit to their data
key, and of aliases, which can be moved to another key.

Each line of --json is about one input: input, output, status (planned, failed, skipped), error or reason, and for messages
attempts, not_asked, fewest_calls and most_calls. The last one is about all: mode, inputs, calls, by_key, iam_policies and
warnings.",
    environment: ENVIRONMENT,
    statuses: ALL_STATUSES,
    guarantees: "\
KMS, STS and the credentials of AWS are not asked for anything, and none are needed. No file is made, written or removed, no
metadata among them, and no key of provider=local. No passphrase is asked for.

What the command would refuse before its first call is refused here in the same words and with the same exit status: inputs
that cannot be read or are no messages, outputs that exist, requirements that are not met, messages that none of the keys
would be asked for. What only a call, or reading to the end, would show is not found. The exit status is 0 when nothing was
found.",
};
