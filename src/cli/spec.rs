//! `-w SPEC`: `name=value` pairs, separated by commas.
//!
//! Public for the fuzz target of it; the interface is the command line.

use super::report::Failure;

/// A provider and the names that its SPEC may hold.
#[derive(Debug)]
pub struct Provider {
    /// As in `provider=`.
    pub name: &'static str,
    /// Its names.
    pub names: &'static [Name],
}

/// One name of a SPEC.
#[derive(Debug)]
pub struct Name {
    /// As it is typed.
    pub name: &'static str,
    /// Once or several times.
    pub times: Times,
}

/// How often a name may be given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Times {
    /// At most once.
    Once,
    /// Any number of times.
    Repeat,
}

const fn once(name: &'static str) -> Name {
    Name { name, times: Times::Once }
}

const fn repeat(name: &'static str) -> Name {
    Name { name, times: Times::Repeat }
}

/// Every provider, the default first.
pub static PROVIDERS: [Provider; 5] = [
    Provider {
        name: "aws-kms",
        names: &[
            repeat("key"),
            once("region"),
            once("profile"),
            once("endpoint-url"),
            once("role-arn"),
            once("role-session-name"),
            once("external-id"),
            repeat("grant-token"),
            once("discovery"),
            repeat("discovery-account"),
            once("discovery-partition"),
            repeat("discovery-region"),
        ],
    },
    Provider {
        name: "aws-kms-rsa",
        names: &[
            once("key"),
            once("padding"),
            once("public-key-file"),
            once("region"),
            once("profile"),
            once("endpoint-url"),
            once("role-arn"),
            once("role-session-name"),
            once("external-id"),
            repeat("grant-token"),
        ],
    },
    Provider {
        name: "raw-aes",
        names: &[once("namespace"), once("name"), once("key-file"), once("key-env")],
    },
    Provider {
        name: "raw-rsa",
        names: &[
            once("namespace"),
            once("name"),
            once("padding"),
            once("public-key-file"),
            once("private-key-file"),
        ],
    },
    Provider { name: "local", names: &[] },
];

/// A SPEC whose names all belong to its provider.
#[derive(Debug)]
pub struct Spec {
    /// The provider's name.
    pub provider: &'static str,
    text: String,
    pairs: Vec<(String, String)>,
}

impl Spec {
    /// Takes a SPEC apart.
    ///
    /// # Errors
    /// A usage [`Failure`] that names the pair that is wrong.
    pub fn parse(text: &str) -> Result<Self, Failure> {
        let fail = |message: String| Failure::usage(format!("-w {text}: {message}"));
        let mut pairs = Vec::new();
        for part in split(text) {
            let Some((name, value)) = part.split_once('=') else {
                let failure = fail(format!("{part:?} is not a name=value pair"));
                return Err(match part.starts_with("arn:") || part.starts_with("alias/") {
                    true => failure.hint("for an AWS KMS key write -k KEY, or -w key=KEY"),
                    false => failure.hint("pairs are separated by commas; a comma in a value is written \\,"),
                });
            };
            pairs.push((name.to_owned(), value.to_owned()));
        }
        let provider = match pairs.iter().filter(|(name, _)| name == "provider").collect::<Vec<_>>()[..] {
            [] => &PROVIDERS[0],
            [(_, value)] => PROVIDERS.iter().find(|provider| provider.name == value).ok_or_else(|| {
                let known = PROVIDERS.iter().map(|provider| provider.name);
                fail(format!("there is no provider {value:?}{}", nearest(value, known)))
            })?,
            _ => return Err(fail("provider= is given twice".to_owned())),
        };
        pairs.retain(|(name, _)| name != "provider");
        for (at, (name, value)) in pairs.iter().enumerate() {
            let Some(known) = provider.names.iter().find(|known| known.name == name) else {
                let names = provider.names.iter().map(|known| known.name).chain(["provider"]);
                let near = nearest(name, names);
                return Err(fail(format!("{} has no name {name:?}{near}", provider.name)));
            };
            if value.is_empty() {
                return Err(fail(format!("{name}= has no value")));
            }
            let before = &pairs[..at];
            if known.times == Times::Once && before.iter().any(|(earlier, _)| earlier == name) {
                return Err(fail(format!("{name}= is given twice")));
            }
        }
        Ok(Self { provider: provider.name, text: text.to_owned(), pairs })
    }

    /// Every value of a name, in order.
    pub fn all(&self, name: &str) -> Vec<&str> {
        self.pairs.iter().filter(|(known, _)| known == name).map(|(_, value)| value.as_str()).collect()
    }

    /// The value of a name.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.all(name).first().copied()
    }

    /// The value of a name that must be there.
    ///
    /// # Errors
    /// A usage [`Failure`] that names it.
    pub fn required(&self, name: &str) -> Result<&str, Failure> {
        self.value(name).ok_or_else(|| self.failure(&format!("{name}= is missing")))
    }

    /// A usage failure about this SPEC.
    pub fn failure(&self, message: &str) -> Failure {
        Failure::usage(format!("-w {}: {message}", self.text))
    }
}

/// Splits at the commas that no backslash precedes; `\,` and `\\` stand for themselves.
fn split(text: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        let last = parts.len() - 1;
        match letter {
            '\\' => match letters.next_if(|next| matches!(next, ',' | '\\')) {
                Some(escaped) => parts[last].push(escaped),
                None => parts[last].push('\\'),
            },
            ',' => parts.push(String::new()),
            _ => parts[last].push(letter),
        }
    }
    parts
}

/// `; did you mean "…"?` for the known name that is most like `name`, or the list of all.
pub fn nearest(name: &str, known: impl Iterator<Item = &'static str>) -> String {
    let known: Vec<_> = known.collect();
    let best = known
        .iter()
        .map(|candidate| (strsim::normalized_damerau_levenshtein(name, candidate), candidate))
        .max_by(|one, other| one.0.total_cmp(&other.0));
    match best {
        Some((likeness, candidate)) if likeness > 0.4 => format!("; did you mean {candidate:?}?"),
        Some(_) if known.len() > 1 => format!("; it knows {}", known.join(", ")),
        _ => "; it takes no other names".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(text: &str) -> String {
        Spec::parse(text).expect_err("wrong").message
    }

    #[test]
    fn pairs_and_escapes() {
        let spec = Spec::parse(r"provider=raw-aes,namespace=a\,b,name=c\\,key-file=C:\d=e").expect("good");
        assert_eq!(spec.provider, "raw-aes");
        assert_eq!(spec.value("namespace"), Some("a,b"));
        assert_eq!(spec.value("name"), Some(r"c\"));
        assert_eq!(spec.value("key-file"), Some(r"C:\d=e"));
        let spec = Spec::parse("key=a,key=b").expect("good");
        assert_eq!((spec.provider, spec.all("key")), ("aws-kms", vec!["a", "b"]));
    }

    #[test]
    fn names_the_nearest() {
        assert!(message("kye=a").ends_with("did you mean \"key\"?"), "{}", message("kye=a"));
        assert!(message("provider=raw-ase").contains("\"raw-aes\""));
        assert!(message("provider=raw-aes,keyfile=x").contains("\"key-file\""));
        assert!(message("provider=local,x=y").contains("no other names"));
        assert!(message("key=a,").contains("not a name=value pair"));
        assert!(message("key=").contains("has no value"));
        assert!(message("region=a,region=b").contains("twice"));
        let failure = Spec::parse("arn:aws:kms:us-west-2:1:key/2").expect_err("wrong");
        assert!(failure.hint.is_some_and(|hint| hint.contains("-k")));
    }
}
