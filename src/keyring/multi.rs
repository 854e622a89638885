//! Several keyrings that act as one: a generator and its children.
//!
//! Spec: framework/multi-keyring.md#operation

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;

use super::kms::KmsCall;
use super::{Keyring, NotMine, Patience, Proof, Prospect, Reach, Unwrapped, WrapError};
use crate::context::EncryptionContext;
use crate::data_key::DataKey;
use crate::format::EncryptedDataKey;
use crate::suite::AlgorithmSuite;

/// Greatest number of calls over a network at the same time.
const MAX_CALLS: usize = 32;

/// What one keyring gave, with its place among the keyrings.
type Wrapped = (usize, Result<Vec<EncryptedDataKey>, WrapError>);

/// A keyring that generates the data key, and others that wrap it as well. Any of them unwraps.
pub struct MultiKeyring {
    generator: Box<dyn Keyring>,
    children: Vec<Box<dyn Keyring>>,
}

impl MultiKeyring {
    /// `generator` makes the data keys, `children` wrap them as well. The order is that of the encrypted data keys
    /// and that in which keyrings are asked to unwrap.
    pub fn new(generator: Box<dyn Keyring>, children: Vec<Box<dyn Keyring>>) -> Self {
        Self { generator, children }
    }

    fn keyrings(&self) -> impl Iterator<Item = &dyn Keyring> {
        std::iter::once(&*self.generator).chain(self.children())
    }

    fn children(&self) -> impl Iterator<Item = &dyn Keyring> {
        self.children.iter().map(|child| &**child)
    }
}

impl Keyring for MultiKeyring {
    fn members(&self) -> Option<Vec<&dyn Keyring>> {
        Some(self.keyrings().collect())
    }

    fn generate(
        &self,
        suite: &'static AlgorithmSuite,
        context: &EncryptionContext,
    ) -> Result<(DataKey, Vec<EncryptedDataKey>), WrapError> {
        let (data_key, mut edks) = self.generator.generate(suite, context)?;
        edks.extend(wrap_with_all(self.children(), suite, context, &data_key)?);
        Ok((data_key, edks))
    }

    fn wrap(
        &self,
        suite: &'static AlgorithmSuite,
        context: &EncryptionContext,
        data_key: &DataKey,
    ) -> Result<Vec<EncryptedDataKey>, WrapError> {
        wrap_with_all(self.keyrings(), suite, context, data_key)
    }

    /// Asks each keyring in order until one has opened it for certain. A data key that only the message header can
    /// prove ([`Proof::HeaderMustTell`]) stands back behind a checked one, because its keyring gives one for every
    /// ciphertext. When none has opened it the most telling answer counts, of equals the first.
    fn unwrap(
        &self,
        suite: &'static AlgorithmSuite,
        context: &EncryptionContext,
        edk: &EncryptedDataKey,
    ) -> Unwrapped {
        self.unwrap_within(suite, context, edk, Patience::whole())
    }

    fn unwrap_within(
        &self,
        suite: &'static AlgorithmSuite,
        context: &EncryptionContext,
        edk: &EncryptedDataKey,
        patience: Patience<'_>,
    ) -> Unwrapped {
        let mut most_telling = Unwrapped::NotMine(NotMine::OtherProvider);
        for keyring in self.keyrings() {
            let answer = keyring.unwrap_within(suite, context, edk, patience);
            if matches!(&answer, Unwrapped::Opened(opened) if opened.proof == Proof::Checked) {
                return answer;
            }
            if rank(&answer) > rank(&most_telling) {
                most_telling = answer;
            }
        }
        most_telling
    }

    fn calls_to_generate(&self) -> Vec<KmsCall> {
        let mut calls = self.generator.calls_to_generate();
        calls.extend(self.children().flat_map(Keyring::calls_to_wrap));
        calls
    }

    fn calls_to_wrap(&self) -> Vec<KmsCall> {
        self.keyrings().flat_map(Keyring::calls_to_wrap).collect()
    }

    /// That of the first that would try it. Whoever holds the message asks the members one by one.
    fn prospect(&self, suite: &'static AlgorithmSuite, edk: &EncryptedDataKey) -> Prospect {
        let mut prospects = self.keyrings().map(|keyring| keyring.prospect(suite, edk));
        let tries = |prospect: &Prospect| matches!(prospect, Prospect::Here | Prospect::Calls(_));
        prospects.find(tries).unwrap_or(Prospect::NotMine(NotMine::OtherProvider))
    }

    fn reach(&self) -> Reach {
        if self.keyrings().any(|keyring| keyring.reach() == Reach::Remote) {
            Reach::Remote
        } else {
            Reach::Local
        }
    }

    fn name(&self) -> String {
        self.keyrings().map(Keyring::name).collect::<Vec<_>>().join(", ")
    }
}

/// How much an answer tells; a checked data key is not asked for its rank.
fn rank(answer: &Unwrapped) -> u8 {
    match answer {
        Unwrapped::NotMine(NotMine::OtherProvider) => 0,
        Unwrapped::NotMine(_) => 1,
        Unwrapped::Refused(_) => 2,
        Unwrapped::Opened(_) => 3,
    }
}

/// Wraps with every keyring, calls over a network side by side, and gives the encrypted data keys in the keyrings'
/// order; of several errors the first in that order.
fn wrap_with_all<'a>(
    keyrings: impl Iterator<Item = &'a dyn Keyring>,
    suite: &'static AlgorithmSuite,
    context: &EncryptionContext,
    data_key: &DataKey,
) -> Result<Vec<EncryptedDataKey>, WrapError> {
    let wrap = |keyring: &dyn Keyring| keyring.wrap(suite, context, data_key);
    let keyrings: Vec<_> = keyrings.collect();
    let mut edks = Vec::with_capacity(keyrings.len());
    if keyrings.iter().filter(|keyring| keyring.reach() == Reach::Remote).count() < 2 {
        for keyring in keyrings {
            edks.extend(wrap(keyring)?);
        }
        return Ok(edks);
    }

    let mut wrapped = wrap_side_by_side(&keyrings, &wrap);
    wrapped.sort_by_key(|(place, _)| *place);
    let found = wrapped.len();
    for (_, result) in wrapped {
        edks.extend(result?);
    }
    // A keyring whose answer is missing would be a recipient who cannot read the message.
    if found == keyrings.len() { Ok(edks) } else { Err(WrapError::Thread) }
}

/// Remote keyrings on threads, at most [`MAX_CALLS`], and the local ones on this thread meanwhile. After a failure no
/// further call is begun; those before it in the order have all been begun.
fn wrap_side_by_side(
    keyrings: &[&dyn Keyring],
    wrap: &(impl Fn(&dyn Keyring) -> Result<Vec<EncryptedDataKey>, WrapError> + Sync),
) -> Vec<Wrapped> {
    let (remote, local): (Vec<_>, Vec<_>) =
        keyrings.iter().enumerate().partition(|(_, keyring)| keyring.reach() == Reach::Remote);
    let next = AtomicUsize::new(0);
    let has_failed = AtomicBool::new(false);
    let call = &|answers: mpsc::Sender<Wrapped>| {
        while !has_failed.load(Ordering::Relaxed) {
            let Some((place, keyring)) = remote.get(next.fetch_add(1, Ordering::Relaxed)) else {
                break;
            };
            let result = wrap(**keyring);
            has_failed.fetch_or(result.is_err(), Ordering::Relaxed);
            if answers.send((*place, result)).is_err() {
                break;
            }
        }
    };

    thread::scope(|scope| {
        let (answers, received) = mpsc::channel();
        let wanted = remote.len().min(MAX_CALLS);
        let started = (0..wanted)
            .map_while(|_| {
                let answers = answers.clone();
                thread::Builder::new().spawn_scoped(scope, move || call(answers)).ok()
            })
            .count();
        let mut wrapped: Vec<Wrapped> =
            local.iter().map(|(place, keyring)| (*place, wrap(**keyring))).collect();
        if started < wanted {
            // The system gives no more threads: this one makes calls as well.
            call(answers);
        } else {
            drop(answers);
        }
        wrapped.extend(received);
        wrapped
    })
}

impl fmt::Debug for MultiKeyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MultiKeyring({})", self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keyring::{OpenedDataKey, Refusal};
    use std::sync::{Arc, Condvar, Mutex};
    use std::time::Duration;
    use zeroize::Zeroizing;

    const SUITE: &AlgorithmSuite = AlgorithmSuite::DEFAULT;

    /// A keyring that tells what it was asked, and answers as it was told.
    struct Fake {
        name: &'static str,
        reach: Reach,
        fails: bool,
        unwraps: fn() -> Unwrapped,
        meeting: Arc<Meeting>,
    }

    /// Counts those who are in a call at the same time, and can hold them until enough are.
    #[derive(Default)]
    struct Meeting {
        state: Mutex<State>,
        changed: Condvar,
        wanted: usize,
    }

    #[derive(Default)]
    struct State {
        present: usize,
        most: usize,
        calls: Vec<&'static str>,
    }

    impl Meeting {
        fn of(wanted: usize) -> Arc<Self> {
            Arc::new(Self { wanted, ..Self::default() })
        }

        fn attend(&self, name: &'static str) {
            let mut state = self.state.lock().expect("no poison");
            state.calls.push(name);
            state.present += 1;
            state.most = state.most.max(state.present);
            self.changed.notify_all();
            let (mut state, waited) = self
                .changed
                .wait_timeout_while(state, Duration::from_secs(20), |state| state.most < self.wanted)
                .expect("no poison");
            assert!(!waited.timed_out(), "{} of {} came", state.most, self.wanted);
            state.present -= 1;
        }

        fn calls(&self) -> Vec<&'static str> {
            self.state.lock().expect("no poison").calls.clone()
        }
    }

    fn fake(name: &'static str, reach: Reach, meeting: &Arc<Meeting>) -> Fake {
        let unwraps = || Unwrapped::NotMine(NotMine::OtherProvider);
        Fake { name, reach, fails: false, unwraps, meeting: meeting.clone() }
    }

    impl Keyring for Fake {
        fn wrap(
            &self,
            _: &'static AlgorithmSuite,
            _: &EncryptionContext,
            data_key: &DataKey,
        ) -> Result<Vec<EncryptedDataKey>, WrapError> {
            if self.reach == Reach::Remote {
                self.meeting.attend(self.name);
            } else {
                self.meeting.state.lock().expect("no poison").calls.push(self.name);
            }
            if self.fails {
                return Err(WrapError::Cipher { wrapping_key: self.name.to_owned() });
            }
            Ok(vec![EncryptedDataKey {
                provider_id: self.name.as_bytes().to_vec(),
                provider_information: vec![],
                ciphertext: data_key.as_bytes().to_vec(),
            }])
        }

        fn unwrap(
            &self,
            _: &'static AlgorithmSuite,
            _: &EncryptionContext,
            _: &EncryptedDataKey,
        ) -> Unwrapped {
            self.meeting.state.lock().expect("no poison").calls.push(self.name);
            (self.unwraps)()
        }

        fn reach(&self) -> Reach {
            self.reach
        }

        fn name(&self) -> String {
            self.name.to_owned()
        }
    }

    fn multi(fakes: Vec<Fake>) -> MultiKeyring {
        let mut keyrings = fakes.into_iter().map(|fake| Box::new(fake) as Box<dyn Keyring>);
        MultiKeyring::new(keyrings.next().expect("a generator"), keyrings.collect())
    }

    fn data_key() -> DataKey {
        DataKey::from_bytes(Zeroizing::new(vec![5; 32]))
    }

    fn wrapped(keyring: &MultiKeyring) -> Result<Vec<String>, String> {
        match keyring.wrap(SUITE, &EncryptionContext::new(), &data_key()) {
            Ok(edks) => {
                assert!(edks.iter().all(|edk| edk.ciphertext == [5; 32]));
                Ok(edks.into_iter().map(|edk| String::from_utf8(edk.provider_id).expect("a name")).collect())
            }
            Err(WrapError::Cipher { wrapping_key }) => Err(wrapping_key),
            Err(other) => panic!("{other:?}"),
        }
    }

    use Reach::{Local, Remote};

    #[test]
    fn the_generator_comes_first_and_the_children_in_their_order() {
        let meeting = Meeting::of(1);
        let fakes = [("a", Local), ("b", Remote), ("c", Local), ("d", Remote), ("e", Remote)];
        let keyring = multi(fakes.map(|(name, reach)| fake(name, reach, &meeting)).into());
        let (data_key, edks) = keyring.generate(SUITE, &EncryptionContext::new()).expect("generates");
        let names: Vec<_> = edks.iter().map(|edk| edk.provider_id.as_slice()).collect();
        assert_eq!(names, [b"a", b"b", b"c", b"d", b"e"]);
        assert!(edks.iter().all(|edk| edk.ciphertext == data_key.as_bytes()));
        assert_eq!(meeting.calls().first(), Some(&"a"));
        assert_eq!(meeting.calls().len(), 5);
        assert_eq!(wrapped(&keyring).expect("wraps"), ["a", "b", "c", "d", "e"]);
        assert_eq!((keyring.name().as_str(), keyring.reach()), ("a, b, c, d, e", Remote));
        assert_eq!(multi(vec![fake("a", Local, &meeting)]).reach(), Local);
    }

    #[test]
    fn remote_keyrings_are_called_side_by_side() {
        // Each call waits until all three are in one: only side by side do they ever end.
        let meeting = Meeting::of(3);
        let fakes = [("a", Remote), ("b", Local), ("c", Remote), ("d", Remote)];
        let keyring = multi(fakes.map(|(name, reach)| fake(name, reach, &meeting)).into());
        assert_eq!(wrapped(&keyring).expect("wraps"), ["a", "b", "c", "d"]);
    }

    #[test]
    fn at_most_32_calls_are_made_at_once() {
        let meeting = Meeting::of(MAX_CALLS);
        let keyring = multi((0..100).map(|_| fake("a", Remote, &meeting)).collect());
        assert_eq!(wrapped(&keyring).expect("wraps").len(), 100);
        assert_eq!(meeting.state.lock().expect("no poison").most, MAX_CALLS);
    }

    #[test]
    fn of_several_errors_the_first_in_order_is_told() {
        for failing in [["b", "d"], ["d", "e"], ["a", "e"], ["c", "d"]] {
            let meeting = Meeting::of(1);
            let fakes = [("a", Remote), ("b", Remote), ("c", Local), ("d", Remote), ("e", Local)];
            let fakes = fakes
                .map(|(name, reach)| Fake { fails: failing.contains(&name), ..fake(name, reach, &meeting) });
            assert_eq!(wrapped(&multi(fakes.into())), Err(failing[0].to_owned()));
        }
    }

    #[test]
    fn after_a_failure_no_new_calls_are_begun() {
        let meeting = Meeting::of(1);
        let fakes = (0..1000).map(|_| Fake { fails: true, ..fake("a", Remote, &meeting) });
        assert!(wrapped(&multi(fakes.collect())).is_err());
        assert!(meeting.calls().len() <= MAX_CALLS);
        let meeting = Meeting::of(1);
        let generator = Fake { fails: true, ..fake("a", Remote, &meeting) };
        let keyring = multi(vec![generator, fake("b", Remote, &meeting), fake("c", Remote, &meeting)]);
        assert!(keyring.generate(SUITE, &EncryptionContext::new()).is_err());
        assert_eq!(meeting.calls(), ["a"]);
    }

    fn opened(proof: Proof) -> Unwrapped {
        Unwrapped::Opened(OpenedDataKey { data_key: data_key(), wrapping_key: "key".to_owned(), proof })
    }

    /// What a multi-keyring of keyrings with these answers answers, and how many it asked.
    fn unwrapped(answers: &[fn() -> Unwrapped]) -> (Unwrapped, usize) {
        let meeting = Meeting::of(1);
        let fakes = answers.iter().map(|unwraps| Fake { unwraps: *unwraps, ..fake("a", Local, &meeting) });
        let edk = EncryptedDataKey { provider_id: vec![], provider_information: vec![], ciphertext: vec![] };
        let answer = multi(fakes.collect()).unwrap(SUITE, &EncryptionContext::new(), &edk);
        (answer, meeting.calls().len())
    }

    #[test]
    fn the_first_that_opens_is_the_answer() {
        let other = || Unwrapped::NotMine(NotMine::OtherKey);
        let refused = || Unwrapped::Refused(Refusal::DoesNotOpen);
        let (answer, asked) = unwrapped(&[other, refused, || opened(Proof::Checked), || panic!("not asked")]);
        assert!(matches!(answer, Unwrapped::Opened(opened) if opened.proof == Proof::Checked));
        assert_eq!(asked, 3);
    }

    #[test]
    fn a_data_key_without_proof_stands_back_behind_a_checked_one() {
        let unproven = || opened(Proof::HeaderMustTell);
        let refused = || Unwrapped::Refused(Refusal::DoesNotOpen);
        let (answer, _) = unwrapped(&[unproven, refused, || opened(Proof::Checked)]);
        assert!(matches!(answer, Unwrapped::Opened(opened) if opened.proof == Proof::Checked));
        let (answer, asked) = unwrapped(&[refused, unproven, refused]);
        assert!(matches!(answer, Unwrapped::Opened(opened) if opened.proof == Proof::HeaderMustTell));
        assert_eq!(asked, 3);
    }

    #[test]
    fn otherwise_the_most_telling_answer_counts() {
        let provider = || Unwrapped::NotMine(NotMine::OtherProvider);
        let key = || Unwrapped::NotMine(NotMine::OtherKey);
        let account = || Unwrapped::NotMine(NotMine::FilteredAccount("1".to_owned()));
        let refused = || Unwrapped::Refused(Refusal::DoesNotOpen);
        let no_key = || Unwrapped::Refused(Refusal::NoPrivateKey);
        assert!(matches!(unwrapped(&[provider, provider]).0, Unwrapped::NotMine(NotMine::OtherProvider)));
        assert!(matches!(unwrapped(&[provider, key, account]).0, Unwrapped::NotMine(NotMine::OtherKey)));
        assert!(matches!(
            unwrapped(&[provider, account, key]).0,
            Unwrapped::NotMine(NotMine::FilteredAccount(_))
        ));
        assert!(matches!(unwrapped(&[key, refused, no_key]).0, Unwrapped::Refused(Refusal::DoesNotOpen)));
        assert!(matches!(
            unwrapped(&[no_key, account, refused]).0,
            Unwrapped::Refused(Refusal::NoPrivateKey)
        ));
    }
}
