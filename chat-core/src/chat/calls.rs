//! Calls: what two members signal to each other is checked and handed on.

use std::slice;

use crate::chat::{Chat, Error, validate};
use crate::hub::ConnectionId;
use crate::model::{ConversationKind, Refusal};
use crate::policy::Action;
use crate::protocol::{CallSignal, Signal};

impl Chat {
    /// Hands a signal of a call on to the devices of another member of a conversation, on any node; `except` is left
    /// out when the sender's own devices are told that a call was answered or ended. Nothing is stored: a device
    /// that is away hears nothing of it.
    ///
    /// Both have to be members now. Past a block nothing is told: in the direct conversation of the two that is
    /// refused as a message is, anywhere else it looks as if nobody was there. Nor is it told whether anybody heard
    /// it, and [`Signal::tells_presence`] is handed on only to who may know of it.
    ///
    /// # Errors
    /// [`Error`]; [`Code::InvalidContent`](crate::protocol::Code::InvalidContent),
    /// [`Code::LimitExceeded`](crate::protocol::Code::LimitExceeded), and
    /// [`Code::InvalidId`](crate::protocol::Code::InvalidId) for a call to oneself; [`Error::RateLimited`];
    /// [`Refusal::NotMember`], [`Refusal::UnknownMember`], [`Refusal::Blocked`]; [`Error::Denied`] for an offer.
    pub async fn signal(
        &self,
        signal: CallSignal,
        except: Option<ConnectionId>,
    ) -> Result<(), Error> {
        validate::call_signal(&signal, &self.shared.limits)?;
        let is_offer = matches!(signal.signal, Signal::Offer { .. });
        self.shared.signal_rate.take(&signal.from)?;
        if is_offer {
            self.shared.offer_rate.take(&signal.from)?;
        }
        let asked = self.is_let_through(&signal);
        let heard = tokio::time::timeout(self.shared.limits.store_timeout, asked).await;
        let heard = heard.map_err(|_| Error::Timeout)??;
        // The policy is asked about what nobody hears too: its answer would tell of a block.
        if is_offer {
            let action = Action::Call {
                conversation: signal.conversation_id,
                to: &signal.to,
            };
            self.ask(&signal.from, action).await?;
        }
        if heard {
            self.shared.hub.signal(signal, except);
        }
        Ok(())
    }

    /// Whether the signal is handed on; an error where its sender may know that it is not.
    async fn is_let_through(&self, signal: &CallSignal) -> Result<bool, Error> {
        let CallSignal {
            conversation_id,
            from,
            to,
            ..
        } = signal;
        let conversations = &self.shared.conversations;
        let (place, other, blocks) = tokio::try_join!(
            conversations.find(*conversation_id, from),
            conversations.find(*conversation_id, to),
            self.shared.people.blocks(from, slice::from_ref(to)),
        )?;
        let Some((conversation, _)) = place else {
            return Err(Refusal::NotMember.into());
        };
        if other.is_none() {
            return Err(Refusal::UnknownMember.into());
        }
        match (blocks.is_empty(), conversation.kind) {
            (false, ConversationKind::Direct) => return Err(Refusal::Blocked.into()),
            (false, ConversationKind::Group) => return Ok(false),
            (true, _) => {}
        }
        if !signal.signal.tells_presence() {
            return Ok(true);
        }
        let visible = self.shared.hub.visible(to, slice::from_ref(from)).await?;
        Ok(!visible.is_empty())
    }
}
