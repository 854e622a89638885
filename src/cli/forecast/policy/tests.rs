use std::sync::Arc;

use super::*;
use crate::keyring::Keyring as _;
use crate::keyring::kms::{
    DiscoveryFilter, KmsAccess, KmsClients, KmsKeyring, KmsLimits, KmsRole, KmsSettings,
};

const KEY: &str = "arn:aws:kms:us-west-2:111122223333:key/mrk-1234";
const ROLE: &str = "arn:aws:iam::444455556666:role/backup";

fn settings(role: Option<&str>, profile: Option<&str>) -> KmsSettings {
    let role = role.map(|arn| KmsRole { arn: arn.to_owned(), session_name: None, external_id: None });
    KmsSettings {
        role,
        profile: profile.map(str::to_owned),
        region: Some("us-west-2".into()),
        endpoint_url: None,
    }
}

fn call(key: &str, settings: KmsSettings) -> KmsCall {
    let clients = Arc::new(KmsClients::new(KmsLimits::default()));
    let keyring = KmsKeyring::new(KmsAccess::new(clients, settings), key.parse().expect("a name"));
    keyring.calls_to_generate().pop().expect("one call")
}

fn of(key: &str, context: &[(&str, &str)]) -> Value {
    let context: Vec<_> =
        context.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    Policies::of(&[call(key, settings(None, None))], &context).json()
}

/// The only statement's resource and conditions.
fn statement(policy: &Value) -> (Value, Value) {
    assert_eq!(policy["Version"], "2012-10-17");
    let statements = policy["Statement"].as_array().expect("a list");
    assert_eq!(statements.len(), 1, "{policy}");
    assert_eq!(statements[0]["Effect"], "Allow");
    assert_eq!(statements[0]["Action"], "kms:GenerateDataKey");
    (statements[0]["Resource"].clone(), statements[0]["Condition"]["StringEquals"].clone())
}

#[test]
fn each_name_of_a_key_becomes_what_iam_can_tell_it_by() {
    let own = "${aws:PrincipalAccount}";
    for (key, resource, conditions) in [
        (KEY, KEY, Value::Null),
        (
            "arn:aws-cn:kms:cn-north-1:111122223333:alias/a/b",
            "arn:aws-cn:kms:cn-north-1:111122223333:key/*",
            json!({"kms:RequestAlias": "alias/a/b"}),
        ),
        (
            "alias/a",
            "arn:aws:kms:us-west-2:*:key/*",
            json!({"kms:RequestAlias": "alias/a", "aws:ResourceAccount": own}),
        ),
        ("1234-abcd", "arn:aws:kms:us-west-2:*:key/1234-abcd", json!({"aws:ResourceAccount": own})),
    ] {
        assert_eq!(statement(&of(key, &[])), (json!(resource), conditions), "{key}");
    }
}

#[test]
fn a_region_that_nothing_tells_is_any() {
    let call = KmsCall { region: None, ..call("1234", settings(None, None)) };
    let (resource, _) = statement(&Policies::of(&[call], &[]).json());
    assert_eq!(resource, "arn:*:kms:*:*:key/1234");
}

#[test]
fn the_partition_is_the_regions() {
    for (region, expected) in [
        ("eu-west-1", "aws"),
        ("cn-northwest-1", "aws-cn"),
        ("us-gov-east-1", "aws-us-gov"),
        ("us-iso-west-1", "aws-iso"),
        ("us-isob-east-1", "aws-iso-b"),
        ("eusc-de-east-1", "aws-eusc"),
    ] {
        assert_eq!(partition(region), expected, "{region}");
    }
}

#[test]
fn pairs_become_conditions_where_they_can_be_named_without_doubt() {
    let equal = |context: &[(&str, &str)]| statement(&of(KEY, context)).1;
    assert_eq!(equal(&[("purpose", "a")]), json!({"kms:EncryptionContext:purpose": "a"}));
    // What a policy would replace is written so that it stands for itself.
    assert_eq!(
        equal(&[("a", "${aws:username} *")]),
        json!({"kms:EncryptionContext:a": "${$}{aws:username} *"})
    );
    assert_eq!(equal(&[("a", "1"), ("A", "2"), ("b", "3")]), json!({"kms:EncryptionContext:b": "3"}));
    for key in ["", "a b", "ä", "${aws:username}", "a*"] {
        assert_eq!(equal(&[(key, "1")]), Value::Null, "{key:?}");
    }
}

#[test]
fn rsa_keys_take_no_encryption_context() {
    let call = KmsCall { has_context: false, ..call(KEY, settings(None, None)) };
    let policy = Policies::of(&[call], &[("purpose".to_owned(), "a".to_owned())]).json();
    assert_eq!(statement(&policy), (json!(KEY), Value::Null));
}

/// A message can name any ARN: one that means more in a policy than it says is in none.
#[test]
fn an_arn_that_is_a_pattern_is_left_out() {
    for hostile in [
        "arn:aws:kms:us-west-2:111122223333:key/*",
        "arn:aws:kms:us-west-2:*:key/1234",
        "arn:*:kms:us-west-2:111122223333:key/1234",
        "arn:aws:kms:us-west-2:111122223333:key/${a}",
        "arn:aws:kms:us-west-2:111122223333:key/?",
    ] {
        let policies = Policies::of(&[call(hostile, settings(None, None))], &[]);
        assert_eq!(policies.json()["Statement"], json!([]), "{hostile}");
        assert_eq!(policies.left_out, [hostile.to_owned()].into());
    }
}

#[test]
fn keys_of_one_operation_share_a_statement() {
    let other = "arn:aws:kms:us-west-2:111122223333:key/1111";
    let calls = [KEY, other, KEY].map(|key| call(key, settings(None, None)));
    assert_eq!(statement(&Policies::of(&calls, &[]).json()).0, json!([other, KEY]));
}

#[test]
fn a_role_is_a_principal_and_the_caller_assumes_it() {
    let calls = [
        call(KEY, settings(None, None)),
        call(KEY, settings(Some(ROLE), None)),
        call(KEY, settings(Some(ROLE), Some("ops"))),
    ];
    let policies = Policies::of(&calls, &[]).json();
    let of = |principal: &str| {
        let statements = policies[principal]["Statement"].as_array().expect("a list");
        let pair = |one: &Value| (one["Action"].clone(), one["Resource"].clone());
        statements.iter().map(pair).collect::<Vec<_>>()
    };
    let generate = (json!("kms:GenerateDataKey"), json!(KEY));
    let assume = (json!("sts:AssumeRole"), json!(ROLE));
    assert_eq!(policies.as_object().map(Map::len), Some(3), "{policies}");
    assert_eq!(of("caller"), [generate.clone(), assume.clone()]);
    assert_eq!(of("profile ops"), [assume]);
    assert_eq!(of(ROLE), [generate]);
}

#[test]
fn keys_that_are_too_many_are_allowed_by_the_accounts_of_their_filter() {
    let accounts = vec!["111122223333".to_owned(), "444455556666".to_owned()];
    let filter = Some(DiscoveryFilter { partition: "aws".to_owned(), accounts });
    let call = call(KEY, settings(None, None));
    let filtered = KmsCall { filter, ..call.clone() };
    let context = [("purpose".to_owned(), "a".to_owned())];
    let policies = Policies::default().and_apart(&[filtered], &context);
    assert!(!policies.is_incomplete);
    let any = ["arn:aws:kms:*:111122223333:key/*", "arn:aws:kms:*:444455556666:key/*"];
    let conditions = json!({"kms:EncryptionContext:purpose": "a"});
    assert_eq!(statement(&policies.json()), (json!(any), conditions));
    // Without a filter they would be everybody's.
    let policies = Policies::default().and_apart(&[call], &[]);
    assert!(policies.is_incomplete);
    assert_eq!(policies.json()["Statement"], json!([]));
}
