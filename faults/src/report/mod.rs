//! What runs showed: a line of JSON each, and tables of them.

mod row;
mod table;

pub use row::{Row, append, read};
pub use table::{PROMISES, markdown};
