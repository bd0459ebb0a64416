//! How large a picture may be.

/// Limits of one picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ImageLimits {
    /// Pixels a side: 8,192.
    pub max_side: u32,
    /// Pixels in all: 40 million.
    pub max_pixels: u64,
    /// Frames of an animation: 500.
    pub max_frames: usize,
    /// Memory of a decoder in bytes: 256 MiB.
    pub max_memory: u64,
    /// Pixels a side of a thumbnail: 480.
    pub thumbnail_side: u32,
}

impl Default for ImageLimits {
    fn default() -> Self {
        Self {
            max_side: 8_192,
            max_pixels: 40_000_000,
            max_frames: 500,
            max_memory: 256 << 20,
            thumbnail_side: 480,
        }
    }
}
