//! The SPEC of a wrapping key, `-w`. The input is its text.

use esdk::cli::spec::{PROVIDERS, Spec, Times};

/// A SPEC is read as a second reader reads it; what is wrong is named; a value that is escaped comes back.
pub fn check(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    match (Spec::parse("-w", text), Reading::of(text)) {
        (Ok(spec), Reading::Good { provider, pairs }) => {
            assert_eq!(spec.provider, provider);
            holds(&spec, &pairs);
            let written = written(provider, &pairs);
            let again =
                Spec::parse("-w", &written).unwrap_or_else(|failure| panic!("{written}: {failure:?}"));
            assert_eq!(again.provider, provider);
            holds(&again, &pairs);
        }
        (Err(failure), Reading::Wrong(named)) => {
            let message = &failure.message;
            let begins = message.strip_prefix(&format!("-w {text}: ")).expect("what was typed");
            assert!(begins.contains(&named), "{message:?} does not name {named:?}");
        }
        (result, reading) => panic!("{result:?}, and by the second reader {reading:?}"),
    }
    comes_back(text);
}

/// What a SPEC means, by a reader that shares no code with the crate's.
#[derive(Debug)]
enum Reading {
    Good {
        provider: &'static str,
        pairs: Vec<(String, String)>,
    },
    /// It is wrong, and this must be named.
    Wrong(String),
}

impl Reading {
    fn of(text: &str) -> Self {
        let mut pairs = Vec::new();
        for part in parts(text) {
            match part.find('=') {
                Some(at) => pairs.push((part[..at].to_owned(), part[at + 1..].to_owned())),
                None => return Self::Wrong(format!("{part:?}")),
            }
        }
        let (named, pairs): (Vec<_>, Vec<_>) = pairs.into_iter().partition(|(name, _)| name == "provider");
        let provider = match named.as_slice() {
            [] => "aws-kms",
            [(_, value)] => match PROVIDERS.iter().find(|provider| provider.name == value) {
                Some(provider) => provider.name,
                None => return Self::Wrong(format!("{value:?}")),
            },
            _ => return Self::Wrong("provider= is given twice".to_owned()),
        };
        let mut seen: Vec<&str> = Vec::new();
        for (name, value) in &pairs {
            let Some(times) = times(provider, name) else { return Self::Wrong(format!("{name:?}")) };
            if value.is_empty() {
                return Self::Wrong(format!("{name}= has no value"));
            }
            if times == Times::Once && seen.contains(&name.as_str()) {
                return Self::Wrong(format!("{name}= is given twice"));
            }
            seen.push(name);
        }
        Self::Good { provider, pairs }
    }
}

fn times(provider: &str, name: &str) -> Option<Times> {
    let provider = PROVIDERS.iter().find(|known| known.name == provider)?;
    provider.names.iter().find(|known| known.name == name).map(|known| known.times)
}

/// From comma to comma, bytewise: a run of backslashes halves, and takes the comma behind it in when it is odd.
fn parts(text: &str) -> Vec<String> {
    let mut parts = vec![Vec::new()];
    let mut backslashes = 0;
    for byte in text.bytes().chain([b'\0']) {
        let last = parts.last_mut().expect("one at least");
        if byte == b'\\' {
            backslashes += 1;
            continue;
        }
        let is_odd = backslashes % 2 == 1;
        last.resize(last.len() + backslashes / 2, b'\\');
        backslashes = 0;
        match byte {
            b',' if !is_odd => parts.push(Vec::new()),
            b',' => last.push(b','),
            _ => last.extend(is_odd.then_some(b'\\').into_iter().chain([byte])),
        }
    }
    // The byte that was put behind the text.
    parts.last_mut().expect("one at least").pop();
    parts.into_iter().map(|part| String::from_utf8(part).expect("it was cut at ASCII")).collect()
}

fn holds(spec: &Spec, pairs: &[(String, String)]) {
    for name in PROVIDERS.iter().flat_map(|provider| provider.names).map(|name| name.name) {
        let expected: Vec<&str> =
            pairs.iter().filter(|(known, _)| known == name).map(|(_, value)| value.as_str()).collect();
        assert_eq!(spec.all(name), expected, "{name}=");
        assert_eq!(spec.value(name), expected.first().copied(), "{name}=");
        match spec.required(name) {
            Ok(value) => assert_eq!(Some(&value), expected.first()),
            Err(failure) => {
                assert!(expected.is_empty(), "{name}= is there, and {failure:?}");
                assert!(failure.message.ends_with(&format!(": {name}= is missing")), "{failure:?}");
            }
        }
    }
}

fn written(provider: &str, pairs: &[(String, String)]) -> String {
    let mut text = format!("provider={provider}");
    for (name, value) in pairs {
        text += &format!(",{name}={}", escaped(value));
    }
    text
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace(',', "\\,")
}

/// Any text is a value, alone and between others.
fn comes_back(text: &str) {
    if text.is_empty() {
        return;
    }
    let value = escaped(text);
    let spec = Spec::parse("-w", &format!("key={value},region={value},key=x,key={value}")).expect("escaped");
    assert_eq!((spec.all("key"), spec.value("region")), (vec![text, "x", text], Some(text)));
    let spec =
        Spec::parse("-w", &format!("namespace={value},provider=raw-rsa,name={value}")).expect("escaped");
    assert_eq!((spec.value("namespace"), spec.value("name")), (Some(text), Some(text)));
}
