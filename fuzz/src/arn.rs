//! Names of KMS keys. The input is one text or two, a line feed between them: what is configured, and what a message names.

use esdk::keyring::kms::{ArnError, ArnFault, KeyArn, KeyIdentifier, matches_for_decrypt};

const REGIONS: [&str; 3] = ["us-east-1", "eu-central-1", "x"];
const NO_REGIONS: [&str; 5] = ["", "-a", "a-", "a.b", "é"];

/// What is read is printed again, what is refused is named, and keys match as the specification has it.
pub fn check(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let (one, other) = text.split_once('\n').unwrap_or((text, text));
    let arns = [one, other].map(|text| {
        let arn = arn(text);
        identifier(text, arn.as_ref());
        arn
    });
    for arn in arns.iter().flatten() {
        assert!(matches_for_decrypt(arn, arn), "{arn} does not match itself");
        moves(arn);
    }
    if let [Some(one), Some(other)] = &arns {
        matches(one, other);
    }
}

fn arn(text: &str) -> Option<KeyArn> {
    let parts: Vec<&str> = text.split(':').collect();
    match text.parse::<KeyArn>() {
        Ok(arn) => {
            assert_eq!(arn.to_string(), text, "printed again");
            let [scheme, partition, service, region, account, resource] = parts[..] else {
                panic!("{text:?} has not six parts");
            };
            assert_eq!((scheme, service), ("arn", "kms"));
            assert_eq!((arn.partition(), arn.region(), arn.account()), (partition, region, account));
            assert!(!partition.is_empty() && !account.is_empty(), "{text:?} has an empty part");
            assert!(is_label(region), "{region:?} becomes part of a host name");
            let kind = if arn.is_key() { "key" } else { "alias" };
            assert_eq!(format!("{kind}/{}", arn.resource_id()), resource);
            assert!(arn.is_key() != arn.is_alias() && !arn.resource_id().is_empty());
            assert_eq!(arn.is_multi_region(), resource.starts_with("key/mrk-"));
            Some(arn)
        }
        Err(error) => {
            is_named(text, &error);
            assert!(!is_valid(&parts), "{text:?} is an ARN, and {error}");
            None
        }
    }
}

/// Spec: framework/aws-kms/aws-kms-key-arn.md#a-valid-aws-kms-arn, with a Region that can be part of a host name.
fn is_valid(parts: &[&str]) -> bool {
    let ["arn", partition, "kms", region, account, resource] = parts else { return false };
    let id = resource.strip_prefix("key/").or_else(|| resource.strip_prefix("alias/"));
    !partition.is_empty() && is_label(region) && !account.is_empty() && id.is_some_and(|id| !id.is_empty())
}

/// RFC 1123: letters, digits and inner hyphens, 1 to 63.
fn is_label(text: &str) -> bool {
    let is_inner = |byte: &u8| matches!(byte, b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-');
    let ends = [text.bytes().next(), text.bytes().next_back()];
    (1..64).contains(&text.len()) && text.as_bytes().iter().all(is_inner) && !ends.contains(&Some(b'-'))
}

fn is_named(text: &str, error: &ArnError) {
    assert_eq!(error.text, text);
    let shown = error.to_string();
    assert!(shown.starts_with(&format!("{text:?} ")), "{shown}");
    assert!(!shown.contains(char::is_control), "{shown:?} would reach a terminal");
}

fn identifier(text: &str, arn: Option<&KeyArn>) {
    match text.parse::<KeyIdentifier>() {
        Ok(identifier) => {
            assert_eq!(identifier.to_string(), text, "printed again");
            assert_eq!(identifier.arn(), arn);
            assert_eq!(identifier.region(), arn.map(KeyArn::region));
            let is_multi_region = arn.map_or(text.starts_with("mrk-"), KeyArn::is_multi_region);
            assert_eq!(identifier.is_multi_region(), is_multi_region, "{text:?}");
            let is_alias = matches!(identifier, KeyIdentifier::AliasName(_));
            assert_eq!(is_alias, text.starts_with("alias/"));
        }
        Err(error) => {
            is_named(text, &error);
            assert!(arn.is_none(), "{text:?} is an ARN, and no name of a key");
        }
    }
}

/// The same key in other Regions.
fn moves(arn: &KeyArn) {
    for region in REGIONS {
        let moved = arn.in_region(region).expect("a Region");
        assert_eq!(moved.to_string().parse(), Ok(moved.clone()), "read again");
        assert_eq!(moved.region(), region);
        let is_matched = arn.is_multi_region() || arn.region() == region;
        assert_eq!(matches_for_decrypt(arn, &moved), is_matched, "{arn} and {moved}");
        assert_eq!(moved.in_region(arn.region()).as_ref(), Ok(arn), "and back");
    }
    for region in NO_REGIONS {
        let error = arn.in_region(region).expect_err("no Region");
        assert!(matches!(error.fault, ArnFault::NoRegion | ArnFault::RegionCharacters), "{error}");
    }
}

/// Spec: framework/aws-kms/aws-kms-mrk-match-for-decrypt.md#implementation
fn matches(one: &KeyArn, other: &KeyArn) {
    let is_matched = matches_for_decrypt(one, other);
    assert_eq!(is_matched, matches_for_decrypt(other, one), "{one} and {other}, the other way round");
    let texts = [one, other].map(KeyArn::to_string);
    let in_one_region = other.in_region(one.region()).expect("the Region of an ARN").to_string();
    let both = one.is_multi_region() && other.is_multi_region();
    assert_eq!(is_matched, texts[0] == texts[1] || both && texts[0] == in_one_region, "{one} and {other}");
}
