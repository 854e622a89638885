//! From what the walk finds to jobs, one after the other: each has an output of its own before anything is written.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::claims::PathSet;
use super::destination::{Destination, Existing};
use super::jobs::Job;
use super::naming::{Named, Naming};
use super::report::{Failure, FailureKind};
use super::source::Source;
use super::walk::{Found, Input, Origin, Reason, Selection, Tree, Walk};

/// What all jobs of a run come from.
#[derive(Debug)]
pub struct Jobs {
    /// Which inputs there are.
    pub selection: Selection,
    /// How their outputs are named.
    pub naming: Naming,
    /// What happens to outputs that exist.
    pub existing: Existing,
}

/// One thing to be done, or to be told.
#[derive(Debug)]
pub enum Planned {
    /// A job.
    Job(Job),
    /// Something is passed over.
    Passed {
        /// What.
        source: Source,
        /// Why.
        reason: Reason,
        /// Whether it was typed or listed.
        origin_is_name: bool,
    },
    /// Something cannot be done.
    Failed {
        /// What.
        source: Source,
        /// Where it would have gone.
        destination: Option<Destination>,
        /// Why.
        failure: Failure,
    },
}

/// Plans the jobs of a run.
pub struct Planner<'a> {
    jobs: &'a Jobs,
    walk: Walk,
    outputs: PathSet,
    /// Inputs that were named; kept only where outputs replace files.
    inputs: PathSet,
    trees: Vec<Arc<Tree>>,
    /// The output directory without links: its parts may not be there yet.
    folder: Option<PathBuf>,
}

impl<'a> Planner<'a> {
    /// Begins; of the records that say what failed, those of `mode` count. It waits for no list any more when `is_over` is
    /// set.
    ///
    /// # Errors
    /// [`Failure`]: a list or the records cannot be read.
    pub fn new(jobs: &'a Jobs, mode: &'static str, is_over: &Arc<AtomicBool>) -> Result<Self, Failure> {
        let mut inputs = PathSet::default();
        if jobs.existing == Existing::Replace {
            for typed in jobs.selection.typed().iter().filter(|typed| !typed.is_dir()) {
                let key = inputs.resolved_key(typed);
                inputs.add(key);
            }
        }
        let folder = jobs.naming.folder().map(|folder| settled(folder.path()));
        let walk = jobs.selection.walk(mode, is_over)?;
        Ok(Self { jobs, walk, outputs: PathSet::default(), inputs, trees: Vec::new(), folder })
    }

    fn plan(&mut self, input: Input) -> Option<Planned> {
        if let Source::File(path) = &input.source
            && !self.outputs.is_empty()
        {
            let key = self.outputs.resolved_key(path);
            if self.outputs.holds(key) {
                // What this run has written, met on the way.
                return match input.origin {
                    Origin::Tree(..) => None,
                    Origin::Named => {
                        let failure = match self.jobs.existing {
                            Existing::Itself => Failure::usage("is given twice"),
                            _ => Failure::usage("is also the output of another input"),
                        };
                        Some(Planned::Failed { source: input.source, destination: None, failure })
                    }
                };
            }
        }
        let destination = match self.jobs.naming.destination(&input) {
            Ok(Named::To(destination)) => destination,
            Ok(Named::Passed(_)) if self.is_counterpart(&input.source) => return None,
            Ok(Named::Passed(reason)) => {
                return Some(Planned::Passed { source: input.source, reason, origin_is_name: false });
            }
            Err(failure) => {
                return Some(Planned::Failed { source: input.source, destination: None, failure });
            }
        };
        if let Err(failure) = self.claim(&input, &destination) {
            return Some(Planned::Failed { source: input.source, destination: Some(destination), failure });
        }
        let is_named = matches!(input.origin, Origin::Named);
        Some(Planned::Job(Job { source: input.source, destination, is_named }))
    }

    fn is_counterpart(&self, source: &Source) -> bool {
        match source {
            Source::File(path) => self.jobs.naming.is_counterpart(path),
            Source::Stdin | Source::UserData => false,
        }
    }

    /// Takes the output for this input, before anything is written.
    fn claim(&mut self, input: &Input, destination: &Destination) -> Result<(), Failure> {
        if let Origin::Tree(tree, _) = &input.origin
            && self.trees.last().is_none_or(|last| !Arc::ptr_eq(last, tree))
        {
            self.trees.push(Arc::clone(tree));
        }
        let replaces = matches!(self.jobs.existing, Existing::Replace | Existing::Itself);
        if replaces && let (Origin::Named, Source::File(path)) = (&input.origin, &input.source) {
            let key = self.inputs.resolved_key(path);
            self.inputs.add(key);
        }
        let (key, path) = match destination {
            Destination::Nowhere => return Ok(()),
            Destination::Stdout | Destination::TypedStdout => (self.outputs.key(Path::new("-")), None),
            Destination::File(path) => (self.outputs.resolved_key(path), Some(path.clone())),
            Destination::Below(folder, below) => {
                let settled = self.folder.clone().unwrap_or_default().join(&below.relative);
                (self.outputs.key(&settled), Some(folder.path().join(&below.relative)))
            }
        };
        let name = destination.text();
        let is_there = path.as_deref().is_some_and(|path| fs::symlink_metadata(path).is_ok());
        if is_there && !replaces && !self.outputs.holds(key) {
            // It stays as it is, and is nobody's output.
            return Ok(());
        }
        if !self.outputs.add(key) && !path.as_deref().is_some_and(is_device) {
            let message = format!("two inputs have the same output {name}");
            return Err(
                Failure::new(FailureKind::CannotCreate, message).hint("give each its own -o, or a directory")
            );
        }
        let Some(path) = path.filter(|_| is_there) else {
            return Ok(());
        };
        let input_key = self.inputs.resolved_key(&path);
        let own_key = match &input.source {
            Source::File(own) => Some(self.inputs.resolved_key(own)),
            Source::Stdin | Source::UserData => None,
        };
        let is_in_tree = self.jobs.naming.passes(path.file_name().unwrap_or_default()).is_none() && {
            let settled = settled(&path);
            self.trees.iter().any(|tree| settled.starts_with(&tree.canonical))
        };
        if own_key != Some(input_key) && (self.inputs.holds(input_key) || is_in_tree) {
            let message = format!("the output {name} is also an input");
            return Err(
                Failure::new(FailureKind::CannotCreate, message).hint("leave it out, or give -o a directory")
            );
        }
        Ok(())
    }
}

impl Iterator for Planner<'_> {
    type Item = Planned;

    fn next(&mut self) -> Option<Planned> {
        loop {
            let planned = match self.walk.next()? {
                Found::Input(input) => self.plan(input),
                Found::Passed(source, reason) => {
                    Some(Planned::Passed { source, reason, origin_is_name: false })
                }
                Found::Failed(source, failure) => {
                    Some(Planned::Failed { source, destination: None, failure })
                }
            };
            if planned.is_some() {
                return planned;
            }
        }
    }
}

/// A path without links as far as it is there.
fn settled(path: &Path) -> PathBuf {
    let full = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let found = full.ancestors().find_map(|there| Some((there.canonicalize().ok()?, there)));
    match found {
        Some((canonical, there)) => canonical.join(full.strip_prefix(there).unwrap_or(Path::new(""))),
        None => full,
    }
}

/// Several inputs can go into one device: it keeps none of them.
fn is_device(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|found| !found.is_file() && !found.is_dir())
}
