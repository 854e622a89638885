//! From the input to files, each with its output: one after the other, as the original goes through them.

use std::ffi::{OsStr, OsString};
use std::fs::{self, Metadata};
use std::io::ErrorKind::NotFound;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use walkdir::WalkDir;

use super::parse::{MetadataTarget, Mode, Typed};
use super::python;
use crate::cli::destination::Destination;
use crate::cli::jobs::Job;
use crate::cli::output_folder::{Below, OutputFolder};
use crate::cli::part::is_part_name;
use crate::cli::report::{Failure, FailureKind, io_text};
use crate::cli::source::Source;

/// Directories that are open at once.
const MAX_OPEN_FOLDERS: usize = 64;

/// What comes next.
#[derive(Debug)]
pub enum Step {
    /// A file.
    File(Item),
    /// Something is left out, and this is said of it.
    LeftOut(String),
    /// Something cannot be looked at.
    Failed(Failure),
}

/// A file and its output.
#[derive(Debug)]
pub struct Item {
    /// Its name; `-` is standard input.
    pub source: OsString,
    /// The output's name; `-` is standard output.
    pub output: OsString,
    /// The same for the jobs.
    pub job: Job,
}

/// The one step of standard input.
pub fn of_stdin(output: &OsStr) -> Item {
    item(Source::Stdin, "-".into(), output.to_owned(), destination(output))
}

/// The steps of these sources, which are there.
pub fn steps<'a>(typed: &'a Typed, sources: Vec<OsString>) -> impl Iterator<Item = Step> + 'a {
    let suffix = suffix(typed);
    let folder = Arc::new(OutputFolder::new(Path::new(&typed.output)));
    sources.into_iter().flat_map(move |source| -> Box<dyn Iterator<Item = Step> + 'a> {
        match fs::metadata(&source) {
            Ok(found) if found.is_dir() && !typed.is_recursive => {
                let name = source.to_string_lossy();
                let text =
                    format!("Skipping {name} because it is a directory and -r/-R/--recursive is not set");
                Box::new(std::iter::once(Step::LeftOut(text)))
            }
            Ok(found) if found.is_dir() => {
                Box::new(Tree::new(source, typed, suffix.clone(), Arc::clone(&folder)))
            }
            Ok(found) if found.is_file() => {
                let output = match Path::new(&typed.output).is_dir() {
                    true => {
                        let mut name = python::split(&source).1;
                        name.push(&suffix);
                        python::join(&typed.output, &name)
                    }
                    false => typed.output.clone(),
                };
                let destination = destination(&output);
                Box::new(std::iter::once(one(source, output, destination)))
            }
            Ok(_) => Box::new(std::iter::once(no_file(&source))),
            Err(error) => Box::new(std::iter::once(failed(&source, &error))),
        }
    })
}

fn suffix(typed: &Typed) -> OsString {
    typed.suffix.clone().unwrap_or_else(|| match typed.mode {
        Some(Mode::Encrypt) | None => ".encrypted".into(),
        Some(Mode::Decrypt | Mode::DecryptUnsigned) => ".decrypted".into(),
    })
}

fn destination(output: &OsStr) -> Destination {
    let path = Path::new(output);
    match output {
        _ if output == "-" => Destination::TypedStdout,
        _ if path.is_symlink() => Destination::File(made_through(path).unwrap_or_else(|| path.to_owned())),
        _ => Destination::File(path.to_owned()),
    }
}

/// What is made when somebody writes to this link, if it leads to a name that is not there.
fn made_through(link: &Path) -> Option<PathBuf> {
    let (mut path, mut links) = (link.to_owned(), 0);
    loop {
        match fs::read_link(&path) {
            Ok(target) if links < python::MAX_LINKS => {
                path = path.parent().unwrap_or(Path::new("")).join(target);
                links += 1;
            }
            Err(error) if error.kind() == NotFound && !path.as_os_str().as_bytes().ends_with(b"/") => break,
            _ => return None,
        }
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    Some(fs::canonicalize(folder).ok()?.join(path.file_name()?))
}

fn item(from: Source, source: OsString, output: OsString, destination: Destination) -> Item {
    Item { source, output, job: Job { source: from, destination, is_named: true } }
}

fn one(source: OsString, output: OsString, destination: Destination) -> Step {
    if python::real(&source) == python::real(&output) {
        return Step::LeftOut(format!(
            "Skipping because the source ({}) and destination ({}) are the same",
            source.to_string_lossy(),
            output.to_string_lossy()
        ));
    }
    Step::File(item(Source::File(PathBuf::from(&source)), source, output, destination))
}

fn no_file(path: &OsStr) -> Step {
    Step::LeftOut(format!("Skipping {} because it is not a file", path.to_string_lossy()))
}

fn failed(path: &OsStr, error: &std::io::Error) -> Step {
    let text = format!("{}: cannot be read: {}", path.to_string_lossy(), io_text(error));
    Step::Failed(Failure::new(FailureKind::NoInput, text))
}

/// Goes through a directory.
struct Tree {
    root: OsString,
    output: OsString,
    suffix: OsString,
    folder: Arc<OutputFolder>,
    metadata: Option<PathBuf>,
    entries: walkdir::IntoIter,
}

impl Tree {
    fn new(root: OsString, typed: &Typed, suffix: OsString, folder: Arc<OutputFolder>) -> Self {
        // As the directory has them, and what is in its directories comes last.
        let entries = WalkDir::new(&root)
            .max_open(MAX_OPEN_FOLDERS)
            .sort_by(|one, other| one.file_type().is_dir().cmp(&other.file_type().is_dir()))
            .into_iter();
        let metadata = match &typed.metadata {
            Some(MetadataTarget::File(path)) => Some(python::real(path.as_os_str())),
            _ => None,
        };
        Self { root, output: typed.output.clone(), suffix, folder, metadata, entries }
    }

    fn is_output(&self, found: &Metadata) -> bool {
        self.folder.is(found.dev(), found.ino())
    }

    fn file(&self, path: &Path) -> Step {
        let mut relative = path.strip_prefix(&self.root).unwrap_or(path).as_os_str().to_owned();
        relative.push(&self.suffix);
        let output = python::join(&self.output, &relative);
        // Directories are made as `mkdir` makes them.
        let below = Below { relative: relative.into(), mirrored: None };
        one(path.as_os_str().to_owned(), output, Destination::Below(Arc::clone(&self.folder), below))
    }
}

impl Iterator for Tree {
    type Item = Step;

    fn next(&mut self) -> Option<Step> {
        loop {
            let entry = match self.entries.next()? {
                Ok(entry) => entry,
                Err(error) => {
                    let path = error.path().unwrap_or(Path::new(&self.root)).as_os_str().to_owned();
                    let why = error.into_io_error().unwrap_or_else(|| std::io::ErrorKind::Other.into());
                    return Some(failed(&path, &why));
                }
            };
            let path = entry.path();
            let found = match fs::metadata(path) {
                Ok(found) => found,
                Err(error) => return Some(failed(path.as_os_str(), &error)),
            };
            if found.is_dir() {
                // Of a link to a directory nothing is taken.
                if entry.file_type().is_dir() && self.is_output(&found) {
                    let name = path.to_string_lossy().into_owned();
                    self.entries.skip_current_dir();
                    return Some(Step::LeftOut(format!(
                        "Skipping {name} because it is the output directory"
                    )));
                }
                continue;
            }
            let is_records =
                self.metadata.as_ref().is_some_and(|file| *file == python::real(path.as_os_str()));
            if is_records || is_part_name(entry.file_name()) {
                continue;
            }
            return Some(if found.is_file() { self.file(path) } else { no_file(path.as_os_str()) });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each step as its output, or as what is said of it, without the folder that all of it is in.
    fn steps_of(place: &Path, source: &str, change: impl FnOnce(&mut Typed)) -> Vec<String> {
        let mut typed = Typed {
            mode: Some(Mode::Encrypt),
            output: place.join("out").into_os_string(),
            is_recursive: true,
            ..Typed::default()
        };
        change(&mut typed);
        let text = |step| match step {
            Step::File(item) => shown(&item.output),
            Step::LeftOut(text) => text,
            Step::Failed(failure) => failure.message,
        };
        let below = format!("{}/", place.display());
        let steps = steps(&typed, vec![place.join(source).into_os_string()]);
        steps.map(text).map(|text| text.replace(&below, "")).collect()
    }

    fn shown(name: &OsStr) -> String {
        name.to_string_lossy().into_owned()
    }

    fn place() -> tempfile::TempDir {
        let place = tempfile::tempdir().expect("a folder");
        let at = |name: &str| place.path().join(name);
        fs::create_dir_all(at("dir/sub")).expect("folders");
        fs::create_dir(at("out")).expect("a folder");
        for name in ["p", "dir/f", "dir/sub/g"] {
            fs::write(at(name), "").expect("a file");
        }
        std::os::unix::fs::symlink("../p", at("dir/link")).expect("a link");
        std::os::unix::fs::symlink("sub", at("dir/sublink")).expect("a link");
        place
    }

    #[test]
    fn names_get_a_suffix_and_lose_none() {
        let place = place();
        let place = place.path();
        assert_eq!(steps_of(place, "p", |_| ()), ["out/p.encrypted"]);
        let decrypted = steps_of(place, "p", |typed| typed.mode = Some(Mode::DecryptUnsigned));
        assert_eq!(decrypted, ["out/p.decrypted"]);
        assert_eq!(steps_of(place, "p", |typed| typed.suffix = Some("x".into())), ["out/px"]);
        let named = steps_of(place, "p", |typed| typed.output = place.join("q").into_os_string());
        assert_eq!(named, ["q"]);
        let stdout = steps_of(place, "p", |typed| typed.output = "-".into());
        assert_eq!(stdout, ["-"]);
    }

    #[test]
    fn a_tree_is_mirrored_with_what_links_in_it_lead_to() {
        let place = place();
        let mut all = steps_of(place.path(), "dir", |_| ());
        all.sort();
        assert_eq!(all, ["out/f.encrypted", "out/link.encrypted", "out/sub/g.encrypted"]);
        fs::remove_file(place.path().join("p")).expect("ours");
        let failed =
            steps_of(place.path(), "dir", |_| ()).into_iter().filter(|text| text.contains("cannot be read"));
        assert_eq!(failed.collect::<Vec<_>>(), ["dir/link: cannot be read: no such file or directory"]);
    }

    #[test]
    fn what_a_link_leads_to_is_made_where_the_system_would_make_it() {
        let place = place();
        let at = |name: &str| place.path().join(name);
        let real = fs::canonicalize(place.path()).expect("a folder");
        for (target, made) in [
            ("new", Some("new")),
            ("dir/../new", Some("new")),
            ("dir/sublink/new", Some("dir/sub/new")),
            ("missing/../new", None),
            ("new/", None),
            ("missing/new", None),
            ("p", None),
            ("itself", None),
        ] {
            let link = at("itself");
            std::os::unix::fs::symlink(target, &link).expect("a link");
            assert_eq!(made_through(&link), made.map(|name| real.join(name)), "{target}");
            std::os::unix::fs::symlink("itself", at("twice")).expect("a link");
            assert_eq!(made_through(&at("twice")), made.map(|name| real.join(name)), "{target}");
            for name in ["itself", "twice"] {
                fs::remove_file(at(name)).expect("ours");
            }
        }
    }

    #[test]
    fn what_is_left_out_is_told() {
        let place = place();
        let place = place.path();
        assert_eq!(
            steps_of(place, "dir", |typed| typed.is_recursive = false),
            ["Skipping dir because it is a directory and -r/-R/--recursive is not set"]
        );
        let within = steps_of(place, "dir", |typed| typed.output = place.join("dir/sub").into_os_string());
        assert!(
            within.contains(&"Skipping dir/sub because it is the output directory".to_owned()),
            "{within:?}"
        );
        let itself = steps_of(place, "p", |typed| {
            typed.output = place.as_os_str().to_owned();
            typed.suffix = Some(OsString::new());
        });
        assert_eq!(itself, ["Skipping because the source (p) and destination (p) are the same"]);
        let records = steps_of(place, "dir", |typed| {
            typed.metadata = Some(MetadataTarget::File(place.join("dir/f")));
        });
        assert!(!records.contains(&"out/f.encrypted".to_owned()), "{records:?}");
    }
}
