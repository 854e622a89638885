//! `examples/user-data`: user data is made, laid out as cloud-init would do it, and its boot script is run.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::on_instance;
use super::support::command::{Outcome, Workspace};
use super::support::emulator::{FAR_REGION, HOME_REGION, KmsKey, emulator};
use super::support::fault_proxy::{Fault, Proxy};
use super::support::imds::{Answer, ROLE_KEY_ID};
use super::support::python;

const REGIONS: [&str; 3] = [HOME_REGION, FAR_REGION, "ap-northeast-1"];
const SECRETS: &str = "PASSWORD=correct horse battery staple\n";
const CONTEXT: &str = "app=orders";
/// Where cloud-init is told to put files, and the boot script to write.
const PLACES: [&str; 4] = ["/usr/local/sbin/", "/var/lib/cloud/", "/var/lib/secrets/", "/run/orders/"];

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/user-data").join(name)
}

/// Three keys, the machine on which user data is made, and the user data.
struct Made {
    keys: [KmsKey; 3],
    user_data: Vec<u8>,
}

fn make(secrets: &[u8], keys: &[KmsKey], change: impl FnOnce(&mut Workspace)) -> Outcome {
    let mut workspace = Workspace::new(&format!("http://{}", emulator().address));
    workspace.set("ESDK", env!("CARGO_BIN_EXE_esdk"));
    change(&mut workspace);
    workspace.write("secrets.env", secrets);
    let mut command = Command::new("sh");
    command.arg(script("make-user-data.sh")).args(["secrets.env", "/run/orders/secrets.env", CONTEXT]);
    let outcome = workspace.run(command_with_keys(command, keys), b"");
    assert_eq!(workspace.files(), ["secrets.env"], "nothing but its input");
    outcome
}

fn command_with_keys(mut command: Command, keys: &[KmsKey]) -> Command {
    command.args(keys.iter().map(|key| &key.arn));
    command
}

fn made() -> Made {
    made_on(|_| ())
}

fn made_on(change: impl FnOnce(&mut Workspace)) -> Made {
    let keys = REGIONS.map(|region| emulator().create_key(region));
    let outcome = make(SECRETS.as_bytes(), &keys, change);
    outcome.succeeded();
    Made { keys, user_data: outcome.stdout }
}

/// An instance in a Region, with a role, as cloud-init has laid it out; KMS is behind a proxy.
struct Instance {
    workspace: Workspace,
    proxy: Proxy,
}

impl Instance {
    fn launch(user_data: &[u8], region: &str) -> Instance {
        let proxy = Proxy::start(emulator().address);
        let (_service, mut workspace) =
            on_instance(&proxy.endpoint(), Answer::UserData(user_data.to_owned()));
        for variable in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION"] {
            workspace.unset(variable);
        }
        for folder in ["bin", "usr/local/sbin", "var/lib/cloud/scripts/per-boot", "var/lib/secrets"] {
            fs::create_dir_all(workspace.path(folder)).expect("a folder");
        }
        program(&workspace, "bin/cloud-init", &format!("[ \"$*\" = 'query region' ] && echo {region}\n"));
        let esdk = workspace.path("bin/esdk");
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_esdk"), esdk).expect("a link");
        // Without an esdk that happens to be installed.
        let path = std::env::var("PATH").unwrap_or_default();
        let has_none = |folder: &&str| !Path::new(folder).join("esdk").exists();
        let path = path.split(':').filter(has_none).collect::<Vec<_>>().join(":");
        workspace.set("PATH", format!("{}:{path}", workspace.path("bin").display()));
        workspace.set("ESDK_INSTALL", workspace.path("bin/fetched").to_string_lossy());
        workspace.set("RETRY_SECONDS", "0");
        Instance { workspace, proxy }
    }

    /// Writes the files of a cloud-config, read by a YAML parser, below the working folder.
    fn lay_out(&self, cloud_config: &[u8]) {
        const WRITE_FILES: &str = "
import base64, os, sys, yaml
text = sys.stdin.read()
assert text.startswith('#cloud-config\\n')
config = yaml.safe_load(text)
assert set(config) == {'write_files'}, config.keys()
for file in config['write_files']:
    assert set(file) <= {'path', 'permissions', 'encoding', 'content'}, file
    content = file['content'].encode()
    if file.get('encoding') == 'b64':
        content = base64.b64decode(content, validate=True)
    path = sys.argv[1] + file['path']
    with open(path, 'wb') as out:
        out.write(content)
    os.chmod(path, int(file['permissions'], 8))
";
        let mut command = Command::new(python::COMMAND_LINE.interpreter());
        command.args(["-c", WRITE_FILES]).arg(self.workspace.path(""));
        self.workspace.run(command, cloud_config).succeeded();
        for name in ["usr/local/sbin/decrypt-secrets", "var/lib/cloud/scripts/per-boot/10-decrypt-secrets"] {
            let mut text = String::from_utf8(self.workspace.read(name)).expect("a script is text");
            for place in PLACES {
                text = text.replace(place, &format!("{}{place}", self.workspace.path("").display()));
            }
            fs::write(self.workspace.path(name), text).expect("written");
        }
    }

    /// Runs what cloud-init runs at every boot.
    fn boot(&self) -> Outcome {
        let script = self.workspace.path("var/lib/cloud/scripts/per-boot/10-decrypt-secrets");
        self.workspace.run(Command::new(script), b"")
    }

    fn secrets(&self) -> Option<Vec<u8>> {
        fs::read(self.workspace.path("run/orders/secrets.env")).ok()
    }

    /// The Regions whose KMS was asked to decrypt, each time.
    fn asked(&self) -> Vec<String> {
        self.proxy.calls_of("Decrypt").into_iter().map(|call| call.region).collect()
    }
}

fn launched(made: &Made, region: &str) -> Instance {
    let instance = Instance::launch(&made.user_data, region);
    instance.lay_out(&made.user_data);
    instance
}

/// A program in the working folder.
fn program(workspace: &Workspace, name: &str, text: &str) {
    workspace.write(name, format!("#!/bin/sh\n{text}"));
    fs::set_permissions(workspace.path(name), fs::Permissions::from_mode(0o755)).expect("it is ours");
}

#[test]
fn at_boot_the_nearest_region_opens_the_secrets_though_the_others_do_not() {
    for (at, region) in REGIONS.into_iter().enumerate() {
        let made = made();
        let far = made.keys.iter().enumerate().filter(|(other, _)| *other != at);
        far.for_each(|(_, key)| emulator().disable(key));
        let instance = launched(&made, region);
        instance.boot().succeeded();
        assert_eq!(instance.secrets().as_deref(), Some(SECRETS.as_bytes()));
        let file = fs::metadata(instance.workspace.path("run/orders/secrets.env")).expect("it is there");
        assert_eq!(file.permissions().mode() & 0o7777, 0o600);
        assert_eq!(instance.asked(), [region]);
        let caller = instance.proxy.calls_of("Decrypt").remove(0).access_key_id;
        assert_eq!(caller, ROLE_KEY_ID, "the role of the instance");
        // And at the next boot, over what may be there.
        instance.boot().succeeded();
        assert_eq!(instance.secrets().as_deref(), Some(SECRETS.as_bytes()));
    }
}

#[test]
fn user_data_fits_and_holds_nothing_of_the_secrets() {
    let made = made();
    assert!(made.user_data.len() < 16_384, "{}", made.user_data.len());
    let text = String::from_utf8(made.user_data.clone()).expect("a cloud-config is text");
    assert!(text.starts_with("#cloud-config\n") && !text.contains("battery"), "{text}");
    assert!(made.keys.iter().all(|key| text.contains(&key.arn)));
}

#[test]
fn secrets_that_do_not_fit_are_told_before_an_instance_is_started() {
    let keys = REGIONS.map(|region| emulator().create_key(region));
    let outcome = make(&[b'x'; 10_000], &keys, |_| ());
    outcome.failed(73).saying(&["more than the", "make-user-data: of the 16384 bytes of user data"]);
    // The most that fits does, and is user data that EC2 takes.
    let fits = |length: usize| make(&vec![b'x'; length], &keys, |_| ());
    let (mut most, mut too_many) = (8_000, 10_000);
    while too_many - most > 1 {
        let middle = (most + too_many) / 2;
        match fits(middle).status {
            Some(0) => most = middle,
            _ => too_many = middle,
        }
    }
    let length = fits(most).stdout.len();
    assert!((16_384 - 8..=16_384).contains(&length), "{most} bytes of secrets, {length} of user data");
}

#[test]
fn what_would_break_the_scripts_is_refused() {
    let key = emulator().create_key(HOME_REGION);
    let run = |arguments: &[&str]| {
        let mut workspace = Workspace::new("http://127.0.0.1:9");
        workspace.set("ESDK", env!("CARGO_BIN_EXE_esdk"));
        workspace.write("secrets.env", SECRETS);
        let mut command = Command::new("sh");
        command.arg(script("make-user-data.sh")).args(arguments);
        let outcome = workspace.run(command, b"");
        assert!(outcome.stdout.is_empty());
        outcome
    };
    run(&["secrets.env", "/run/a", "a=b"]).exited(2).saying(&["usage: "]);
    run(&["secrets.env", "/run/a", "a='$(reboot)'", &key.arn]).exited(2).saying(&["a quote"]);
    run(&["secrets.env", "/run/a\nb", "a=b", &key.arn]).exited(2).saying(&["new line"]);
    run(&["secrets.env", "/run/a", "a=b", "alias/orders"]).exited(2).saying(&["is not a key ARN"]);
    run(&["secrets.env", "/run/a", "a=b", "arn:aws:kms:x:1:key/1;reboot"]).exited(2).saying(&["key ARNs"]);
}

#[test]
fn a_boot_whose_secrets_do_not_open_fails_and_says_so() {
    let made = made();
    let instance = launched(&made, HOME_REGION);
    emulator().deny(&made.keys[0], "kms:Decrypt");
    instance.boot().exited(77).saying(&["AccessDenied", "THE SECRETS OF THIS INSTANCE DID NOT OPEN"]);
    assert_eq!(instance.secrets(), None);
    assert_eq!(instance.asked(), [HOME_REGION], "no other Region instead");

    // Somebody else's message in its place.
    let other = self::made();
    let other_place = launched(&other, HOME_REGION);
    other_place
        .workspace
        .write("var/lib/secrets/message.esdk", instance.workspace.read("var/lib/secrets/message.esdk"));
    other_place.boot().exited(77).saying(&["DID NOT OPEN"]);
    assert_eq!((other_place.secrets(), other_place.asked().len()), (None, 0));

    let elsewhere = launched(&made, "sa-east-1");
    elsewhere.boot().exited(1).saying(&["none of the keys is of this Region, sa-east-1"]);
    assert_eq!(elsewhere.asked(), Vec::<String>::new());
}

#[test]
fn what_may_pass_is_tried_again() {
    let made = made();
    let instance = launched(&made, HOME_REGION);
    for _ in 0..3 {
        // All attempts of the first call.
        instance.proxy.once("Decrypt", Fault::Error { status: 400, code: "ThrottlingException" });
    }
    instance.boot().succeeded().saying(&["attempt 1 of 5 failed"]);
    assert_eq!(instance.secrets().as_deref(), Some(SECRETS.as_bytes()));
}

#[test]
fn the_user_data_itself_can_be_the_message() {
    let keys = REGIONS.map(|region| emulator().create_key(region));
    let sender = Workspace::new(&format!("http://{}", emulator().address));
    let mut arguments = vec!["encrypt", "-q", "--fits", "16384", "-c", CONTEXT];
    keys.iter().for_each(|key| arguments.extend(["-k", &key.arn]));
    let message = sender.esdk_reading(SECRETS.as_bytes(), arguments);
    message.succeeded();
    let instance = Instance::launch(&message.stdout, FAR_REGION);
    let output = instance.workspace.path("run/orders/secrets.env");
    let mut command = Command::new("sh");
    command.arg(script("decrypt-secrets.sh")).arg("ec2:user-data").arg(&output).arg(CONTEXT);
    instance.workspace.run(command_with_keys(command, &keys), b"").succeeded();
    assert_eq!(instance.secrets().as_deref(), Some(SECRETS.as_bytes()));
    assert_eq!(instance.asked(), [FAR_REGION]);
}

#[test]
fn a_missing_program_is_fetched_and_is_the_one_that_was_promised() {
    // What an instance fetches has its digest in the user data.
    let digest = |workspace: &Workspace| {
        let mut command = Command::new("sha256sum");
        command.arg(env!("CARGO_BIN_EXE_esdk"));
        let outcome = workspace.run(command, b"");
        outcome.succeeded();
        String::from_utf8_lossy(&outcome.stdout)[..64].to_owned()
    };
    let promise = |workspace: &mut Workspace, sha256: &str| {
        workspace.set("ESDK_URL", "https://example.com/esdk");
        workspace.set("ESDK_SHA256", sha256);
    };
    let sha256 = digest(&Workspace::new("http://127.0.0.1:9"));
    for (sha256, is_good) in [(sha256.as_str(), true), (&"0".repeat(64), false)] {
        let made = made_on(|workspace| promise(workspace, sha256));
        let instance = launched(&made, HOME_REGION);
        instance.workspace.remove("bin/esdk");
        let fetch = format!(
            "while [ \"$1\" != -o ]; do shift; done\n[ \"$3\" = https://example.com/esdk ] && cp {} \"$2\"\n",
            env!("CARGO_BIN_EXE_esdk")
        );
        program(&instance.workspace, "bin/curl", &fetch);
        let outcome = instance.boot();
        if is_good {
            outcome.succeeded();
            assert_eq!(instance.secrets().as_deref(), Some(SECRETS.as_bytes()));
        } else {
            outcome.exited(1).saying(&["has another SHA-256"]);
            assert_eq!(instance.secrets(), None);
            assert!(!instance.workspace.path("bin/fetched").exists());
        }
    }
}

#[test]
fn the_scripts_are_scripts() {
    for name in ["make-user-data.sh", "decrypt-secrets.sh"] {
        let output = Command::new("sh").arg("-n").arg(script(name)).output().expect("there is a shell");
        assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
    }
}
