//! `esdk plan` against what the command then really asks, counted at the proxy; the plan itself asks nothing.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::Scene;
use crate::support::command::Outcome;
use crate::support::emulator::{ACCOUNT, FAR_REGION, HOME_REGION, Kind, KmsKey, OTHER_ACCOUNT, emulator};
use crate::support::python;

const THIRD_REGION: &str = "ap-northeast-1";

/// The lines of `esdk plan --json`: one of each input, and the last one.
struct Planned {
    inputs: Vec<Value>,
    all: Value,
}

impl Planned {
    #[track_caller]
    fn of(outcome: &Outcome) -> Planned {
        let text = String::from_utf8_lossy(&outcome.stdout);
        let line = |line: &str| serde_json::from_str(line).expect("a line of JSON");
        let mut inputs: Vec<Value> = text.lines().map(line).collect();
        let all = inputs.pop().expect("a last line");
        Planned { inputs, all }
    }

    /// Operation, Region and key of what is asked in any case, with how often.
    fn first_calls(&self, caching: &str) -> BTreeMap<[String; 3], u64> {
        let rows = self.all["by_key"].as_array().expect("a list");
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        rows.iter()
            .map(|row| {
                (["operation", "region", "key"].map(|name| text(&row[name])), row[caching]["first"].as_u64())
            })
            .filter_map(|(call, count)| Some((call, count.filter(|count| *count > 0)?)))
            .collect()
    }

    fn warnings(&self) -> Vec<&str> {
        let warnings = self.all["warnings"].as_array().expect("a list");
        warnings.iter().filter_map(|warning| warning["kind"].as_str()).collect()
    }
}

impl Scene {
    /// Plans a command; no call is made, and no file appears or changes.
    #[track_caller]
    fn plan(&self, arguments: &[&str], status: i32) -> Planned {
        let (files, calls) = (self.place.files(), self.proxy.calls().len());
        let outcome = self.place.esdk([&["plan", arguments[0], "--json"], &arguments[1..]].concat());
        outcome.exited(status);
        assert_eq!(self.place.files(), files);
        assert_eq!(self.proxy.calls().len(), calls, "a plan asked something");
        Planned::of(&outcome)
    }

    /// Plans a command and then runs it: it asks what was planned for the first of each message.
    #[track_caller]
    fn as_planned(&self, arguments: &[&str]) -> Planned {
        let planned = self.plan(arguments, 0);
        let before = self.proxy.calls().len();
        self.place.esdk(arguments).succeeded();
        let mut asked: BTreeMap<[String; 3], u64> = BTreeMap::new();
        for call in &self.proxy.calls()[before..] {
            let key = call.key_id().to_owned();
            *asked.entry([call.operation.clone(), call.region.clone(), key]).or_default() += 1;
        }
        let caching = if arguments.contains(&"--caching") { "with_caching" } else { "without_caching" };
        assert_eq!(planned.first_calls(caching), asked);
        planned
    }

    fn write_files(&self, count: usize) -> Vec<String> {
        let names: Vec<_> = (0..count).map(|number| format!("{number}.txt")).collect();
        names.iter().for_each(|name| self.place.write(name, name));
        names
    }
}

fn key(region: &str) -> KmsKey {
    emulator().create_key(region)
}

#[test]
fn encrypting_asks_what_was_planned() {
    let scene = Scene::new();
    let names = scene.write_files(5);
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let (home, far) = (key(HOME_REGION), key(FAR_REGION));
    emulator().create_alias(&home, "alias/planned");
    let keys = ["-k", "alias/planned", "-k", &far.arn, "-c", "purpose=plan"];
    let planned = scene.as_planned(&[&["encrypt", "-o", "one/"], &keys[..], &names].concat());
    assert_eq!(planned.all["calls"]["without_caching"]["fewest"], 10);
    assert_eq!(planned.all["calls"]["with_caching"]["fewest"], 2);
    assert_eq!(planned.warnings(), ["alias-may-move"]);
    let caching = ["--caching", "capacity=1,max-age=600,max-messages=2"];
    let planned = scene.as_planned(&[&["encrypt", "-o", "two/"], &keys[..], &caching, &names].concat());
    assert_eq!(planned.all["calls"]["with_caching"]["fewest_in_order"], 6);
    // Those that are there are passed over: nothing is asked.
    let again = [&["encrypt", "--skip-existing", "-o", "two/"], &keys[..], &caching, &names].concat();
    let planned = scene.as_planned(&again);
    assert_eq!(planned.all["inputs"]["skipped"], 5);
    assert_eq!(planned.all["calls"]["without_caching"]["most"], 0);
}

#[test]
fn decrypting_asks_what_was_planned() {
    let scene = Scene::new();
    let names = scene.write_files(4);
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let (far, third, home) = (key(FAR_REGION), key(THIRD_REGION), key(HOME_REGION));
    let caching = ["--caching", "capacity=1,max-age=600,max-messages=3"];
    let keys = ["-k", &far.arn, "-k", &third.arn, "-k", &home.arn];
    scene.place.esdk([&["encrypt"], &keys[..], &caching, &names].concat()).succeeded();
    let messages: Vec<_> = names.iter().map(|name| format!("{name}.esdk")).collect();
    let messages: Vec<&str> = messages.iter().map(String::as_str).collect();

    let planned = scene.as_planned(&[&["decrypt", "-o", "one/"], &keys[..], &messages].concat());
    let order = |planned: &Planned| {
        let attempts = planned.inputs[0]["attempts"].as_array().expect("a list").clone();
        let of = |attempt: &Value| attempt["calls"][0]["key"].as_str().unwrap_or_default().to_owned();
        attempts.iter().map(of).collect::<Vec<_>>()
    };
    assert_eq!(order(&planned), [home.arn.clone(), far.arn.clone(), third.arn.clone()]);
    let calls = &planned.all["calls"]["without_caching"];
    assert_eq!((&calls["fewest"], &calls["most"]), (&json!(4), &json!(12)));
    assert_eq!(planned.warnings(), Vec::<&str>::new());

    let discovery = ["-w", "discovery=true"];
    let planned = scene.as_planned(&[&["decrypt", "-o", "two/"], &discovery[..], &messages].concat());
    assert_eq!(planned.warnings(), ["no-discovery-filter"]);
    let wide = ["--caching", "capacity=9,max-age=600"];
    let planned = scene.as_planned(&[&["decrypt", "-o", "three/"], &keys[..], &wide, &messages].concat());
    assert_eq!(planned.all["calls"]["with_caching"]["fewest_in_order"], 2);
}

#[test]
fn when_the_first_fails_the_next_is_asked_in_the_order_of_the_plan() {
    let scene = Scene::new();
    let keys = [key(FAR_REGION), key(THIRD_REGION), key(HOME_REGION)];
    let flags: Vec<&str> = keys.iter().flat_map(|key| ["-k", key.arn.as_str()]).collect();
    scene.encrypts(&flags);
    let planned = scene.plan(&[&["decrypt", "-o", "x"], &flags[..], &["message.esdk"]].concat(), 0);
    let attempts = planned.inputs[0]["attempts"].as_array().expect("a list");
    let planned: Vec<_> = attempts
        .iter()
        .flat_map(|attempt| attempt["calls"].as_array().expect("a list"))
        .map(|call| call["key"].as_str().unwrap_or_default().to_owned())
        .collect();
    keys.iter().for_each(|key| emulator().disable(key));
    scene.cannot_decrypt(&flags, 77, &[]);
    let asked: Vec<_> = scene.decrypt_calls().into_iter().map(|(_, key)| key).collect();
    assert_eq!(asked, planned);
}

#[test]
fn replicas_and_filters_are_planned_as_they_are_asked() {
    let scene = Scene::new();
    let primary = emulator().create_multi_region_key(HOME_REGION);
    let replica = emulator().replicate(&primary, FAR_REGION);
    let other = emulator().create(OTHER_ACCOUNT, HOME_REGION, Kind::SingleRegion);
    emulator().allow(&other, ACCOUNT, "kms:GenerateDataKey");
    scene.encrypts(&["-k", &other.arn]);
    scene.place.esdk(["encrypt", "-k", &primary.arn, "-o", "replicated.esdk", "plain.bin"]).succeeded();

    let near = format!(
        "discovery=true,discovery-partition=aws,discovery-account={ACCOUNT},discovery-region={FAR_REGION}"
    );
    let planned = scene.as_planned(&["decrypt", "-o", "one", "-w", &near, "replicated.esdk"]);
    let policy = &planned.all["iam_policies"]["caller"]["Statement"];
    assert_eq!(policy[0]["Resource"], json!(replica.arn));
    scene.as_planned(&["decrypt", "-o", "two", "-k", &replica.arn, "replicated.esdk"]);

    // Nobody may be asked: told as decrypt tells it, with its exit status.
    let planned = scene.plan(&["decrypt", "-o", "three", "-w", &near, "message.esdk"], 77);
    assert_eq!(planned.inputs[0]["error"]["kind"], "refused");
    let message = planned.inputs[0]["error"]["message"].as_str().expect("text").to_owned();
    assert!(message.contains(&format!("not asked: filtered by account {OTHER_ACCOUNT}")), "{message}");
    scene.cannot_decrypt(&["-w", &near], 77, &message.lines().collect::<Vec<_>>());
    assert_eq!(scene.decrypt_calls().len(), 2);
}

#[test]
fn rsa_keys_are_asked_for_their_public_half_at_most() {
    let scene = Scene::new();
    let names = scene.write_files(3);
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let rsa = emulator().create_rsa_key(HOME_REGION, Kind::SingleRegion);
    let spec = format!("provider=aws-kms-rsa,key={}", rsa.arn);
    let words = ["encrypt", "-o", "one/", "--unsigned", "-c", "a=b", "-w", &spec];
    let planned = scene.as_planned(&[&words[..], &names].concat());
    assert_eq!(planned.all["calls"]["without_caching"]["most"], 1);
    let statement = &planned.all["iam_policies"]["caller"]["Statement"][0];
    assert_eq!(statement["Action"], "kms:GetPublicKey");
    assert_eq!(statement["Condition"], Value::Null);
    let planned = scene.as_planned(&["decrypt", "-o", "two", "-w", &spec, "one/0.txt.esdk"]);
    assert_eq!(planned.all["iam_policies"]["caller"]["Statement"][0]["Action"], "kms:Decrypt");
}

/// IAM refuses a policy that is not well formed; that of the emulator's package tells.
#[test]
fn iam_takes_the_policies() {
    let scene = Scene::new();
    let (home, far) = (key(HOME_REGION), emulator().create_multi_region_key(FAR_REGION));
    let alias = emulator().create_alias(&home, "alias/policies");
    let role = format!("key={},role-arn=arn:aws:iam::{ACCOUNT}:role/backup", home.arn);
    let mut policies = String::new();
    for keys in [
        &["-k", &home.arn, "-k", &far.arn, "-c", "purpose=a ${b}*"][..],
        &["-k", &alias],
        &["-k", "alias/policies", "-k", &home.id],
        &["-k", &home.arn, "-w", &role],
    ] {
        let planned = scene.plan(&[&["encrypt", "-o", "x"], keys, &["plain.bin"]].concat(), 0);
        let of_each = planned.all["iam_policies"].as_object().expect("an object");
        assert_eq!(of_each.len(), if keys.contains(&&*role) { 2 } else { 1 });
        of_each.values().for_each(|policy| policies += &format!("{policy}\n"));
    }
    // Where nothing tells the Region, it and the partition are any.
    let mut scene = scene;
    scene.place.unset("AWS_REGION");
    let planned = scene.plan(&["encrypt", "-o", "x", "-k", "alias/policies", "plain.bin"], 0);
    assert_eq!(planned.warnings(), ["one-region", "alias-may-move", "no-region"]);
    policies += &format!("{}\n", planned.all["iam_policies"]["caller"]);
    assert_eq!(policies.lines().count(), 6);
    let check = |policies: &str| {
        let mut command = python::command();
        command.arg(python::support("kms/check_policy.py"));
        scene.place.run(command, policies.as_bytes())
    };
    check(&policies).succeeded();
    for wrong in [r#"{"Version":"2012-10-17","Statement":[]}"#, &policies.replace("arn:aws:kms:", "")] {
        assert_eq!(check(wrong).status, Some(1), "it takes {wrong}");
    }
}
