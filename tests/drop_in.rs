//! `aws-encryption-cli`: the binary called by that name does what the Python command line of that name does. It is held
//! against calls of the original that were recorded, against the original itself, against the examples of its
//! documentation, and against the migration guide.

mod support;

#[path = "drop_in/arguments.rs"]
mod arguments;
#[path = "drop_in/chosen.rs"]
mod chosen;
#[path = "drop_in/command.rs"]
mod command;
#[path = "drop_in/examples.rs"]
mod examples;
#[path = "drop_in/golden.rs"]
mod golden;
#[path = "drop_in/live.rs"]
mod live;
#[path = "drop_in/messages.rs"]
mod messages;
#[path = "drop_in/migrating.rs"]
mod migrating;
#[path = "drop_in/original.rs"]
mod original;
#[path = "drop_in/world.rs"]
mod world;
