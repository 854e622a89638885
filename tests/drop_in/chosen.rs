//! Calls that chance would not find soon: what the original's own tests hold, and corners of its argument parser.

use crate::arguments::Call;
use crate::world::World;

/// A line for each call. `E` stands for `-e -S -i p -o new -w key=<K1>`, `D` for `-d -S -i signed -o new -w key=<K1>`, `NAME <` for
/// a file or a text on standard input. No output is outside the folder: the original deletes the output of a failure whatever
/// it is, `/dev/null` too.
const LINES: &str = "
# Sources and destinations
-e -S -i link -o p -w key=<K1>
-e -S -i p -o link -w key=<K1>
-e -S -r -i dir -o folder-link -w key=<K1>
-e -S -i folder-link/f1 -o dir/f1 -w key=<K1>
-e -S -i dir/f1 -o dir --suffix -w key=<K1>
-e -S -i dir/f1 -o folder-link --suffix '' -w key=<K1>
-e -S -r -i dir -o out --suffix -w key=<K1>
-e -S -r -i dir/ -o out/ -w key=<K1>
-e -S -r -i ./dir/ -o out --suffix .TEXT -w key=<K1>
-e -S -r -i folder-link -o out -w key=<K1>
-e -S -r -i folder-link/ -o out -w key=<K1>
-e -S -i 'dir/*/f2' -o out -w key=<K1>
-e -S -i 'dir/**' -o out -w key=<K1>
-e -S -i 'dir/**/f3' -o out -w key=<K1>
-e -S -i '[!a-o]' -o out -w key=<K1>
-e -S -i '[p-' -o out -w key=<K1>
-e -S -i 'p[[]x]' -o out -w key=<K1>
-e -S -i new/ -o new -w key=<K1>
-e -S -i p -o new/ -w key=<K1>
-e -S -i p -o dir/sub -w key=<K1>
-e -S -i p -o ../new -w key=<K1>
-e -S -i ../here/p -o new -w key=<K1>
-e -S -i p -o link-out -w key=<K1>
-e -S -i p -o dangling -w key=<K1>
p < -e -S -i - -o dangling -w key=<K1>
-e -S -r -i 'd[!a]*' -o out -w key=<K1>
-e -S -i 'd[!a]*' -o out -w key=<K1>
-e -S -i p/ -o new -w key=<K1>
-e -S -i - -o - -w key=<K1>
-e -S -i p -o - --no-overwrite --interactive -w key=<K1>
-e -S -i dir -o - -w key=<K1>
-e -S -r -i dir -o - -w key=<K1>
-e -S -i '[pq]' -o - -w key=<K1>
p < -e -S -i - -o new -w key=<K1>
p < -e -S -i - -o existing -w key=<K1>
empty < -e -S -i - -o - -w key=<K1>
signed < -d -S -i - -o - -w key=<K1>
truncated < -d -S -i - -o new -w key=<K1>
truncated < -d -S -i - -o existing -w key=<K1>
p < -d -S -i - -o - -w key=<K1>
-d -S -r -i goes-on -o out -w key=<K1>
-d -S -r -i stops -o out -w key=<K1>
-d -S -r -i tree -o full -w discovery=true --suffix .x
-d -S -i truncated -o existing -w key=<K1>
-d -S -i damaged -o existing -w key=<K1>

# Overwriting
-e -S -i p -o existing --no-overwrite -w key=<K1>
-e -S -i p -o existing --no-overwrite --interactive -w key=<K1>
y < -e -S -i p -o existing --interactive -w key=<K1>
Y < -e -S -i p -o existing --interactive -w key=<K1>
yes < -e -S -i p -o existing --interactive -w key=<K1>
n < -e -S -i p -o existing --interactive -w key=<K1>
x < -e -S -i p -o existing --interactive -w key=<K1>
<newline> < -e -S -i p -o existing --interactive -w key=<K1>
-e -S -i p -o existing --interactive -w key=<K1>
y < -e -S -i p -o new --interactive -w key=<K1>
y < -e -S -q -i p -o existing --interactive -w key=<K1>
y < -e --metadata-output - -i p -o existing --interactive -w key=<K1>

# Release of plaintext
-d -S -i truncated -o - -w key=<K1>
-d -S -b -i truncated -o - -w key=<K1>
-d -S -i unsigned-truncated -o - -w key=<K1>
-d -S -b -i unsigned-truncated -o - -w key=<K1>
-d -S -i damaged -o - -w key=<K1>
-d -S -i unframed -o - -w key=<K1>
-e -S -b -i p -o - -w key=<K1>
-e -S -b -i p -o new -w key=<K1>
-e -S -b --encode -i p -o - -w key=<K1>
-e -S -b --decode -i p.base64 -o - -w key=<K1>
-e -S -b --decode -i p.bad64 -o - -w key=<K1>
-e -S -b --decode -i p.cut64 -o - -w key=<K1>

# Base64
E --encode
E --decode
-e -S -i p.base64 -o new --decode -w key=<K1>
-e -S -i p.lines -o new --decode -w key=<K1>
-e -S -i p.bad64 -o new --decode -w key=<K1>
-e -S -i p.cut64 -o new --decode -w key=<K1>
-e -S -i p.base64 -o new --decode --encode -w key=<K1>
-e -S -i empty -o new --decode --encode -w key=<K1>
-d -S -i base64 -o new --decode -w key=<K1>
-d -S -i base64 -o new --decode --encode -w key=<K1>
-d -S -i signed -o new --encode -w key=<K1>
-d -S -i signed -o new --decode -w key=<K1>
base64 < -d -S -i - -o - --decode -w key=<K1>

# Encrypted data keys
E --max-encrypted-data-keys 1
E --max-encrypted-data-keys 65535
E --max-encrypted-data-keys 65536
E --max-encrypted-data-keys 0
E --max-encrypted-data-keys -1
E --max-encrypted-data-keys=-1
E --max-encrypted-data-keys ''
E -w key=<K1> --max-encrypted-data-keys 2
E -w key=<K1> -w key=<K1> --max-encrypted-data-keys 3
E -w key=<K1> -w key=<K1> -w key=<K1> --max-encrypted-data-keys 3
E -w key=<K1> key=<K1> key=<K2>
-e -S -i p -o new -w key=<K1> key=<K1>
-d -S -i two -o new -w key=<K2> --max-encrypted-data-keys 1
-d -S -i two -o new -w key=<K2> --max-encrypted-data-keys 2
-d -S -i two -o new -w key=<K2> --max-encrypted-data-keys 0

# Keys
-d -S -i signed -o new -w key=<CUT>
-d -S -i signed -o existing -w key=<K2>
-d -S -i signed -o new -w discovery=true -w discovery=true discovery-account=123456789012 discovery-partition=aws
-d -S -i signed -o new -w discovery=true discovery-account=999988887777 discovery-partition=aws
-d -S -i far -o new -w discovery=true
-d -S -i far -o new -w discovery=true region=us-west-2
-d -S -i far -o new -w key=<FAR> region=us-west-2
-d -S -i signed -o new -w 'key=<K1> '
-e -S -i p -o new -w provider=aws-kms key=<K1> -w provider=nope key=1
-e -S -i p -o new -w provider=nope::nope key=1
-e -S -i p -o new -w provider=nope::aws-kms key=<K1>
-e -S -i p -o new -w provider=::aws-kms key=<K1>
-e -S -i p -o new -w provider=::nope key=1
-e -S -i p -o new -w provider=aws-encryption-sdk-cli::nope key=1
-e -S -i p -o new -w key=<ALIAS>
-e -S -i p -o new -w key=<ALIAS ARN>
-e -S -i p -o new -w key=<ID>
-e -S -i p -o new -w key=<ID> region=eu-central-1
-e -S -i p -o new -w key=<ALIAS> profile=named
-e -S -i p -o new -w key=<ALIAS> profile=named region=us-west-2
-d -S -i signed -o new -w key=<K1> profile=named
-d -S -i far -o new -w discovery=true profile=named
-e -S -i p -o new -w key=<K1> Key=<K2>
-e -S -i p -o new -w key=<K1> discovery=x
-d -S -i signed -o new -w discovery=true discovery=x
-d -S -i signed -o new -w discovery=x discovery=true
-d -S -i signed -o new -w discovery=False key=<K1> discovery-account=1
-d -S -i signed -o new -w provider=aws-kms discovery=TRUE
-d -S -i signed -o new -w key=<K1> provider=aws-kms provider=aws-kms

# Encryption context
D -c a
D -c c
D -c a c
D -c a=b
D -c a=b c
D -c c=d
D -c a c=d
D -c a=b c=d
D -c a=x
D -c c=d a=b zz
D -c a=b a=x
D -c zz yy=x --no-overwrite
-d -S -i signed -o - -w key=<K1> -c zz
-d -S -i unsigned -o - -w key=<K1> -c a=x
-d -S -i unsigned -o existing -w key=<K1> -c a=x
signed < -d -S -i - -o - -w key=<K1> -c zz
signed < -d -S -i - -o new -w key=<K1> -c zz
-d --metadata-output records -i signed -o - -w key=<K1> -c a=x zz
-d --metadata-output - -i unsigned -o new -w key=<K1> -c a=x c=y
-d -S -i signed -o new -c aws-crypto-public-key -w key=<K1>
E -c =
E -c a==
E -c

# Metadata
-e --metadata-output records -i p -o new -w key=<K1>
-e --metadata-output records --overwrite-metadata -i p -o new -w key=<K1>
-e --metadata-output new-records --overwrite-metadata -r -i dir -o out -w key=<K1>
-d --metadata-output new-records -r -i tree -o out -w key=<K1>
-d --metadata-output new-records -i goes-on -r -o out -w key=<K1>
-d --metadata-output new-records -i truncated -o new -w key=<K1>
-d --metadata-output - -i damaged -o new -w key=<K1>
-d --metadata-output new-records -i legacy -o new -w key=<K1>
-d --metadata-output new-records -i legacy -o new -w key=<K1> --commitment-policy require-encrypt-allow-decrypt
-d --metadata-output new-records -i legacy-signed -o new -w key=<K1> --commitment-policy forbid-encrypt-allow-decrypt
-d --metadata-output new-records -i unframed -o new -w key=<K1>
-d --metadata-output new-records -i two -o new -w key=<K2>
--decrypt-unsigned --metadata-output new-records -i unsigned -o new -w key=<K1>
signed < -d --metadata-output new-records -i - -o - -w key=<K1>
-d --metadata-output link -i signed -o p -w key=<K1>
-d --metadata-output link -i signed -o new -w key=<K1>
-d --metadata-output dangling -i signed -o new -w key=<K1>
-e --metadata-output no/m
-e -S --metadata-output no/m -i p
--metadata-output '' -i p -o new -e -w key=<K1>
-S --overwrite-metadata -i p -o new -e -w key=<K1>

# Limits and suites
E --frame-length 128
E --frame-length=-128
E --frame-length=-128 --algorithm AES_256_GCM_IV12_TAG16
E --frame-length ' 1_28 '
E --frame-length 4294967296
E --frame-length 2147483648
D --max-length 4095
D --max-length 4096
D --max-length 0
D --max-length -1
-d -S -i unframed -o new -w key=<K1> --max-length 9999
-d -S -i unframed -o new -w key=<K1> --max-length 10000
D --frame-length -5 --algorithm AES_256_GCM_IV12_TAG16
E --commitment-policy require-encrypt-allow-decrypt --algorithm AES_256_GCM_IV12_TAG16
E --commitment-policy forbid-encrypt-allow-decrypt
E --commitment-policy forbid-encrypt-allow-decrypt --algorithm AES_256_GCM_HKDF_SHA512_COMMIT_KEY
E --commitment-policy nope --commitment-policy require-encrypt-allow-decrypt
E --commitment-policy require-encrypt-allow-decrypt --commitment-policy forbid-encrypt-allow-decrypt
D --commitment-policy forbid-encrypt-allow-decrypt
--decrypt-unsigned -S -i signed -o existing -w key=<K1>
--decrypt-unsigned -S -i legacy -o new -w key=<K1> --commitment-policy require-encrypt-allow-decrypt
E --caching capacity=10 max_age=60.0
E --caching capacity=0 max_age=60.0
E --caching capacity=1 max_age=0
E --caching capacity=1 max_age=-0.5
E --caching capacity=1 max_age=inf
E --caching capacity=1 max_age=1_0.5
E --caching capacity=x max_age=1
E --caching capacity=1 max_age=x
E --caching capacity=1 max_age=1 max_messages_encrypted=0
E --caching capacity=1 max_age=1 max_messages_encrypted=4294967297
E --caching capacity=1 max_age=1 max_bytes_encrypted=0
E --caching capacity=1 max_age=1 max_bytes_encrypted=9999
E --caching capacity=1 max_age=1 max_bytes_encrypted=10000
E --caching capacity=1 max_age=1 max_bytes_encrypted=-1
-e -S -r -i dir -o out -w key=<K1> --caching capacity=10 max_age=60.0
D --caching capacity=10 max_age=60.0

# Words
--version
--version -e
-e --version
-h
E -h
--help --nope
--vers
E --
E -- stray
E stray
E stray -r more
-e -S stray -i p -o new -w key=<K1>
E -x
E -rv
E -rx
E -r=x
E --recursive=x
E --nope=x
E --n
E --no
E --over
E --max 3
E -en
E -input
E -input=x
E -version
E -buffer
E -recursive
E -wrapping-keys key=<K1>
E -encryption-context a=b
E -decrypt-unsigned
E -quiet -interactive
E -suppress
E -e
E -S
E -S -S --suppress-metadata
E --encrypt
E -d
E --decrypt-unsigned
E -vq
E -q
E -v
-d -S -v -i signed -o new -w discovery=true
-d -S -v -r -i tree -o out -w discovery=true
E -i q
E -o new
E -c a=b -c c=d
E --suffix x --suffix y
E --suffix --suffix
E --caching capacity=1 max_age=1 --caching capacity=1 max_age=1
E --frame-length 1 --frame-length 2
E --max-length 1 --max-length 2
E --max-encrypted-data-keys 1 --max-encrypted-data-keys 2
E --algorithm
E --frame-length
E --commitment-policy
E -w
E --required-encryption-context-keys
E --required-encryption-context-keys a
E --required-encryption-context-keys a --required-encryption-context-keys b
E --required a
-e -S -ip -onew -wkey=<K1>
-eS -i=p -o=new -w=key=<K1>
-eSr -i p -o new -w key=<K1>
-eSip -o new -w key=<K1>
-Sei p -o new -w key=<K1>
-eSd -i p -o new -w key=<K1>
-e -S -i -p -o new -w key=<K1>
-e -S -i=-p -o new -w key=<K1>
-e -S -i -- -o new -w key=<K1>
-e -S -i 'p two' -o new -w key=<K1>
-e -S -i p -o '-5' -w key=<K1>
-e -S -i p -o '- x' -w key=<K1>
-e -S -i p -o new -w key=<K1> -c '-a=b'
-e -S -i p -o new -w key=<K1> -c '-a =b c'
-e -S -i p -o new -w key=<K1> -c -1
E --encryption-context=a=b
E --encryption-context=a=b c=d
E --enc
E --encry
E --encryption
E --encryption a=b
E --encr

# Argument files
E @blank.conf
E @quotes.conf
E @variables.conf
-e -S -i p -w key=<K1> @home.conf
E @broken.conf
E @escape.conf
E @across.conf
E @missing.conf
E @nosuch.conf
E @dir
E @
E @nested.conf
-e -i p -o new -w key=<K1> @crlf.conf
-S -i signed -o new @decrypt.conf
E -c @blank.conf
E -i @nosuch.conf
E --suffix=@nosuch.conf
";

/// A call that does not come out the same, and is not meant to.
pub struct Other {
    pub line: &'static str,
    /// The exit statuses of the original and of the drop-in.
    pub theirs: i64,
    pub ours: i64,
    pub reason: &'static str,
}

/// All that are known beyond a failure's. `DIFFERENCES` of the manual page has those that a script can come to depend on.
pub const OTHERS: &[Other] = &[
    Other {
        line: "-e -S -i dangling -o new -w key=<K1>",
        theirs: 0,
        ours: 1,
        reason: "a link that leads nowhere is an input that is not there: a failure, and not passed over without a word",
    },
    Other {
        line: "-d -S -i truncated -o dangling -w key=<K1>",
        theirs: 1,
        ours: 1,
        reason: "the original removes the link, and leaves a part of the plaintext where it leads to",
    },
    Other {
        line: "-d -S -i trailing -o new -w key=<K1>",
        theirs: 0,
        ours: 1,
        reason: "bytes behind the message may be another's, and nobody has authenticated them",
    },
    Other { line: "-d -S -i trailing -o - -w key=<K1>", theirs: 0, ours: 1, reason: "the same" },
    Other {
        line: "E -c aws-crypto-x=y",
        theirs: 0,
        ours: 1,
        reason: "the message format reserves these names",
    },
    Other { line: "E -c aws-crypto-public-key=x", theirs: 0, ours: 1, reason: "the same" },
    Other {
        line: "E --frame-length 0",
        theirs: 0,
        ours: 0,
        reason: "unframed messages are read, and not written: frames of the usual length",
    },
    Other {
        line: "E --max-length 100000",
        theirs: 1,
        ours: 0,
        reason: "the original fails over the option, which is for decryption",
    },
    Other {
        line: "-d -S -i signed -o new -w key=<K2> -w key=<K1>",
        theirs: 1,
        ours: 0,
        reason: "the original decrypts with the keys of the first group only",
    },
    Other {
        line: "-d -S -i signed -o new -w key=<K2> -w discovery=true",
        theirs: 1,
        ours: 0,
        reason: "the same",
    },
    Other {
        line: "-e --metadata-output - --overwrite-metadata -r -i dir -o out -w key=<K1>",
        theirs: 1,
        ours: 0,
        reason: "the original fails over the second file",
    },
    Other {
        line: "-d --metadata-output output -i signed -o out -w key=<K1>",
        theirs: 1,
        ours: 0,
        reason: "the original takes `output` for a file in `out`",
    },
    Other {
        line: "E --caching capacity=1 max_age=nan",
        theirs: 0,
        ours: 1,
        reason: "an age that is no number",
    },
];

/// All that are to come out the same.
pub fn calls(world: &World) -> Vec<(String, Call)> {
    let lines = LINES.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(|line| ("chosen".to_owned(), call(world, line))).collect()
}

pub fn call(world: &World, line: &str) -> Call {
    let (input, line) = line.split_once(" < ").unwrap_or(("", line));
    let standard_input = match input {
        "" => Vec::new(),
        "<newline>" => b"\n".to_vec(),
        text if text.len() > 3 || text == "p" => world.content(text),
        text => format!("{text}\n").into_bytes(),
    };
    let line = match line.split_once(' ').unwrap_or((line, "")) {
        ("E", rest) => format!("-e -S -i p -o new -w key=<K1> {rest}"),
        ("D", rest) => format!("-d -S -i signed -o new -w key=<K1> {rest}"),
        _ => line.to_owned(),
    };
    Call::typed(world, &line, &standard_input)
}
