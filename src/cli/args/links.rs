//! What can be typed of the names by which this program is another one.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args;

/// `esdk install-links`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  esdk install-links /usr/local/bin       makes /usr/local/bin/aws-encryption-cli
  esdk install-links -f ~/.local/bin      takes the place of what has that name")]
pub struct InstallLinksArgs {
    /// The directory to make them in
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
    /// Replace a file or a link that has the name
    #[arg(short, long)]
    pub force: bool,
}

/// `esdk aws-encryption-cli`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  esdk aws-encryption-cli -e -S -i report.pdf -o out -w key=KEY_ARN
  esdk aws-encryption-cli -d -S -i report.pdf.encrypted -o out -w key=KEY_ARN
  esdk aws-encryption-cli --help")]
pub struct DropInArgs {
    /// Options of aws-encryption-cli; `esdk aws-encryption-cli --help` lists them
    #[arg(value_name = "ARGUMENT", trailing_var_arg = true, allow_hyphen_values = true)]
    pub words: Vec<OsString>,
}
