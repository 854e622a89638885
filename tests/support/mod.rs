//! What the integration tests share. Every test binary takes in the whole of it and uses a part, so what one
//! of them leaves unused is not dead.
#![allow(dead_code)]

pub mod command;
pub mod emulator;
pub mod fault_proxy;
pub mod http;
pub mod imds;
pub mod in_process;
pub mod installed;
pub mod layout;
pub mod message;
pub mod node;
pub mod python;
pub mod python_server;
pub mod stand_in;
pub mod streams;
