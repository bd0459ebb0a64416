//! Orders: paying one and saying so is one transaction.

use chat_core::chat::Chat;
use chat_core::model::{Appended, Draft, Refusal};
use chat_store_postgres::PostgresStore;
use sqlx::PgPool;

use crate::customers::CustomerId;
use crate::failure::Failure;

const PLACE: &str = "insert into orders (customer, item) values ($1, $2) returning id";

const PAY: &str = "
update orders set state = 'paid' where id = $1 and customer = $2 and state = 'open'
returning item";

/// The orders, and the chat in which the shop tells of them.
#[derive(Debug, Clone)]
pub struct Orders {
    pub(crate) pool: PgPool,
    /// On the same pool: a transaction of the shop is one of the store.
    pub(crate) store: PostgresStore,
    pub(crate) chat: Chat,
}

impl Orders {
    /// Places an order; its number.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn place(&self, customer: CustomerId, item: &str) -> Result<i64, Failure> {
        let placed = sqlx::query_scalar(PLACE).bind(customer).bind(item);
        Ok(placed.fetch_one(&self.pool).await?)
    }

    /// Pays an order and tells the customer, now.
    ///
    /// # Errors
    /// As [`commit_payment`](Self::commit_payment).
    pub async fn pay(&self, customer: CustomerId, order: i64) -> Result<(), Failure> {
        let told = self.commit_payment(customer, order).await?;
        self.chat.publish(&told);
        Ok(())
    }

    /// The payment and the message of it, both or neither. What it returns is to be published;
    /// should the process die before, it goes out ahead of the conversation's next message.
    ///
    /// # Errors
    /// [`Failure::NotFound`] if the customer has no such order that is open.
    pub async fn commit_payment(
        &self,
        customer: CustomerId,
        order: i64,
    ) -> Result<Vec<Appended>, Failure> {
        let (buyer, shop) = (customer.into(), CustomerId::SHOP.into());
        let direct = self.chat.create_direct(&buyer, &shop).await?;

        let mut tx = self.pool.begin().await?;
        let paid = sqlx::query_scalar(PAY).bind(order).bind(customer);
        let item: Option<String> = paid.fetch_optional(&mut *tx).await?;
        let item = item.ok_or(Failure::NotFound)?;
        let text = format!("Order {order} is paid: {item}");
        let draft = Draft::text(direct.conversation.id, shop, text);
        // Last, because from here to the commit nobody else can send to this conversation.
        let told = self.store.append_in(&mut tx, &[draft]).await?;
        let told = told.into_iter().collect::<Result<_, Refusal>>()?;
        tx.commit().await?;
        Ok(told)
    }
}
