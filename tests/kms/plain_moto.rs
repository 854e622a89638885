//! moto as it comes, which nobody here has changed: everything of one Region works against it as well.

use crate::support::command::Workspace;
use crate::support::emulator::{Emulator, FAR_REGION, HOME_REGION, KmsKey};
use crate::support::fault_proxy::{Fault, Proxy};
use crate::{Scene, plaintext};

fn scene() -> Scene {
    let proxy = Proxy::start(Emulator::plain_moto().address);
    let place = Workspace::new(&proxy.endpoint());
    place.write("plain.bin", plaintext());
    Scene { proxy, place }
}

fn key(region: &str) -> KmsKey {
    Emulator::plain_moto().create_key(region)
}

#[test]
fn a_key_by_each_of_its_names() {
    let key = key(HOME_REGION);
    let alias_arn = Emulator::plain_moto().create_alias(&key, "alias/plain");
    for named in [&key.arn, &key.id, "alias/plain", &alias_arn] {
        let scene = scene();
        let header = scene.encrypts(&["-k", named, "-c", "table=orders"]);
        assert_eq!(header.provider_information(), [key.arn.as_str()], "-k {named}");
        scene.opens(&["-k", &key.arn, "-c", "table=orders"]);
        assert_eq!(scene.proxy.operations(), ["GenerateDataKey", "Decrypt"]);
    }
}

#[test]
fn several_keys_of_two_regions_and_discovery() {
    let scene = scene();
    let (far, home) = (key(FAR_REGION), key(HOME_REGION));
    scene.encrypts(&["-k", &far.arn, "-k", &home.arn]);
    scene.opens(&["-k", &far.arn]);
    scene.opens(&["-k", &home.arn]);
    scene.opens(&["-w", "discovery=true,discovery-partition=aws,discovery-account=123456789012"]);
    let asked = [&far, &home, &home].map(|key| (key.region.clone(), key.arn.clone()));
    assert_eq!(scene.decrypt_calls(), asked);
}

#[test]
fn refusals_and_faults() {
    let scene = scene();
    let (key, other) = (key(HOME_REGION), key(HOME_REGION));
    scene.encrypts(&["-k", &key.arn]);
    let message = scene.place.read("message.esdk");
    scene.cannot_decrypt(&["-k", &other.arn], 77, &["not asked", &key.arn]);
    let theirs = "discovery=true,discovery-partition=aws,discovery-account=999988887777";
    scene.cannot_decrypt(&["-w", theirs], 77, &["filtered by account 123456789012"]);
    scene.cannot_encrypt(&["-f", "-k", "alias/absent"], 77, &["not found: NotFoundException"]);
    scene.proxy.once("Decrypt", Fault::Error { status: 400, code: "ThrottlingException" });
    scene.proxy.once("Decrypt", Fault::Reset);
    scene.opens(&["-k", &key.arn]);
    assert_eq!(scene.decrypt_calls().len(), 3);
    assert!(scene.place.read("message.esdk") == message);
}
