//! `--caching`: its limits, and where the data keys of a run come from.

use std::io;
use std::time::Duration;

use super::report::{Failure, FailureKind};
use super::spec::nearest;
use crate::keyring::Keyring;
use crate::message::DecryptError;
use crate::message::body::Message;
use crate::message::cache::{CacheLimits, MaterialsCache};
use crate::message::decrypt::{DecryptRequirements, UnverifiedMessage};

const CAPACITY: &str = "capacity";
const MAX_AGE: &str = "max-age";
const MAX_MESSAGES: &str = "max-messages";
const MAX_BYTES: &str = "max-bytes";
const NAMES: [&str; 4] = [CAPACITY, MAX_AGE, MAX_MESSAGES, MAX_BYTES];

/// Takes `capacity=N,max-age=SECONDS[,max-messages=N][,max-bytes=N]` apart.
///
/// # Errors
/// What is wrong with it, for clap.
pub fn parse(text: &str) -> Result<CacheLimits, String> {
    let mut values = [None; NAMES.len()];
    for pair in text.split(',') {
        let Some((name, value)) = pair.split_once('=') else {
            return Err(format!("{pair:?} is not a name=value pair"));
        };
        let Some(place) = NAMES.iter().position(|known| *known == name) else {
            return Err(format!("there is no limit {name:?}{}", nearest(name, NAMES.into_iter())));
        };
        let number = number(value).map_err(|why| format!("{name}={value}: {why}"))?;
        if values[place].replace(number).is_some() {
            return Err(format!("{name}= is given twice"));
        }
    }
    let [capacity, max_age, max_messages, max_bytes] = values;
    let missing = |name: &str| format!("{name}= is missing: capacity= and max-age= have to be given");
    let capacity = capacity.ok_or_else(|| missing(CAPACITY))?;
    let max_age = max_age.ok_or_else(|| missing(MAX_AGE))?;
    let capacity = usize::try_from(capacity).map_err(|_| format!("{CAPACITY}={capacity}: is too great"))?;
    let limits = CacheLimits::new(capacity, Duration::from_secs(max_age));
    let limits = limits.and_then(|limits| max_messages.map_or(Ok(limits), |n| limits.with_max_messages(n)));
    let limits = limits.and_then(|limits| max_bytes.map_or(Ok(limits), |n| limits.with_max_bytes(n)));
    limits.map_err(|error| error.to_string())
}

fn number(value: &str) -> Result<u64, &'static str> {
    let is_digits = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
    match value.parse() {
        Ok(number) if is_digits => Ok(number),
        Err(_) if is_digits => Err("is too great"),
        _ => Err("is not a whole number"),
    }
}

/// Where the data keys of a run come from.
pub enum DataKeys {
    /// From the keyring, for each message anew.
    Fresh(Box<dyn Keyring>),
    /// From the cache, when it has one that may be used again.
    Cached(Box<MaterialsCache>),
}

impl DataKeys {
    /// From this keyring, kept when there are limits to keep them within.
    ///
    /// # Errors
    /// [`Failure`]: the operating system gave no random bytes.
    pub fn new(keyring: Box<dyn Keyring>, limits: Option<CacheLimits>) -> Result<Self, Failure> {
        let Some(limits) = limits else { return Ok(Self::Fresh(keyring)) };
        let cache = MaterialsCache::new(keyring, limits)
            .map_err(|error| Failure::new(FailureKind::Other, error.to_string()))?;
        Ok(Self::Cached(Box::new(cache)))
    }

    /// The keyring that they come from.
    pub fn keyring(&self) -> &dyn Keyring {
        match self {
            Self::Fresh(keyring) => keyring.as_ref(),
            Self::Cached(cache) => cache.keyring(),
        }
    }

    /// Has a message's header opened and verified.
    ///
    /// # Errors
    /// [`DecryptError`], as [`UnverifiedMessage::verify`].
    pub fn verify<R: io::Read>(
        &self,
        message: UnverifiedMessage<R>,
        requirements: &DecryptRequirements,
    ) -> Result<Message<R>, DecryptError> {
        match self {
            Self::Fresh(keyring) => message.verify(keyring.as_ref(), requirements),
            Self::Cached(cache) => message.verify_cached(cache, requirements),
        }
    }

    /// Logs how often data keys were used again.
    pub fn log_use(&self) {
        if let Self::Cached(cache) = self {
            let used = cache.use_so_far();
            let (hits, misses, passed) = (used.hits, used.misses, used.passed);
            log::info!("data key cache: {hits} hits, {misses} misses, {passed} messages went around it");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(text: &str) -> String {
        parse(text).expect_err("wrong usage")
    }

    #[test]
    fn all_limits_in_any_order() {
        let limits = CacheLimits::new(10, Duration::from_secs(60)).expect("limits");
        assert_eq!(parse("capacity=10,max-age=60"), Ok(limits));
        let limits = limits.with_max_messages(3).and_then(|limits| limits.with_max_bytes(4096));
        assert_eq!(
            parse("max-bytes=4096,max-age=60,max-messages=3,capacity=10"),
            limits.map_err(|_| String::new())
        );
        assert!(parse("capacity=1,max-age=1,max-messages=4294967296,max-bytes=9223372036854775807").is_ok());
        assert!(parse("capacity=1,max-age=18446744073709551615").is_ok());
    }

    #[test]
    fn wrong_usage_is_told_with_its_place() {
        assert!(wrong("capacity=10").contains("max-age= is missing"));
        assert!(wrong("max-age=10").contains("capacity= is missing"));
        assert!(wrong("").contains("not a name=value pair"));
        assert!(wrong("capacity=10,").contains("not a name=value pair"));
        assert!(wrong("capacity").contains("\"capacity\" is not a name=value pair"));
        assert!(wrong("capacity=1,max_age=1").contains("\"max-age\""));
        assert!(wrong("capacity=1,max-massages=1").contains("\"max-messages\""));
        assert!(wrong("capacity=1,capacity=1").contains("twice"));
        for zero in ["capacity=0,max-age=1", "capacity=1,max-age=0"] {
            assert!(wrong(zero).contains('0') || wrong(zero).contains("1 entry"), "{}", wrong(zero));
        }
        for limit in
            ["max-messages=0", "max-messages=4294967297", "max-bytes=0", "max-bytes=9223372036854775808"]
        {
            let text = wrong(&format!("capacity=1,max-age=1,{limit}"));
            assert!(text.contains(limit.split_once('=').expect("a pair").1), "{text}");
        }
        assert!(wrong("capacity=18446744073709551616,max-age=1").contains("is too great"));
        for value in ["", "x", "-1", "+1", "1.5", " 1", "1s"] {
            let text = wrong(&format!("capacity=1,max-age={value}"));
            assert!(text.starts_with(&format!("max-age={value}: is not a whole number")), "{text}");
        }
    }
}
