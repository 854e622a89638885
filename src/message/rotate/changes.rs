//! What of a message is kept in its rotation, and what changes.

use std::fmt;
use std::num::NonZeroU32;

use crate::commitment::CommitmentPolicy;
use crate::context::{ContextError, EncryptionContext, PUBLIC_KEY};
use crate::format::Header;
use crate::message::DEFAULT_FRAME_LENGTH;
use crate::suite::AlgorithmSuite;

/// What a rotation changes beside the keys. Everything else is kept.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    /// The algorithm suite; `None` keeps it, as far as the commitment policy lets it be written.
    pub suite: Option<&'static AlgorithmSuite>,
    /// The frame length in bytes; `None` keeps it, and gives an unframed message the default one.
    pub frame_length: Option<NonZeroU32>,
    /// Pairs that the encryption context is to hold, in place of those with the same keys.
    pub set: EncryptionContext,
    /// Keys that it is not to hold any more.
    pub unset: Vec<String>,
}

/// What the new message is to be like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outline {
    /// Its algorithm suite.
    pub suite: &'static AlgorithmSuite,
    /// Its frame length in bytes.
    pub frame_length: NonZeroU32,
    /// Its stored encryption context, without the public key of a signed message.
    pub context: EncryptionContext,
}

/// A change that cannot be made to a message.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ChangeError {
    /// A key is to go out of the encryption context and is not stored in it.
    NotStored(String),
    /// The changed encryption context cannot be one.
    Context(ContextError),
}

impl Changes {
    /// What becomes of a message with this header.
    ///
    /// A suite that does not commit becomes, under a policy that does not let it be written, the committing one that
    /// signs or does not sign as it did. The other way round nothing is done: commitment is given up only when a suite
    /// without it is named.
    ///
    /// # Errors
    /// [`ChangeError`]: the encryption context cannot be changed like that.
    pub fn applied(&self, header: &Header, policy: CommitmentPolicy) -> Result<Outline, ChangeError> {
        if let Some(missing) = self.unset.iter().find(|key| header.context.value(key).is_none()) {
            return Err(ChangeError::NotStored(missing.clone()));
        }
        let mut context = EncryptionContext::new();
        for (key, value) in header.context.pairs() {
            let goes = key == PUBLIC_KEY
                || self.set.value(key).is_some()
                || self.unset.iter().any(|unset| unset == key);
            if !goes {
                context.insert(key, value)?;
            }
        }
        for (key, value) in self.set.pairs() {
            context.insert(key, value)?;
        }
        Ok(Outline { suite: self.suite(header, policy), frame_length: self.frame_length(header), context })
    }

    /// Whether a message with this header is already as the changes would make it.
    pub fn are_made_in(&self, header: &Header, policy: CommitmentPolicy) -> bool {
        self.suite(header, policy) == header.suite
            && self.frame_length(header).get() == header.frame_length
            && self.set.pairs().all(|(key, value)| header.context.value(key) == Some(value))
            && self.unset.iter().all(|key| header.context.value(key).is_none())
    }

    fn suite(&self, header: &Header, policy: CommitmentPolicy) -> &'static AlgorithmSuite {
        let kept = header.suite;
        match self.suite {
            Some(suite) => suite,
            None if policy.may_encrypt_with(kept).is_ok() || kept.is_committing() => kept,
            None if kept.is_signed() => AlgorithmSuite::DEFAULT,
            None => AlgorithmSuite::UNSIGNED,
        }
    }

    fn frame_length(&self, header: &Header) -> NonZeroU32 {
        self.frame_length.or(NonZeroU32::new(header.frame_length)).unwrap_or(DEFAULT_FRAME_LENGTH)
    }
}

impl From<ContextError> for ChangeError {
    fn from(error: ContextError) -> Self {
        Self::Context(error)
    }
}

impl fmt::Display for ChangeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotStored(key) => {
                write!(f, "the encryption context of the message holds no key {key:?} that could go")
            }
            Self::Context(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for ChangeError {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::ContentType;

    const POLICIES: [CommitmentPolicy; 3] = CommitmentPolicy::ALL;

    fn header(suite: &'static AlgorithmSuite, pairs: &[(&str, &str)], frame_length: u32) -> Header {
        let mut context = EncryptionContext::new();
        for (key, value) in pairs {
            context.insert(key, value).expect("a good pair");
        }
        if suite.is_signed() {
            context.insert_public_key("point").expect("room");
        }
        let content_type = if frame_length == 0 { ContentType::Unframed } else { ContentType::Framed };
        Header {
            suite,
            message_id: vec![7; suite.message_version().message_id_length()],
            context,
            encrypted_data_keys: Vec::new(),
            content_type,
            frame_length,
            commitment_key: None,
        }
    }

    fn context(pairs: &[(&str, &str)]) -> EncryptionContext {
        let mut context = EncryptionContext::new();
        for (key, value) in pairs {
            context.insert(key, value).expect("a good pair");
        }
        context
    }

    #[test]
    fn without_changes_everything_is_kept_but_the_public_key() {
        let policy = CommitmentPolicy::default();
        for suite in [AlgorithmSuite::DEFAULT, AlgorithmSuite::UNSIGNED] {
            let header = header(suite, &[("a", "1"), ("b", "")], 100);
            let outline = Changes::default().applied(&header, policy).expect("nothing to refuse");
            assert_eq!((outline.suite, outline.frame_length.get()), (suite, 100));
            assert_eq!(outline.context, context(&[("a", "1"), ("b", "")]));
            assert!(Changes::default().are_made_in(&header, policy));
        }
    }

    #[test]
    fn a_suite_that_may_not_be_written_becomes_the_committing_one_of_its_kind() {
        let [strict, allow, forbid] = POLICIES;
        for suite in AlgorithmSuite::all() {
            let header = header(suite, &[], 100);
            let kept = |policy| Changes::default().applied(&header, policy).expect("no context").suite;
            assert_eq!(kept(forbid), suite, "commitment is never given up unasked");
            for policy in [strict, allow] {
                let new = kept(policy);
                assert!(new.is_committing());
                assert_eq!(new.is_signed(), suite.is_signed());
                assert_eq!(Changes::default().are_made_in(&header, policy), suite.is_committing());
            }
            let changes = Changes { suite: Some(AlgorithmSuite::UNSIGNED), ..Changes::default() };
            assert_eq!(changes.applied(&header, allow).expect("no context").suite, AlgorithmSuite::UNSIGNED);
        }
    }

    #[test]
    fn frame_lengths_are_kept_changed_or_the_default() {
        let policy = CommitmentPolicy::default();
        let length = |changes: &Changes, old| {
            let header = header(AlgorithmSuite::UNSIGNED, &[], old);
            let outline = changes.applied(&header, policy).expect("no context");
            assert_eq!(changes.are_made_in(&header, policy), outline.frame_length.get() == old);
            outline.frame_length.get()
        };
        let changes = Changes { frame_length: NonZeroU32::new(5), ..Changes::default() };
        assert_eq!([length(&Changes::default(), 7), length(&Changes::default(), u32::MAX)], [7, u32::MAX]);
        assert_eq!(length(&Changes::default(), 0), DEFAULT_FRAME_LENGTH.get());
        assert_eq!([length(&changes, 7), length(&changes, 0), length(&changes, 5)], [5; 3]);
    }

    #[test]
    fn the_context_is_changed_and_only_what_is_there_can_go() {
        let policy = CommitmentPolicy::default();
        let header = header(AlgorithmSuite::DEFAULT, &[("a", "1"), ("b", "2"), ("c", "3")], 100);
        let changes = |set: &[(&str, &str)], unset: &[&str]| Changes {
            set: context(set),
            unset: unset.iter().map(|key| (*key).to_owned()).collect(),
            ..Changes::default()
        };
        let change = changes(&[("b", "new"), ("d", "4")], &["a"]);
        let outline = change.applied(&header, policy).expect("good");
        assert_eq!(outline.context, context(&[("b", "new"), ("c", "3"), ("d", "4")]));
        assert!(!change.are_made_in(&header, policy));
        assert!(changes(&[("b", "2")], &["z"]).are_made_in(&header, policy));
        assert!(!changes(&[], &["b"]).are_made_in(&header, policy));
        let missing = changes(&[], &["z"]).applied(&header, policy);
        assert_eq!(missing, Err(ChangeError::NotStored("z".to_owned())));
        let long = "x".repeat(65_000);
        assert!(matches!(
            changes(&[("d", &long), ("e", &"y".repeat(510))], &[]).applied(&header, policy),
            Err(ChangeError::Context(ContextError::TooLong(_)))
        ));
    }
}
