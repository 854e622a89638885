//! The folder in which both tools are called: plaintexts, messages, trees, links, outputs that exist, argument files.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use crate::original::Original;
use crate::support::command::Workspace;
use crate::support::emulator::{FAR_REGION, HOME_REGION, KmsKey, emulator};

const CREDENTIALS: &str = "aws_access_key_id = AKIDNAMED\naws_secret_access_key = secret\n";

/// The keys, and the messages that are the input of decryption.
pub struct World {
    pub first: KmsKey,
    pub second: KmsKey,
    pub far: KmsKey,
    /// Of the first key: the name, and the ARN.
    alias: [String; 2],
    messages: BTreeMap<&'static str, Vec<u8>>,
}

/// Each message and the arguments by which the original makes it from `p`.
const MESSAGES: [(&str, &str); 8] = [
    ("signed", "-c a=b c=d -w key=<K1>"),
    ("unsigned", "-c a=b --algorithm AES_256_GCM_HKDF_SHA512_COMMIT_KEY -w key=<K1>"),
    (
        "legacy",
        "-w key=<K1> --algorithm AES_256_GCM_IV12_TAG16_HKDF_SHA256 --commitment-policy forbid-encrypt-allow-decrypt",
    ),
    (
        "legacy-signed",
        "-w key=<K1> -c a=b --algorithm AES_192_GCM_IV12_TAG16_HKDF_SHA384_ECDSA_P384 \
         --commitment-policy forbid-encrypt-allow-decrypt",
    ),
    ("two", "-w key=<K1> -w key=<K2>"),
    ("far", "-w key=<FAR> --frame-length 128"),
    ("unframed", "-w key=<K1> --frame-length 0 --algorithm AES_256_GCM_HKDF_SHA512_COMMIT_KEY"),
    ("base64", "-w key=<K1> -c a=b --encode"),
];

/// How words, quotes, comments and variables are read.
const ARGUMENT_FILES: [(&str, &str); 10] = [
    ("home.conf", "-o ~/../here/new\n"),
    ("quotes.conf", "-c 'it\\'s=x' \"a \\\"b\\\"=c\\\\d\" e\\ f=g 'h'\"i\"=j k='#l'\n"),
    (
        "variables.conf",
        "-c ~=home ${CONTEXT}=2 '$CONTEXT' \"$CONTEXT\"=3 $NOSUCH=4 ~nosuch=5 a~=6 \\$CONTEXT=7\n",
    ),
    ("blank.conf", "\n   \n#\n -c  a=b\tc=d # e=f\n"),
    ("broken.conf", "-c 'a=b\n"),
    ("escape.conf", "-c a=b\\\n"),
    ("across.conf", "-c 'a=b\nc=d'\n"),
    ("itself.conf", "@itself.conf\n"),
    ("missing.conf", "@nosuch.conf\n"),
    ("crlf.conf", "-c a=b\r\n-S\r\n"),
];

impl World {
    pub fn new(original: &mut Original) -> World {
        let first = emulator().create_key(HOME_REGION);
        let alias = format!("alias/drop-in-{}", first.id);
        let alias_arn = emulator().create_alias(&first, &alias);
        let mut world = World {
            alias: [alias, alias_arn],
            first,
            second: emulator().create_key(HOME_REGION),
            far: emulator().create_key(FAR_REGION),
            messages: BTreeMap::new(),
        };
        let place = world.place();
        for (name, arguments) in MESSAGES {
            let words = format!("-e -S -i p -o made {arguments}");
            let words: Vec<String> = words.split_whitespace().map(|word| world.named(word)).collect();
            let called = original.call(&place, &words, b"");
            assert_eq!(called.status, 0, "{name}: {}", called.stderr);
            world.messages.insert(name, place.read("made"));
            place.remove("made");
        }
        let signed = world.messages["signed"].clone();
        world.messages.insert("truncated", signed[..signed.len() - 150].to_vec());
        let unsigned = world.messages["unsigned"].clone();
        world.messages.insert("unsigned-truncated", unsigned[..unsigned.len() - 50].to_vec());
        let mut damaged = signed;
        let at = damaged.len() - 1_000;
        damaged[at] ^= 1;
        world.messages.insert("damaged", damaged);
        let trailing = [&unsigned[..], b"trailing"].concat();
        world.messages.insert("trailing", trailing);
        world
    }

    /// A message, or a plaintext.
    pub fn content(&self, name: &str) -> Vec<u8> {
        self.messages.get(name).cloned().unwrap_or_else(|| plain(name))
    }

    /// A word of the option table with the keys in it.
    pub fn named(&self, word: &str) -> String {
        let key = &self.first;
        word.replace("<K1>", &key.arn)
            .replace("<K2>", &self.second.arn)
            .replace("<FAR>", &self.far.arn)
            .replace("<ID>", &key.id)
            .replace("<CUT>", &key.arn[..key.arn.len() - 1])
            .replace("<ALIAS>", &self.alias[0])
            .replace("<ALIAS ARN>", &self.alias[1])
    }

    /// A new user in such a folder.
    pub fn place(&self) -> Workspace {
        let mut place = Workspace::new(&format!("http://{}", emulator().address));
        place.set("AWS_DEFAULT_REGION", HOME_REGION);
        // The Region of other SDKs, at which boto3 does not look.
        place.set("AWS_REGION", FAR_REGION);
        place.set("CONTEXT", "from=environment");
        let profile = format!("[profile named]\nregion = {FAR_REGION}\n{CREDENTIALS}");
        fs::write(place.home().join("config"), profile).expect("a file in the home folder");
        place.set("AWS_CONFIG_FILE", place.home().join("config").to_string_lossy());
        for folder in ["dir/sub/deep", "one/deep", "tree/sub", "stops/sub", "goes-on/sub", "out", "full"] {
            fs::create_dir_all(place.path(folder)).expect("a folder");
        }
        for name in [
            "p",
            "q",
            "empty",
            "exact",
            "p two",
            "dir/f1",
            "dir/sub/f2",
            "dir/sub/deep/f3",
            "one/deep/f4",
            "stops/bad",
            "goes-on/sub/bad",
        ] {
            place.write(name, plain(name.rsplit('/').next().unwrap_or_default()));
        }
        for (name, content) in &self.messages {
            place.write(name, content);
        }
        for (name, message) in [
            ("tree/a", "unsigned"),
            ("tree/sub/b", "signed"),
            ("stops/sub/good", "signed"),
            ("goes-on/good", "signed"),
        ] {
            if let Some(content) = self.messages.get(message) {
                place.write(name, content);
            }
        }
        let encoded = BASE64.encode(plain("p"));
        place.write("p.base64", encoded.clone() + "\n");
        let lines: Vec<&str> =
            (0..encoded.len()).step_by(64).map(|at| &encoded[at..encoded.len().min(at + 64)]).collect();
        place.write("p.lines", lines.join("\r\n"));
        place.write("p.bad64", encoded.replacen('A', "*", 1));
        place.write("p.cut64", &encoded[..encoded.len() - 1]);
        for existing in ["existing", "full/p.encrypted", "full/signed.decrypted", "full/f1.encrypted"] {
            place.write(existing, "what was there before");
        }
        place.write("records", "{\"before\": true}\n");
        place.write("keys.conf", self.named("# the keys\n-w key=<K1> # one\n"));
        place.write("nested.conf", "@keys.conf\n-c '$CONTEXT' \"quoted key=quoted value\"\n");
        place.write("decrypt.conf", "--decrypt\n--wrapping-keys discovery=true\n\n  # nothing else\n");
        for (name, content) in ARGUMENT_FILES {
            place.write(name, content);
        }
        for (name, to) in [
            ("link", "p"),
            ("signed-link", "signed"),
            ("link-out", "existing"),
            ("folder-link", "dir"),
            ("dangling", "nowhere"),
        ] {
            symlink(to, place.path(name)).expect("a link");
        }
        place
    }
}

/// What a plaintext file has in it: by its name.
pub fn plain(name: &str) -> Vec<u8> {
    let length = match name {
        "empty" => 0,
        "q" => 1,
        "exact" => 8_192,
        "p" => 10_000,
        _ => 100,
    };
    let begin = name.bytes().chain(*b" ");
    begin.chain((0_u32..).flat_map(u32::to_be_bytes)).take(length).collect()
}
