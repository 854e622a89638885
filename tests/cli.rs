//! The command line without KMS: names, outputs, refusals, records, signals and exit statuses.

mod support;

#[path = "cli/caching.rs"]
mod caching;
#[path = "cli/drop_in.rs"]
mod drop_in;
#[path = "cli/files.rs"]
mod files;
#[path = "cli/fits.rs"]
mod fits;
#[path = "cli/keys.rs"]
mod keys;
#[path = "cli/plan.rs"]
mod plan;
#[path = "cli/records.rs"]
mod records;
#[path = "cli/release.rs"]
mod release;
#[path = "cli/rotate.rs"]
mod rotate;
#[path = "cli/streams.rs"]
mod streams;

use support::command::Workspace;

/// `-w provider=local`.
const LOCAL: [&str; 2] = ["-w", "provider=local"];

/// A user with a `plain.txt`, and nothing listening where KMS should be.
fn workspace() -> Workspace {
    let workspace = Workspace::new("http://127.0.0.1:9");
    workspace.write("plain.txt", "a secret\n");
    workspace
}

/// The same with `plain.txt.esdk`, encrypted under the local key with the context purpose=test.
fn with_message() -> Workspace {
    let workspace = workspace();
    let arguments = ["encrypt", "-q", LOCAL[0], LOCAL[1], "-c", "purpose=test", "plain.txt"];
    workspace.esdk(arguments).succeeded();
    workspace
}

/// Permission bits.
fn mode(workspace: &Workspace, name: &str) -> u32 {
    use std::os::unix::fs::PermissionsExt as _;
    let metadata = std::fs::metadata(workspace.path(name)).expect("the file is there");
    metadata.permissions().mode() & 0o7777
}

fn set_mode(workspace: &Workspace, name: &str, mode: u32) {
    use std::os::unix::fs::PermissionsExt as _;
    let permissions = std::fs::Permissions::from_mode(mode);
    std::fs::set_permissions(workspace.path(name), permissions).expect("it is ours");
}
