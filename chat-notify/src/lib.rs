//! Notifiers for chat-core: how members hear of messages that no session brought them.
//!
//! With the feature `webhook`, `Webhook` tells the host's own service in signed requests; with `web-push`, `WebPush`
//! tells browsers. Both try again for a while what may succeed later, follow no redirect and use no proxy.

#[cfg(any(feature = "webhook", feature = "web-push"))]
mod attempts;
mod setting;
#[cfg(feature = "web-push")]
mod web_push;
#[cfg(feature = "webhook")]
mod webhook;

#[cfg(any(feature = "webhook", feature = "web-push"))]
pub use attempts::Attempts;
pub use chat_http::Patience;
pub use setting::InvalidSetting;
#[cfg(feature = "web-push")]
pub use web_push::{PushKey, WebPush};
#[cfg(feature = "webhook")]
pub use webhook::Webhook;
