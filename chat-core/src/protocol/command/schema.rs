//! The schema of a command: the envelope, and which body goes with which `type`.

use std::borrow::Cow;

use utoipa::openapi::schema::{AllOfBuilder, ObjectBuilder, OneOfBuilder, Type};
use utoipa::openapi::{Ref, RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::{
    Authenticate, CallCommand, DeleteMessage, EditMessage, MarkCommand, React, Request, RequestId,
    Resume, SendMessage, Typing, Watch,
};

type Schemas = Vec<(String, RefOr<Schema>)>;

/// Adds a body's schema, and those it names.
type Collect = fn(&mut Schemas);

/// Each command's `type`, the name of its body's schema and what collects that; nothing for one without a body.
pub(super) const BODIES: &[(&str, Option<(&str, Collect)>)] = &[
    ("message", Some(("SendMessage", collect::<SendMessage>))),
    ("edit", Some(("EditMessage", collect::<EditMessage>))),
    ("delete", Some(("DeleteMessage", collect::<DeleteMessage>))),
    ("react", Some(("React", collect::<React>))),
    ("unreact", Some(("React", collect::<React>))),
    ("typing", Some(("Typing", collect::<Typing>))),
    ("delivered", Some(("MarkCommand", collect::<MarkCommand>))),
    ("read", Some(("MarkCommand", collect::<MarkCommand>))),
    ("call", Some(("CallCommand", collect::<CallCommand>))),
    ("resume", Some(("Resume", collect::<Resume>))),
    ("watch", Some(("Watch", collect::<Watch>))),
    ("unwatch", Some(("Watch", collect::<Watch>))),
    (
        "authenticate",
        Some(("Authenticate", collect::<Authenticate>)),
    ),
    ("ping", None),
];

fn collect<T: ToSchema>(schemas: &mut Schemas) {
    schemas.push((T::name().into_owned(), T::schema()));
    T::schemas(schemas);
}

impl PartialSchema for Request {
    fn schema() -> RefOr<Schema> {
        let commands = BODIES
            .iter()
            .fold(OneOfBuilder::new(), |commands, (kind, body)| {
                let envelope = ObjectBuilder::new()
                    .property(
                        "type",
                        ObjectBuilder::new()
                            .schema_type(Type::String)
                            .enum_values(Some([*kind])),
                    )
                    .required("type")
                    .property("id", Ref::from_schema_name("RequestId"));
                match body {
                    Some((name, _)) => commands.item(
                        AllOfBuilder::new()
                            .item(envelope)
                            .item(Ref::from_schema_name(*name)),
                    ),
                    None => commands.item(envelope),
                }
            });
        let told = "What a client sends over the WebSocket. The reply gives the `id` back.";
        Schema::from(commands.description(Some(told)).build()).into()
    }
}

impl ToSchema for Request {
    fn name() -> Cow<'static, str> {
        "Command".into()
    }

    fn schemas(schemas: &mut Schemas) {
        collect::<RequestId>(schemas);
        for (_, collect) in BODIES.iter().filter_map(|(_, body)| *body) {
            collect(schemas);
        }
    }
}
