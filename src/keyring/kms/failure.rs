//! What can go wrong between here and KMS.

use std::fmt;
use std::time::Duration;

/// Longest text from the network that is shown, in characters.
const MAX_SHOWN: usize = 300;

/// A call to KMS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KmsOperation {
    /// `GenerateDataKey`.
    GenerateDataKey,
    /// `Encrypt`.
    Encrypt,
    /// `Decrypt`.
    Decrypt,
    /// `GetPublicKey`.
    GetPublicKey,
}

impl KmsOperation {
    /// The operation's name, which is also the name of the IAM action behind `kms:`.
    pub fn name(self) -> &'static str {
        match self {
            Self::GenerateDataKey => "GenerateDataKey",
            Self::Encrypt => "Encrypt",
            Self::Decrypt => "Decrypt",
            Self::GetPublicKey => "GetPublicKey",
        }
    }
}

impl fmt::Display for KmsOperation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A call to KMS that gave no data key.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct KmsFailure {
    /// What was asked.
    pub operation: KmsOperation,
    /// The key as it was named in the request.
    pub key: String,
    /// The Region that was asked; `None` when none was found.
    pub region: Option<Box<str>>,
    /// What kind of failure it is.
    pub kind: KmsFailureKind,
    /// The service's error code, `AccessDeniedException` …
    pub code: Option<Box<str>>,
    /// What the service or the network said, unbounded and unescaped: [`fmt::Display`] shows it safely.
    pub message: Option<Box<str>>,
    /// How many requests were sent; `None` or 0 when it did not come to that.
    pub attempts: Option<u32>,
    /// The limit that was reached, for [`KmsFailureKind::TimedOut`].
    pub limit: Option<Duration>,
}

/// The kinds of failure, by what can be done about them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum KmsFailureKind {
    /// The caller may not do this with this key, or the key is somebody else's.
    AccessDenied,
    /// There is no such key or alias in this Region and account.
    NotFound,
    /// The key is disabled.
    Disabled,
    /// The key's state does not allow it: pending deletion, pending import …
    InvalidState,
    /// The key is not for encrypting and decrypting.
    InvalidKeyUsage,
    /// The encrypted data key is damaged, or the encryption context is not the one it was made with.
    InvalidCiphertext,
    /// Another key made this encrypted data key.
    IncorrectKey,
    /// Too many calls.
    Throttled,
    /// No answer within the limits.
    TimedOut,
    /// No connection, or one that broke.
    Unreachable,
    /// The TLS certificate of the endpoint is not trusted.
    Untrusted,
    /// KMS itself failed.
    ServiceFault,
    /// An answer that is not the answer to what was asked.
    BadAnswer,
    /// An answer that cannot be read: somebody else's page.
    Unreadable,
    /// No credentials could be had, or KMS does not accept them (expired, unknown, wrong).
    NoCredentials,
    /// The credentials can be had with an MFA code only.
    MfaNeeded,
    /// The environment or the AWS files say what cannot be.
    Configuration,
    /// Nothing tells which Region to ask.
    NoRegion,
    /// KMS refused for another reason.
    Other,
}

impl KmsFailure {
    /// A failure of a call, of which only the kind is known.
    pub(super) fn new(operation: KmsOperation, key: &str, kind: KmsFailureKind) -> Self {
        Self {
            operation,
            key: key.to_owned(),
            region: None,
            kind,
            code: None,
            message: None,
            attempts: None,
            limit: None,
        }
    }

    /// Whether the same call could work later.
    pub fn is_passing(&self) -> bool {
        self.kind.is_passing()
    }
}

impl KmsFailureKind {
    /// Whether the same call could work later.
    pub fn is_passing(self) -> bool {
        matches!(self, Self::Throttled | Self::TimedOut | Self::Unreachable | Self::ServiceFault)
    }

    /// The kind that an error code of the service stands for; `None` for a code that says nothing here.
    pub(super) fn of_code(code: &str) -> Option<Self> {
        Some(match code {
            "AccessDeniedException" | "AccessDenied" | "NotAuthorized" | "UnauthorizedOperation" => {
                Self::AccessDenied
            }
            "NotFoundException" => Self::NotFound,
            "DisabledException" => Self::Disabled,
            "KMSInvalidStateException" => Self::InvalidState,
            "InvalidKeyUsageException" => Self::InvalidKeyUsage,
            "InvalidCiphertextException" => Self::InvalidCiphertext,
            "IncorrectKeyException" => Self::IncorrectKey,
            // `LimitExceededException` is here because the SDK retries it as throttling.
            "Throttling"
            | "ThrottlingException"
            | "ThrottledException"
            | "RequestThrottled"
            | "RequestThrottledException"
            | "TooManyRequestsException"
            | "RequestLimitExceeded"
            | "BandwidthLimitExceeded"
            | "LimitExceededException"
            | "SlowDown"
            | "PriorRequestNotComplete" => Self::Throttled,
            "RequestTimeout" | "RequestTimeoutException" => Self::TimedOut,
            "DependencyTimeoutException"
            | "KMSInternalException"
            | "KeyUnavailableException"
            | "InternalFailure"
            | "InternalError"
            | "InternalServerError"
            | "ServiceUnavailable"
            | "ServiceUnavailableException" => Self::ServiceFault,
            "ExpiredTokenException"
            | "ExpiredToken"
            | "UnrecognizedClientException"
            | "InvalidClientTokenId"
            | "MissingAuthenticationToken"
            | "MissingAuthenticationTokenException"
            | "InvalidSignatureException"
            | "SignatureDoesNotMatch"
            | "IncompleteSignature"
            | "IncompleteSignatureException" => Self::NoCredentials,
            _ => return None,
        })
    }

    /// The kind of an answer that names no known error.
    pub(super) fn of_status(status: u16) -> Self {
        match status {
            200..=299 => Self::Unreadable,
            429 => Self::Throttled,
            403 => Self::AccessDenied,
            500..=599 => Self::ServiceFault,
            _ => Self::Other,
        }
    }
}

impl fmt::Display for KmsFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use KmsFailureKind as Kind;
        f.write_str(self.verdict())?;
        match self.attempts {
            Some(attempts) if self.is_passing() && attempts > 1 => write!(f, " after {attempts} attempts")?,
            _ => {}
        }
        match (self.kind, self.limit) {
            (Kind::Throttled, _) => {}
            (Kind::TimedOut, Some(limit)) if self.attempts == Some(0) => {
                write!(f, ": the credentials were not to be had within {}", Seconds(limit))?;
            }
            (Kind::TimedOut, Some(limit)) => {
                write!(f, ": no answer from KMS within {}", Seconds(limit))?;
            }
            (Kind::NoRegion, _) => {
                f.write_str(": neither the key's name nor the settings nor the environment tells one")?;
            }
            (Kind::AccessDenied, _) => return self.write_missing_permission(f),
            _ => self.write_words(f)?,
        }
        write!(f, " (kms:{} on {})", self.operation, self.resource())
    }
}

impl KmsFailure {
    /// What became of the call, in a few words.
    fn verdict(&self) -> &'static str {
        use KmsFailureKind as Kind;
        let says = |words: &str| self.message.as_deref().is_some_and(|text| text.contains(words));
        match self.kind {
            Kind::Throttled => "throttled",
            Kind::TimedOut => "timed out",
            Kind::Unreachable | Kind::Untrusted => "KMS cannot be reached",
            Kind::ServiceFault => "KMS failed",
            Kind::BadAnswer => "bad answer from KMS",
            Kind::Unreadable => "bad answer, not from KMS",
            Kind::NoCredentials if self.code.is_none() => "no credentials",
            Kind::MfaNeeded => "no credentials",
            Kind::Configuration => "configuration",
            Kind::NoRegion => "no Region",
            Kind::NotFound => "not found",
            Kind::Disabled => "disabled",
            Kind::InvalidState if says("pending deletion") => "pending deletion",
            Kind::InvalidState => "not usable in its state",
            // KMS does not tell these apart.
            Kind::InvalidCiphertext => "wrong context, or damaged",
            _ => "refused",
        }
    }

    /// The key of the request, with the Region unless its ARN tells it.
    fn resource(&self) -> String {
        match &self.region {
            Some(region) if !self.key.contains(&format!(":{region}:")) => {
                format!("{} in {}", Shown(&self.key), Shown(region))
            }
            _ => Shown(&self.key).to_string(),
        }
    }

    fn write_missing_permission(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            ": {}, missing kms:{} on {}",
            Shown(self.code.as_deref().unwrap_or("access denied")),
            self.operation,
            self.resource()
        )?;
        match &self.message {
            Some(message) => write!(f, ": {}", Shown(message)),
            None => Ok(()),
        }
    }

    /// `: code: message`, as far as they are known.
    fn write_words(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for words in [&self.code, &self.message].into_iter().flatten() {
            write!(f, ": {}", Shown(words))?;
        }
        Ok(())
    }
}

impl std::error::Error for KmsFailure {}

/// A time limit as it is shown: `60 s`, `2.5 s`, `0.125 s`.
struct Seconds(Duration);

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let decimals = if self.0 < Duration::from_secs(1) { 3 } else { 1 };
        let text = format!("{:.decimals$}", self.0.as_secs_f64());
        write!(f, "{} s", text.trim_end_matches('0').trim_end_matches('.'))
    }
}

/// Text from elsewhere as it is shown: control characters escaped, at most [`MAX_SHOWN`] characters.
pub(super) struct Shown<'a>(pub(super) &'a str);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use fmt::Write;
        for (at, character) in self.0.chars().enumerate() {
            if at == MAX_SHOWN {
                return f.write_char('…');
            }
            match character {
                '"' | '\'' | '\\' => f.write_char(character)?,
                other => write!(f, "{}", other.escape_debug())?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_limits_are_short() {
        for (milliseconds, text) in
            [(60_000, "60 s"), (2_500, "2.5 s"), (2_994, "3 s"), (125, "0.125 s"), (0, "0 s")]
        {
            assert_eq!(Seconds(Duration::from_millis(milliseconds)).to_string(), text);
        }
    }

    const KEY: &str = "arn:aws:kms:eu-west-1:111122223333:key/1234";

    fn failure(kind: KmsFailureKind) -> KmsFailure {
        KmsFailure {
            region: Some("eu-west-1".into()),
            attempts: Some(3),
            ..KmsFailure::new(KmsOperation::Decrypt, KEY, kind)
        }
    }

    #[test]
    fn one_clear_line_for_each_kind() {
        let denied = KmsFailure {
            code: Some("AccessDeniedException".into()),
            message: Some("User: arn:x is not \"authorized\"".into()),
            ..failure(KmsFailureKind::AccessDenied)
        };
        assert_eq!(
            denied.to_string(),
            format!(
                "refused: AccessDeniedException, missing kms:Decrypt on {KEY}: User: arn:x is not \"authorized\""
            )
        );
        assert_eq!(
            failure(KmsFailureKind::Throttled).to_string(),
            format!("throttled after 3 attempts (kms:Decrypt on {KEY})")
        );
        let silent = KmsFailure { limit: Some(Duration::from_secs(10)), ..failure(KmsFailureKind::TimedOut) };
        assert_eq!(
            silent.to_string(),
            format!("timed out after 3 attempts: no answer from KMS within 10 s (kms:Decrypt on {KEY})")
        );
        let damaged = KmsFailure {
            code: Some("InvalidCiphertextException".into()),
            ..failure(KmsFailureKind::InvalidCiphertext)
        };
        assert_eq!(
            damaged.to_string(),
            format!("wrong context, or damaged: InvalidCiphertextException (kms:Decrypt on {KEY})")
        );
        let unreachable = KmsFailure {
            key: "alias/backup".into(),
            message: Some("Connection refused".into()),
            attempts: Some(1),
            ..failure(KmsFailureKind::Unreachable)
        };
        assert_eq!(
            unreachable.to_string(),
            "KMS cannot be reached: Connection refused (kms:Decrypt on alias/backup in eu-west-1)"
        );
        assert_eq!(
            KmsFailure::new(KmsOperation::GenerateDataKey, "alias/a", KmsFailureKind::NoRegion).to_string(),
            "no Region: neither the key's name nor the settings nor the environment tells one (kms:GenerateDataKey on alias/a)"
        );
        let none = KmsFailure {
            message: Some("the profile has none".into()),
            ..failure(KmsFailureKind::NoCredentials)
        };
        assert_eq!(none.to_string(), format!("no credentials: the profile has none (kms:Decrypt on {KEY})"));
        let expired = KmsFailure { code: Some("ExpiredTokenException".into()), ..none };
        assert!(expired.to_string().starts_with("refused: ExpiredTokenException: "));
    }

    #[test]
    fn the_state_of_a_key_is_told() {
        let begins = |kind, message: &str, words: &str| {
            let shown = KmsFailure { message: Some(message.into()), ..failure(kind) }.to_string();
            assert!(shown.starts_with(words), "{shown}");
        };
        begins(KmsFailureKind::NotFound, "Key x does not exist", "not found: Key x");
        begins(KmsFailureKind::Disabled, "x is disabled.", "disabled: x");
        begins(KmsFailureKind::InvalidState, "x is pending deletion.", "pending deletion: x");
        begins(KmsFailureKind::InvalidState, "x is pending import.", "not usable in its state: x");
    }

    #[test]
    fn text_from_the_network_is_escaped_and_bounded() {
        let hostile = KmsFailure {
            message: Some(format!("\x1b[2J{}", "x".repeat(1000)).into()),
            ..failure(KmsFailureKind::Other)
        };
        let shown = hostile.to_string();
        assert!(shown.starts_with("refused: \\u{1b}[2Jxxx"), "{shown}");
        assert!(shown.chars().count() < MAX_SHOWN + 100, "{shown}");
        assert!(shown.contains('…'));
    }

    #[test]
    fn passing_are_the_faults_of_the_moment() {
        use KmsFailureKind::*;
        for kind in [Throttled, TimedOut, Unreachable, ServiceFault] {
            assert!(failure(kind).is_passing(), "{kind:?}");
        }
        for kind in [
            AccessDenied,
            NotFound,
            Disabled,
            InvalidState,
            InvalidKeyUsage,
            InvalidCiphertext,
            IncorrectKey,
            Untrusted,
            BadAnswer,
            Unreadable,
            NoCredentials,
            MfaNeeded,
            Configuration,
            NoRegion,
            Other,
        ] {
            assert!(!failure(kind).is_passing(), "{kind:?}");
        }
    }

    #[test]
    fn codes_and_statuses_have_their_kinds() {
        assert_eq!(KmsFailureKind::of_code("AccessDeniedException"), Some(KmsFailureKind::AccessDenied));
        assert_eq!(KmsFailureKind::of_code("RequestLimitExceeded"), Some(KmsFailureKind::Throttled));
        assert_eq!(KmsFailureKind::of_code("ValidationException"), None);
        assert_eq!(KmsFailureKind::of_status(503), KmsFailureKind::ServiceFault);
        assert_eq!(KmsFailureKind::of_status(200), KmsFailureKind::Unreadable);
        assert_eq!(KmsFailureKind::of_status(400), KmsFailureKind::Other);
    }
}
