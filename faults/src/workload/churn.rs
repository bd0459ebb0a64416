//! Guests come and go: an owner adds and removes one at random moments.

use std::time::Duration;

use chat_client::{Rest, RestError};
use chat_core::id::ConversationId;
use chat_core::protocol::ConversationPage;
use serde::de::IgnoredAny;
use serde_json::json;
use tokio::sync::watch;
use tokio::time::sleep;

use super::cast::PAUSE;
use super::device::of_member;
use super::{Probe, User};
use crate::history::{History, Kind, Op, Record};

/// A removed guest is answered within.
const ANSWER: Duration = Duration::from_secs(5);

/// One group's guest.
pub(super) struct Churn {
    /// The number of a device of the owner, in whose name it is taken down.
    pub(super) client: u32,
    pub(super) owner: User,
    /// Sends in the guest's name.
    pub(super) guest: Probe,
    pub(super) place: ConversationId,
    pub(super) bases: Vec<String>,
    pub(super) history: History,
    pub(super) random: fastrand::Rng,
    /// The longest time that the guest stays or stays away.
    pub(super) stay: Duration,
}

impl Churn {
    /// Comes and goes until told to stop; in the end the guest is there.
    pub(super) async fn run(mut self, stop: watch::Receiver<bool>) {
        loop {
            self.add().await;
            if *stop.borrow() {
                return;
            }
            self.pause().await;
            self.remove().await;
            self.intrude().await;
            self.pause().await;
        }
    }

    async fn pause(&mut self) {
        sleep(self.stay.mul_f64(self.random.f64())).await;
    }

    /// Requests of the owner at some node.
    fn somewhere(&mut self) -> Rest {
        let place = self.random.usize(..self.bases.len());
        self.owner.rest.at(&*self.bases[place])
    }

    /// Adds the guest, however often it takes; the answer tells from which rev on.
    async fn add(&mut self) {
        let path = format!("conversations/{}/members", self.place);
        let body = json!({"participant_ids": [&self.guest.user.id]});
        loop {
            let rest = self.somewhere();
            let Ok(page) = rest.post::<ConversationPage>(&path, &body).await else {
                sleep(PAUSE).await;
                continue;
            };
            let mut members = page.members.into_iter();
            if let Some(member) = members.find(|member| member.user_id == self.guest.user.id) {
                let record = of_member(self.client, self.place, member);
                self.history.note(record).await;
            }
            return;
        }
    }

    /// Removes the guest. One that is not there has been removed by a try without an answer.
    async fn remove(&mut self) {
        let path = format!(
            "conversations/{}/members/{}",
            self.place, self.guest.user.id
        );
        loop {
            let rest = self.somewhere();
            match rest.delete(&path).await {
                Ok(()) | Err(RestError::Refused { status: 404, .. }) => return,
                Err(_) => sleep(PAUSE).await,
            }
        }
    }

    /// The guest, just removed, reads and sends by any node: both must be refused.
    async fn intrude(&mut self) {
        let rest = self.somewhere();
        let path = format!("conversations/{}/messages?limit=1", self.place);
        let kind = match self
            .guest
            .user
            .rest
            .at(rest.base())
            .get::<IgnoredAny>(&path)
            .await
        {
            Ok(_) => Kind::Ok,
            Err(RestError::Refused { status: 404, .. }) => Kind::Nack,
            Err(_) => Kind::Info,
        };
        let record = Record::new(self.guest.client, Op::Peek, kind).within(self.place);
        self.history.note(record).await;
        self.guest.send(rest.base(), ANSWER).await;
    }
}
