//! aws-encryption-sdk 4 with the keyrings of the material providers library.

use crate::cases::{ASTRAL, Case, FRAME_LENGTHS, SUITES, grid};
use crate::exchange::{
    Scene, esdk_reads_what_peer_wrote, multi_region, peer_reads_what_esdk_wrote, raw_keys,
};
use crate::peer::Peer;

#[test]
fn it_reads_every_suite_body_and_context() {
    if Peer::Python.is_wanted() {
        peer_reads_what_esdk_wrote(Peer::Python, grid(&FRAME_LENGTHS));
    }
}

#[test]
fn every_suite_body_and_context_of_its_is_read() {
    if Peer::Python.is_wanted() {
        // It writes no other frame lengths than multiples of 128.
        esdk_reads_what_peer_wrote(Peer::Python, grid(&[128, 4_096, 65_536]));
    }
}

#[test]
fn it_takes_the_block_size_of_aes_in_bits_for_bytes_and_writes_no_short_frames() {
    if Peer::Python.is_wanted() {
        let lengths = [1, 16, 127];
        let cases = lengths.map(|frame_length| Case { frame_length, ..Case::simple(0x0578) });
        for answer in Scene::new(Peer::Python, cases.to_vec()).peer_writes() {
            answer.refused("must be a non-negative multiple of the block size of the crypto algorithm: 128");
        }
    }
}

#[test]
fn every_raw_key_opens_on_both_sides() {
    if Peer::Python.is_wanted() {
        peer_reads_what_esdk_wrote(Peer::Python, raw_keys());
        esdk_reads_what_peer_wrote(Peer::Python, raw_keys());
    }
}

#[test]
fn another_replica_opens_every_suite_on_both_sides() {
    if Peer::Python.is_wanted() {
        peer_reads_what_esdk_wrote(Peer::Python, multi_region());
        esdk_reads_what_peer_wrote(Peer::Python, multi_region());
    }
}

#[test]
fn unframed_bodies_of_its_are_read() {
    if Peer::Python.is_wanted() {
        let lengths = [0, 1, 5_000];
        let unframed = |suite| lengths.map(|length| Case { frame_length: 0, length, ..Case::simple(suite) });
        esdk_reads_what_peer_wrote(Peer::Python, SUITES.into_iter().flat_map(unframed).collect());
    }
}

#[test]
fn unstored_context_is_reproduced_on_both_sides() {
    if Peer::Python.is_wanted() {
        let unstored = |suite| Case { unstored: ASTRAL, ..Case::simple(suite) };
        peer_reads_what_esdk_wrote(Peer::Python, SUITES.map(unstored).to_vec());
        esdk_reads_what_peer_wrote(Peer::Python, SUITES.map(unstored).to_vec());
    }
}
