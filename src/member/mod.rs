//! Who writes: here, what a nickname claims.
//!
//! This room knows `text` alone. It finds names that are not the member's to bear; what follows is the rulebook's.

pub mod nickname;
