//! What the steps of the schema are called, and what they make.

use bson::{Document, doc};
use chat_core::store::Step;
use mongodb::IndexModel;
use mongodb::options::IndexOptions;

/// What the steps are called.
pub(super) const STEPS: &[Step] = &[
    Step {
        version: 1,
        name: "init",
    },
    Step {
        version: 2,
        name: "joins",
    },
    Step {
        version: 3,
        name: "revisions",
    },
    Step {
        version: 4,
        name: "people",
    },
    Step {
        version: 5,
        name: "media",
    },
    Step {
        version: 6,
        name: "push",
    },
    Step {
        version: 7,
        name: "revised",
    },
];

/// A collection and its indexes.
pub(super) struct Made {
    pub(super) name: &'static str,
    pub(super) indexes: fn() -> Vec<IndexModel>,
}

/// What the steps make.
pub(super) const MADE: &[&[Made]] = &[INIT, JOINS, REVISIONS, PEOPLE, MEDIA, PUSH, REVISED];

const INIT: &[Made] = &[
    Made {
        name: "meta",
        indexes: Vec::new,
    },
    Made {
        name: "accounts",
        indexes: || vec![unique(doc! { "username": 1 }), unique(doc! { "email": 1 })],
    },
    Made {
        name: "logins",
        indexes: || vec![index(doc! { "user": 1, "refreshed_at": -1 })],
    },
    Made {
        name: "turns",
        indexes: Vec::new,
    },
    Made {
        name: "conversations",
        indexes: || {
            vec![
                unique_if_there(doc! { "pair": 1 }, "pair"),
                index_if_there(doc! { "avatar": 1 }, "avatar"),
            ]
        },
    },
    Made {
        name: "members",
        indexes: || {
            vec![
                unique(doc! { "conversation": 1, "user": 1 }),
                index(doc! { "user": 1, "active": 1 }),
                index(doc! { "conversation": 1, "rev": 1, "user": 1 }),
            ]
        },
    },
    Made {
        name: "messages",
        indexes: || {
            let by_client_id = doc! { "conversation": 1, "sender": 1, "client_id": 1 };
            vec![
                unique(doc! { "conversation": 1, "seq": 1 }),
                unique_if_there(by_client_id, "client_id"),
                by_rev(),
                index(doc! { "conversation": 1, "words": 1, "_id": -1 }),
            ]
        },
    },
    Made {
        name: "uploads",
        indexes: || {
            vec![
                index(doc! { "owner": 1, "created_at": 1 }),
                index(doc! { "owner": 1, "_id": 1 }),
                index(doc! { "purpose": 1, "created_at": 1, "_id": 1 }),
            ]
        },
    },
    Made {
        name: "upload_links",
        indexes: || vec![index(doc! { "upload": 1 })],
    },
    Made {
        name: "last_seen",
        indexes: Vec::new,
    },
    Made {
        name: "erasures",
        indexes: Vec::new,
    },
];

const JOINS: &[Made] = &[Made {
    name: "joins",
    indexes: Vec::new,
}];

/// A message that was never revised has no `first_rev`: it is its `rev`. What a message tells of its
/// reactions is a summary of these.
const REVISIONS: &[Made] = &[Made {
    name: "reactions",
    indexes: || {
        vec![
            index(doc! { "message": 1, "reaction": 1, "rev": 1 }),
            index(doc! { "user": 1, "conversation": 1, "seq": 1, "reaction": 1 }),
        ]
    },
}];

const PEOPLE: &[Made] = &[
    Made {
        name: "blocks",
        indexes: || {
            vec![
                index(doc! { "user": 1, "other": 1 }),
                index(doc! { "other": 1 }),
                index(doc! { "pair": 1 }),
            ]
        },
    },
    Made {
        name: "privacy",
        indexes: Vec::new,
    },
];

/// Documents of files are as those of pictures, with other values.
const MEDIA: &[Made] = &[];

const PUSH: &[Made] = &[Made {
    name: "pushes",
    indexes: || vec![index(doc! { "user": 1, "created_at": -1, "_id": -1 })],
}];

/// Makes no collection: see [`revised`].
const REVISED: &[Made] = &[];

/// Of all messages, as it was before there was one of those that were [`revised`].
pub(super) fn by_rev() -> IndexModel {
    index(doc! { "conversation": 1, "rev": 1 })
}

/// What [`by_rev`] is called.
pub(super) const BY_REV: &str = "conversation_1_rev_1";

/// What is new is found by its seq; only what was revised is looked for by its rev.
pub(super) fn revised() -> IndexModel {
    let options = IndexOptions::builder()
        .name(REVISED_BY_REV.to_owned())
        .partial_filter_expression(doc! { "first_rev": { "$exists": true } })
        .build();
    let keys = doc! { "conversation": 1, "rev": 1 };
    IndexModel::builder().keys(keys).options(options).build()
}

/// What [`revised`] is called.
pub(super) const REVISED_BY_REV: &str = "revised_by_rev";

fn index(keys: Document) -> IndexModel {
    IndexModel::builder().keys(keys).build()
}

fn unique(keys: Document) -> IndexModel {
    let options = IndexOptions::builder().unique(true).build();
    IndexModel::builder().keys(keys).options(options).build()
}

/// Of the documents that have `field`.
fn index_if_there(keys: Document, field: &str) -> IndexModel {
    let options = IndexOptions::builder()
        .partial_filter_expression(doc! { field: { "$exists": true } })
        .build();
    IndexModel::builder().keys(keys).options(options).build()
}

/// Unique among the documents that have `field`.
fn unique_if_there(keys: Document, field: &str) -> IndexModel {
    let options = IndexOptions::builder()
        .unique(true)
        .partial_filter_expression(doc! { field: { "$exists": true } })
        .build();
    IndexModel::builder().keys(keys).options(options).build()
}
