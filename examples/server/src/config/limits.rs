//! What a client may do, and how long things last.

use std::ops::RangeInclusive;
use std::time::Duration;

use chat_core::protocol::Limits;

use super::ConfigError;
use super::sources::Sources;

pub(super) fn limits(sources: &Sources) -> Result<Limits, ConfigError> {
    let mut limits = Limits::default();
    let set = |value: Option<u32>, limit: &mut u32| *limit = value.unwrap_or(*limit);
    set(sources.value("CHAT_SEND_BURST")?, &mut limits.send_burst);
    set(sources.value("CHAT_FRAME_BURST")?, &mut limits.frame_burst);
    let set = |value: Option<u64>, limit: &mut u64| *limit = value.unwrap_or(*limit);
    set(sources.value("CHAT_IMAGE_BYTES")?, &mut limits.image_bytes);
    set(sources.value("CHAT_AUDIO_BYTES")?, &mut limits.audio_bytes);
    set(sources.value("CHAT_VIDEO_BYTES")?, &mut limits.video_bytes);
    set(sources.value("CHAT_FILE_BYTES")?, &mut limits.file_bytes);
    limits.notify_after = seconds(sources, "CHAT_NOTIFY_AFTER_SECONDS", 5, 0..=3_600)?;
    limits.send_refill_per_second = sources
        .value("CHAT_SENDS_PER_SECOND")?
        .unwrap_or(limits.send_refill_per_second);
    limits.frame_refill_per_second = sources
        .value("CHAT_FRAMES_PER_SECOND")?
        .unwrap_or(limits.frame_refill_per_second);
    limits.connections_per_user = sources
        .value("CHAT_CONNECTIONS_PER_USER")?
        .unwrap_or(limits.connections_per_user);
    limits.group_members = sources
        .value("CHAT_GROUP_MEMBERS")?
        .unwrap_or(limits.group_members);
    if !(2..=10_000).contains(&limits.group_members) {
        return Err(ConfigError::setting(
            "CHAT_GROUP_MEMBERS",
            "must be 2 to 10000",
        ));
    }
    Ok(limits)
}

pub(super) fn seconds(
    sources: &Sources,
    name: &'static str,
    default: u64,
    within: RangeInclusive<u64>,
) -> Result<Duration, ConfigError> {
    let seconds = sources.value(name)?.unwrap_or(default);
    if within.contains(&seconds) {
        Ok(Duration::from_secs(seconds))
    } else {
        let (from, to) = (within.start(), within.end());
        let problem = format!("must be {from} to {to} seconds");
        Err(ConfigError::setting(name, problem))
    }
}
