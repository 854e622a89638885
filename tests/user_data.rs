//! `ec2:user-data` as an input, and the example that makes user data and reads it at boot.

mod support;

#[path = "user_data/example.rs"]
mod example;
#[path = "user_data/input.rs"]
mod input;

use support::command::Workspace;
use support::imds::{Answer, MetadataService};

/// `-w provider=local`.
const LOCAL: [&str; 2] = ["-w", "provider=local"];

/// A user on an instance whose metadata service answers like this.
fn on_instance(kms_endpoint: &str, answer: Answer) -> (MetadataService, Workspace) {
    let service = MetadataService::start(answer);
    let mut workspace = Workspace::new(kms_endpoint);
    workspace.unset("AWS_EC2_METADATA_DISABLED");
    workspace.set("AWS_EC2_METADATA_SERVICE_ENDPOINT", service.endpoint());
    (service, workspace)
}
