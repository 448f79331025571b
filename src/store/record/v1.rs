//! Shapes of records as the first version wrote them, frozen: fields are never added, removed or reordered here.
//!
//! Each has a `From` into today's value. The folder under `tests/folders` holds every one of them.
