//! A link that signs in once, for the demo. It is gone after a restart; no node knows another's.

use std::sync::{Mutex, PoisonError};

use crate::record::{SecretHash, UserName};

/// The link that waits to be opened, if there is one.
#[derive(Debug, Default)]
pub struct SignInLink(Mutex<Option<(SecretHash, UserName)>>);

impl SignInLink {
    /// Lets this secret sign this user in, in place of any before it.
    pub fn offer(&self, secret: SecretHash, name: UserName) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((secret, name));
    }

    /// Whom this secret signs in; from then on it signs in nobody.
    pub fn take(&self, secret: SecretHash) -> Option<UserName> {
        let mut offered = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        offered
            .take_if(|(offered, _)| *offered == secret)
            .map(|(_, name)| name)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_link_signs_in_once_and_another_secret_never() {
        let (link, name) = (SignInLink::default(), UserName::parse("amei").unwrap());
        let (right, wrong) = (SecretHash([1; 32]), SecretHash([2; 32]));
        assert_eq!(link.take(right), None);
        link.offer(right, name.clone());
        assert_eq!(link.take(wrong), None);
        assert_eq!(link.take(right), Some(name));
        assert_eq!(link.take(right), None);
    }
}
