//! REST over the in-memory backend: what each route does, and what it does with bad input.

mod accounts;
mod bodies;
mod conversations;
mod credentials;
mod headers;
mod identifiers;
mod messages;
mod mounting;
mod rates;
mod support;
mod uploads;
mod users;
