//! The KMS emulator: started once a test binary, gone when the test process ends (its standard input closes).

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, ChildStdin, Stdio};
use std::sync::{Arc, Mutex, OnceLock, mpsc};
use std::time::Duration;

use serde_json::{Value, json};

use super::{http, python};

/// The account of every caller that does not say otherwise.
pub const ACCOUNT: &str = "123456789012";
/// An account that is not the callers'.
pub const OTHER_ACCOUNT: &str = "999988887777";
/// The Region of the callers' environment.
pub const HOME_REGION: &str = "us-west-2";
/// Another Region of the same partition.
pub const FAR_REGION: &str = "eu-central-1";

/// How long the emulator may take to start. It needs half a second on an idle machine.
const START_LIMIT: Duration = Duration::from_secs(120);

/// The running emulator.
pub struct Emulator {
    /// Where it listens.
    pub address: SocketAddr,
    _process: Child,
    _standard_input: ChildStdin,
}

/// A key in the emulator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KmsKey {
    pub arn: String,
    pub id: String,
    pub region: String,
    pub account: String,
}

/// Whether a key can have replicas in other Regions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    SingleRegion,
    MultiRegion,
}

/// The emulator of this test binary, started on first use.
///
/// # Panics
/// When it cannot be started: with its messages.
pub fn emulator() -> &'static Emulator {
    static EMULATOR: OnceLock<Result<Emulator, String>> = OnceLock::new();
    match EMULATOR.get_or_init(Emulator::start) {
        Ok(emulator) => emulator,
        Err(reason) => panic!("the KMS emulator did not start: {reason}"),
    }
}

impl Emulator {
    fn start() -> Result<Emulator, String> {
        let mut process = python::command()
            .arg(python::support("kms/kms_lab.py"))
            .arg("--follow-stdin")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| error.to_string())?;
        let standard_input = process.stdin.take().ok_or("no standard input")?;
        let standard_output = process.stdout.take().ok_or("no standard output")?;
        let mut standard_error = process.stderr.take().ok_or("no standard error")?;

        let messages = Arc::new(Mutex::new(Vec::new()));
        let collected = Arc::clone(&messages);
        let collector = std::thread::spawn(move || {
            let mut chunk = [0; 1024];
            while let Ok(count @ 1..) = standard_error.read(&mut chunk) {
                if let Ok(mut messages) = collected.lock() {
                    messages.extend_from_slice(&chunk[..count]);
                }
            }
        });
        let (sender, first_line) = mpsc::channel();
        std::thread::spawn(move || {
            let mut line = String::new();
            let read = BufReader::new(standard_output).read_line(&mut line);
            // Nobody listens any more when the limit has passed.
            let _ = sender.send(read.map(|_| line));
        });
        let line = first_line.recv_timeout(START_LIMIT);
        if let Ok(Ok(line)) = &line
            && let Some(address) = line.trim().strip_prefix("http://")
            && let Ok(address) = address.parse()
        {
            return Ok(Emulator { address, _process: process, _standard_input: standard_input });
        }
        // It may have ended by itself, which is as good.
        let _ = process.kill();
        let _ = collector.join();
        let messages = messages.lock().map_err(|error| error.to_string())?;
        Err(format!("{line:?}\n{}", String::from_utf8_lossy(&messages)))
    }

    /// A new key of [`ACCOUNT`] in a Region.
    pub fn create_key(&self, region: &str) -> KmsKey {
        self.create(ACCOUNT, region, Kind::SingleRegion)
    }

    /// A new multi-Region key of [`ACCOUNT`], its primary in this Region.
    pub fn create_multi_region_key(&self, region: &str) -> KmsKey {
        self.create(ACCOUNT, region, Kind::MultiRegion)
    }

    /// A new key of any account.
    pub fn create(&self, account: &str, region: &str, kind: Kind) -> KmsKey {
        let multi_region = kind == Kind::MultiRegion;
        let request = json!({"MultiRegion": multi_region});
        let answer = self.call(account, region, "CreateKey", &request);
        KmsKey::of(&answer["KeyMetadata"], account, region)
    }

    /// The replica of a multi-Region key in another Region.
    pub fn replicate(&self, key: &KmsKey, region: &str) -> KmsKey {
        let request = json!({"KeyId": key.id, "ReplicaRegion": region});
        let answer = self.call(&key.account, &key.region, "ReplicateKey", &request);
        KmsKey::of(&answer["ReplicaKeyMetadata"], &key.account, region)
    }

    /// Gives a key an alias (`alias/NAME`) in its Region, and returns the alias ARN.
    pub fn create_alias(&self, key: &KmsKey, alias: &str) -> String {
        let request = json!({"AliasName": alias, "TargetKeyId": key.id});
        self.call(&key.account, &key.region, "CreateAlias", &request);
        format!("arn:aws:kms:{}:{}:{alias}", key.region, key.account)
    }

    /// Disables a key.
    pub fn disable(&self, key: &KmsKey) {
        self.on_key(key, "DisableKey", json!({}));
    }

    /// Schedules a key for deletion.
    pub fn schedule_deletion(&self, key: &KmsKey) {
        self.on_key(key, "ScheduleKeyDeletion", json!({"PendingWindowInDays": 7}));
    }

    /// Forbids everybody an action (`kms:Decrypt`) with a key.
    pub fn deny(&self, key: &KmsKey, action: &str) {
        self.put_policy(key, "Deny", "*", action);
    }

    /// Allows another account an action with a key.
    pub fn allow(&self, key: &KmsKey, account: &str, action: &str) {
        let principal = format!("arn:aws:iam::{account}:root");
        self.put_policy(key, "Allow", &principal, action);
    }

    fn put_policy(&self, key: &KmsKey, effect: &str, principal: &str, action: &str) {
        let policy = json!({"Version": "2012-10-17", "Statement": [
            {"Effect": effect, "Principal": {"AWS": principal}, "Action": action, "Resource": "*"},
        ]});
        let request = json!({"PolicyName": "default", "Policy": policy.to_string()});
        self.on_key(key, "PutKeyPolicy", request);
    }

    fn on_key(&self, key: &KmsKey, operation: &str, mut request: Value) {
        request["KeyId"] = json!(key.id);
        self.call(&key.account, &key.region, operation, &request);
    }

    fn call(&self, account: &str, region: &str, operation: &str, request: &Value) -> Value {
        let body = request.to_string();
        let length = body.len();
        let head = [
            "POST / HTTP/1.1".to_owned(),
            format!("Host: {}", self.address),
            "Content-Type: application/x-amz-json-1.1".to_owned(),
            format!("Content-Length: {length}"),
            format!("X-Amz-Target: TrentService.{operation}"),
            // The emulator takes the Region from the scope and checks no signature.
            format!(
                "Authorization: AWS4-HMAC-SHA256 Credential=AKIDTEST/20260101/{region}/kms/aws4_request, \
                 SignedHeaders=host, Signature=none"
            ),
            format!("x-moto-account-id: {account}"),
        ];
        let text = format!("{}\r\n\r\n{body}", head.join("\r\n"));
        let exchange = || {
            let mut stream = TcpStream::connect(self.address)?;
            stream.write_all(text.as_bytes())?;
            http::read_message(&mut stream)
        };
        let answer = exchange().expect("the emulator runs").expect("the emulator answers");
        let body = String::from_utf8_lossy(&answer.body);
        assert_eq!(answer.status(), Some(200), "{operation} {request}: {body}");
        serde_json::from_str(&body).unwrap_or_default()
    }
}

impl KmsKey {
    fn of(metadata: &Value, account: &str, region: &str) -> KmsKey {
        let text = |name: &str| metadata[name].as_str().unwrap_or_default().to_owned();
        let key = KmsKey {
            arn: text("Arn"),
            id: text("KeyId"),
            region: region.to_owned(),
            account: account.to_owned(),
        };
        let arn = format!("arn:aws:kms:{region}:{account}:key/{}", key.id);
        assert_eq!(key.arn, arn, "the emulator made another key: {metadata}");
        key
    }
}
