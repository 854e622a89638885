//! @aws-crypto/client-node.

use crate::cases::{ASTRAL, Case, FRAME_LENGTHS, Key, grid};
use crate::exchange::{
    Scene, esdk_reads_what_peer_wrote, multi_region, peer_reads_what_esdk_wrote, raw_keys,
};
use crate::peer::Peer;

#[test]
fn it_reads_every_suite_body_and_context() {
    if Peer::JavaScript.is_wanted() {
        peer_reads_what_esdk_wrote(Peer::JavaScript, grid(&FRAME_LENGTHS));
    }
}

#[test]
fn every_suite_body_and_context_of_its_is_read() {
    if Peer::JavaScript.is_wanted() {
        esdk_reads_what_peer_wrote(Peer::JavaScript, grid(&FRAME_LENGTHS));
    }
}

#[test]
fn every_raw_key_opens_on_both_sides() {
    if Peer::JavaScript.is_wanted() {
        let is_pkcs1 = |case: &Case| matches!(case.key, Key::RawRsa { padding: "pkcs1" });
        let others = raw_keys().into_iter().filter(|case| !is_pkcs1(case)).collect();
        peer_reads_what_esdk_wrote(Peer::JavaScript, others);
        esdk_reads_what_peer_wrote(Peer::JavaScript, raw_keys());
    }
}

/// Node.js itself does not decrypt so where its OpenSSL lacks implicit rejection and it cannot be told to do without.
#[test]
fn it_reads_pkcs1_where_node_does() {
    if Peer::JavaScript.is_wanted() {
        let key = Key::RawRsa { padding: "pkcs1" };
        let case = Case { key, ..Case::simple(0x0578) };
        let scene = Scene::new(Peer::JavaScript, vec![case.clone()]);
        scene.esdk_writes();
        let answer = &scene.peer_reads()[0];
        if answer.is_done() {
            answer.is_of(&case);
            scene.are_opened();
        } else {
            answer.refused("RSA_PKCS1_PADDING is no longer supported for private decryption");
        }
    }
}

#[test]
fn another_replica_opens_every_suite_on_both_sides() {
    if Peer::JavaScript.is_wanted() {
        peer_reads_what_esdk_wrote(Peer::JavaScript, multi_region());
        esdk_reads_what_peer_wrote(Peer::JavaScript, multi_region());
    }
}

/// The keyring binds the data key to the context in the order of UTF-16, unless it is told `utf8Sorting: true`. The
/// specification has UTF-8, so the two part where a context has keys of U+E000 to U+FFFF and keys beyond.
///
/// Spec: framework/structures.md#serialization
#[test]
fn its_raw_aes_keyring_sorts_astral_contexts_in_an_order_of_its_own_unless_told() {
    if Peer::JavaScript.is_wanted() {
        let key = Key::RawAesSortedAsUtf16;
        let astral = Case { context: ASTRAL, key, ..Case::simple(0x0578) };

        let scene = Scene::new(Peer::JavaScript, vec![astral.clone()]);
        scene.esdk_writes();
        scene.peer_reads()[0].refused("unencryptedDataKey has not been set");

        let scene = Scene::new(Peer::JavaScript, vec![astral.clone()]);
        scene.are_written(&scene.peer_writes());
        scene.esdk_reads(0).failed(77);

        // One astral key beside ASCII has the same place in both orders.
        let other = Case { context: &[("a", "1"), ("\u{10000}", "2")], ..astral };
        peer_reads_what_esdk_wrote(Peer::JavaScript, vec![other.clone()]);
        esdk_reads_what_peer_wrote(Peer::JavaScript, vec![other]);
    }
}

#[test]
fn it_writes_no_unframed_bodies() {
    if Peer::JavaScript.is_wanted() {
        let unframed = Case { frame_length: 0, ..Case::simple(0x0178) };
        Scene::new(Peer::JavaScript, vec![unframed]).peer_writes()[0].refused("frameLength out of bounds");
    }
}

/// It has no materials manager for a required encryption context.
#[test]
fn it_cannot_reproduce_an_unstored_context() {
    if Peer::JavaScript.is_wanted() {
        let unstored = Case { unstored: &[("purpose of it", "secret")], ..Case::simple(0x0478) };
        let scene = Scene::new(Peer::JavaScript, vec![unstored]);
        scene.esdk_writes();
        scene.peer_reads()[0].refused("unencryptedDataKey has not been set");
        // Whoever can is given the plaintext.
        scene.esdk_reads(0).succeeded();
        scene.are_opened();
    }
}
