//! Looking into pictures, off the runtime's threads, a few at a time.

use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use chat_core::media::{Inspected, MediaError, MediaInspector, Rejected, Thumbnail};
use chat_core::model::MediaType;
use image::codecs::jpeg::JpegEncoder;
use image::metadata::Orientation;
use image::{DynamicImage, ImageFormat, ImageReader, Limits};
use tokio::sync::Semaphore;

use crate::container::{Format, orientation};
use crate::detect::detect;
use crate::limits::ImageLimits;

/// How many pictures are decoded at once: each may take the decoder's whole memory.
const AT_ONCE: usize = 2;

/// How many may wait for that.
const WAITING: usize = 32;

/// Quality of a JPEG that had to be turned.
const TURNED_QUALITY: u8 = 90;

/// Quality of thumbnails.
const THUMBNAIL_QUALITY: u8 = 80;

/// Tells what files are and checks pictures; see the crate's documentation. Clones share the limit on work at once.
#[derive(Debug, Clone)]
pub struct ImageInspector {
    limits: ImageLimits,
    places: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
}

impl ImageInspector {
    /// An inspector with these limits.
    #[must_use]
    pub fn new(limits: ImageLimits) -> Self {
        Self {
            limits,
            places: Arc::new(Semaphore::new(AT_ONCE)),
            waiting: Arc::new(Semaphore::new(AT_ONCE + WAITING)),
        }
    }
}

impl Default for ImageInspector {
    fn default() -> Self {
        Self::new(ImageLimits::default())
    }
}

#[async_trait]
impl MediaInspector for ImageInspector {
    fn detect(&self, head: &[u8]) -> Result<MediaType, Rejected> {
        detect(head)
    }

    async fn inspect(&self, bytes: Bytes) -> Result<Result<Inspected, Rejected>, MediaError> {
        let waiting = Arc::clone(&self.waiting).try_acquire_owned();
        let waiting = waiting.map_err(|_| MediaError::Busy)?;
        let place = Arc::clone(&self.places).acquire_owned().await;
        let place = place.map_err(|_| MediaError::Busy)?;
        let limits = self.limits;
        let work = move || {
            // Work cannot be stopped: it keeps its places when its call is dropped.
            let _places = (waiting, place);
            // No decoder is believed to be free of panics.
            catch_unwind(AssertUnwindSafe(|| inspect(&bytes, &limits)))
                .unwrap_or(Err(Rejected::Damaged))
        };
        tokio::task::spawn_blocking(work)
            .await
            .map_err(|_| MediaError::Busy)
    }
}

fn inspect(bytes: &[u8], limits: &ImageLimits) -> Result<Inspected, Rejected> {
    let format = Format::detect(bytes).ok_or(Rejected::Unsupported)?;
    let cleaned = format.clean(bytes).ok_or(Rejected::Damaged)?;
    if cleaned.frames > limits.max_frames {
        return Err(Rejected::TooLarge);
    }
    let mut picture = decode(format, &cleaned.bytes, limits)?;
    let mut kept = cleaned.bytes;
    let turned = (format == Format::Jpeg)
        .then(|| orientation(bytes))
        .flatten();
    if let Some(turned) = turned
        .and_then(Orientation::from_exif)
        .filter(|o| *o != Orientation::NoTransforms)
    {
        picture.apply_orientation(turned);
        kept = encode_jpeg(&picture, TURNED_QUALITY)?;
    }
    Ok(Inspected {
        content_type: format.media_type(),
        width: picture.width(),
        height: picture.height(),
        thumbnail: thumbnail(&picture, limits)?,
        bytes: kept.into(),
    })
}

/// Decodes a picture whole, or the first frame of an animation, within the limits.
fn decode(format: Format, bytes: &[u8], limits: &ImageLimits) -> Result<DynamicImage, Rejected> {
    let format = match format {
        Format::Jpeg => ImageFormat::Jpeg,
        Format::Png => ImageFormat::Png,
        Format::Gif => ImageFormat::Gif,
        Format::WebP => ImageFormat::WebP,
    };
    let (width, height) = ImageReader::with_format(Cursor::new(bytes), format)
        .into_dimensions()
        .map_err(|_| Rejected::Damaged)?;
    let pixels = u64::from(width) * u64::from(height);
    if width > limits.max_side || height > limits.max_side || pixels > limits.max_pixels {
        return Err(Rejected::TooLarge);
    }
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    let mut decoder = Limits::default();
    decoder.max_image_width = Some(limits.max_side);
    decoder.max_image_height = Some(limits.max_side);
    decoder.max_alloc = Some(limits.max_memory);
    reader.limits(decoder);
    reader.decode().map_err(|error| match error {
        image::ImageError::Limits(_) => Rejected::TooLarge,
        _ => Rejected::Damaged,
    })
}

fn thumbnail(picture: &DynamicImage, limits: &ImageLimits) -> Result<Option<Thumbnail>, Rejected> {
    let side = limits.thumbnail_side;
    if picture.width() <= side && picture.height() <= side {
        return Ok(None);
    }
    let small = picture.thumbnail(side, side);
    let thumbnail = if small.color().has_alpha() {
        let mut bytes = Cursor::new(Vec::new());
        small
            .write_to(&mut bytes, ImageFormat::Png)
            .map_err(|_| Rejected::Damaged)?;
        Thumbnail {
            content_type: MediaType::Png,
            bytes: bytes.into_inner().into(),
        }
    } else {
        let bytes = encode_jpeg(&small, THUMBNAIL_QUALITY)?;
        Thumbnail {
            content_type: MediaType::Jpeg,
            bytes: bytes.into(),
        }
    };
    Ok(Some(thumbnail))
}

fn encode_jpeg(picture: &DynamicImage, quality: u8) -> Result<Vec<u8>, Rejected> {
    let mut bytes = Vec::new();
    let encoder = JpegEncoder::new_with_quality(&mut bytes, quality);
    let plain = DynamicImage::ImageRgb8(picture.to_rgb8());
    plain
        .write_with_encoder(encoder)
        .map_err(|_| Rejected::Damaged)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use std::task::Poll;

    use super::*;

    #[tokio::test]
    async fn work_whose_call_was_dropped_keeps_its_place_until_it_is_done() {
        let inspector = ImageInspector::default();
        let mut bytes = Cursor::new(Vec::new());
        DynamicImage::new_rgb8(3_000, 2_000)
            .write_to(&mut bytes, ImageFormat::Png)
            .unwrap();

        let mut asked = inspector.inspect(bytes.into_inner().into());
        std::future::poll_fn(|context| Poll::Ready(asked.as_mut().poll(context).is_pending()))
            .await;
        drop(asked);

        assert_eq!(inspector.places.available_permits(), AT_ONCE - 1);
        let all = u32::try_from(AT_ONCE).unwrap();
        let _done = inspector.places.acquire_many(all).await.unwrap();
    }
}
