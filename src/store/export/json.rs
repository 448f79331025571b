//! How a value becomes JSON and comes back, with every field named once.
//!
//! The shapes of an export are written down apart from the values that they show ([`super::records`]): a field of a record may
//! be renamed, and the export stays as it is. A field that is forgotten does not compile.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::{record::Score, time::Timestamp};

/// What is wrong with a JSON value, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShapeFault {
    /// A JSON pointer.
    pub pointer: String,
    /// What is wrong there.
    pub what: String,
}

impl ShapeFault {
    pub(super) fn new(what: impl Into<String>) -> Self {
        Self {
            pointer: String::new(),
            what: what.into(),
        }
    }

    /// The same, seen from outside of the field or element of this name.
    pub(super) fn within(mut self, name: &str) -> Self {
        self.pointer = format!("/{name}{}", self.pointer);
        self
    }
}

type Result<T> = std::result::Result<T, ShapeFault>;

/// A value of an export.
pub(super) trait Json: Sized {
    fn to_json(&self) -> Value;

    fn from_json(value: Value) -> Result<Self>;
}

/// Puts a field in; what is null is left out.
pub(super) fn put(object: &mut Map<String, Value>, name: &str, value: Value) {
    if !value.is_null() {
        object.insert(name.to_owned(), value);
    }
}

/// Takes a field out; what is not there is null.
pub(super) fn take<T: Json>(object: &mut Map<String, Value>, name: &str) -> Result<T> {
    let value = object.remove(name).unwrap_or(Value::Null);
    T::from_json(value).map_err(|fault| fault.within(name))
}

/// The fields of an object.
pub(super) fn fields(value: Value) -> Result<Map<String, Value>> {
    match value {
        Value::Object(object) => Ok(object),
        Value::Null => Err(ShapeFault::new("is missing")),
        _ => Err(ShapeFault::new("is not an object")),
    }
}

/// Every field was taken out.
pub(super) fn nothing_left(object: &Map<String, Value>) -> Result<()> {
    match object.keys().next() {
        None => Ok(()),
        Some(name) => Err(ShapeFault::new("is not a field of this").within(name)),
    }
}

/// The name of a field in an export: its own, unless another is written before it.
macro_rules! field_name {
    ($field:ident) => {
        stringify!($field)
    };
    ($field:ident $name:literal) => {
        $name
    };
}

/// What is so; where it is not, or was not known yet, the field is not there.
pub(super) struct Yes(pub bool);

impl Json for Yes {
    fn to_json(&self) -> Value {
        if self.0 {
            Value::Bool(true)
        } else {
            Value::Null
        }
    }

    fn from_json(value: Value) -> Result<Self> {
        Option::<bool>::from_json(value).map(|is_so| Self(is_so.unwrap_or_default()))
    }
}

/// A field as it is shown: itself, or in what is written behind it.
macro_rules! shown {
    ($field:ident) => {
        $field
    };
    ($field:ident, $as:ident) => {
        $as(*$field)
    };
}

/// What was read, as its field has it.
macro_rules! read_as {
    ($value:expr) => {
        $value
    };
    ($value:expr, $as:ident) => {{
        let $as(value) = $value;
        value
    }};
}

/// `object!(Note { id, "case_id" = case, by, is_urgent as Yes })`: an object with these fields.
macro_rules! object {
    ($type:ty { $($($name:literal =)? $field:ident $(as $as:ident)?),* $(,)? }) => {
        impl Json for $type {
            fn to_json(&self) -> Value {
                let Self { $($field),* } = self;
                let mut object = Map::new();
                $(put(
                    &mut object,
                    field_name!($field $($name)?),
                    $crate::store::export::json::shown!($field $(, $as)?).to_json(),
                );)*
                Value::Object(object)
            }

            fn from_json(value: Value) -> std::result::Result<Self, ShapeFault> {
                let mut object = fields(value)?;
                let read = Self {
                    $($field: $crate::store::export::json::read_as!(
                        take(&mut object, field_name!($field $($name)?))? $(, $as)?
                    ),)*
                };
                nothing_left(&object).map(|()| read)
            }
        }
    };
}

/// `variants!(State { "open" => Open, "resolved" => Resolved(resolution) })`: an object whose `type` names the variant.
macro_rules! variants {
    ($type:ty { $($name:literal => $variant:ident
        $(($($part:ident),*))? $({ $($field:ident),* })?),* $(,)? }) => {
        impl Json for $type {
            fn to_json(&self) -> Value {
                let mut object = Map::new();
                match self {
                    $(Self::$variant $(($($part),*))? $({ $($field),* })? => {
                        put(&mut object, "type", Value::from($name));
                        $($(put(&mut object, stringify!($part), $part.to_json());)*)?
                        $($(put(&mut object, stringify!($field), $field.to_json());)*)?
                    })*
                }
                Value::Object(object)
            }

            fn from_json(value: Value) -> std::result::Result<Self, ShapeFault> {
                let mut object = fields(value)?;
                let name: String = take(&mut object, "type")?;
                let read = match name.as_str() {
                    $($name => {
                        $($(let $part = take(&mut object, stringify!($part))?;)*)?
                        $($(let $field = take(&mut object, stringify!($field))?;)*)?
                        Self::$variant $(($($part),*))? $({ $($field),* })?
                    })*
                    _ => return Err(ShapeFault::new("is of no known type").within("type")),
                };
                nothing_left(&object).map(|()| read)
            }
        }
    };
}

/// Values whose JSON is their own: numbers, texts, ids, and what the API names as it is named here.
macro_rules! by_serde {
    ($($type:ty),* $(,)?) => {
        $(impl Json for $type {
            fn to_json(&self) -> Value {
                // Ids, names and numbers cannot fail.
                serde_json::to_value(self).unwrap_or_default()
            }

            fn from_json(value: Value) -> std::result::Result<Self, ShapeFault> {
                if value.is_null() {
                    return Err(ShapeFault::new("is missing"));
                }
                serde_json::from_value(value).map_err(|error| ShapeFault::new(error.to_string()))
            }
        })*
    };
}

pub(super) use {by_serde, field_name, object, variants};
pub(in crate::store) use {read_as, shown};

by_serde!(bool, u8, u16, u32, u64, i32, i64, String);

impl Json for u128 {
    /// As text: JSON's numbers end earlier.
    fn to_json(&self) -> Value {
        Value::from(self.to_string())
    }

    fn from_json(value: Value) -> Result<Self> {
        let text = String::from_json(value)?;
        text.parse()
            .map_err(|_| ShapeFault::new("is not a number in decimal digits"))
    }
}

impl<T: Json> Json for Option<T> {
    fn to_json(&self) -> Value {
        self.as_ref().map_or(Value::Null, Json::to_json)
    }

    fn from_json(value: Value) -> Result<Self> {
        match value {
            Value::Null => Ok(None),
            value => T::from_json(value).map(Some),
        }
    }
}

impl<T: Json> Json for Vec<T> {
    fn to_json(&self) -> Value {
        self.iter().map(Json::to_json).collect()
    }

    fn from_json(value: Value) -> Result<Self> {
        let items = match value {
            Value::Array(items) => items,
            Value::Null => return Err(ShapeFault::new("is missing")),
            _ => return Err(ShapeFault::new("is not an array")),
        };
        let numbered = items.into_iter().enumerate();
        numbered
            .map(|(at, item)| T::from_json(item).map_err(|fault| fault.within(&at.to_string())))
            .collect()
    }
}

impl<T: Json> Json for Box<T> {
    fn to_json(&self) -> Value {
        T::to_json(self)
    }

    fn from_json(value: Value) -> Result<Self> {
        T::from_json(value).map(Self::new)
    }
}

/// Hashes and digests: lower-case hexadecimal digits.
impl<const N: usize> Json for [u8; N] {
    fn to_json(&self) -> Value {
        Value::from(data_encoding::HEXLOWER.encode(self))
    }

    fn from_json(value: Value) -> Result<Self> {
        let text = String::from_json(value)?;
        let bytes = data_encoding::HEXLOWER.decode(text.as_bytes()).ok();
        bytes
            .and_then(|bytes| bytes.try_into().ok())
            .ok_or_else(|| ShapeFault::new(format!("is not {N} bytes in hexadecimal digits")))
    }
}

/// Bytes of any length: base64.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Base64(pub Vec<u8>);

impl Json for Base64 {
    fn to_json(&self) -> Value {
        Value::from(data_encoding::BASE64.encode(&self.0))
    }

    fn from_json(value: Value) -> Result<Self> {
        let text = String::from_json(value)?;
        let bytes = data_encoding::BASE64.decode(text.as_bytes());
        bytes
            .map(Self)
            .map_err(|_| ShapeFault::new("is not base64"))
    }
}

/// What a time looks like that no calendar of four-digit years has.
const OUT_OF_CALENDAR: &str = "ms";

impl Json for Timestamp {
    fn to_json(&self) -> Value {
        Value::from(self.to_string())
    }

    fn from_json(value: Value) -> Result<Self> {
        let text = String::from_json(value)?;
        let ms = text.strip_suffix(OUT_OF_CALENDAR);
        let ms = ms.and_then(|ms| ms.parse().ok()).map(Self::from_ms);
        ms.map_or_else(|| Self::parse(&text), Ok)
            .map_err(|error| ShapeFault::new(error.to_string()))
    }
}

/// Thousandths: a fraction would come back rounded.
impl Json for Score {
    fn to_json(&self) -> Value {
        Value::from(self.permille())
    }

    fn from_json(value: Value) -> Result<Self> {
        u16::from_json(value).map(Self::from_permille)
    }
}

impl Json for BTreeMap<u16, i64> {
    fn to_json(&self) -> Value {
        let entries = self.iter();
        Value::Object(
            entries
                .map(|(key, count)| (key.to_string(), Value::from(*count)))
                .collect(),
        )
    }

    fn from_json(value: Value) -> Result<Self> {
        let entries = fields(value)?.into_iter().map(|(name, count)| {
            let key = name
                .parse()
                .map_err(|_| ShapeFault::new("is not a number").within(&name))?;
            let count = i64::from_json(count).map_err(|fault| fault.within(&name))?;
            Ok((key, count))
        });
        entries.collect()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::json;

    use super::*;

    #[derive(Debug, PartialEq)]
    struct JsonKind {
        name: String,
        kept: Option<u32>,
        at: Vec<JsonPath>,
    }

    #[derive(Debug, PartialEq)]
    enum JsonPath {
        Here,
        There(u64),
        Named { name: String },
    }

    object!(JsonKind { name, "kept_for" = kept, at });
    variants!(JsonPath { "here" => Here, "there" => There(number), "named" => Named { name } });

    #[test]
    fn fields_have_their_names_and_come_back() {
        let thing = JsonKind {
            name: "東西".to_owned(),
            kept: None,
            at: vec![
                JsonPath::Here,
                JsonPath::There(7),
                JsonPath::Named {
                    name: "家".to_owned(),
                },
            ],
        };
        let json = json!({"name": "東西", "at": [
            {"type": "here"},
            {"type": "there", "number": 7},
            {"type": "named", "name": "家"},
        ]});
        assert_eq!(thing.to_json(), json);
        assert_eq!(JsonKind::from_json(json), Ok(thing));
    }

    #[test]
    fn a_fault_is_named_by_its_pointer() {
        let check = |json: Value, pointer: &str| {
            assert_eq!(JsonKind::from_json(json).unwrap_err().pointer, pointer);
        };
        check(json!({"at": []}), "/name");
        check(json!({"name": "a"}), "/at");
        check(json!({"name": "a", "at": [], "more": 1}), "/more");
        check(
            json!({"name": "a", "at": [{"type": "here"}, {"type": "there"}]}),
            "/at/1/number",
        );
        check(json!({"name": "a", "at": [{"type": "gone"}]}), "/at/0/type");
        check(
            json!({"name": "a", "at": [{"type": "here", "number": 1}]}),
            "/at/0/number",
        );
        check(json!({"name": "a", "kept_for": -1, "at": []}), "/kept_for");
    }

    #[test]
    fn times_come_back_from_within_and_without_the_calendar() {
        for ms in [
            0,
            -1,
            1_795_000_000_123,
            i64::MAX,
            i64::MIN,
            253_402_300_800_000,
        ] {
            let at = Timestamp::from_ms(ms);
            assert_eq!(Timestamp::from_json(at.to_json()), Ok(at));
        }
        assert!(Timestamp::from_json(json!("ms")).is_err());
        assert_eq!(u128::from_json(u128::MAX.to_json()), Ok(u128::MAX));
        assert_eq!(<[u8; 3]>::from_json(json!("00ff10")), Ok([0, 255, 16]));
        assert!(<[u8; 3]>::from_json(json!("00FF10")).is_err());
    }
}
