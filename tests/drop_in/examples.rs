//! The examples of the original's README and of its `examples/bin`, as a script (`examples.sh`) that checks what they do: run with
//! the drop-in. Run with the original as well, the script is held to be what that does, and not what it was made to fit.

use std::path::Path;
use std::process::Command;

use crate::command::folder_with_link;
use crate::original;
use crate::support::command::Workspace;
use crate::support::emulator::{FAR_REGION, HOME_REGION, emulator};
use crate::support::python;

/// A user who has a folder with an `aws-encryption-cli` first in his PATH.
#[track_caller]
fn every_example_works(tools: impl FnOnce(&Workspace) -> std::path::PathBuf) {
    let mut place = Workspace::new(&format!("http://{}", emulator().address));
    place.set("AWS_DEFAULT_REGION", HOME_REGION);
    let keys = [HOME_REGION, HOME_REGION, FAR_REGION].map(|region| emulator().create_key(region));
    let alias = format!("alias/examples-{}", keys[0].id);
    emulator().create_alias(&keys[0], &alias);
    emulator().create_alias(&keys[2], &alias);
    place.set("KEY_ARN_1", &keys[0].arn);
    place.set("KEY_ARN_2", &keys[1].arn);
    place.set("ALIAS_NAME", alias);
    let tools = tools(&place);
    let path = std::env::var("PATH").unwrap_or_default();
    place.set("PATH", format!("{}:{path}", tools.display()));
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/drop_in/examples.sh");
    let outcome = place.run(Command::new(script), b"");
    outcome.succeeded();
    assert_eq!(String::from_utf8_lossy(&outcome.stdout), "Every example did what it shows.\n");
}

#[test]
fn every_example_works_with_the_drop_in() {
    every_example_works(folder_with_link);
}

#[test]
fn every_example_works_with_the_original() {
    if !original::is_wanted() {
        return;
    }
    every_example_works(|_| python::COMMAND_LINE.interpreter().parent().expect("a folder").to_owned());
}
