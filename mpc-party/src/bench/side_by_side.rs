//! The same act at all parties of a federation in this process, each in a thread of its own.

use mpc_net::Interrupter;
use std::sync::{Mutex, PoisonError};

/// What each party's act gave, in order; or all errors, the first to happen first. An error at one party stops the
/// others by the switch that all of them share, as they would wait for it.
pub(super) fn side_by_side<P: Send, T: Send, E: Send>(
    parts: impl IntoIterator<Item = P>,
    interrupter: &Interrupter,
    act: impl Fn(P) -> Result<T, E> + Sync,
) -> Result<Vec<T>, Vec<E>> {
    let errors = Mutex::new(Vec::new());
    let (act, all) = (&act, &errors);
    let done: Vec<Option<T>> = std::thread::scope(|scope| {
        let at_one = |part: P| {
            move || match act(part) {
                Ok(done) => Some(done),
                Err(error) => {
                    all.lock().unwrap_or_else(PoisonError::into_inner).push(error);
                    interrupter.interrupt();
                    None
                }
            }
        };
        let threads: Vec<_> = parts.into_iter().map(|part| scope.spawn(at_one(part))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap_or(None)).collect()
    });
    let done: Option<Vec<T>> = done.into_iter().collect();
    done.ok_or_else(|| errors.into_inner().unwrap_or_else(PoisonError::into_inner))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_in_order_and_errors_all_told() {
        let double = |number: u8| if number < 9 { Ok(2 * number) } else { Err(number) };
        let interrupter = Interrupter::new();
        assert_eq!(side_by_side([3, 1, 2], &interrupter, double), Ok(vec![6, 2, 4]));
        assert_eq!(side_by_side([3, 9, 2], &interrupter, double), Err(vec![9]));
    }
}
