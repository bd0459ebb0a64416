//! From JSON schemas to TypeScript.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde_json::{Map, Value};

const HEAD: &str = "\
/**
 * What goes over the wire, made from the server's Rust types by `cargo xtask types`. Do not edit.
 *
 * Ids and moments are text, numbers of messages and changes are numbers. A field with `?` is absent where there is
 * nothing to say.
 */
";

/// Every schema of an OpenAPI document as a type, by name.
pub(crate) fn types(document: &Value) -> String {
    let schemas = document["components"]["schemas"].as_object().unwrap();
    let inputs = inputs(document, schemas);
    let mut text = HEAD.to_owned();
    for (name, schema) in schemas {
        let mut schema = schema.clone();
        if !inputs.contains(name) {
            // An answer leaves out what is not there.
            drop_null(&mut schema);
        }
        text.push('\n');
        text.push_str(&declaration(name, &schema));
    }
    text
}

/// The close codes with their reasons and whether to come back, and the codes that may pass.
pub(crate) fn codes<'a>(
    closes: impl Iterator<Item = (u16, &'a str, bool)>,
    retryable: impl Iterator<Item = &'a str>,
) -> String {
    let mut text = String::from(
        "/** The server's codes and what to do about them, made from its Rust types by `cargo xtask types`. Do not edit. */\n\n\
         /** Close codes: the reason, and whether a client with a valid login comes back by itself. @type {Record<number, { reason: string, reconnect: boolean } | undefined>} */\n\
         export const CLOSE_CODES = {\n",
    );
    for (code, reason, reconnect) in closes {
        writeln!(
            text,
            "  {code}: {{ reason: '{reason}', reconnect: {reconnect} }},"
        )
        .unwrap();
    }
    text.push_str("};\n\n/** Codes of refusals after which the same may succeed later. @type {Set<string>} */\nexport const RETRYABLE = new Set([\n");
    for code in retryable {
        writeln!(text, "  '{code}',").unwrap();
    }
    text.push_str("]);\n");
    text
}

/// The names of what clients send: there `null` may have a meaning.
fn inputs(document: &Value, schemas: &Map<String, Value>) -> BTreeSet<String> {
    let operations = document["paths"].as_object().unwrap().values();
    let operations = operations.flat_map(|path| path.as_object().unwrap().values());
    let mut open = Vec::from(["Command".to_owned()]);
    for operation in operations {
        references(&operation["requestBody"], &mut open);
    }
    let mut found = BTreeSet::new();
    while let Some(name) = open.pop() {
        references(&schemas[&name], &mut open);
        found.insert(name);
    }
    found
}

fn references(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            if let Some(Value::String(place)) = fields.get("$ref") {
                found.push(name_of(place).to_owned());
            }
            fields.values().for_each(|field| references(field, found));
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        _ => {}
    }
}

fn is_null(schema: &Value) -> bool {
    schema == "null" || schema["type"] == "null"
}

/// Takes `null` out of every choice, but not where a part of an object may be missing as a whole.
fn drop_null(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            for key in ["type", "oneOf", "anyOf"] {
                if let Some(Value::Array(items)) = fields.get_mut(key) {
                    items.retain(|item| !is_null(item));
                }
            }
            for (key, field) in fields.iter_mut() {
                match field {
                    Value::Array(parts) if key == "allOf" => {
                        let whole = parts.iter_mut().filter(|part| choices(part).is_none());
                        whole.for_each(drop_null);
                    }
                    field => drop_null(field),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(drop_null),
        _ => {}
    }
}

fn declaration(name: &str, schema: &Value) -> String {
    let comment = comment(schema, 0);
    let body = expression(schema, 0);
    if schema["properties"].is_object() {
        return format!("{comment}export interface {name} {body}\n");
    }
    let space = if body.starts_with('\n') { "" } else { " " };
    format!("{comment}export type {name} ={space}{body};\n")
}

/// A schema as a type, whose lines after the first are indented.
pub(crate) fn expression(schema: &Value, indent: usize) -> String {
    if let Some(place) = schema["$ref"].as_str() {
        return name_of(place).to_owned();
    }
    if let Some(values) = schema["enum"].as_array() {
        return join(values.iter().map(literal), " | ");
    }
    if let Some(parts) = schema["allOf"].as_array() {
        return join(parts.iter().map(|part| part_of(part, indent)), " & ");
    }
    if let Some(choices) = choices(schema) {
        return union(choices, indent);
    }
    match &schema["type"] {
        Value::String(kind) => of_kind(kind, schema, indent),
        Value::Array(kinds) => {
            let kinds = kinds.iter().filter_map(Value::as_str);
            join(kinds.map(|kind| of_kind(kind, schema, indent)), " | ")
        }
        _ => "unknown".to_owned(),
    }
}

fn choices(schema: &Value) -> Option<&Vec<Value>> {
    schema["oneOf"]
        .as_array()
        .or_else(|| schema["anyOf"].as_array())
}

/// On one line, or one choice a line where there are objects among them.
fn union(choices: &[Value], indent: usize) -> String {
    let tagged = choices.len() > 1
        && choices
            .iter()
            .all(|choice| choice["properties"].is_object() || choice["allOf"].is_array());
    if !tagged {
        return join(
            choices.iter().map(|choice| expression(choice, indent)),
            " | ",
        );
    }
    let pad = " ".repeat(indent + 2);
    choices.iter().fold(String::new(), |mut text, choice| {
        let comment = comment(choice, indent + 2);
        let choice = expression(choice, indent + 4);
        write!(text, "\n{comment}{pad}| {choice}").unwrap();
        text
    })
}

fn of_kind(kind: &str, schema: &Value, indent: usize) -> String {
    match kind {
        "integer" | "number" => "number".to_owned(),
        "array" => format!("{}[]", grouped(&schema["items"], indent)),
        "object" if schema["properties"].is_object() => object(schema, indent),
        "object" => {
            let key = match &schema["propertyNames"] {
                Value::Null => "string".to_owned(),
                names => expression(names, indent),
            };
            format!(
                "Record<{key}, {}>",
                expression(&schema["additionalProperties"], indent)
            )
        }
        kind => kind.to_owned(),
    }
}

/// Its fields: what tells the kind, then the required ones in the order of the Rust type, then the others by name.
fn object(schema: &Value, indent: usize) -> String {
    let properties = schema["properties"].as_object().unwrap();
    let required: Vec<&str> = match schema["required"].as_array() {
        Some(names) => names.iter().filter_map(Value::as_str).collect(),
        None => Vec::new(),
    };
    let mut names: Vec<&String> = properties.keys().collect();
    names.sort_by_key(|name| {
        let place = required.iter().position(|required| required == name);
        (*name != "type", place.is_none(), place)
    });
    let pad = " ".repeat(indent + 2);
    let mut text = String::from("{\n");
    for name in names {
        let field = &properties[name];
        let mark = if required.contains(&name.as_str()) {
            ""
        } else {
            "?"
        };
        let (comment, field) = (comment(field, indent + 2), expression(field, indent + 2));
        writeln!(text, "{comment}{pad}{name}{mark}: {field};").unwrap();
    }
    text + &" ".repeat(indent) + "}"
}

/// A part of an object; one that may be missing as a whole has no field that is always there.
fn part_of(schema: &Value, indent: usize) -> String {
    match choices(schema).map(|choices| choices.iter().partition::<Vec<_>, _>(|c| is_null(c))) {
        Some((nulls, parts)) if !nulls.is_empty() => {
            let parts = parts.into_iter().map(|part| expression(part, indent));
            format!("Partial<{}>", join(parts, " | "))
        }
        _ => grouped(schema, indent),
    }
}

fn grouped(schema: &Value, indent: usize) -> String {
    let text = expression(schema, indent);
    if text.contains(" | ") && !text.starts_with('{') {
        format!("({text})")
    } else {
        text
    }
}

/// A doc comment of the description; that of a nullable reference is on the reference.
fn comment(schema: &Value, indent: usize) -> String {
    let own = schema["description"].as_str();
    let of_choice = || {
        choices(schema)?
            .iter()
            .find_map(|c| c["description"].as_str())
    };
    let Some(words) = own.or_else(of_choice) else {
        return String::new();
    };
    let pad = " ".repeat(indent);
    let lines: Vec<_> = words.lines().map(without_links).collect();
    match lines.as_slice() {
        [line] => format!("{pad}/** {line} */\n"),
        lines => {
            let lines = lines.iter().map(|line| format!("{pad} * {line}"));
            let lines = lines.map(|line| line.trim_end().to_owned());
            format!("{pad}/**\n{}\n{pad} */\n", join(lines, "\n"))
        }
    }
}

/// A line of Rust documentation without the places that its links lead to.
fn without_links(line: &str) -> String {
    let mut text = String::new();
    for piece in line.split_inclusive(']') {
        // What follows a link's text is its place, if it has one.
        let piece = match (text.ends_with(']'), piece.split_once(')')) {
            (true, Some((place, rest))) if place.starts_with('(') => rest,
            _ => piece,
        };
        text.push_str(piece);
    }
    text.replace("[`", "`").replace("`]", "`")
}

fn literal(value: &Value) -> String {
    match value {
        Value::String(text) => format!("'{text}'"),
        value => value.to_string(),
    }
}

fn name_of(place: &str) -> &str {
    place.rsplit('/').next().unwrap_or(place)
}

fn join(parts: impl Iterator<Item = String>, between: &str) -> String {
    parts.collect::<Vec<_>>().join(between)
}
