//! Batches that several threads make, and that one thread at a time writes.
//!
//! The system writes one file by one thread at a time; another that wants to write as well waits, and burns its core meanwhile.
//! Here it makes its next batch instead.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};

use super::BATCH_LENGTH;
use super::threads::Worker;

/// Batches that one thread holds, at most, made and not yet written.
const MAX_HELD: usize = 3;

/// Whose turn it is to write.
#[derive(Debug)]
pub(super) struct Turns {
    writing: Mutex<()>,
    held: usize,
}

impl Turns {
    /// For batches of so many bytes. Longer ones than usual are written as soon as they are made.
    pub(super) fn of(batch_length: usize) -> Self {
        Self { writing: Mutex::new(()), held: if batch_length > BATCH_LENGTH { 1 } else { MAX_HELD } }
    }

    /// Waits for the turn.
    pub(super) fn lock(&self) -> MutexGuard<'_, ()> {
        self.writing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The turn, if nobody else has it.
    fn try_lock(&self) -> Option<MutexGuard<'_, ()>> {
        match self.writing.try_lock() {
            Ok(turn) => Some(turn),
            Err(TryLockError::Poisoned(turn)) => Some(turn.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }

    /// How many batches one thread holds at a time.
    pub(super) fn held(&self) -> usize {
        self.held
    }
}

/// What one thread does: `make` makes the batch of a number, in the memory of an earlier one where there is one; `write` writes
/// it when it is this thread's turn.
pub(super) struct WritingInTurn<'a, B, M, W> {
    turns: &'a Turns,
    make: M,
    write: W,
    made: VecDeque<(u64, B)>,
    spare: Vec<B>,
}

impl<'a, B, M, W> WritingInTurn<'a, B, M, W> {
    pub(super) fn new(turns: &'a Turns, make: M, write: W) -> Self {
        Self { turns, make, write, made: VecDeque::new(), spare: Vec::new() }
    }
}

impl<B, M, W, E> Worker<E> for WritingInTurn<'_, B, M, W>
where
    M: FnMut(u64, Option<B>) -> Result<B, E>,
    W: FnMut(u64, &B) -> Result<(), E>,
{
    fn work(&mut self, number: u64) -> Result<(), (u64, E)> {
        let batch = (self.make)(number, self.spare.pop()).map_err(|error| (number, error))?;
        self.made.push_back((number, batch));
        let _turn = match self.turns.try_lock() {
            Some(turn) => turn,
            None if self.made.len() < self.turns.held => return Ok(()),
            None => self.turns.lock(),
        };
        self.write_made()
    }

    fn end(&mut self) -> Result<(), (u64, E)> {
        let _turn = self.turns.lock();
        self.write_made()
    }
}

impl<B, M, W, E> WritingInTurn<'_, B, M, W>
where
    W: FnMut(u64, &B) -> Result<(), E>,
{
    /// Writes what is made, in order, up to the first failure.
    fn write_made(&mut self) -> Result<(), (u64, E)> {
        while let Some((number, batch)) = self.made.pop_front() {
            (self.write)(number, &batch).map_err(|error| {
                self.made.clear();
                (number, error)
            })?;
            self.spare.push(batch);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_wait_for_their_turn_and_no_more_than_a_few() {
        let turns = Turns::of(BATCH_LENGTH);
        let (to, made) = std::sync::mpsc::sync_channel(0);
        let turn = turns.lock();
        std::thread::scope(|scope| {
            let turns = &turns;
            let working = scope.spawn(move || {
                let (mut written, mut without_memory) = (Vec::new(), 0);
                let make = |number, spare: Option<u64>| {
                    without_memory += u64::from(spare.is_none());
                    to.send(number).map_err(|_| ())?;
                    Ok::<_, ()>(number)
                };
                let write = |number, _: &u64| {
                    written.push(number);
                    Ok(())
                };
                let mut worker = WritingInTurn::new(turns, make, write);
                (1..=9).try_for_each(|number| worker.work(number)).expect("it is made");
                worker.end().expect("all is written");
                drop(worker);
                (written, without_memory)
            });
            for number in 1..=MAX_HELD as u64 {
                assert_eq!(made.recv(), Ok(number));
            }
            let while_it_waits = made.recv_timeout(std::time::Duration::from_millis(50));
            assert!(while_it_waits.is_err(), "another is made before those are written: {while_it_waits:?}");
            drop(turn);
            assert!(made.iter().eq(MAX_HELD as u64 + 1..=9));
            let (written, without_memory) = working.join().expect("no panic");
            assert!(written.into_iter().eq(1..=9));
            assert_eq!(without_memory, MAX_HELD as u64, "memory is used again");
        });
    }

    #[test]
    fn what_was_made_before_a_failure_is_written() {
        let turns = Turns::of(BATCH_LENGTH);
        let mut written = Vec::new();
        let make = |number, _| if number == 6 { Err("made") } else { Ok(number) };
        let write = |number, _: &u64| {
            written.push(number);
            Ok(())
        };
        let mut worker = WritingInTurn::new(&turns, make, write);
        let turn = turns.lock();
        assert_eq!([2, 4, 6].map(|number| worker.work(number)), [Ok(()), Ok(()), Err((6, "made"))]);
        drop(turn);
        worker.end().expect("nothing fails to be written");
        assert_eq!(written, [2, 4]);
    }

    #[test]
    fn after_a_failure_to_write_nothing_more_is_written() {
        let turns = Turns::of(BATCH_LENGTH);
        let turn = turns.lock();
        let make = |number, _| Ok(number);
        let write = |number, _: &u64| if number == 1 { Err("full") } else { panic!("{number} is written") };
        let mut worker = WritingInTurn::new(&turns, make, write);
        worker.work(1).expect("it waits");
        worker.work(2).expect("it waits");
        drop(turn);
        assert_eq!(worker.work(3), Err((1, "full")));
        worker.end().expect("nothing is left");
    }

    #[test]
    fn long_batches_are_not_held() {
        assert_eq!(Turns::of(BATCH_LENGTH).held(), MAX_HELD);
        assert_eq!(Turns::of(BATCH_LENGTH + 1).held(), 1);
    }
}
