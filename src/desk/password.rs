//! Which passwords are accepted.

use passwords::analyzer::is_common_password;

use crate::{intake::FieldFault, record::folded_name};

/// The shortest password, in code points.
pub const PASSWORD_CHARS_MIN: usize = 10;
/// The longest password, in code points.
pub const PASSWORD_CHARS_MAX: usize = 200;
/// The fewest different characters.
const DIFFERENT_CHARS_MIN: usize = 4;
/// The fewest characters besides its owner's name.
const BESIDE_NAME_CHARS_MIN: usize = 6;

/// Checks a new password of `owner`: long enough, not a common one in any spelling, and not mostly the owner's name.
pub(super) fn check_password(password: &str, owner: &str, pointer: &str) -> Result<(), FieldFault> {
    if !(PASSWORD_CHARS_MIN..=PASSWORD_CHARS_MAX).contains(&password.chars().count()) {
        let zh_tw = format!("密碼須為 {PASSWORD_CHARS_MIN} 到 {PASSWORD_CHARS_MAX} 個字元");
        let en = format!("a password has {PASSWORD_CHARS_MIN} to {PASSWORD_CHARS_MAX} characters");
        return Err(FieldFault::invalid(pointer, zh_tw, en));
    }
    let folded = folded_name(password);
    if is_common(password, &folded) {
        let (zh_tw, en) = (
            "此密碼太常見，容易被猜中，請換一個",
            "the password is among the commonest: choose another",
        );
        return Err(FieldFault::invalid(pointer, zh_tw, en));
    }
    if is_mostly_name(&folded, &folded_name(owner)) {
        let (zh_tw, en) = (
            "密碼不得以使用者名稱組成",
            "a password is more than the user's name",
        );
        return Err(FieldFault::invalid(pointer, zh_tw, en));
    }
    Ok(())
}

/// The password is checked as typed, too, because the list of common ones contains some with capitals.
fn is_common(password: &str, folded: &str) -> bool {
    let mut different: Vec<char> = folded.chars().collect();
    different.sort_unstable();
    different.dedup();
    different.len() < DIFFERENT_CHARS_MIN
        || is_common_password(password)
        || is_common_password(folded)
        || is_common_password(folded.trim())
}

fn is_mostly_name(folded: &str, name: &str) -> bool {
    if name.is_empty() || !folded.contains(name) {
        return false;
    }
    // Every occurrence is cut out: the name twice is no better a password than once.
    folded.replace(name, "").chars().count() < BESIDE_NAME_CHARS_MIN
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_fit(password: &str) -> bool {
        check_password(password, "amy-chen", "/password").is_ok()
    }

    #[test]
    fn common_passwords_are_refused_in_every_spelling() {
        for common in [
            "password123",
            "Password123",
            "PASSWORD123",
            "ｐａｓｓｗｏｒｄ１２３",
            "1234567890",
            "１２３４５６７８９０",
            "qwertyuiop",
            " qwertyuiop ",
            "q1w2e3r4t5",
            "aaaaaaaaaaaa",
            "ababababababab",
        ] {
            assert!(!is_fit(common), "{common}");
        }
        for fit in [
            "a new password",
            "gwz57cmz45f59fkhq84r",
            "南港車站七點半集合啦",
        ] {
            assert!(is_fit(fit), "{fit}");
        }
    }

    #[test]
    fn a_password_consists_of_more_than_the_owners_name() {
        for name in ["amy-chen12", "AMY-CHENamy-chen", "!!Ａｍｙ-chen!!"] {
            assert!(!is_fit(name), "{name}");
        }
        assert!(is_fit("amy-chen likes tea"));
    }

    #[test]
    fn both_limits_of_the_length() {
        let long = |chars: usize| {
            "桃園機場捷運"
                .chars()
                .cycle()
                .take(chars)
                .collect::<String>()
        };
        assert!(!is_fit(&long(9)) && is_fit(&long(10)));
        assert!(is_fit(&long(200)) && !is_fit(&long(201)));
    }
}
