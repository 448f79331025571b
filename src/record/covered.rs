//! What the audit covers, together with the very bytes that were hashed.
//!
//! A hash is over stored bytes and never over what today's types would write. So such a value carries its bytes from the
//! moment at which it is made, and they go with it from row to row. The scheme says how they came about, and lies in
//! [`super::stored`]:
//!
//! - **1** is frozen: the first format of rows. Its hashes are over the bytes alone.
//! - **2** is the second format. The scheme's number is hashed before the bytes, so that no bytes mean two things.

use std::ops::Deref;

use sha2::{Digest as _, Sha256};

use super::fault::RecordFault;

/// The scheme that new values are hashed by.
const SCHEME: u8 = 2;

/// A value of which the audit covers the hash.
pub trait Hashed: Sized {
    /// The bytes that a scheme hashes.
    fn hashed(&self, scheme: u8) -> Vec<u8>;

    /// What a scheme hashed, read.
    fn from_hashed(scheme: u8, bytes: &[u8]) -> Result<Self, RecordFault>;
}

/// A value, and the bytes of it that are hashed. It is read like the value, and cannot be changed: what is another value has
/// other bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Covered<T> {
    value: T,
    scheme: u8,
    bytes: Vec<u8>,
}

impl<T> Deref for Covered<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T: Hashed> Covered<T> {
    /// A new value, by the newest scheme.
    pub fn new(value: T) -> Self {
        let bytes = value.hashed(SCHEME);
        Self::of(value, SCHEME, bytes)
    }

    /// A value that scheme 1 covers and whose bytes were not stored: its frozen encoder makes them again.
    pub fn by_scheme_1(value: T) -> Self {
        let bytes = value.hashed(1);
        Self::of(value, 1, bytes)
    }

    /// What was hashed, read.
    pub fn read(scheme: u8, bytes: Vec<u8>) -> Result<Self, RecordFault> {
        if !(1..=SCHEME).contains(&scheme) {
            return Err(RecordFault::Newer(scheme));
        }
        Ok(Self::of(T::from_hashed(scheme, &bytes)?, scheme, bytes))
    }
}

impl<T> Covered<T> {
    /// A value that was read from these bytes.
    pub(super) const fn of(value: T, scheme: u8, bytes: Vec<u8>) -> Self {
        Self {
            value,
            scheme,
            bytes,
        }
    }

    /// The scheme by which the bytes were made.
    pub const fn scheme(&self) -> u8 {
        self.scheme
    }

    /// What is hashed.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The first half of its SHA-256: this is what an entry of the audit holds of it.
    pub fn digest(&self) -> [u8; 16] {
        let mut half = [0; 16];
        half.copy_from_slice(&self.hash_after(&[])[..16]);
        half
    }

    /// The digest in hexadecimal digits.
    pub fn digest_hex(&self) -> String {
        data_encoding::HEXLOWER.encode(&self.digest())
    }

    /// SHA-256 over the hash before and the bytes.
    pub fn hash_after(&self, previous: &[u8]) -> [u8; 32] {
        let mut hash = Sha256::new();
        hash.update(previous);
        // Scheme 1 hashed no number, and its hashes must stay as they are.
        if self.scheme > 1 {
            hash.update([self.scheme]);
        }
        hash.update(&self.bytes);
        hash.finalize().into()
    }
}
