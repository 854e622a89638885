//! The words of `-w`, `-c` and `--caching` to what they ask for.

use std::ffi::OsString;
use std::time::Duration;

use super::parse::Mode;
use super::python;
use super::stop::Stop;
use crate::cli::spec::PROVIDERS;
use crate::message::cache::{CacheLimits, GREATEST_MAX_BYTES, GREATEST_MAX_MESSAGES};

const NOT_A_PAIR: &str = "Argument parameter must follow the format \"key=value\"";
const NO_KEY: &str = "At least one \"key\" must be provided for each wrapping key provider configuration";
const ONLY_WITH_DISCOVERY: &str =
    "Discovery-account and discovery-partition are valid only when the discovery attribute is set to true";

/// The provider of KMS keys, by its names: without a package, with the original's, and with one that is left empty.
const KMS: [&str; 3] = ["aws-kms", "aws-encryption-sdk-cli::aws-kms", "::aws-kms"];

/// Attributes that the original has, each with the name that a SPEC of esdk has for it.
const DISCOVERY: [&str; 3] = ["discovery", "discovery-account", "discovery-partition"];

/// Pairs in the order in which their names were first given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pairs(Vec<(String, Vec<String>)>);

impl Pairs {
    /// Takes words apart.
    ///
    /// # Errors
    /// [`Stop`]: one of them is no pair.
    pub fn of<'a>(words: impl IntoIterator<Item = &'a OsString>) -> Result<Self, Stop> {
        let mut pairs = Self::default();
        for word in words {
            let text = text(word)?;
            let pair = text.split_once('=').filter(|(key, value)| !key.is_empty() && !value.is_empty());
            let (key, value) = pair.ok_or_else(|| Stop::Usage(NOT_A_PAIR.to_owned()))?;
            match pairs.0.iter_mut().find(|(known, _)| known == key) {
                Some((_, values)) => values.push(value.to_owned()),
                None => pairs.0.push((key.to_owned(), vec![value.to_owned()])),
            }
        }
        Ok(pairs)
    }

    fn all(&self, key: &str) -> &[String] {
        self.0.iter().find(|(known, _)| known == key).map_or(&[], |(_, values)| values)
    }

    fn holds(&self, key: &str) -> bool {
        !self.all(key).is_empty()
    }

    /// Each key with the value that was first given to it.
    pub fn first(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().filter_map(|(key, values)| Some((key.as_str(), values.first()?.as_str())))
    }
}

fn text(word: &OsString) -> Result<&str, Stop> {
    word.to_str().ok_or_else(|| {
        let word = python::repr(word);
        Stop::raised("UnicodeEncodeError", &["utf-8", &word, "surrogates not allowed"])
    })
}

/// One `-w`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    provider: String,
    pairs: Pairs,
    is_discovery: bool,
}

impl Group {
    /// Takes the words of one `-w` apart.
    ///
    /// # Errors
    /// [`Stop`]: they contradict each other or what is done.
    pub fn of(words: &[OsString], mode: Mode) -> Result<Self, Stop> {
        let usage = |text: &str| Err(Stop::Usage(text.to_owned()));
        let pairs = Pairs::of(words)?;
        let provider = match pairs.all("provider") {
            [] => KMS[1].to_owned(),
            [one] => one.clone(),
            several => {
                return Err(Stop::Usage(format!(
                    "You must provide exactly one \"provider\" for each wrapping key provider configuration. {} provided",
                    several.len()
                )));
            }
        };
        let mentions_discovery = DISCOVERY.iter().any(|name| pairs.holds(name));
        if !KMS.contains(&provider.as_str()) {
            if mentions_discovery {
                return usage("Discovery attributes are supported only for AWS KMS wrapping keys");
            }
            // Our own providers name their keys otherwise.
            if !pairs.holds("key") && !is_own_provider(&provider) {
                return usage(NO_KEY);
            }
            return Ok(Self { provider, pairs, is_discovery: false });
        }
        if mode == Mode::Encrypt && mentions_discovery {
            return usage("Discovery attributes are supported only on decryption for AWS KMS keys");
        }
        if mode == Mode::Encrypt && !pairs.holds("key") {
            return usage(NO_KEY);
        }
        let is_discovery = match pairs.all("discovery").first() {
            None => false,
            Some(text) => boolean(text)?,
        };
        let (account, partition) = (pairs.holds("discovery-account"), pairs.all("discovery-partition"));
        match (is_discovery, account, partition) {
            (false, true, _) | (false, _, [_, ..]) => return usage(ONLY_WITH_DISCOVERY),
            (true, true, []) => {
                return usage("When specifying discovery-account, you must also specify discovery-partition");
            }
            (true, false, [_, ..]) => {
                return usage("When specifying discovery-partition, you must also specify discovery-account");
            }
            (true, true, [_, _, ..]) => return usage("You can only specify discovery-partition once"),
            _ => {}
        }
        match (is_discovery, pairs.holds("key")) {
            (true, true) => usage("If discovery is true (enabled), you cannot specify wrapping keys"),
            (false, false) => {
                usage("When discovery is false (disabled), you must specify at least one wrapping key")
            }
            _ => Ok(Self { provider, pairs, is_discovery }),
        }
    }

    /// The same as a SPEC of esdk.
    ///
    /// # Errors
    /// [`Stop`]: there is no such provider, or it has no such attribute.
    pub fn spec(&self) -> Result<String, Stop> {
        let is_kms = KMS.contains(&self.provider.as_str());
        if !is_kms && !is_own_provider(&self.provider) {
            return Err(self.unknown_provider());
        }
        let provider = if is_kms { KMS[0] } else { &self.provider };
        if is_kms {
            for name in ["profile", "region"] {
                if let several @ [_, _, ..] = self.pairs.all(name) {
                    return Err(Stop::told(format!(
                        "Only one {name} may be specified per master key provider configuration. {} provided.",
                        several.len()
                    )));
                }
            }
            let known = PROVIDERS.iter().find(|known| known.name == provider).map(|known| known.names);
            let is_known = |name: &str| {
                name == "provider" || known.is_some_and(|known| known.iter().any(|known| known.name == name))
            };
            if let Some((name, _)) = self.pairs.first().find(|(name, _)| !is_known(name)) {
                let text = format!(
                    "KMSMasterKeyProviderConfig.__init__() got an unexpected keyword argument '{name}'"
                );
                return Err(Stop::raised("TypeError", &[&text]));
            }
        }
        let mut spec = vec![format!("provider={provider}")];
        for (name, values) in &self.pairs.0 {
            let is_replaced = name == "provider" || name == "discovery";
            let mut seen = Vec::new();
            for value in values.iter().filter(|_| !is_replaced) {
                // A key that is given twice to one provider is one key.
                if name != "key" || !seen.contains(&value) {
                    spec.push(format!("{name}={}", escaped(value)));
                }
                seen.push(value);
            }
        }
        if self.is_discovery {
            spec.push("discovery=true".to_owned());
        }
        Ok(spec.join(","))
    }

    /// Whether it takes whatever key a message names.
    pub fn is_discovery(&self) -> bool {
        self.is_discovery
    }

    /// Whether it is of KMS keys.
    pub fn is_kms(&self) -> bool {
        KMS.contains(&self.provider.as_str())
    }

    /// The value of an attribute.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.pairs.all(name).first().map(String::as_str)
    }

    /// Its keys.
    pub fn keys(&self) -> &[String] {
        self.pairs.all("key")
    }

    /// The same with this attribute, unless its words have it.
    pub fn or(mut self, name: &str, value: &str) -> Self {
        if !self.pairs.holds(name) {
            self.pairs.0.push((name.to_owned(), vec![value.to_owned()]));
        }
        self
    }

    /// The same without these keys.
    pub fn without_keys(&self, is_left_out: impl Fn(&str) -> bool) -> Option<Self> {
        let mut group = self.clone();
        for (_, values) in group.pairs.0.iter_mut().filter(|(name, _)| name == "key") {
            values.retain(|key| !is_left_out(key));
        }
        group.pairs.holds("key").then_some(group)
    }

    fn unknown_provider(&self) -> Stop {
        let text = match self.provider.split_once("::") {
            Some((_, "aws-kms")) => format!(
                "Requested master key provider not found: \"{}\". Packages discovered for \"aws-kms\" registered by: \
                 (aws-encryption-sdk-cli)",
                self.provider
            ),
            Some((_, name)) => format!("Requested master key provider not found: \"{name}\""),
            None => format!("Requested master key provider not found: \"{}\"", self.provider),
        };
        let own = PROVIDERS.iter().map(|provider| provider.name).collect::<Vec<_>>().join(", ");
        Stop::told(format!(
            "{text}\nThis is esdk: Python plug-ins cannot be loaded. Its providers are {own}."
        ))
    }
}

fn is_own_provider(name: &str) -> bool {
    PROVIDERS.iter().any(|provider| provider.name == name)
}

fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace(',', "\\,")
}

fn boolean(text: &str) -> Result<bool, Stop> {
    match text.to_lowercase().as_str() {
        "true" | "t" | "1" | "yes" | "y" => Ok(true),
        "false" | "f" | "0" | "no" | "n" => Ok(false),
        _ => Err(Stop::Usage(format!("Value {text} could not be parsed as true or false"))),
    }
}

/// What `-c` asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ContextWords {
    /// Pairs.
    pub pairs: Vec<(String, String)>,
    /// Keys with any value; none when encrypting.
    pub keys: Vec<String>,
}

impl ContextWords {
    /// Takes the words of `-c` apart.
    ///
    /// # Errors
    /// [`Stop`]: one of them is no pair, and cannot be a key either.
    pub fn of(words: &[OsString], mode: Mode) -> Result<Self, Stop> {
        let is_pair = |word: &&OsString| mode == Mode::Encrypt || word.to_string_lossy().contains('=');
        let (pairs, keys): (Vec<_>, Vec<_>) = words.iter().partition(is_pair);
        let pairs = Pairs::of(pairs)?;
        let pairs = pairs.first().map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
        let keys = keys.into_iter().map(|key| text(key).map(str::to_owned)).collect::<Result<_, _>>()?;
        Ok(Self { pairs, keys })
    }
}

/// Within what data keys are used again; `None` when the limits allow it for no message.
///
/// # Errors
/// [`Stop`]: a limit is missing, unknown or none.
pub fn caching(words: &[OsString]) -> Result<Option<CacheLimits>, Stop> {
    let pairs = Pairs::of(words)?;
    if !pairs.holds("capacity") || !pairs.holds("max_age") {
        return Err(Stop::Usage(
            "If enabling caching, both \"capacity\" and \"max_age\" are required".to_owned(),
        ));
    }
    let (mut capacity, mut max_messages, mut max_bytes, mut max_age) = (0, None, None, 0.0);
    for (name, value) in pairs.first() {
        let whole = || {
            let value_text = python::repr(value.as_ref());
            let text = format!("invalid literal for int() with base 10: {value_text}");
            python::int(value).ok_or_else(|| Stop::raised("ValueError", &[&text]))
        };
        match name {
            "capacity" => capacity = whole()?,
            "max_messages_encrypted" => max_messages = Some(whole()?),
            "max_bytes_encrypted" => max_bytes = Some(whole()?),
            "max_age" => {
                let text = format!("could not convert string to float: {}", python::repr(value.as_ref()));
                max_age = python::float(value).ok_or_else(|| Stop::raised("ValueError", &[&text]))?;
            }
            _ => return Err(Stop::Usage(format!("Invalid caching configuration key: \"{name}\""))),
        }
    }
    limits(capacity, max_messages, max_bytes, max_age)
}

fn limits(
    capacity: i128,
    max_messages: Option<i128>,
    max_bytes: Option<i128>,
    max_age: f64,
) -> Result<Option<CacheLimits>, Stop> {
    let wrong = |text: &str| Err(Stop::raised("ValueError", &[text]));
    if capacity < 1 {
        return wrong("LocalCryptoMaterialsCache capacity cannot be less than 1");
    }
    let (messages, bytes) =
        (max_messages.unwrap_or(1 << 32), max_bytes.unwrap_or(i128::from(GREATEST_MAX_BYTES)));
    if messages < 1 {
        return wrong("max_messages_encrypted cannot be less than 1");
    }
    if bytes < 0 {
        return wrong("max_bytes_encrypted cannot be less than 0");
    }
    if messages > i128::from(GREATEST_MAX_MESSAGES) {
        return wrong(&format!("max_messages_encrypted cannot exceed {GREATEST_MAX_MESSAGES}"));
    }
    if bytes > i128::from(GREATEST_MAX_BYTES) {
        return wrong(&format!("max_bytes_encrypted cannot exceed {GREATEST_MAX_BYTES}"));
    }
    // Neither is more than 0 when it is no number.
    if max_age.is_nan() || max_age <= 0.0 {
        return wrong("max_age cannot be less than or equal to 0");
    }
    let max_age = Duration::try_from_secs_f64(max_age).unwrap_or(Duration::MAX);
    let within = |number: i128| u64::try_from(number).unwrap_or(u64::MAX);
    let limits = CacheLimits::new(usize::try_from(capacity).unwrap_or(usize::MAX), max_age);
    let limits = limits.and_then(|limits| limits.with_max_messages(within(messages)));
    // With 0 bytes, or an age that is less than the clock can tell, nothing is used twice.
    Ok(limits.and_then(|limits| limits.with_max_bytes(within(bytes))).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<OsString> {
        text.split(' ').map(OsString::from).collect()
    }

    fn spec(text: &str, mode: Mode) -> Result<String, Stop> {
        Group::of(&words(text), mode)?.spec()
    }

    fn usage<T: std::fmt::Debug>(result: Result<T, Stop>) -> String {
        match result {
            Err(Stop::Usage(text)) => text,
            other => panic!("not a usage error: {other:?}"),
        }
    }

    #[test]
    fn groups_become_specs() {
        let encrypt = |text| spec(text, Mode::Encrypt).expect("a spec");
        assert_eq!(encrypt("key=a"), "provider=aws-kms,key=a");
        assert_eq!(
            encrypt("provider=aws-kms key=a key=b key=a region=r"),
            "provider=aws-kms,key=a,key=b,region=r"
        );
        assert_eq!(encrypt("provider=aws-encryption-sdk-cli::aws-kms key=a,b"), "provider=aws-kms,key=a\\,b");
        assert_eq!(
            encrypt("provider=raw-aes namespace=n name=k key-file=f"),
            "provider=raw-aes,namespace=n,name=k,key-file=f"
        );
        let decrypt = |text| spec(text, Mode::Decrypt).expect("a spec");
        assert_eq!(decrypt("discovery=YES"), "provider=aws-kms,discovery=true");
        assert_eq!(decrypt("discovery=false key=a"), "provider=aws-kms,key=a");
        assert_eq!(
            decrypt("discovery=1 discovery-account=1 discovery-account=2 discovery-partition=aws"),
            "provider=aws-kms,discovery-account=1,discovery-account=2,discovery-partition=aws,discovery=true"
        );
    }

    #[test]
    fn groups_that_contradict_themselves() {
        let of = |text: &str, mode| usage(Group::of(&words(text), mode));
        assert_eq!(of("key", Mode::Encrypt), NOT_A_PAIR);
        assert_eq!(of("key=", Mode::Encrypt), NOT_A_PAIR);
        assert_eq!(of("=a", Mode::Encrypt), NOT_A_PAIR);
        assert!(of("provider=a provider=b key=k", Mode::Encrypt).ends_with("2 provided"));
        assert_eq!(of("provider=aws-kms", Mode::Encrypt), NO_KEY);
        assert_eq!(of("provider=x", Mode::Decrypt), NO_KEY);
        assert_eq!(
            of("discovery=true", Mode::Encrypt),
            "Discovery attributes are supported only on decryption for AWS KMS keys"
        );
        assert_eq!(
            of("provider=raw-aes discovery=true", Mode::Decrypt),
            "Discovery attributes are supported only for AWS KMS wrapping keys"
        );
        assert_eq!(of("discovery=false discovery-account=1 key=a", Mode::Decrypt), ONLY_WITH_DISCOVERY);
        assert_eq!(of("discovery=maybe", Mode::Decrypt), "Value maybe could not be parsed as true or false");
        assert!(
            matches!(spec("provider=nope key=k", Mode::Encrypt), Err(Stop::Told(text)) if text.starts_with("Requested master key provider not found: \"nope\"\n"))
        );
        assert!(
            matches!(spec("key=k foo=b", Mode::Encrypt), Err(Stop::Told(text)) if text.ends_with("unexpected keyword argument 'foo'\")"))
        );
    }

    #[test]
    fn contexts() {
        let of = |text: &str, mode| ContextWords::of(&words(text), mode);
        let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        assert_eq!(
            of("a=b a=c d==", Mode::Encrypt).map(|words| words.pairs),
            Ok(vec![pair("a", "b"), pair("d", "=")])
        );
        assert_eq!(usage(of("a", Mode::Encrypt)), NOT_A_PAIR);
        assert_eq!(usage(of("a=", Mode::Decrypt)), NOT_A_PAIR);
        let decrypt = of("a c=d", Mode::DecryptUnsigned).expect("words");
        assert_eq!((decrypt.pairs, decrypt.keys), (vec![pair("c", "d")], vec!["a".to_owned()]));
    }

    #[test]
    fn cache_limits() {
        let of = |text: &str| caching(&words(text));
        let limits = CacheLimits::new(10, Duration::from_secs_f64(0.5)).expect("limits");
        assert_eq!(of("capacity=10 max_age=0.5"), Ok(Some(limits)));
        assert_eq!(of("capacity=1 max_age=1 max_bytes_encrypted=0"), Ok(None));
        assert!(usage(of("capacity=1")).starts_with("If enabling caching"));
        assert_eq!(usage(of("capacity=1 max_age=1 x=1")), "Invalid caching configuration key: \"x\"");
        for (text, told) in [
            ("capacity=x max_age=1", "invalid literal for int() with base 10: 'x'"),
            ("capacity=1 max_age=x", "could not convert string to float: 'x'"),
            ("capacity=0 max_age=1", "LocalCryptoMaterialsCache capacity cannot be less than 1"),
            ("capacity=1 max_age=-1", "max_age cannot be less than or equal to 0"),
            ("capacity=1 max_age=1 max_messages_encrypted=0", "max_messages_encrypted cannot be less than 1"),
        ] {
            assert_eq!(of(text), Err(Stop::raised("ValueError", &[told])), "{text}");
        }
    }
}
