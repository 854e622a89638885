//! The KMS emulator: started once a test binary, gone when the test process ends (its standard input closes).

use std::io::Write;
use std::net::{SocketAddr, TcpStream};
use std::sync::OnceLock;

use serde_json::{Value, json};

use super::http;
use super::python_server::PythonServer;

/// The account of every caller that does not say otherwise.
pub const ACCOUNT: &str = "123456789012";
/// An account that is not the callers'.
pub const OTHER_ACCOUNT: &str = "999988887777";
/// The Region of the callers' environment.
pub const HOME_REGION: &str = "us-west-2";
/// Another Region of the same partition.
pub const FAR_REGION: &str = "eu-central-1";

/// The running emulator.
pub struct Emulator {
    /// Where it listens.
    pub address: SocketAddr,
    _server: PythonServer,
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
    match EMULATOR.get_or_init(|| Emulator::start("kms_lab.py", &["--follow-stdin"])) {
        Ok(emulator) => emulator,
        Err(reason) => panic!("the KMS emulator did not start: {reason}"),
    }
}

impl Emulator {
    /// Unmodified moto. It knows no multi-Region keys, no key states and no RSA.
    pub fn plain_moto() -> &'static Emulator {
        static PLAIN: OnceLock<Result<Emulator, String>> = OnceLock::new();
        match PLAIN.get_or_init(|| Emulator::start("plain_moto.py", &[])) {
            Ok(emulator) => emulator,
            Err(reason) => panic!("moto did not start: {reason}"),
        }
    }

    fn start(script: &str, arguments: &[&str]) -> Result<Emulator, String> {
        let server = PythonServer::start(script, arguments)?;
        let address = server.url.trim_start_matches("http://").parse();
        let address = address.map_err(|_| format!("{:?} is no address", server.url))?;
        Ok(Emulator { address, _server: server })
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

    /// A new RSA key of [`ACCOUNT`] for encryption, of 2,048 bits.
    pub fn create_rsa_key(&self, region: &str, kind: Kind) -> KmsKey {
        let request = json!({"MultiRegion": kind == Kind::MultiRegion, "KeySpec": "RSA_2048",
                             "KeyUsage": "ENCRYPT_DECRYPT"});
        let answer = self.call(ACCOUNT, region, "CreateKey", &request);
        KmsKey::of(&answer["KeyMetadata"], ACCOUNT, region)
    }

    /// The public half of an RSA key, in PEM.
    pub fn public_key(&self, key: &KmsKey) -> String {
        let answer = self.call(&key.account, &key.region, "GetPublicKey", &json!({"KeyId": key.id}));
        let der = answer["PublicKey"].as_str().expect("base64").to_owned();
        let lines: Vec<&str> =
            (0..der.len()).step_by(64).map(|at| &der[at..der.len().min(at + 64)]).collect();
        format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", lines.join("\n"))
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
