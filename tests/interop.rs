//! The tool against other implementations, both ways: the Python Encryption SDK's command line, the Python Encryption
//! SDK with the keyrings of the material providers library, and the JavaScript one.

mod support;

#[path = "interop/cases.rs"]
mod cases;
#[path = "interop/exchange.rs"]
mod exchange;
#[path = "interop/final_frame.rs"]
mod final_frame;
#[path = "interop/javascript_sdk.rs"]
mod javascript_sdk;
#[path = "interop/peer.rs"]
mod peer;
#[path = "interop/python_cli.rs"]
mod python_cli;
#[path = "interop/python_sdk.rs"]
mod python_sdk;
