//! The least IAM policy that lets the calls through.
//!
//! | key as it is named | resource | conditions |
//! | --- | --- | --- |
//! | key ARN | that ARN | |
//! | alias ARN | every key of its account and Region | `kms:RequestAlias` |
//! | alias name | every key of the Region | `kms:RequestAlias`, `aws:ResourceAccount` is the caller's |
//! | more keys by discovery than are told apart | every key of the accounts of its filter | |
//! | key id | the key of that id in any account | `aws:ResourceAccount` is the caller's |
//!
//! An alias ARN as a resource allows operations on the alias, and none with the key that it names. The account of a resource
//! cannot be a variable, so that a condition compares it. An encryption context becomes `kms:EncryptionContext:KEY`.
//!
//! A role that is assumed (`role-arn=`, or a profile's `role_arn`) is a principal of its own: its policy allows the calls, and the caller's to assume it.
//!
//! Source: AWS KMS Developer Guide, "Specifying KMS keys in IAM policy statements", "AWS KMS condition keys"; IAM User
//! Guide, "IAM policy elements: Variables and tags".

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use crate::keyring::kms::{KeyArn, KeyIdentifier, KmsCall, ProfileRole};

/// Longest managed policy, in characters without white space: the least of IAM's limits for a role.
pub const MAX_POLICY_LENGTH: usize = 6144;

const VERSION: &str = "2012-10-17";

/// Whose policy it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Principal {
    /// Whoever the environment's credentials are of.
    Caller,
    /// Whoever a profile's credentials are of.
    Profile(String),
    /// A role that is assumed: its ARN.
    Role(String),
    /// Whoever the credentials are of with which a profile takes a role: those that it has itself, or the environment's.
    Source(Option<String>),
}

impl Principal {
    /// The one who makes a call.
    pub fn of(call: &KmsCall) -> Self {
        match &call.settings.role {
            Some(role) => Self::Role(role.arn.clone()),
            None => Self::behind(call),
        }
    }

    /// The one whose credentials there are.
    fn behind(call: &KmsCall) -> Self {
        call.settings.profile.clone().map_or(Self::Caller, Self::Profile)
    }

    /// Its name for people, and among several in JSON.
    pub fn text(&self) -> String {
        match self {
            Self::Caller => "caller".to_owned(),
            Self::Profile(name) => format!("profile {name}"),
            Self::Role(arn) => arn.clone(),
            Self::Source(Some(profile)) => format!("credentials in profile {profile}"),
            Self::Source(None) => "credentials of the environment".to_owned(),
        }
    }
}

/// What a statement is for, but for its resources.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Purpose {
    principal: Principal,
    action: String,
    /// Names and values of `StringEquals`.
    equal: BTreeMap<String, String>,
}

/// The policies of everybody who makes calls.
#[derive(Clone, Debug, Default)]
pub struct Policies {
    resources: BTreeMap<Purpose, BTreeSet<String>>,
    /// Keys that are in no policy, because no key of KMS is called so.
    pub left_out: BTreeSet<String>,
    /// Whether there are calls that nothing here allows, because their keys are too many.
    pub is_incomplete: bool,
}

impl Policies {
    /// Those of these calls; `context`: pairs that go with each of them.
    pub fn of<'a>(calls: impl IntoIterator<Item = &'a KmsCall>, context: &[(String, String)]) -> Self {
        let conditions = context_conditions(context);
        let mut policies = Self::default();
        for call in calls {
            match resource(call) {
                Some((resource, equal)) => policies.allow_call(call, resource, equal, &conditions),
                None => drop(policies.left_out.insert(call.key.to_string())),
            }
        }
        policies
    }

    /// The same and what lets calls through that were not told apart: each stands for all of its principal and discovery
    /// filter, and every key of the filter's accounts is allowed.
    pub fn and_apart(mut self, calls: &[KmsCall], context: &[(String, String)]) -> Self {
        let conditions = context_conditions(context);
        for call in calls {
            let Some(filter) = &call.filter else {
                self.is_incomplete = true;
                continue;
            };
            for account in &filter.accounts {
                let (partition, account) = (literal(&filter.partition), literal(account));
                let resource = format!("arn:{partition}:kms:*:{account}:key/*");
                self.allow_call(call, resource, BTreeMap::new(), &conditions);
            }
        }
        self
    }

    /// The same, and where a profile takes a role, its source may do that. The profile's own policy is then that of its role.
    ///
    /// `roles`: those that a profile takes, the last one first; without a name, the environment's profile.
    pub fn with_roles_of_profiles(mut self, roles: impl Fn(Option<&str>) -> Vec<ProfileRole>) -> Self {
        let principals: BTreeSet<_> =
            self.resources.keys().map(|purpose| purpose.principal.clone()).collect();
        for principal in principals {
            let name = match &principal {
                Principal::Caller => None,
                Principal::Profile(name) => Some(name.as_str()),
                Principal::Role(_) | Principal::Source(_) => continue,
            };
            let roles = roles(name);
            let mut taken_by = name;
            for link in &roles {
                let source = match &link.source {
                    Some(source) if taken_by != Some(source) => Principal::Profile(source.clone()),
                    source => Principal::Source(source.clone()),
                };
                self.allow(source, "sts:AssumeRole", literal(&link.role), BTreeMap::new());
                taken_by = link.source.as_deref();
            }
        }
        self
    }

    fn allow_call(
        &mut self,
        call: &KmsCall,
        resource: String,
        mut equal: BTreeMap<String, String>,
        conditions: &BTreeMap<String, String>,
    ) {
        if call.has_context {
            equal.extend(conditions.clone());
        }
        self.allow(Principal::of(call), &format!("kms:{}", call.operation), resource, equal);
        if let Some(role) = &call.settings.role {
            let base = Principal::behind(call);
            self.allow(base, "sts:AssumeRole", literal(&role.arn), BTreeMap::new());
        }
    }

    fn allow(
        &mut self,
        principal: Principal,
        action: &str,
        resource: String,
        equal: BTreeMap<String, String>,
    ) {
        let purpose = Purpose { principal, action: action.to_owned(), equal };
        self.resources.entry(purpose).or_default().insert(resource);
    }

    /// Each principal with its policy.
    pub fn each(&self) -> Vec<(Principal, Value)> {
        let mut statements: BTreeMap<&Principal, Vec<Value>> = BTreeMap::new();
        for (purpose, resources) in &self.resources {
            statements.entry(&purpose.principal).or_default().push(purpose.statement(resources));
        }
        statements
            .into_iter()
            .map(|(principal, statements)| (principal.clone(), document(statements)))
            .collect()
    }

    /// One principal's policy as it is; several by the names of their principals.
    pub fn json(&self) -> Value {
        let mut each = self.each();
        match (each.pop(), each.is_empty()) {
            (None, _) => document(Vec::new()),
            (Some((_, only)), true) => only,
            (Some(last), false) => {
                each.push(last);
                each.into_iter()
                    .map(|(principal, policy)| (principal.text(), policy))
                    .collect::<Map<_, _>>()
                    .into()
            }
        }
    }
}

impl Purpose {
    fn statement(&self, resources: &BTreeSet<String>) -> Value {
        let mut statement = Map::new();
        statement.insert("Effect".to_owned(), json!("Allow"));
        statement.insert("Action".to_owned(), json!(self.action));
        let mut resources: Vec<_> = resources.iter().collect();
        let resource = match (resources.pop(), resources.is_empty()) {
            (Some(only), true) => json!(only),
            (last, _) => {
                resources.extend(last);
                json!(resources)
            }
        };
        statement.insert("Resource".to_owned(), resource);
        if !self.equal.is_empty() {
            statement.insert("Condition".to_owned(), json!({ "StringEquals": self.equal }));
        }
        statement.into()
    }
}

fn document(statements: Vec<Value>) -> Value {
    json!({ "Version": VERSION, "Statement": statements })
}

/// The resource of a call, and what beside it tells its key from others; `None` when no key can be called so.
fn resource(call: &KmsCall) -> Option<(String, BTreeMap<String, String>)> {
    let region = call.region.as_deref();
    let (partition, region) = (region.map_or("*", partition), region.unwrap_or("*"));
    let own_account = || ("aws:ResourceAccount".to_owned(), "${aws:PrincipalAccount}".to_owned());
    let alias = |name: &str| ("kms:RequestAlias".to_owned(), literal_value(name));
    match &call.key {
        KeyIdentifier::Arn(arn) if !is_plain(arn) => None,
        KeyIdentifier::Arn(arn) if arn.is_key() => Some((arn.to_string(), BTreeMap::new())),
        KeyIdentifier::Arn(arn) => {
            let (partition, region, account) = (arn.partition(), arn.region(), arn.account());
            let resource = format!("arn:{partition}:kms:{region}:{account}:key/*");
            Some((resource, [alias(&format!("alias/{}", arn.resource_id()))].into()))
        }
        KeyIdentifier::KeyId(id) => {
            Some((format!("arn:{partition}:kms:{region}:*:key/{id}"), [own_account()].into()))
        }
        KeyIdentifier::AliasName(name) => {
            Some((format!("arn:{partition}:kms:{region}:*:key/*"), [alias(name), own_account()].into()))
        }
    }
}

/// Whether nothing in it means something else in a policy. Key ARNs also come out of messages that nobody has verified: one
/// with a `*` would allow more than it names.
fn is_plain(arn: &KeyArn) -> bool {
    let parts = [arn.partition(), arn.region(), arn.account(), arn.resource_id()];
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'/');
    parts.iter().all(|part| part.bytes().all(plain))
}

/// The partition that a Region is in.
fn partition(region: &str) -> &'static str {
    const PARTITIONS: [(&str, &str); 7] = [
        ("cn-", "aws-cn"),
        ("us-gov-", "aws-us-gov"),
        ("us-isob-", "aws-iso-b"),
        ("us-isof-", "aws-iso-f"),
        ("us-iso-", "aws-iso"),
        ("eu-isoe-", "aws-iso-e"),
        ("eusc-", "aws-eusc"),
    ];
    PARTITIONS.iter().find(|(start, _)| region.starts_with(start)).map_or("aws", |(_, partition)| partition)
}

/// A value to be compared that stands for itself: no variable. Wildcards are none where strings are equal.
fn literal_value(text: &str) -> String {
    text.replace("${", "${$}{")
}

/// A resource that stands for itself: no variable, no wildcard.
fn literal(text: &str) -> String {
    text.chars()
        .map(|letter| match letter {
            '$' => "${$}".to_owned(),
            '*' => "${*}".to_owned(),
            '?' => "${?}".to_owned(),
            letter => letter.to_string(),
        })
        .collect()
}

/// The conditions that pairs of an encryption context make. The names of condition keys have no case: of pairs whose keys
/// differ in nothing else none is made one, nor of a key that no policy can name.
fn context_conditions(context: &[(String, String)]) -> BTreeMap<String, String> {
    let nameable = |key: &str| {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:/=+@".contains(&byte);
        !key.is_empty() && key.bytes().all(allowed)
    };
    let same = |one: &str| context.iter().filter(|(other, _)| other.eq_ignore_ascii_case(one)).count();
    context
        .iter()
        .filter(|(key, _)| nameable(key) && same(key) == 1)
        .map(|(key, value)| (format!("kms:EncryptionContext:{key}"), literal_value(value)))
        .collect()
}

#[cfg(test)]
mod tests;
