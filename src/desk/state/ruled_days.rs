//! How many rulings there were on days that are over. After a restart they are summed once more; each node has its own sum.

use std::sync::{Mutex, PoisonError};

/// The rulings of all days before one.
#[derive(Debug, Default)]
pub struct RuledDays(Mutex<(i32, i64)>);

impl RuledDays {
    /// The day from which on days are to be summed, and the rulings before it. Where that day is still to come, as after a clock
    /// that was ahead, it begins anew.
    pub fn before(&self, today: i32) -> (i32, i64) {
        let known = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.0 <= today { known } else { (0, 0) }
    }

    /// All days before this one have so many rulings.
    pub fn set(&self, day: i32, rulings: i64) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = (day, rulings);
    }
}
