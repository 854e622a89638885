//! The names of KMS keys: key ARNs, alias ARNs, key ids and alias names.
//!
//! | part | key ARN | example |
//! | --- | --- | --- |
//! | 1 | `arn` | `arn` |
//! | 2 | partition | `aws` |
//! | 3 | service | `kms` |
//! | 4 | Region | `eu-west-1` |
//! | 5 | account | `111122223333` |
//! | 6 | resource: type, `/`, id | `key/mrk-1234abcd12ab34cd56ef1234567890ab` |
//!
//! Spec: framework/aws-kms/aws-kms-key-arn.md#aws-kms-key-arn

use std::fmt;
use std::str::FromStr;

/// A key id that begins with this is a multi-Region key's.
///
/// Spec: framework/aws-kms/aws-kms-key-arn.md#aws-kms-multi-region-keys
const MULTI_REGION_PREFIX: &str = "mrk-";
/// An alias name begins with this.
const ALIAS_PREFIX: &str = "alias/";
/// Longest label of a host name, in bytes; a Region becomes one.
const MAX_LABEL_LENGTH: usize = 63;

/// The ARN of a KMS key or alias.
///
/// Stricter than the specification in one point: the Region consists of ASCII letters, digits and inner hyphens,
/// because it becomes part of a host name, and ARNs also come out of messages that nobody has authenticated yet.
///
/// Spec: framework/aws-kms/aws-kms-key-arn.md#a-valid-aws-kms-arn
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct KeyArn {
    partition: String,
    region: String,
    account: String,
    resource_type: ResourceType,
    resource_id: String,
}

/// What an ARN names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum ResourceType {
    Key,
    Alias,
}

impl KeyArn {
    /// The partition: `aws`, `aws-cn`, `aws-us-gov` …
    pub fn partition(&self) -> &str {
        &self.partition
    }

    /// The Region: `eu-west-1` …
    pub fn region(&self) -> &str {
        &self.region
    }

    /// The account, mostly twelve digits.
    pub fn account(&self) -> &str {
        &self.account
    }

    /// The key id, or the alias' name without `alias/`.
    pub fn resource_id(&self) -> &str {
        &self.resource_id
    }

    /// Whether it names a key.
    pub fn is_key(&self) -> bool {
        self.resource_type == ResourceType::Key
    }

    /// Whether it names an alias.
    pub fn is_alias(&self) -> bool {
        self.resource_type == ResourceType::Alias
    }

    /// Whether it names a multi-Region key. An alias never does, whatever its name.
    ///
    /// Spec: framework/aws-kms/aws-kms-key-arn.md#identifying-an-an-aws-kms-multi-region-arn
    pub fn is_multi_region(&self) -> bool {
        self.is_key() && self.resource_id.starts_with(MULTI_REGION_PREFIX)
    }

    /// The same key in another Region.
    ///
    /// # Errors
    /// [`ArnError`] when `region` cannot be one.
    pub fn in_region(&self, region: &str) -> Result<Self, ArnError> {
        let arn = Self { region: region.to_owned(), ..self.clone() };
        match region_fault(region) {
            Some(fault) => Err(ArnError { text: arn.to_string(), fault }),
            None => Ok(arn),
        }
    }

    fn parse(text: &str) -> Result<Self, ArnFault> {
        let parts: Vec<&str> = text.split(':').collect();
        if parts.first() != Some(&"arn") {
            return Err(ArnFault::NotArn);
        }
        let [_, partition, service, region, account, resource] = parts[..] else {
            return Err(ArnFault::PartCount);
        };
        if partition.is_empty() {
            return Err(ArnFault::NoPartition);
        }
        if service != "kms" {
            return Err(ArnFault::OtherService);
        }
        if let Some(fault) = region_fault(region) {
            return Err(fault);
        }
        if account.is_empty() {
            return Err(ArnFault::NoAccount);
        }
        let (resource_type, resource_id) = resource.split_once('/').ok_or(ArnFault::ResourceShape)?;
        let resource_type = match resource_type {
            "key" => ResourceType::Key,
            "alias" => ResourceType::Alias,
            _ => return Err(ArnFault::OtherResourceType),
        };
        if resource_id.is_empty() {
            return Err(ArnFault::NoResourceId);
        }
        Ok(Self {
            partition: partition.to_owned(),
            region: region.to_owned(),
            account: account.to_owned(),
            resource_type,
            resource_id: resource_id.to_owned(),
        })
    }
}

/// Why a Region cannot be a host name's label, when it cannot.
fn region_fault(region: &str) -> Option<ArnFault> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    if region.is_empty() {
        Some(ArnFault::NoRegion)
    } else if region.len() > MAX_LABEL_LENGTH
        || region.starts_with('-')
        || region.ends_with('-')
        || !region.bytes().all(allowed)
    {
        Some(ArnFault::RegionCharacters)
    } else {
        None
    }
}

impl FromStr for KeyArn {
    type Err = ArnError;

    fn from_str(text: &str) -> Result<Self, ArnError> {
        Self::parse(text).map_err(|fault| ArnError { text: text.to_owned(), fault })
    }
}

impl fmt::Display for KeyArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let resource_type = match self.resource_type {
            ResourceType::Key => "key",
            ResourceType::Alias => "alias",
        };
        write!(
            f,
            "arn:{}:kms:{}:{}:{resource_type}/{}",
            self.partition, self.region, self.account, self.resource_id
        )
    }
}

/// Whether a configured key may decrypt what another key ARN names: the same key, or the same multi-Region key in
/// another Region.
///
/// Spec: framework/aws-kms/aws-kms-mrk-match-for-decrypt.md#implementation
pub fn matches_for_decrypt(configured: &KeyArn, edk: &KeyArn) -> bool {
    if configured == edk {
        return true;
    }
    configured.is_multi_region()
        && edk.is_multi_region()
        && configured.partition == edk.partition
        && configured.account == edk.account
        && configured.resource_id == edk.resource_id
}

/// Any name by which KMS knows a key.
///
/// Spec: framework/aws-kms/aws-kms-key-arn.md#a-valid-aws-kms-identifier
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum KeyIdentifier {
    /// A key ARN or an alias ARN.
    Arn(KeyArn),
    /// A key id: `1234abcd-12ab-34cd-56ef-1234567890ab`, `mrk-…`.
    KeyId(String),
    /// An alias name with its `alias/`.
    AliasName(String),
}

impl KeyIdentifier {
    /// The ARN, when it is one.
    pub fn arn(&self) -> Option<&KeyArn> {
        match self {
            Self::Arn(arn) => Some(arn),
            Self::KeyId(_) | Self::AliasName(_) => None,
        }
    }

    /// The Region that the name itself tells.
    pub fn region(&self) -> Option<&str> {
        self.arn().map(KeyArn::region)
    }

    /// Whether it names a multi-Region key.
    ///
    /// Spec: framework/aws-kms/aws-kms-key-arn.md#identifying-an-an-aws-kms-multi-region-identifier
    pub fn is_multi_region(&self) -> bool {
        match self {
            Self::Arn(arn) => arn.is_multi_region(),
            Self::KeyId(id) => id.starts_with(MULTI_REGION_PREFIX),
            Self::AliasName(_) => false,
        }
    }
}

impl FromStr for KeyIdentifier {
    type Err = ArnError;

    fn from_str(text: &str) -> Result<Self, ArnError> {
        if text.starts_with("arn:") {
            return text.parse().map(Self::Arn);
        }
        let fault = |fault| Err(ArnError { text: text.to_owned(), fault });
        if let Some(name) = text.strip_prefix(ALIAS_PREFIX) {
            return match name {
                "" => fault(ArnFault::NoResourceId),
                name if name.contains(':') => fault(ArnFault::NotIdentifier),
                _ => Ok(Self::AliasName(text.to_owned())),
            };
        }
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        if text.is_empty() || !text.bytes().all(allowed) {
            return fault(ArnFault::NotIdentifier);
        }
        Ok(Self::KeyId(text.to_owned()))
    }
}

impl fmt::Display for KeyIdentifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Arn(arn) => arn.fmt(f),
            Self::KeyId(text) | Self::AliasName(text) => f.write_str(text),
        }
    }
}

/// A text that does not name a KMS key as it should.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArnError {
    /// The text.
    pub text: String,
    /// What is wrong with it.
    pub fault: ArnFault,
}

/// Which part of a key's name is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ArnFault {
    /// It is neither an ARN nor a key id nor an alias name.
    NotIdentifier,
    /// It does not begin with `arn:`.
    NotArn,
    /// It has not six parts.
    PartCount,
    /// Part 2, the partition, is empty.
    NoPartition,
    /// Part 3, the service, is not `kms`.
    OtherService,
    /// Part 4, the Region, is empty.
    NoRegion,
    /// Part 4, the Region, holds what no Region does.
    RegionCharacters,
    /// Part 5, the account, is empty.
    NoAccount,
    /// Part 6, the resource, has no `/`.
    ResourceShape,
    /// Part 6, the resource, is neither a key nor an alias.
    OtherResourceType,
    /// The key id or alias name is empty.
    NoResourceId,
    /// It names an alias where only a key ARN will do.
    Alias,
    /// It is a key id or alias name where only a key ARN will do.
    NotKeyArn,
}

impl ArnFault {
    /// The fault said of a key ARN that stands in a message.
    pub(super) fn in_message(self) -> &'static str {
        match self {
            Self::NotIdentifier | Self::NotArn | Self::NotKeyArn => {
                "its key provider information is not a key ARN"
            }
            Self::PartCount => "its key ARN has not six parts",
            Self::NoPartition => "its key ARN has no partition",
            Self::OtherService => "its key ARN is of another service than kms",
            Self::NoRegion => "its key ARN has no Region",
            Self::RegionCharacters => "its key ARN has a Region that cannot be one",
            Self::NoAccount => "its key ARN has no account",
            Self::ResourceShape | Self::OtherResourceType => "its key ARN does not name a key",
            Self::NoResourceId => "its key ARN has no key id",
            Self::Alias => "its key ARN names an alias",
        }
    }
}

impl fmt::Display for ArnError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} ", self.text)?;
        f.write_str(match self.fault {
            ArnFault::NotIdentifier => "is not a key ARN, alias ARN, key id or alias name",
            ArnFault::NotArn => "is not an ARN: it does not begin with arn:",
            ArnFault::PartCount => {
                "is not a key ARN: it has not the six parts arn:partition:kms:region:account:key/id"
            }
            ArnFault::NoPartition => "is not a key ARN: its partition (part 2) is empty",
            ArnFault::OtherService => "is not a key ARN: its service (part 3) is not kms",
            ArnFault::NoRegion => "is not a key ARN: its Region (part 4) is empty",
            ArnFault::RegionCharacters => "is not a key ARN: its Region (part 4) cannot be one",
            ArnFault::NoAccount => "is not a key ARN: its account (part 5) is empty",
            ArnFault::ResourceShape => "is not a key ARN: its resource (part 6) is not key/ID or alias/NAME",
            ArnFault::OtherResourceType => {
                "is not a key ARN: its resource (part 6) is neither a key nor an alias"
            }
            ArnFault::NoResourceId => "names no key: nothing follows its /",
            ArnFault::Alias => "is an alias ARN, and decrypting needs a key ARN",
            ArnFault::NotKeyArn => "is not a key ARN, and decrypting needs one",
        })
    }
}

impl std::error::Error for ArnError {}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "arn:aws:kms:us-east-1:222222222222:key/1234abcd-12ab-34cd-56ef-1234567890ab";
    const MRK: &str = "arn:aws:kms:us-east-1:222222222222:key/mrk-4321abcd12ab34cd56ef1234567890ab";
    const ALIAS: &str = "arn:aws:kms:us-west-2:111122223333:alias/mrk-team/backup";

    fn arn(text: &str) -> KeyArn {
        text.parse().expect("a good ARN")
    }

    #[test]
    fn reads_its_parts_and_prints_them_again() {
        let key = arn(KEY);
        assert_eq!((key.partition(), key.region(), key.account()), ("aws", "us-east-1", "222222222222"));
        assert_eq!(key.resource_id(), "1234abcd-12ab-34cd-56ef-1234567890ab");
        assert!(key.is_key() && !key.is_alias() && !key.is_multi_region());
        assert!(arn(MRK).is_multi_region());
        let alias = arn(ALIAS);
        assert!(alias.is_alias() && !alias.is_key() && !alias.is_multi_region());
        assert_eq!(alias.resource_id(), "mrk-team/backup");
        for text in [KEY, MRK, ALIAS] {
            assert_eq!(arn(text).to_string(), text);
        }
    }

    #[test]
    fn names_the_part_that_is_wrong() {
        for (text, fault) in [
            ("", ArnFault::NotArn),
            ("arn-not:aws:kms:us-east-1:2:key/1", ArnFault::NotArn),
            ("arn", ArnFault::PartCount),
            ("arn:aws:kms:us-east-1:2", ArnFault::PartCount),
            ("arn:aws:kms:us-east-1:2:key/1:2", ArnFault::PartCount),
            ("arn::kms:us-east-1:2:key/1", ArnFault::NoPartition),
            ("arn:aws::us-east-1:2:key/1", ArnFault::OtherService),
            ("arn:aws:s3:us-east-1:2:key/1", ArnFault::OtherService),
            ("arn:aws:kms::2:key/1", ArnFault::NoRegion),
            ("arn:aws:kms:x@evil.example/#:2:key/1", ArnFault::RegionCharacters),
            ("arn:aws:kms:-a:2:key/1", ArnFault::RegionCharacters),
            ("arn:aws:kms:us-east-1::key/1", ArnFault::NoAccount),
            ("arn:aws:kms:us-east-1:2:", ArnFault::ResourceShape),
            ("arn:aws:kms:us-east-1:2:key", ArnFault::ResourceShape),
            ("arn:aws:kms:us-east-1:2:/1", ArnFault::OtherResourceType),
            ("arn:aws:kms:us-east-1:2:grant/1", ArnFault::OtherResourceType),
            ("arn:aws:kms:us-east-1:2:key/", ArnFault::NoResourceId),
        ] {
            assert_eq!(KeyArn::from_str(text).expect_err(text).fault, fault, "{text}");
        }
        assert_eq!(
            KeyArn::from_str("arn:aws:kms::2:key/\n").expect_err("no Region").to_string(),
            r#""arn:aws:kms::2:key/\n" is not a key ARN: its Region (part 4) is empty"#
        );
    }

    #[test]
    fn identifiers_come_in_four_shapes() {
        let identifier = |text: &str| KeyIdentifier::from_str(text);
        assert_eq!(identifier(KEY), Ok(KeyIdentifier::Arn(arn(KEY))));
        assert_eq!(identifier(ALIAS), Ok(KeyIdentifier::Arn(arn(ALIAS))));
        assert_eq!(identifier("alias/a/b"), Ok(KeyIdentifier::AliasName("alias/a/b".into())));
        assert_eq!(identifier("mrk-4321"), Ok(KeyIdentifier::KeyId("mrk-4321".into())));
        assert!(identifier("mrk-4321").is_ok_and(|key| key.is_multi_region()));
        assert!(identifier("alias/mrk-4321").is_ok_and(|key| !key.is_multi_region()));
        assert_eq!(identifier(MRK).map(|key| key.region().map(str::to_owned)), Ok(Some("us-east-1".into())));
        for (text, fault) in [
            ("", ArnFault::NotIdentifier),
            ("key/1234", ArnFault::NotIdentifier),
            ("12 34", ArnFault::NotIdentifier),
            ("alias/", ArnFault::NoResourceId),
            ("alias/a:b", ArnFault::NotIdentifier),
            ("arn:aws:kms:us-east-1:2", ArnFault::PartCount),
        ] {
            assert_eq!(identifier(text).expect_err(text).fault, fault, "{text}");
        }
    }

    #[test]
    fn multi_region_keys_match_their_replicas_only() {
        let configured = arn(MRK);
        let replica = configured.in_region("eu-west-1").expect("a Region");
        assert_eq!(replica.region(), "eu-west-1");
        assert!(matches_for_decrypt(&configured, &configured));
        assert!(matches_for_decrypt(&configured, &replica));
        assert!(matches_for_decrypt(&replica, &configured));
        for (from, to) in
            [("arn:aws:", "arn:aws-cn:"), ("222222222222", "333333333333"), ("ab34cd", "ab34ce")]
        {
            assert!(!matches_for_decrypt(&configured, &arn(&replica.to_string().replace(from, to))), "{to}");
        }
        let single = arn(KEY);
        assert!(matches_for_decrypt(&single, &single));
        assert!(!matches_for_decrypt(&single, &single.in_region("eu-west-1").expect("a Region")));
        assert!(!matches_for_decrypt(&configured, &single));
        assert!(configured.in_region("eu/west").is_err());
    }
}
