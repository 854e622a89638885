//! The arrows between the modules of `src/` point down, and what a layer keeps to itself stays in it.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The most lines of a file, its tests not counted.
const MAX_LINES: usize = 600;

/// Each module and those that it may name. What is not here has no place yet.
const ARROWS: &[(&str, &[&str])] = &[
    (
        "cli",
        &["message", "keyring", "instance", "format", "crypto", "suite", "commitment", "context", "data_key"],
    ),
    ("message", &["keyring", "format", "crypto", "suite", "commitment", "context", "data_key"]),
    ("keyring", &["format", "crypto", "suite", "context", "data_key"]),
    ("instance", &[]),
    ("format", &["suite", "context", "data_key"]),
    ("crypto", &["suite", "context", "data_key"]),
    ("commitment", &["suite"]),
    ("context", &[]),
    ("data_key", &["suite"]),
    ("suite", &[]),
];

/// Crates that one layer names, and no other.
const OWNED: &[(&str, &[&str])] = &[
    ("cli", &["clap", "clap_complete", "clap_mangen"]),
    (
        "crypto",
        &[
            "aws_lc_rs",
            "hkdf",
            "sha2",
            "aes_gcm",
            "aes",
            "ctr",
            "ghash",
            "pkcs1",
            "pkcs8",
            "x509_cert",
            "getrandom",
        ],
    ),
    ("keyring/kms", &["tokio", "rustls", "aws_config", "aws_sdk_kms", "aws_smithy_http_client", "aws_types"]),
    ("instance", &["ureq"]),
];

/// Calls by which a module speaks to people or reads from them.
const SPEECH: &[&str] =
    &["println!", "print!", "eprintln!", "eprint!", "dbg!", "stdout()", "stderr()", "stdin()"];

/// A source file without comments, texts and tests.
struct Source {
    /// Below `src/`, with slashes.
    name: String,
    code: String,
    lines: usize,
}

impl Source {
    /// The module at the top that it belongs to; `None` for `main.rs` and `lib.rs`.
    fn module(&self) -> Option<&str> {
        let first = self.name.split('/').next().unwrap_or_default();
        let module = first.strip_suffix(".rs").unwrap_or(first);
        (!matches!(module, "main" | "lib")).then_some(module)
    }

    fn is_in(&self, folder: &str) -> bool {
        self.name.strip_prefix(folder).is_some_and(|rest| rest.starts_with(['/', '.']))
    }

    /// What stands after `crate::` in it: the names of modules at the top.
    fn modules_named(&self) -> BTreeSet<String> {
        let mut names = BTreeSet::new();
        for (at, _) in self.code.match_indices("crate::") {
            let rest = &self.code[at + "crate::".len()..];
            match rest.strip_prefix('{') {
                None => names.extend(identifier(rest)),
                Some(group) => names.extend(heads(group)),
            }
        }
        names
    }

    /// The names that a path begins with: `name::` with nothing before it, and `use name;`.
    fn crates_named(&self) -> BTreeSet<String> {
        let mut names = BTreeSet::new();
        for (at, _) in self.code.match_indices("::") {
            let before = &self.code[..at];
            let begin = before.rfind(|c: char| !is_in_identifier(c)).map_or(0, |found| found + 1);
            let is_first = !before[..begin].ends_with("::");
            if is_first && begin < at {
                names.insert(before[begin..].to_owned());
            }
        }
        for line in self.code.lines() {
            if let Some(used) = line.trim().strip_prefix("use ").and_then(|rest| rest.strip_suffix(';')) {
                names.extend(identifier(used));
            }
        }
        names
    }
}

fn is_in_identifier(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn identifier(text: &str) -> Option<String> {
    let name: String = text.chars().take_while(|c| is_in_identifier(*c)).collect();
    (!name.is_empty()).then_some(name)
}

/// The first name of each member of `{a::b, c::{d, e}, f}`, from behind the first brace.
fn heads(group: &str) -> Vec<String> {
    let mut depth = 0;
    let mut heads = Vec::new();
    let mut is_at_head = true;
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => is_at_head = true,
            _ if is_at_head && is_in_identifier(c) => {
                heads.extend(identifier(&group[at..]));
                is_at_head = false;
            }
            _ => {}
        }
    }
    heads
}

/// Rust without comments and without what stands in quotes, line by line.
fn stripped(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        if rest.starts_with("//") {
            rest = &rest[rest.find('\n').unwrap_or(rest.len())..];
            continue;
        }
        if let Some(quoted) = rest.strip_prefix('"') {
            let end = end_of_quote(quoted);
            out.push_str("\"\"");
            out.extend(quoted[..end].chars().filter(|c| *c == '\n'));
            rest = &quoted[(end + 1).min(quoted.len())..];
            continue;
        }
        if let Some(after) = ["'\"'", "'\\\"'", "'\\''"].iter().find_map(|quote| rest.strip_prefix(quote)) {
            rest = after;
            continue;
        }
        out.push(c);
        rest = &rest[c.len_utf8()..];
    }
    out
}

fn end_of_quote(quoted: &str) -> usize {
    let mut is_escaped = false;
    for (at, c) in quoted.char_indices() {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            '"' => return at,
            _ => {}
        }
    }
    quoted.len()
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder of sources") {
            let path: PathBuf = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let is_tests = path.file_name().is_some_and(|name| name == "tests.rs");
            if path.extension().is_none_or(|extension| extension != "rs") || is_tests {
                continue;
            }
            let name = path.strip_prefix(&root).expect("below src").to_string_lossy().into_owned();
            let text = fs::read_to_string(&path).expect("Rust is text");
            let code = text.split_once("\n#[cfg(test)]\nmod tests").map_or(text.as_str(), |(code, _)| code);
            found.push(Source { name, lines: code.lines().count(), code: stripped(code) });
        }
    }
    found.sort_by(|one, other| one.name.cmp(&other.name));
    found
}

#[track_caller]
fn none(found: &[String]) {
    assert!(found.is_empty(), "\n  {}\n", found.join("\n  "));
}

#[test]
fn arrows_point_down() {
    let mut wrong = Vec::new();
    for source in sources() {
        let Some(module) = source.module() else { continue };
        let Some((_, allowed)) = ARROWS.iter().find(|(from, _)| *from == module) else {
            wrong.push(format!("{}: the module {module} has no place among the arrows", source.name));
            continue;
        };
        for named in source.modules_named() {
            if named != module && !allowed.contains(&named.as_str()) {
                wrong.push(format!("{}: {module} names crate::{named}", source.name));
            }
        }
    }
    none(&wrong);
}

#[test]
fn every_module_has_a_place() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lib.rs");
    let text = fs::read_to_string(root).expect("lib.rs is text");
    let declared: BTreeSet<_> = stripped(&text)
        .lines()
        .filter_map(|line| line.trim().strip_prefix("pub mod ")?.strip_suffix(';').map(str::to_owned))
        .collect();
    let placed: BTreeSet<_> = ARROWS.iter().map(|(module, _)| (*module).to_owned()).collect();
    assert_eq!(declared, placed);
}

#[test]
fn a_crate_is_named_by_the_layer_that_owns_it() {
    let mut wrong = Vec::new();
    for source in sources() {
        let named = source.crates_named();
        for (owner, crates) in OWNED {
            for name in named.iter().filter(|name| crates.contains(&name.as_str())) {
                if !source.is_in(owner) {
                    wrong.push(format!("{}: {name} belongs to {owner}", source.name));
                }
            }
        }
        let is_of_aws = |name: &&String| name.starts_with("aws_") && !name.starts_with("aws_lc");
        for name in named.iter().filter(is_of_aws).filter(|_| !source.is_in("keyring/kms")) {
            wrong.push(format!("{}: {name} belongs to keyring/kms", source.name));
        }
    }
    none(&wrong);
}

#[test]
fn only_cli_speaks() {
    let mut wrong = Vec::new();
    for source in sources().iter().filter(|source| source.module() != Some("cli")) {
        for call in SPEECH.iter().filter(|call| source.code.contains(**call)) {
            wrong.push(format!("{}: {call}", source.name));
        }
    }
    none(&wrong);
}

#[test]
fn main_calls_cli_and_does_nothing_else() {
    let sources = sources();
    let main = sources.iter().find(|source| source.name == "main.rs").expect("src/main.rs");
    let body: Vec<_> =
        main.code.lines().skip_while(|line| !line.starts_with("fn main")).map(str::trim).collect();
    let body: Vec<_> = body.into_iter().filter(|line| !line.is_empty()).collect();
    assert_eq!(body, ["fn main() -> ExitCode {", "esdk::cli::main(std::env::args_os())", "}"]);
}

#[test]
fn no_file_is_too_long() {
    let long = |source: &Source| source.lines > MAX_LINES;
    let wrong: Vec<_> = sources()
        .iter()
        .filter(|source| long(source))
        .map(|source| {
            format!("{}: {} lines, {MAX_LINES} at most: make it two files", source.name, source.lines)
        })
        .collect();
    none(&wrong);
}

#[test]
fn the_reading_of_sources_is_right() {
    let code = stripped(
        "use crate::{format::{a, b}, suite}; // crate::cli\nlet x = \"crate::message \\\" y\"; let q = '\"'; tokio::spawn();\n",
    );
    assert!(!code.contains("cli") && !code.contains("message"), "{code}");
    let source = Source { name: "keyring/kms/client.rs".into(), code, lines: 2 };
    assert_eq!(source.modules_named(), ["format", "suite"].map(str::to_owned).into());
    assert!(source.crates_named().contains("tokio"));
    assert!(source.is_in("keyring/kms") && !source.is_in("keyring/k"));
    assert_eq!(source.module(), Some("keyring"));
}
