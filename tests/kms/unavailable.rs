//! KMS is there another time: exit 75 after the retries, within a bounded time, and no file.

use std::net::{TcpListener, TcpStream};

use crate::Scene;
use crate::support::emulator::{FAR_REGION, HOME_REGION, emulator};
use crate::support::fault_proxy::Fault;

const THROTTLED: Fault = Fault::Error { status: 400, code: "ThrottlingException" };
const PAGE: Fault = Fault::Page { status: 503, body: "<html><body>Service Unavailable</body></html>" };

/// Attempts that one call makes, the first one counted.
pub const ATTEMPTS: usize = 3;

#[test]
fn one_fault_is_got_over() {
    for fault in [THROTTLED, PAGE, Fault::Reset, Fault::Truncate] {
        let scene = Scene::new();
        let key = emulator().create_key(HOME_REGION);
        let child = emulator().create_key(HOME_REGION);
        for operation in ["GenerateDataKey", "Encrypt", "Decrypt"] {
            scene.proxy.once(operation, fault.clone());
        }
        scene.encrypts(&["-k", &key.arn, "-k", &child.arn]);
        scene.opens(&["-k", &key.arn]);
        let expected = ["GenerateDataKey", "GenerateDataKey", "Encrypt", "Encrypt", "Decrypt", "Decrypt"];
        assert_eq!(scene.proxy.operations(), expected, "{fault:?}");
    }
}

/// What stays wrong on every call, and what the report then says beside the key.
const LASTING: [(Fault, &str); 7] = [
    (THROTTLED, "throttled"),
    (PAGE, "503"),
    (Fault::Reset, "attempts"),
    (Fault::Truncate, "attempts"),
    (Fault::Error { status: 500, code: "KMSInternalException" }, "KMSInternalException"),
    (Fault::Error { status: 500, code: "KeyUnavailableException" }, "KeyUnavailableException"),
    (Fault::Error { status: 503, code: "DependencyTimeoutException" }, "DependencyTimeoutException"),
];

#[test]
fn a_fault_that_lasts_ends_in_an_error() {
    // Side by side, because each pauses between its attempts.
    std::thread::scope(|scope| {
        for (fault, word) in LASTING {
            scope.spawn(|| lasting(fault, word));
        }
    });
}

/// Every call meets the fault, on encrypt and on decrypt.
fn lasting(fault: Fault, word: &str) {
    let scene = Scene::new();
    let key = emulator().create_key(HOME_REGION);
    scene.encrypts(&["-k", &key.arn]);
    let message = scene.place.read("message.esdk");

    scene.proxy.always("GenerateDataKey", fault.clone());
    scene.proxy.always("Decrypt", fault);
    scene.cannot_decrypt(&["-k", &key.arn], 75, &[&key.arn, word]);
    scene.cannot_encrypt(&["-f", "-k", &key.arn], 75, &[&key.arn, word]);
    assert!(scene.place.read("message.esdk") == message, "the old message is not there any more");
    assert_eq!(scene.proxy.calls_of("Decrypt").len(), ATTEMPTS);
    assert_eq!(scene.proxy.calls_of("GenerateDataKey").len(), 1 + ATTEMPTS);
}

#[test]
fn nobody_listens() {
    let mut scene = Scene::new();
    let key = emulator().create_key(HOME_REGION);
    scene.encrypts(&["-k", &key.arn]);
    let dead = DeadPort::new();
    scene.place.set("AWS_ENDPOINT_URL_KMS", dead.endpoint());
    scene.cannot_decrypt(&["-k", &key.arn], 75, &[&key.arn]);
    scene.cannot_encrypt(&["-f", "-k", &key.arn], 75, &[&key.arn]);
}

#[test]
fn another_region_opens_what_a_dead_one_cannot() {
    let scene = Scene::new();
    let dead = DeadPort::new();
    let home = emulator().create_key(HOME_REGION);
    let far = emulator().create_key(FAR_REGION);
    scene.encrypts(&["-k", &home.arn, "-k", &far.arn]);
    let unreachable = format!("key={},endpoint-url={}", home.arn, dead.endpoint());
    scene.opens(&["-w", &unreachable, "-k", &far.arn]);
    assert_eq!(scene.decrypt_calls(), [(FAR_REGION.to_owned(), far.arn)]);
}

/// A port of 127.0.0.1 where nobody listens and nobody can begin to: it is one end of a connection.
struct DeadPort {
    end: TcpStream,
    _other_end: TcpListener,
}

impl DeadPort {
    fn new() -> DeadPort {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port of 127.0.0.1");
        let address = listener.local_addr().expect("a bound listener has an address");
        let end = TcpStream::connect(address).expect("the listener is there");
        DeadPort { end, _other_end: listener }
    }

    fn endpoint(&self) -> String {
        let address = self.end.local_addr().expect("a connection has an address");
        format!("http://{address}")
    }
}
