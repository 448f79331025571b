//! The shapes of bodies and answers, as the OpenAPI document shows them.

use std::borrow::Cow;

use serde_json::{Value, json};
use utoipa::{
    ToSchema,
    openapi::{
        Content, ContentBuilder, Ref, RefOr, Schema, Type,
        schema::{ArrayBuilder, ObjectBuilder, SchemaType},
    },
};

use super::media::{JSON, NDJSON};

/// Schemas with the names by which the document refers to them.
pub(super) type Schemas = Vec<(String, RefOr<Schema>)>;

/// A media type and what is inside.
#[derive(Clone, Copy)]
pub(super) struct Shape {
    pub media: &'static str,
    form: Form,
}

#[derive(Clone, Copy)]
enum Form {
    Text,
    AnyJson,
    One(TypeSchema),
    Lines(TypeSchema),
    /// A page of a list, by the schema's name.
    List(&'static str, TypeSchema),
}

/// What utoipa derived for a type.
#[derive(Clone, Copy)]
struct TypeSchema {
    name: fn() -> Cow<'static, str>,
    /// Adds the type's own schema, and those that it refers to.
    add_to: fn(&mut Schemas),
}

impl TypeSchema {
    const fn of<T: ToSchema>() -> Self {
        Self {
            name: T::name,
            add_to: |schemas| {
                schemas.push((T::name().into_owned(), T::schema()));
                T::schemas(schemas);
            },
        }
    }
}

impl Shape {
    /// A type as JSON.
    pub const fn json<T: ToSchema>() -> Self {
        Self::new(JSON, Form::One(TypeSchema::of::<T>()))
    }

    /// Many of a type, one a line.
    pub const fn lines<T: ToSchema>() -> Self {
        Self::new(NDJSON, Form::Lines(TypeSchema::of::<T>()))
    }

    /// A page of a list of a type, whose schema has this name.
    pub const fn list<T: ToSchema>(name: &'static str) -> Self {
        Self::new(JSON, Form::List(name, TypeSchema::of::<T>()))
    }

    /// JSON that the document does not describe.
    pub const fn any_json() -> Self {
        Self::new(JSON, Form::AnyJson)
    }

    /// A text of this media type.
    pub const fn text(media: &'static str) -> Self {
        Self::new(media, Form::Text)
    }

    const fn new(media: &'static str, form: Form) -> Self {
        Self { media, form }
    }

    /// Adds the schemas that the document needs for it.
    pub fn add_to(self, schemas: &mut Schemas) {
        match self.form {
            Form::Text | Form::AnyJson => {}
            Form::One(item) | Form::Lines(item) => (item.add_to)(schemas),
            Form::List(name, item) => {
                schemas.push((name.to_owned(), list_of(&(item.name)())));
                (item.add_to)(schemas);
            }
        }
    }

    /// The content of a body or an answer.
    pub fn content(self, example: Option<Value>) -> Content {
        let (schema, example) = match self.form {
            Form::Text => (text(), example),
            Form::AnyJson => (ObjectBuilder::new().build().into(), example),
            Form::One(item) => (named((item.name)()), example),
            Form::List(name, _) => (named(name), example),
            Form::Lines(item) => {
                let lines = ObjectBuilder::new()
                    .schema_type(Type::String)
                    .description(Some(format!("One `{}` a line.", (item.name)())))
                    .into();
                (lines, example.map(|example| json!(format!("{example}\n"))))
            }
        };
        ContentBuilder::new()
            .schema(Some(schema))
            .example(example)
            .build()
    }
}

/// Any text.
pub(super) fn text() -> RefOr<Schema> {
    ObjectBuilder::new().schema_type(Type::String).into()
}

/// The content of the named schema.
pub(super) fn content_of(name: &str) -> Content {
    ContentBuilder::new().schema(Some(named(name))).build()
}

fn named(name: impl Into<String>) -> RefOr<Schema> {
    Ref::from_schema_name(name).into()
}

fn list_of(item: &str) -> RefOr<Schema> {
    let cursor = ObjectBuilder::new()
        .schema_type(SchemaType::from_iter([Type::String, Type::Null]))
        .description(Some("Where to go on; null at the end."));
    let items = ArrayBuilder::new().items(Ref::from_schema_name(item));
    ObjectBuilder::new()
        .property("items", items)
        .required("items")
        .property("next_cursor", cursor)
        .required("next_cursor")
        .into()
}
