//! Streaming file encryption in the AWS Encryption SDK message format.
//!
//! What this crate writes, every AWS Encryption SDK reads, and the other way round. It is an independent project,
//! neither made nor endorsed by Amazon.
//!
//! # The path of a byte
//!
//! Encrypt: source, read in place into a batch with room for each frame's header and tag
//! (`message::batch`), sealed where it lies ([`crypto::aead`]), one write of the whole batch. The final frame and the
//! footer are written when the source has ended, and only then does a file get its name.
//!
//! Decrypt: header read ([`format`](mod@format)) into a [`message::decrypt::UnverifiedMessage`]; its `verify` has the data key
//! unwrapped ([`keyring`]), derives, checks the commitment and the header's tag, and gives a
//! [`message::body::Message`]; batches of frames are opened in place and written with one vectored write. The final
//! frame of a signed message is released after its signature. Where plaintext cannot be taken back (a pipe), the message
//! is checked whole first, and then read again ([`message::replay`]) and held to be the same.
//!
//! From file to file an unsigned message is divided among several threads ([`message::threads`]), each of which reads,
//! seals or opens, and writes its batches at their own places ([`message::positioned`]), one thread at a time
//! (`message::in_turn`). A signed one is hashed in order, by
//! one thread beside the one that seals or opens (`message::hashing`), which everything else keeps up with.
//!
//! Either way the data key can be one that a [`message::cache::MaterialsCache`] has kept, within its limits.
//!
//! Rotate: the body of a verified message is decrypted on a thread of its own into a few pieces of memory, from which a
//! new message is encrypted ([`message::rotate`]); the pieces end only when all of the old one has verified. The new
//! message is read back under its own data key before it gets its name ([`message::read_back`]).
//!
//! # The modules
//!
//! Arrows point down only:
//!
//! | module | what it knows |
//! | --- | --- |
//! | [`cli`] | arguments, files, the terminal |
//! | [`message`] | one message, streamed |
//! | [`keyring`] | wrapping keys: KMS, KMS RSA, raw AES, raw RSA |
//! | [`instance`] | the user data of the EC2 instance this runs on |
//! | [`format`](mod@format), [`crypto`] | bytes to structs; primitives. They do not know each other |
//! | [`suite`], [`commitment`], [`context`], [`data_key`] | the terms that all others speak |

#![forbid(unsafe_code)]

pub mod cli;
pub mod commitment;
pub mod context;
pub mod crypto;
pub mod data_key;
pub mod format;
pub mod instance;
pub mod keyring;
pub mod message;
pub mod suite;
