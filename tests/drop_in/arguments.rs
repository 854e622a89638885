//! Argument lists by chance, good ones and bad ones, from a table of the original's options.

use crate::world::World;

/// The same numbers after the same seed: SplitMix64.
pub struct Chance(u64);

impl Chance {
    pub fn new(seed: u64) -> Chance {
        Chance(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, count: usize) -> usize {
        let count = u64::try_from(count).expect("64 bits");
        usize::try_from(self.next() % count).expect("less than a usize")
    }

    /// True in so many of a hundred cases.
    fn percent(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    fn one<'a, T: ?Sized>(&mut self, of: &[&'a T]) -> &'a T {
        of[self.below(of.len())]
    }

    fn shuffle<T>(&mut self, list: &mut [T]) {
        for end in (1..list.len()).rev() {
            list.swap(end, self.below(end + 1));
        }
    }
}

/// An option, how often it is there, and what its values may be. A value is words, with `,` between.
struct Row {
    short: Option<char>,
    long: &'static str,
    /// In how many of a hundred lists.
    percent: usize,
    takes: Takes,
    good: &'static [&'static str],
    bad: &'static [&'static str],
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Takes {
    Nothing,
    One,
    AtMostOne,
    Several,
}

const ALGORITHMS: &[&str] = &[
    "AES_256_GCM_HKDF_SHA512_COMMIT_KEY_ECDSA_P384",
    "AES_256_GCM_HKDF_SHA512_COMMIT_KEY",
    "AES_256_GCM_IV12_TAG16_HKDF_SHA384_ECDSA_P384",
    "AES_192_GCM_IV12_TAG16_HKDF_SHA384_ECDSA_P384",
    "AES_128_GCM_IV12_TAG16_HKDF_SHA256_ECDSA_P256",
    "AES_256_GCM_IV12_TAG16_HKDF_SHA256",
    "AES_192_GCM_IV12_TAG16_HKDF_SHA256",
    "AES_128_GCM_IV12_TAG16_HKDF_SHA256",
    "AES_256_GCM_IV12_TAG16",
    "AES_192_GCM_IV12_TAG16",
    "AES_128_GCM_IV12_TAG16",
];

const fn flag(short: Option<char>, long: &'static str, percent: usize) -> Row {
    Row { short, long, percent, takes: Takes::Nothing, good: &[""], bad: &[] }
}

const INPUT: Row =
    Row { short: Some('i'), long: "--input", percent: 100, takes: Takes::One, good: &[], bad: &[] };
const OUTPUT: Row = Row {
    short: Some('o'),
    long: "--output",
    percent: 100,
    takes: Takes::One,
    good: &[
        "new",
        "new",
        "new",
        "new",
        "./new",
        "<HERE>/new",
        "existing",
        "existing",
        "out",
        "out",
        "out/",
        "full",
        "full",
        "-",
        "-",
        "link-out",
    ],
    bad: &["no/such/folder", "p", "signed", "link", "dir", "tree"],
};
const ENCRYPT_INPUTS: &[&str] = &[
    "p",
    "p",
    "p",
    "p",
    "q",
    "empty",
    "exact",
    "p two",
    "-",
    "-",
    "link",
    "dir",
    "one",
    "folder-link",
    "[pq]",
    "p*",
    "./p",
    "<HERE>/p",
    "dir/sub/../f1",
    "d*/f1",
    "dir/*",
    "?",
];
const DECRYPT_INPUTS: &[&str] = &[
    "signed",
    "signed",
    "signed",
    "signed",
    "unsigned",
    "unsigned",
    "legacy",
    "legacy-signed",
    "two",
    "far",
    "unframed",
    "-",
    "-",
    "signed-link",
    "tree",
    "tree",
    "sign*d",
    "./signed",
    "<HERE>/unsigned",
    "tree/sub/b",
];
const BAD_INPUTS: &[&str] = &[
    "nosuch",
    "no*such",
    "",
    "existing",
    "truncated",
    "unsigned-truncated",
    "damaged",
    "p",
    "empty",
    "stops",
    "goes-on",
    "out",
    "base64",
    "p.base64",
    "full",
];
const ENCRYPT_KEYS: Row = Row {
    short: Some('w'),
    long: "--wrapping-keys",
    percent: 100,
    takes: Takes::Several,
    good: &[
        "key=<K1>",
        "key=<K1>",
        "key=<K1>",
        "key=<K1>,key=<K2>",
        "key=<K1>,key=<FAR>",
        "provider=aws-kms,key=<K2>",
        "provider=aws-encryption-sdk-cli::aws-kms,key=<K1>",
        "key=<ALIAS>",
        "key=<ALIAS ARN>",
        "key=<ID>",
        "key=<ID>,region=us-west-2",
        "key=<K1>,region=eu-central-1",
        "key=<K1>,key=<K1>",
        "region=us-west-2,key=<ALIAS>,key=<FAR>",
    ],
    bad: &[
        "key",
        "key=",
        "=<K1>",
        "discovery=true",
        "discovery=false,key=<K1>",
        "discovery-account=1,key=<K1>",
        "provider=aws-kms",
        "provider=a,provider=b,key=k",
        "provider=nope,key=k",
        "provider=nope,discovery=true",
        "provider=pkg::aws-kms,key=<K1>",
        "key=<K1>,region=a,region=b",
        "key=<K1>,profile=a,profile=b",
        "key=<K1>,profile=nope",
        "key=<CUT>",
        "key=alias/none",
        "key=<ALIAS>,region=eu-central-1",
        "key=<K1>,colour=red",
        "key=not:an:arn",
        "provider=a::b::c,key=k",
        "",
    ],
};
const DECRYPT_KEYS: Row = Row {
    short: Some('w'),
    long: "--wrapping-keys",
    percent: 100,
    takes: Takes::Several,
    good: &[
        "key=<K1>",
        "key=<K1>",
        "discovery=true",
        "discovery=true",
        "discovery=YES",
        "discovery=1",
        "discovery=t,region=us-west-2",
        "discovery=false,key=<K1>",
        "discovery=n,key=<K1>",
        "key=<K1>,key=<K2>",
        "key=<K2>,key=<K1>",
        "discovery=true,discovery-account=123456789012,discovery-partition=aws",
        "discovery=true,discovery-account=1,discovery-account=123456789012,discovery-partition=aws",
        "provider=aws-encryption-sdk-cli::aws-kms,discovery=true",
        "discovery=true,discovery=false",
        "key=<FAR>,key=<K1>",
    ],
    bad: &[
        "key",
        "key=",
        "provider=aws-kms",
        "discovery=maybe",
        "discovery=",
        "discovery=true,key=<K1>",
        "discovery=false",
        "discovery=true,discovery-account=1",
        "discovery=true,discovery-partition=aws",
        "discovery-account=1,discovery-partition=aws,key=<K1>",
        "discovery=false,discovery-account=1,key=<K1>",
        "discovery=true,discovery-account=1,discovery-partition=aws,discovery-partition=b",
        "discovery=true,discovery-account=999988887777,discovery-partition=aws",
        "discovery=true,discovery-account=123456789012,discovery-partition=aws-cn",
        "key=<K2>",
        "key=<CUT>",
        "key=<ALIAS>",
        "key=<ALIAS ARN>",
        "key=<ID>",
        "discovery=true,region=a,region=b",
        "discovery=true,profile=nope",
        "provider=nope,key=k",
        "provider=nope,discovery=true",
        "discovery=true,colour=red",
        "key=not:an:arn",
        "discovery=true,region=eu-central-1",
    ],
};
const ENCRYPT_CONTEXT: Row = Row {
    short: Some('c'),
    long: "--encryption-context",
    percent: 50,
    takes: Takes::Several,
    good: &["a=b", "a=b,c=d", "a=b=c", "key 1=value 1,k=\u{fc}", "a=b,a=c", "x==", "\u{1f512}=1,\u{ff5e}=2"],
    bad: &["a", "a=", "=b", "a=b,c", ""],
};
const DECRYPT_CONTEXT: Row = Row {
    short: Some('c'),
    long: "--encryption-context",
    percent: 40,
    takes: Takes::Several,
    good: &["a", "a=b", "a,a=b", "a=b,a=c"],
    bad: &["zz", "a=zz", "c=d", "a=b,zz=y", "a=", "=b", "", "aws-crypto-public-key", "a,zz,yy"],
};
const METADATA: Row = Row {
    short: None,
    long: "--metadata-output",
    percent: 0,
    takes: Takes::One,
    good: &["new-records", "new-records", "records", "-", "./records", "<HERE>/new-records"],
    bad: &[
        "out/m",
        "p",
        "signed",
        "new",
        "existing",
        "link",
        "out",
        "no/m",
        "",
        "dir/m",
        "link-out",
        "full/p.encrypted",
    ],
};

/// All other options.
const OTHERS: &[Row] = &[
    flag(None, "--overwrite-metadata", 15),
    Row {
        short: None,
        long: "--commitment-policy",
        percent: 25,
        takes: Takes::One,
        good: &[
            "require-encrypt-require-decrypt",
            "require-encrypt-allow-decrypt",
            "forbid-encrypt-allow-decrypt",
        ],
        bad: &["nope", "", "REQUIRE_ENCRYPT_REQUIRE_DECRYPT"],
    },
    Row {
        short: None,
        long: "--caching",
        percent: 10,
        takes: Takes::Several,
        good: &[
            "capacity=10,max_age=60.0",
            "max_age=1e3,capacity=1",
            "capacity=2,max_age=60,max_messages_encrypted=3",
            "capacity=2,max_age=60,max_bytes_encrypted=100000",
            "capacity=1,max_age=5,capacity=9",
        ],
        bad: &[
            "capacity=10",
            "max_age=10",
            "capacity=1,max_age=1,x=1",
            "capacity",
            "capacity=x,max_age=1",
            "capacity=1,max_age=x",
            "capacity=0,max_age=1",
            "capacity=1,max_age=0",
            "capacity=1,max_age=-1",
            "capacity=1.5,max_age=1",
            "capacity=1,max_age=1,max_messages_encrypted=0",
            "capacity=1,max_age=1,max_bytes_encrypted=-1",
        ],
    },
    flag(Some('b'), "--buffer", 25),
    flag(None, "--encode", 15),
    flag(None, "--decode", 6),
    Row {
        short: None,
        long: "--algorithm",
        percent: 25,
        takes: Takes::One,
        good: ALGORITHMS,
        bad: &["NOPE", "", "aes_256_gcm_iv12_tag16", "0x0578"],
    },
    Row {
        short: None,
        long: "--frame-length",
        percent: 20,
        takes: Takes::One,
        good: &["128", "4096", "1024", "65536", " 256 ", "+128", "1_28", "00128"],
        bad: &["x", "-5", "1", "100", "-128", "1.5", "", "0x80", "4294967296", "1__28", "_128"],
    },
    Row {
        short: None,
        long: "--max-length",
        percent: 15,
        takes: Takes::One,
        good: &["4096", "100000", "10000"],
        bad: &["10", "0", "-1", "x", "127"],
    },
    Row {
        short: None,
        long: "--max-encrypted-data-keys",
        percent: 15,
        takes: Takes::One,
        good: &["2", "3", "65535", "65536", "10"],
        bad: &["1", "0", "-1", "x"],
    },
    Row {
        short: None,
        long: "--suffix",
        percent: 15,
        takes: Takes::AtMostOne,
        good: &[".x", "x", "", ".encrypted", "NONE"],
        bad: &["/x", ".x/y"],
    },
    flag(None, "--interactive", 10),
    flag(None, "--no-overwrite", 8),
    flag(Some('r'), "--recursive", 45),
    flag(Some('R'), "--recursive", 5),
    flag(Some('q'), "--quiet", 8),
    flag(Some('v'), "-v", 5),
];

/// What can be wrong with a list as a whole.
const STRAY: &[&str] = &[
    "stray",
    "--nope",
    "-x",
    "-",
    "--",
    "@nosuch.conf",
    "@keys.conf",
    "@nested.conf",
    "-encrypt",
    "-input",
    "--required-encryption-context-keys",
];

/// One call.
#[derive(Clone, Debug)]
pub struct Call {
    /// Words, in which `<HERE>` stands for the working folder.
    pub words: Vec<String>,
    pub standard_input: Vec<u8>,
    /// Whether it is the input, and not an answer to a question.
    pub reads_standard_input: bool,
}

impl Call {
    /// The call of this number.
    pub fn by_chance(world: &World, seed: u64) -> Call {
        let mut chance = Chance::new(seed);
        // Lists that are good to the last word are the ones that run.
        let mischief = if chance.percent(50) { 0 } else { 1 + chance.below(2) };
        let mut spots: Vec<usize> = (0..mischief).map(|_| chance.below(12)).collect();
        let mut is_bad =
            |spot: usize| spots.iter().position(|one| *one == spot).map(|at| spots.remove(at)).is_some();

        let is_encrypt = chance.percent(50);
        let action = match is_encrypt {
            true => *chance.one(&[&["-e", "--encrypt"]]),
            false if chance.percent(80) => *chance.one(&[&["-d", "--decrypt"]]),
            false => ["--decrypt-unsigned", "--decrypt-u"],
        };
        let mut groups: Vec<Vec<String>> = vec![vec![action[chance.below(2)].to_owned()]];
        let input = if is_bad(0) {
            chance.one(BAD_INPUTS)
        } else if is_encrypt {
            chance.one(ENCRYPT_INPUTS)
        } else {
            chance.one(DECRYPT_INPUTS)
        };
        groups.push(spelled(&INPUT, input, &mut chance));
        for (spot, row) in [
            (1, &OUTPUT),
            (2, if is_encrypt { &ENCRYPT_KEYS } else { &DECRYPT_KEYS }),
            (3, if is_encrypt { &ENCRYPT_CONTEXT } else { &DECRYPT_CONTEXT }),
        ] {
            let bad = is_bad(spot);
            if bad || chance.percent(row.percent) {
                groups.push(any(row, bad, &mut chance));
            }
        }
        // The original decrypts with the keys of the first group only: see `chosen`.
        if is_encrypt && chance.percent(20) {
            groups.push(any(&ENCRYPT_KEYS, false, &mut chance));
        }
        let bad_metadata = is_bad(4);
        if bad_metadata || chance.percent(40) {
            groups.push(any(&METADATA, bad_metadata, &mut chance));
        } else {
            groups.push(vec![
                (*chance.one(&[&["-S", "--suppress-metadata", "--sup"]]))[chance.below(3)].to_owned(),
            ]);
        }
        let bad_other = if is_bad(5) || is_bad(6) { chance.below(OTHERS.len()) } else { OTHERS.len() };
        for (at, row) in OTHERS.iter().enumerate() {
            let bad = at == bad_other && !row.bad.is_empty();
            let is_left_out = match row.long {
                // It would take the beginning of the message for an answer.
                "--interactive" => input == "-",
                // The original fails over the first, and over the second from the second file on: see `chosen`.
                "--max-length" => is_encrypt,
                "--overwrite-metadata" => groups.iter().flatten().any(|word| word == "-"),
                _ => false,
            };
            if is_left_out {
                continue;
            }
            if bad || chance.percent(row.percent) {
                groups.push(any(row, bad, &mut chance));
            }
        }
        if is_bad(7) || is_bad(8) {
            groups.remove(chance.below(groups.len().min(6)));
        }
        if is_bad(9) {
            let again = groups[chance.below(groups.len())].clone();
            groups.push(again);
        }
        if is_bad(10) || is_bad(11) {
            groups.push(vec![(*chance.one(STRAY)).to_owned()]);
        }
        chance.shuffle(&mut groups);
        let words = groups.concat().iter().map(|word| world.named(word)).collect();

        let inputs = if is_encrypt {
            ["p", "empty", "exact", "q"]
        } else {
            ["signed", "unsigned", "unsigned", "truncated"]
        };
        let answers: [&[u8]; 6] = [b"y\n", b"n\n", b"\n", b"", b"Yes\n", b"no\n"];
        let standard_input =
            if input == "-" { world.content(chance.one(&inputs)) } else { chance.one(&answers).to_vec() };
        Call { words, standard_input, reads_standard_input: input == "-" }
    }

    /// A call as it is typed, with blanks between words and single quotes around them.
    pub fn typed(world: &World, line: &str, standard_input: &[u8]) -> Call {
        let mut words = Vec::new();
        let mut word = None;
        let mut is_quoted = false;
        for c in line.chars() {
            match c {
                '\'' => {
                    is_quoted = !is_quoted;
                    word.get_or_insert_with(String::new);
                }
                ' ' | '\n' if !is_quoted => words.extend(word.take()),
                c => word.get_or_insert_with(String::new).push(c),
            }
        }
        words.extend(word);
        let words = words.iter().map(|word| world.named(word)).collect();
        let reads_standard_input = [" -i - ", " --input - "].iter().any(|input| line.contains(input));
        Call { words, standard_input: standard_input.to_vec(), reads_standard_input }
    }

    /// What is typed in this working folder.
    pub fn words_in(&self, folder: &str) -> Vec<String> {
        self.words.iter().map(|word| word.replace("<HERE>", folder)).collect()
    }
}

/// The option with one of its values.
fn any(row: &Row, bad: bool, chance: &mut Chance) -> Vec<String> {
    let value = chance.one(if bad { row.bad } else { row.good });
    spelled(row, value, chance)
}

/// The option with a value, written in one of the ways that are allowed, and seldom in one that is not.
fn spelled(row: &Row, value: &str, chance: &mut Chance) -> Vec<String> {
    let mut option = match row.short {
        Some(short) if chance.percent(60) => format!("-{short}"),
        _ => row.long.to_owned(),
    };
    if option.len() > 6 && chance.percent(6) {
        option.truncate(5 + chance.below(option.len() - 5));
    }
    let values: Vec<String> = match row.takes {
        Takes::Nothing => Vec::new(),
        Takes::AtMostOne if value == "NONE" => Vec::new(),
        Takes::Several => value.split(',').map(str::to_owned).collect(),
        Takes::One | Takes::AtMostOne => vec![value.to_owned()],
    };
    match values.split_first() {
        Some((first, others)) if chance.percent(if row.takes == Takes::Several { 3 } else { 12 }) => {
            let is_long = option.starts_with("--");
            let joined = if is_long || chance.percent(30) { "=" } else { "" };
            [format!("{option}{joined}{first}")].iter().chain(others).cloned().collect()
        }
        _ => [option].into_iter().chain(values).collect(),
    }
}
