//! Addresses of pages about a thing. The board's ids may hold anything, so they are percent-encoded.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::form::Fields;

/// A comment's page.
pub fn comment(id: &str) -> String {
    below("/console/comments", id)
}

/// A member's page.
pub fn member(id: &str) -> String {
    below("/console/members", id)
}

/// A case's page.
pub fn case(id: &impl ToString) -> String {
    below("/console/cases", &id.to_string())
}

/// A reporter's record.
pub fn reporter(id: &str) -> String {
    Fields::default().address("/console/reports", &[], &[("reporter_id", id)])
}

/// What the audit says of a thing.
pub fn audit(subject: &str) -> String {
    Fields::default().address("/console/audit", &[], &[("subject", subject)])
}

/// The comments of an article.
pub fn article(id: &str) -> String {
    Fields::default().address("/console/comments", &[], &[("article", id)])
}

/// The page of `id` below `path`.
pub fn below(path: &str, id: &str) -> String {
    format!("{path}/{}", utf8_percent_encode(id, NON_ALPHANUMERIC))
}

/// An address elsewhere that the board sent along, where a browser may follow it: only http and https.
pub fn elsewhere(url: Option<&str>) -> Option<String> {
    let is_web = |url: &&str| url.starts_with("https://") || url.starts_with("http://");
    url.filter(is_web).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_stay_one_part_of_the_path() {
        assert_eq!(comment("c/1?x#y%"), "/console/comments/c%2F1%3Fx%23y%25");
        assert_eq!(member(".."), "/console/members/%2E%2E");
    }

    #[test]
    fn only_the_web_is_led_to() {
        assert_eq!(
            elsewhere(Some("https://board.example/c-1")).as_deref(),
            Some("https://board.example/c-1")
        );
        for bad in ["javascript:alert(1)", "data:text/html,x", "//x", "ftp://x/"] {
            assert_eq!(elsewhere(Some(bad)), None, "{bad}");
        }
    }
}
