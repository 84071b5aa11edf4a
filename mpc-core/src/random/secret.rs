//! A value that is never printed and is wiped when dropped.

use std::fmt;
use zeroize::Zeroize;

/// Holds a secret. No `Clone`, no `Copy`, no comparison; `Debug` shows nothing of it.
pub struct Secret<T: Zeroize>(T);

impl<T: Zeroize> Secret<T> {
    /// Takes charge of a secret.
    pub fn new(value: T) -> Self {
        Self(value)
    }

    /// The secret itself. Every use of this name is a place to review.
    pub fn expose(&self) -> &T {
        &self.0
    }

    /// The secret itself, to be changed in place.
    pub fn expose_mut(&mut self) -> &mut T {
        &mut self.0
    }
}

impl<T: Zeroize> Drop for Secret<T> {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl<T: Zeroize> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<redacted>")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};

    struct Watched(Arc<Mutex<bool>>);

    impl Zeroize for Watched {
        fn zeroize(&mut self) {
            *self.0.lock().unwrap() = true;
        }
    }

    #[test]
    fn debug_shows_nothing_and_drop_wipes() {
        let wiped = Arc::new(Mutex::new(false));
        let secret = Secret::new(Watched(wiped.clone()));
        assert_eq!(format!("{secret:?}"), "<redacted>");
        drop(secret);
        assert!(*wiped.lock().unwrap());
    }
}
