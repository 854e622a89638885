//! From an input to the name of its output.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::destination::Destination;
use super::output_folder::{Below, OutputFolder};
use super::plan::Direction;
use super::report::{Failure, path_text};
use super::source::Source;
use super::walk::{Input, Origin, Reason, Selection};

/// How outputs are named.
#[derive(Debug)]
pub struct Naming {
    direction: Direction,
    suffix: OsString,
    place: Place,
}

#[derive(Debug)]
enum Place {
    /// Nothing is written.
    Nowhere,
    /// Standard output, asked for.
    Stdout,
    /// Files beside their inputs, and standard output for standard input.
    Beside,
    /// One file.
    File(PathBuf),
    /// A directory, and below it the content of the one tree there is.
    Mirror(Arc<OutputFolder>),
    /// A directory, and in it each input by its name.
    Folder(Arc<OutputFolder>),
}

/// Where an input goes.
#[derive(Debug)]
pub enum Named {
    /// Here.
    To(Destination),
    /// Nowhere: it is not for this run.
    Passed(Reason),
}

/// What becomes of a name to decrypt that does not end with the suffix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unsuffixed {
    Refuse,
    Keep,
}

impl Naming {
    /// Nothing is written; of trees what has the suffix is taken.
    pub fn nowhere(suffix: &OsStr) -> Self {
        Self { direction: Direction::Decrypt, suffix: suffix.to_owned(), place: Place::Nowhere }
    }

    /// As `-o` and `--suffix` have it.
    ///
    /// # Errors
    /// A usage [`Failure`]: there can be no such name.
    pub fn new(
        output: Option<&Path>,
        suffix: &str,
        direction: Direction,
        selection: &Selection,
    ) -> Result<Self, Failure> {
        let reads_files = selection.is_many() || selection.typed() != [Path::new("-")];
        let keeps_names = direction != Direction::Rotate && suffix.is_empty();
        if keeps_names && output.is_none() && reads_files {
            return Err(Failure::usage("an empty --suffix needs -o: the output would be the input itself"));
        }
        if suffix.contains('/') {
            return Err(Failure::usage(format!("--suffix {suffix:?} holds a slash")));
        }
        let has_tree = selection.trees().next().is_some();
        let place = match output {
            None => Place::Beside,
            Some(output) if output == Path::new("-") => Place::Stdout,
            Some(output) if has_tree || is_folder(output) => {
                if output.exists() && !output.is_dir() {
                    let message = format!("-o {} is no directory, and a tree needs one", path_text(output));
                    return Err(Failure::usage(message));
                }
                let folder = Arc::new(OutputFolder::new(output));
                match has_tree && selection.is_one_tree() {
                    true => Place::Mirror(folder),
                    false => Place::Folder(folder),
                }
            }
            Some(output) => Place::File(output.to_owned()),
        };
        let naming = Self { direction, suffix: suffix.into(), place };
        naming.check_tree_names(selection)?;
        Ok(naming)
    }

    /// The directory that all outputs are in.
    pub fn folder(&self) -> Option<&Arc<OutputFolder>> {
        match &self.place {
            Place::Mirror(folder) | Place::Folder(folder) => Some(folder),
            Place::Nowhere | Place::Stdout | Place::Beside | Place::File(_) => None,
        }
    }

    /// Whether standard output is written.
    pub fn writes_stdout(&self, typed: &[PathBuf]) -> bool {
        let is_nameless = |path: &PathBuf| !matches!(Source::from_argument(path), Source::File(_));
        let has_nameless = typed.iter().any(is_nameless);
        matches!(self.place, Place::Stdout) || (matches!(self.place, Place::Beside) && has_nameless)
    }

    /// Why a file of this name is not taken when it is met in a tree.
    pub fn passes(&self, name: &OsStr) -> Option<Reason> {
        if self.suffix.is_empty() {
            return None;
        }
        match (self.direction, self.stem(name)) {
            (Direction::Encrypt, Some(_)) => Some(Reason::HasSuffix),
            (Direction::Decrypt | Direction::Rotate, None) => Some(Reason::LacksSuffix),
            _ => None,
        }
    }

    /// Whether a file that is not taken is there only as the other half of one that is: the message of a file beside it,
    /// or what a message beside it was decrypted to.
    pub fn is_counterpart(&self, path: &Path) -> bool {
        let Some(name) = path.file_name().filter(|_| matches!(self.place, Place::Beside)) else {
            return false;
        };
        let other = match (self.direction, self.stem(name)) {
            (Direction::Encrypt, Some(stem)) => stem.to_owned(),
            (Direction::Decrypt | Direction::Rotate, None) => {
                [name.as_bytes(), self.suffix.as_bytes()].concat()
            }
            _ => return false,
        };
        std::fs::symlink_metadata(path.with_file_name(OsString::from_vec(other))).is_ok_and(|f| f.is_file())
    }

    /// Where an input goes.
    ///
    /// # Errors
    /// A usage [`Failure`]: its output has no name.
    pub fn destination(&self, input: &Input) -> Result<Named, Failure> {
        if let (Origin::Tree(..), Source::File(path)) = (&input.origin, &input.source)
            && let Some(reason) = self.passes(path.file_name().unwrap_or_default())
        {
            return Ok(Named::Passed(reason));
        }
        Ok(Named::To(match (&self.place, &input.source) {
            (Place::Nowhere, _) => Destination::Nowhere,
            (Place::Stdout, _) => Destination::TypedStdout,
            (Place::Beside, Source::Stdin | Source::UserData) => Destination::Stdout,
            (Place::Beside, Source::File(path)) if self.direction == Direction::Rotate => {
                Destination::File(path.clone())
            }
            (Place::Beside, Source::File(path)) => {
                Destination::File(path.with_file_name(self.name(path, Unsuffixed::Refuse)?))
            }
            (Place::File(output), _) => Destination::File(output.clone()),
            (Place::Mirror(folder) | Place::Folder(folder), source @ (Source::Stdin | Source::UserData)) => {
                let (folder, source) = (path_text(folder.path()), source.text());
                let message = format!("-o {folder} is a directory, and {source} has no name");
                return Err(Failure::usage(message).hint("give -o the name of a file"));
            }
            (Place::Mirror(folder), Source::File(path)) => {
                Destination::Below(Arc::clone(folder), self.below(path, &input.origin, None)?)
            }
            (Place::Folder(folder), Source::File(path)) => {
                let top = match &input.origin {
                    Origin::Named => None,
                    Origin::Tree(tree, _) => tree_name(&tree.path),
                };
                Destination::Below(Arc::clone(folder), self.below(path, &input.origin, top)?)
            }
        }))
    }

    fn below(&self, path: &Path, origin: &Origin, top: Option<OsString>) -> Result<Below, Failure> {
        let name = self.name(path, Unsuffixed::Keep)?;
        Ok(match origin {
            Origin::Named => Below { relative: name.into(), mirrored: None },
            Origin::Tree(tree, way) => {
                let apart = usize::from(top.is_some());
                let relative = PathBuf::from(top.unwrap_or_default()).join(way).with_file_name(name);
                Below { relative, mirrored: Some((tree.path.clone(), apart)) }
            }
        })
    }

    /// Two trees of one name would become one.
    fn check_tree_names(&self, selection: &Selection) -> Result<(), Failure> {
        let Place::Folder(folder) = &self.place else { return Ok(()) };
        let mut names = std::collections::HashSet::new();
        for tree in selection.trees() {
            if let Some(name) = tree_name(tree)
                && !names.insert(name.clone())
            {
                let output = path_text(&folder.path().join(name));
                return Err(Failure::usage(format!("two trees have the same output {output}"))
                    .hint("run them one after the other, each with a directory of its own"));
            }
        }
        Ok(())
    }

    /// A name without the suffix; `None` when it has none.
    fn stem<'a>(&self, name: &'a OsStr) -> Option<&'a [u8]> {
        let stem = name.as_bytes().strip_suffix(self.suffix.as_bytes());
        stem.filter(|stem| !stem.is_empty() && !self.suffix.is_empty())
    }

    fn name(&self, input: &Path, unsuffixed: Unsuffixed) -> Result<OsString, Failure> {
        let Some(name) = input.file_name() else {
            return Err(Failure::usage(format!("{} is not the name of a file", path_text(input))));
        };
        match (self.direction, self.stem(name)) {
            (Direction::Encrypt, _) => {
                Ok(OsString::from_vec([name.as_bytes(), self.suffix.as_bytes()].concat()))
            }
            (Direction::Rotate, _) => Ok(name.to_owned()),
            (Direction::Decrypt, Some(stem)) => Ok(OsString::from_vec(stem.to_owned())),
            (Direction::Decrypt, None) if unsuffixed == Unsuffixed::Keep => Ok(name.to_owned()),
            (Direction::Decrypt, None) => {
                let (input, suffix) = (path_text(input), self.suffix.to_string_lossy());
                let message = format!("{input}: the name does not end with {suffix:?}");
                Err(Failure::usage(message).hint("name the output with -o, or the ending with --suffix"))
            }
        }
    }
}

/// The name of a tree among others; none for the root of all.
fn tree_name(path: &Path) -> Option<OsString> {
    let named = |path: &Path| path.file_name().map(OsStr::to_owned);
    named(path).or_else(|| path.canonicalize().ok().as_deref().and_then(named))
}

fn is_folder(path: &Path) -> bool {
    path.as_os_str().as_bytes().ends_with(b"/") || path.is_dir()
}

#[cfg(test)]
mod tests {
    use super::super::args::batch::SelectionArgs;
    use super::super::walk::Found;
    use super::*;

    /// The outputs of `-r` over these inputs, in order.
    fn outputs(typed: &[PathBuf], output: Option<&Path>, direction: Direction) -> Vec<String> {
        let arguments = SelectionArgs { recursive: true, ..SelectionArgs::default() };
        let selection = Selection::new(typed, &arguments).expect("inputs");
        let naming = Naming::new(output, ".x", direction, &selection).expect("names");
        let mut outputs: Vec<_> = selection
            .walk("encrypt", &Arc::default())
            .expect("no list")
            .map(|found| match found {
                Found::Input(input) => match naming.destination(&input).expect("a name") {
                    Named::To(destination) => destination.text(),
                    Named::Passed(reason) => format!("{reason:?}"),
                },
                other => format!("{other:?}"),
            })
            .collect();
        outputs.sort();
        outputs
    }

    #[test]
    fn one_tree_is_mirrored_and_several_keep_their_names() {
        let place = tempfile::tempdir().expect("a folder");
        let at = |name: &str| place.path().join(name);
        std::fs::create_dir_all(at("a/d")).expect("folders");
        std::fs::create_dir_all(at("b")).expect("folders");
        for name in ["a/d/f", "a/g.x", "b/f"] {
            std::fs::write(at(name), "").expect("a file");
        }
        let text = |name: &str| at(name).to_string_lossy().into_owned();
        let out = Path::new("out");
        assert_eq!(outputs(&[at("a")], Some(out), Direction::Encrypt), ["HasSuffix", "out/d/f.x"]);
        assert_eq!(outputs(&[at("a/")], Some(out), Direction::Decrypt), ["LacksSuffix", "out/g"]);
        let both = [at("a"), at("b")];
        assert_eq!(outputs(&both, Some(out), Direction::Encrypt), ["HasSuffix", "out/a/d/f.x", "out/b/f.x"]);
        let mixed = [at("b"), at("a/g.x")];
        assert_eq!(outputs(&mixed, Some(out), Direction::Encrypt), ["out/b/f.x", "out/g.x.x"]);
        assert_eq!(outputs(&[at("b")], None, Direction::Encrypt), [text("b/f.x")]);
    }
}
