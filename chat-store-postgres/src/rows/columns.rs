//! Rows by the order of their columns.

use sqlx::postgres::PgRow;
use sqlx::{Row as _, ValueRef as _};

/// What is read from some columns of a row, wherever they begin.
pub(crate) trait Columns: Sized {
    /// How many columns it takes.
    const WIDTH: usize;

    /// Reads it from column `first` on.
    fn at(row: &PgRow, first: usize) -> sqlx::Result<Self>;

    /// What an outer join found from column `first` on.
    fn joined(row: &PgRow, first: usize) -> sqlx::Result<Option<Self>> {
        match row.try_get_raw(first)?.is_null() {
            true => Ok(None),
            false => Self::at(row, first).map(Some),
        }
    }
}

/// A row whose columns come in the order of its fields.
macro_rules! row {
    ($name:ident { $($field:ident: $type:ty,)* }) => {
        #[derive(Debug)]
        pub(crate) struct $name {
            $(pub(crate) $field: $type,)*
        }

        impl Columns for $name {
            const WIDTH: usize = [$(stringify!($field)),*].len();

            fn at(row: &sqlx::postgres::PgRow, first: usize) -> sqlx::Result<Self> {
                let mut next = first..;
                let mut column = || next.next().unwrap_or_default();
                Ok(Self {
                    $($field: sqlx::Row::try_get(row, column())?,)*
                })
            }
        }

        impl sqlx::FromRow<'_, sqlx::postgres::PgRow> for $name {
            fn from_row(row: &sqlx::postgres::PgRow) -> sqlx::Result<Self> {
                Self::at(row, 0)
            }
        }
    };
}

pub(super) use row;
