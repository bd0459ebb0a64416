//! How much of everything there may be.

use std::time::Duration;

use crate::model::MediaKind;

/// Limits of a chat, each with its default. Beyond one, a request is refused with a code, never
/// cut short silently.
#[derive(Debug, Clone, PartialEq)]
pub struct Limits {
    /// Longest text of a message in Unicode code points: 4,000.
    pub text_chars: usize,
    /// Longest text of a message in bytes: 16 KiB.
    pub text_bytes: usize,
    /// Attachments of a message: 10.
    pub attachments: usize,
    /// Kinds of reactions of a message: 50.
    pub reactions: usize,
    /// Longest name of a group in code points: 100.
    pub name_chars: usize,
    /// Members of a group: 256; a setting up to 10,000.
    pub group_members: u32,
    /// Conversations that a user is in: 1,000. Creating one more is refused.
    pub conversations: usize,
    /// Users whom one user blocks: 1,000.
    pub blocked_users: usize,
    /// Profiles that a node keeps for a minute, so that pages do not ask for them again: 10,000; 0 keeps none.
    pub cached_profiles: usize,
    /// Default page of a listing: 50.
    pub page: usize,
    /// Largest page of a listing: 200.
    pub max_page: usize,
    /// Conversations that a search without one looks in, the last active first: 100.
    pub searched_conversations: usize,
    /// Rows of one conversation that a resume sends before it says reset: 300.
    pub resume_rows: usize,
    /// Conversations that one resume command names: 500.
    pub resume_conversations: usize,
    /// Users that one session watches: 500.
    pub watched_users: usize,
    /// Largest group whose members hear of each other's markers live: 50. In larger ones markers
    /// come when the conversation is opened.
    pub marker_members: u32,
    /// Connections of one user; a further one closes the oldest: 10.
    pub connections_per_user: usize,
    /// Frames that wait for one connection: 256.
    pub outbox_frames: usize,
    /// Bytes that wait for one connection: 1 MiB.
    pub outbox_bytes: usize,
    /// Sends of one connection that are under way at once; further ones wait: 64.
    pub sends_in_flight: usize,
    /// Messages that a user may send or revise at once, refilled by `send_refill_per_second`: 60.
    pub send_burst: u32,
    /// Messages that a user may send or revise a second in the long run: 1.
    pub send_refill_per_second: f64,
    /// Frames of any kind that a connection may send at once: 60.
    pub frame_burst: u32,
    /// Frames of any kind that a connection may send a second in the long run: 10.
    pub frame_refill_per_second: f64,
    /// A typing notice of a user in a conversation goes out at most once in: 3 s.
    pub typing_interval: Duration,
    /// Session description of a call, or candidates of one signal together, in bytes: 16 KiB. JSON may double it, and
    /// a frame has 64 KiB.
    pub call_signal_bytes: usize,
    /// Candidates in one signal of a call: 32.
    pub call_candidates: usize,
    /// Signals of calls that a user may send at once: 60.
    pub call_signal_burst: u32,
    /// Signals of calls that a user may send a second in the long run: 5.
    pub call_signal_refill_per_second: f64,
    /// Offers among them at once: 10.
    pub call_offer_burst: u32,
    /// Offers among them a second in the long run: 10 a minute.
    pub call_offer_refill_per_second: f64,
    /// Frames that are no commands, in a minute, before the connection is closed: 10.
    pub malformed_per_minute: u32,
    /// Drafts that wait for the store; beyond it sends are `busy`: 4,096.
    pub waiting_drafts: usize,
    /// Drafts of one batch: 256.
    pub batch: usize,
    /// How long a send waits for the store before it is `storage_unavailable`: 2 s.
    pub store_timeout: Duration,
    /// How long a user stays online after the last connection went: 3 s.
    pub offline_after: Duration,
    /// Connections that may ask the store at once for what they missed, at their beginning and when they resume;
    /// the others wait: 32.
    pub openings: usize,
    /// How long a connection waits for its turn before it is told to come back later: 5 s.
    pub opening_within: Duration,
    /// How often all active conversations are compared with the store: 10 s.
    pub check_after: Duration,
    /// How often, while other nodes cannot be heard: 3 s.
    pub poll_after: Duration,
    /// Size of a picture in bytes: 10 MiB.
    pub image_bytes: u64,
    /// Size of a sound in bytes: 25 MiB.
    pub audio_bytes: u64,
    /// Size of a video in bytes: 50 MiB.
    pub video_bytes: u64,
    /// Size of any other file in bytes: 50 MiB.
    pub file_bytes: u64,
    /// All uploads of a user in bytes: 500 MiB.
    pub upload_quota: u64,
    /// Uploads of a user within an hour: 20.
    pub uploads_per_hour: u64,
    /// Uploads that are under way at once, until they are kept: 32. A further one is `busy`.
    pub uploads_at_once: usize,
    /// Uploads of one user that are under way at once: 4.
    pub uploads_at_once_per_user: usize,
    /// Longest text of a search in code points: 100; the shortest is 2.
    pub search_chars: usize,
    /// How long a message may reach its members' sessions before those whom it did not reach are told otherwise: 5 s.
    pub notify_after: Duration,
    /// How long a notifier may take for one notice: 30 s.
    pub notify_timeout: Duration,
    /// Conversations with messages that members may have to be told of; beyond it, the messages of further ones are
    /// told to nobody: 10,000.
    pub waiting_notices: usize,
    /// Browsers of one user that are pushed to; a further one takes the place of the oldest: 20.
    pub push_subscriptions: usize,
}

impl Limits {
    /// The largest upload of a kind, in bytes.
    #[must_use]
    pub const fn upload_bytes(&self, kind: MediaKind) -> u64 {
        match kind {
            MediaKind::Image => self.image_bytes,
            MediaKind::Audio => self.audio_bytes,
            MediaKind::Video => self.video_bytes,
            MediaKind::File => self.file_bytes,
        }
    }

    /// The largest upload of any kind, in bytes.
    #[must_use]
    pub fn largest_upload(&self) -> u64 {
        [
            self.image_bytes,
            self.audio_bytes,
            self.video_bytes,
            self.file_bytes,
        ]
        .into_iter()
        .fold(0, u64::max)
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            text_chars: 4_000,
            text_bytes: 16 << 10,
            attachments: 10,
            reactions: 50,
            name_chars: 100,
            group_members: 256,
            conversations: 1_000,
            blocked_users: 1_000,
            cached_profiles: 10_000,
            page: 50,
            max_page: 200,
            searched_conversations: 100,
            resume_rows: 300,
            resume_conversations: 500,
            watched_users: 500,
            marker_members: 50,
            connections_per_user: 10,
            outbox_frames: 256,
            outbox_bytes: 1 << 20,
            sends_in_flight: 64,
            send_burst: 60,
            send_refill_per_second: 1.0,
            frame_burst: 60,
            frame_refill_per_second: 10.0,
            typing_interval: Duration::from_secs(3),
            call_signal_bytes: 16 << 10,
            call_candidates: 32,
            call_signal_burst: 60,
            call_signal_refill_per_second: 5.0,
            call_offer_burst: 10,
            call_offer_refill_per_second: 10.0 / 60.0,
            malformed_per_minute: 10,
            waiting_drafts: 4_096,
            batch: 256,
            store_timeout: Duration::from_secs(2),
            offline_after: Duration::from_secs(3),
            openings: 32,
            opening_within: Duration::from_secs(5),
            check_after: Duration::from_secs(10),
            poll_after: Duration::from_secs(3),
            image_bytes: 10 << 20,
            audio_bytes: 25 << 20,
            video_bytes: 50 << 20,
            file_bytes: 50 << 20,
            upload_quota: 500 << 20,
            uploads_per_hour: 20,
            uploads_at_once: 32,
            uploads_at_once_per_user: 4,
            search_chars: 100,
            notify_after: Duration::from_secs(5),
            notify_timeout: Duration::from_secs(30),
            waiting_notices: 10_000,
            push_subscriptions: 20,
        }
    }
}
