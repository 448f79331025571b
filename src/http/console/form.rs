//! Forms: their fields, their token, and the redirect that follows.

use actix_web::{HttpRequest, HttpResponse, http::header, web::Payload};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use super::ages::DAY_CHARS;
use crate::{
    desk::PageQuery,
    http::{call::Call, checked, media, problem::Problem},
};

/// The media type of a browser's forms.
const FORM: &str = "application/x-www-form-urlencoded";
/// The field of the token.
pub const TOKEN: &str = "token";

/// The fields of a form or of an address, in the order in which they came; a name may come more than once.
#[derive(Debug, Clone, Default)]
pub struct Fields(Vec<(String, String)>);

impl Fields {
    /// Reads them from their encoded form.
    pub fn parse(encoded: &[u8]) -> Self {
        Self(form_urlencoded::parse(encoded).into_owned().collect())
    }

    /// Fields that were not sent, for a form that shows what is stored.
    pub fn of(pairs: Vec<(&str, String)>) -> Self {
        let pairs = pairs.into_iter();
        Self(
            pairs
                .map(|(name, value)| (name.to_owned(), value))
                .collect(),
        )
    }

    /// The first field of this name; absent and empty are the same.
    pub fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(key, _)| key == name);
        found
            .map(|(_, value)| value.as_str())
            .filter(|value| !value.is_empty())
    }

    /// Takes the field out.
    pub fn take(&mut self, name: &str) -> Option<String> {
        let value = self.get(name).map(str::to_owned);
        self.0.retain(|(key, _)| key != name);
        value
    }

    /// Every value of a name, without the empty ones.
    pub fn all(&self, name: &str) -> Vec<String> {
        let named = self.0.iter().filter(|(key, _)| key == name);
        named
            .map(|(_, value)| value.clone())
            .filter(|value| !value.is_empty())
            .collect()
    }

    /// What was typed under a name; nothing where it is absent.
    pub fn typed(&self, name: &str) -> &str {
        self.get(name).unwrap_or("")
    }

    /// The day of a time that was typed, for a field that takes days.
    pub fn day(&self, name: &str) -> String {
        self.typed(name).chars().take(DAY_CHARS).collect()
    }

    /// The values of a name with commas between them, as the API's filters take them.
    pub fn joined(&self, name: &str) -> Option<String> {
        Some(self.all(name).join(",")).filter(|joined| !joined.is_empty())
    }

    /// Every field that is not empty, in order.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        let pairs = self.0.iter().filter(|(_, value)| !value.is_empty());
        pairs.map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Whether a box is ticked.
    pub fn is_on(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// Which page of a list is wanted.
    pub fn page(&self) -> PageQuery {
        PageQuery {
            cursor: self.joined("cursor"),
            limit: self.joined("limit"),
        }
    }

    /// The address `path` with these fields, without those that `but` names and with `and` in their place.
    pub fn address(&self, path: &str, but: &[&str], and: &[(&str, &str)]) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        let kept = self.0.iter().filter(|(name, value)| {
            !value.is_empty()
                && !but.contains(&name.as_str())
                && !and.iter().any(|(other, _)| other == name)
        });
        query.extend_pairs(kept);
        query.extend_pairs(and.iter().filter(|(_, value)| !value.is_empty()));
        match query.finish() {
            query if query.is_empty() => path.to_owned(),
            query => format!("{path}?{query}"),
        }
    }
}

/// Reads a form.
pub async fn read(request: &HttpRequest, payload: Payload, call: &Call) -> Result<Fields, Problem> {
    media::check_media_type(request, FORM)?;
    let bytes = checked::read(request, payload, call.bytes_max).await?;
    Ok(Fields::parse(&bytes))
}

/// The token of the forms of a sign-in: it follows from the sign-in's secret, which no other site's page can read.
pub fn token_of(cookie: &str) -> String {
    let digest = Sha256::new()
        .chain_update(b"banzhu console form\0")
        .chain_update(cookie.as_bytes())
        .finalize();
    data_encoding::HEXLOWER.encode(&digest)
}

/// Whether a form's token is the one of this sign-in.
pub fn is_token(sent: &str, right: &str) -> bool {
    sent.as_bytes().ct_eq(right.as_bytes()).into()
}

/// An id of the board as a part of a path.
pub fn path_part(id: &str) -> String {
    // As in a query, where a blank may not be a plus.
    let encoded: String = form_urlencoded::byte_serialize(id.as_bytes()).collect();
    encoded.replace('+', "%20")
}

/// Goes on to another page, which the browser gets (303).
pub fn see_other(address: &str) -> HttpResponse {
    HttpResponse::SeeOther()
        .insert_header((header::LOCATION, address))
        .finish()
}

/// An address of the console that a browser sent along, to come back to; none that leads elsewhere.
pub fn own_address(raw: Option<&str>) -> Option<&str> {
    let is_plain = |address: &&str| {
        address
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && byte != b'\\')
    };
    raw.filter(is_plain)
        .filter(|address| super::is_page(address.split(['?', '#']).next().unwrap_or("")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_read_and_written() {
        let fields = Fields::parse("code=insult&code=slur&q=%E5%B9%B9+a&empty=".as_bytes());
        assert_eq!(fields.joined("code").as_deref(), Some("insult,slur"));
        assert_eq!(fields.get("q"), Some("幹 a"));
        assert_eq!(fields.get("empty"), None);
        assert_eq!(
            fields.address("/console/queue", &["code"], &[("sort", "oldest")]),
            "/console/queue?q=%E5%B9%B9+a&sort=oldest"
        );
        assert_eq!(
            Fields::default().address("/console/queue", &[], &[]),
            "/console/queue"
        );
    }

    #[test]
    fn only_addresses_of_the_console_are_come_back_to() {
        for good in ["/console", "/console/queue?q=a%20b", "/console/cases/01J8"] {
            assert_eq!(own_address(Some(good)), Some(good));
        }
        for bad in [
            "//evil.example",
            "https://evil.example/console/queue",
            "/consoles",
            "/v1/session",
            "/console/\\evil",
            "/console/a\r\nset-cookie: b",
            "",
        ] {
            assert_eq!(own_address(Some(bad)), None, "{bad}");
        }
    }

    #[test]
    fn a_token_is_of_one_sign_in() {
        assert!(is_token(&token_of("one"), &token_of("one")));
        assert!(!is_token(&token_of("one"), &token_of("two")));
        assert!(!is_token("", &token_of("one")));
    }
}
