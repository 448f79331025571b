//! Who is calling, and what they may do.

use super::Requirement;
use crate::{
    id::KeyId,
    record::{Actor, Authority, KeyName, Role, Scope, UserName},
};

/// A caller whose credentials hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Caller {
    /// A program with a board key.
    Program {
        /// The key's id.
        id: KeyId,
        /// The key's name.
        name: KeyName,
        /// What the key may.
        scopes: Vec<Scope>,
    },
    /// A person, by session or personal token.
    Person {
        /// Their name.
        name: UserName,
        /// Their role.
        role: Role,
    },
    /// Whoever may run commands on the machine: `user`, `key`, `demo`.
    Operator,
}

impl Caller {
    /// In whose name the caller acts.
    pub fn actor(&self) -> Actor {
        match self {
            Self::Program { name, .. } => Actor::Key(name.clone()),
            Self::Person { name, .. } => Actor::User(name.clone()),
            Self::Operator => Actor::Operator,
        }
    }

    /// The same, with whether the caller may do what is for admins.
    pub fn authority(&self) -> Authority {
        Authority {
            by: self.actor(),
            is_admin: self.is_admin(),
        }
    }

    /// Whether the caller has the rights that `requirement` names.
    pub fn meets(&self, requirement: Requirement) -> bool {
        match (self, requirement) {
            (_, Requirement::Open | Requirement::Credentials)
            | (Self::Operator | Self::Person { .. }, Requirement::Person)
            | (Self::Operator, Requirement::Either { .. }) => true,
            (Self::Program { .. }, Requirement::Person) => false,
            (Self::Program { scopes: held, .. }, Requirement::Either { scopes, .. }) => scopes
                .iter()
                .any(|wanted| held.iter().any(|scope| scope.includes(*wanted))),
            (Self::Person { role, .. }, Requirement::Either { role: lowest, .. }) => {
                lowest.is_some_and(|lowest| *role >= lowest)
            }
        }
    }

    /// Whether the caller may do what is for admins: escalated cases, others' rulings.
    pub fn is_admin(&self) -> bool {
        match self {
            Self::Program { scopes, .. } => scopes.contains(&Scope::Admin),
            Self::Person { role, .. } => *role == Role::Admin,
            Self::Operator => true,
        }
    }

    /// What tells callers apart where an `Idempotency-Key` is looked up.
    pub fn retry_scope(&self) -> String {
        match self {
            Self::Program { id, .. } => format!("key:{id}"),
            Self::Person { name, .. } => format!("user:{name}"),
            Self::Operator => "operator".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn program(scopes: &[Scope]) -> Caller {
        Caller::Program {
            id: KeyId(ulid::Ulid(1)),
            name: KeyName::parse("board").unwrap(),
            scopes: scopes.to_vec(),
        }
    }

    fn person(role: Role) -> Caller {
        Caller::Person {
            name: UserName::parse("amy").unwrap(),
            role,
        }
    }

    #[test]
    fn a_board_key_submits_and_reads_back_no_more() {
        let board = program(&[Scope::Moderate, Scope::Report]);
        assert!(board.meets(Requirement::MODERATE));
        assert!(board.meets(Requirement::READ_OR_BOARD));
        assert!(!board.meets(Requirement::READ));
        assert!(!board.meets(Requirement::Person));
    }

    #[test]
    fn nobody_submits_comments_as_a_person() {
        assert!(!person(Role::Admin).meets(Requirement::MODERATE));
        assert!(person(Role::Moderator).meets(Requirement::REVIEW));
        assert!(!person(Role::Viewer).meets(Requirement::REVIEW));
        assert!(person(Role::Viewer).meets(Requirement::Person));
    }

    #[test]
    fn admin_includes_every_scope_and_review_reads() {
        assert!(
            Scope::ALL
                .into_iter()
                .all(|scope| Scope::Admin.includes(scope))
        );
        assert!(Scope::Review.includes(Scope::Read));
        assert!(!Scope::Review.includes(Scope::Moderate));
        assert!(!Scope::Moderate.includes(Scope::Read));
    }
}
