//! What the inspector makes of good, bad and hostile pictures.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

use std::io::Cursor;

use bytes::Bytes;
use chat_core::media::{Inspected, MediaInspector, Rejected};
use chat_core::model::MediaType;
use chat_media::{ImageInspector, ImageLimits};
use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use proptest::prelude::*;

/// A picture that differs everywhere: red grows to the right, green downwards.
fn picture(width: u32, height: u32) -> DynamicImage {
    let pixel = |x: u32, y: u32| {
        let part = |at: u32, of: u32| u8::try_from(at * 255 / of.max(1)).unwrap_or(255);
        Rgb([part(x, width), part(y, height), 90])
    };
    DynamicImage::ImageRgb8(RgbImage::from_fn(width, height, pixel))
}

fn encoded(width: u32, height: u32, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture(width, height).write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

async fn inspect(bytes: Vec<u8>) -> Result<Inspected, Rejected> {
    ImageInspector::default()
        .inspect(Bytes::from(bytes))
        .await
        .unwrap()
}

fn holds(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

/// A JPEG with an EXIF segment of this orientation and a place, and a script in a comment.
fn jpeg_with_metadata(orientation: u8) -> Vec<u8> {
    let plain = encoded(60, 40, ImageFormat::Jpeg);
    let mut tiff = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".to_vec();
    tiff.extend([orientation, 0, 0, 0, 0, 0, 0]);
    tiff.extend(b"GPS 52.5200 N 13.4050 E");
    let segment = |marker: u8, payload: &[u8]| {
        let length = u16::try_from(payload.len() + 2).unwrap().to_be_bytes();
        [&[0xff, marker], &length[..], payload].concat()
    };
    let comment = segment(0xfe, b"<script>alert(1)</script>");
    [&plain[..2], &segment(0xe1, &tiff), &comment, &plain[2..]].concat()
}

#[tokio::test]
async fn every_format_is_known_by_its_bytes_and_kept_as_it_is() {
    for (format, expected) in [
        (ImageFormat::Png, MediaType::Png),
        (ImageFormat::Jpeg, MediaType::Jpeg),
        (ImageFormat::Gif, MediaType::Gif),
        (ImageFormat::WebP, MediaType::WebP),
    ] {
        let bytes = encoded(60, 40, format);
        let inspected = inspect(bytes.clone()).await.unwrap();
        assert_eq!(
            (inspected.content_type, inspected.width, inspected.height),
            (expected, 60, 40)
        );
        assert_eq!(inspected.thumbnail, None);
        let (before, after) = (
            image::load_from_memory(&bytes).unwrap(),
            image::load_from_memory(&inspected.bytes).unwrap(),
        );
        assert_eq!(before, after, "{format:?}: not encoded anew");
    }
}

#[tokio::test]
async fn what_is_behind_the_end_goes() {
    for format in [
        ImageFormat::Png,
        ImageFormat::Jpeg,
        ImageFormat::Gif,
        ImageFormat::WebP,
    ] {
        let mut bytes = encoded(30, 30, format);
        bytes.extend(b"PK\x03\x04 a zip behind the picture");
        let inspected = inspect(bytes).await.unwrap();
        assert!(!holds(&inspected.bytes, b"a zip behind"), "{format:?}");
    }
}

#[tokio::test]
async fn metadata_goes_and_a_turned_jpeg_is_turned() {
    let upright = inspect(jpeg_with_metadata(1)).await.unwrap();
    assert_eq!((upright.width, upright.height), (60, 40));
    let turned = inspect(jpeg_with_metadata(6)).await.unwrap();
    assert_eq!((turned.width, turned.height), (40, 60), "a quarter turn");
    for inspected in [upright, turned] {
        for secret in [&b"GPS"[..], b"Exif", b"<script>"] {
            assert!(!holds(&inspected.bytes, secret));
        }
        assert!(image::load_from_memory(&inspected.bytes).is_ok());
    }
}

#[tokio::test]
async fn text_chunks_of_a_png_go() {
    let plain = encoded(20, 20, ImageFormat::Png);
    let chunk = b"\0\0\0\x0ctEXtsecret\0place\0\0\0\0";
    let with_text = [&plain[..33], chunk, &plain[33..]].concat();
    let inspected = inspect(with_text).await.unwrap();
    assert_eq!(inspected.bytes, plain);
}

#[tokio::test]
async fn what_is_no_picture_is_told_from_what_is_damaged() {
    for bytes in [
        &b""[..],
        b"<svg/>",
        b"<?xml version='1.0'?>",
        b"%PDF-1.7",
        b"<html>",
        b"\0\0\0\x18ftypavif",
        b"BM",
        b"II*\0",
        b"MZ",
    ] {
        assert_eq!(
            inspect(bytes.to_vec()).await.unwrap_err(),
            Rejected::Unsupported,
            "{bytes:?}"
        );
    }
    assert_eq!(
        inspect(b"GIF89a<script>alert(1)</script>".to_vec())
            .await
            .unwrap_err(),
        Rejected::Damaged
    );
    for format in [
        ImageFormat::Png,
        ImageFormat::Jpeg,
        ImageFormat::Gif,
        ImageFormat::WebP,
    ] {
        let whole = encoded(60, 40, format);
        for length in [20, whole.len() / 2, whole.len() - 3] {
            assert_eq!(
                inspect(whole[..length].to_vec()).await.unwrap_err(),
                Rejected::Damaged,
                "{format:?} {length}"
            );
        }
    }
}

#[tokio::test]
async fn a_small_file_of_a_huge_picture_is_refused_before_it_is_unpacked() {
    let mut bomb = encoded(10, 10, ImageFormat::Png);
    bomb[16..24].copy_from_slice(&[0, 0, 0xc3, 0x50, 0, 0, 0xc3, 0x50]);
    assert!(matches!(
        inspect(bomb).await,
        Err(Rejected::TooLarge | Rejected::Damaged)
    ));
    let limits = ImageLimits {
        max_side: 59,
        ..ImageLimits::default()
    };
    let inspector = ImageInspector::new(limits);
    let over = inspector
        .inspect(encoded(60, 40, ImageFormat::Png).into())
        .await
        .unwrap();
    assert_eq!(over.unwrap_err(), Rejected::TooLarge);
    assert!(
        inspector
            .inspect(encoded(59, 40, ImageFormat::Png).into())
            .await
            .unwrap()
            .is_ok()
    );
}

#[tokio::test]
async fn an_animation_has_at_most_so_many_frames() {
    let gif = encoded(4, 4, ImageFormat::Gif);
    let image = gif.iter().rposition(|byte| *byte == 0x3b).unwrap();
    let start = gif
        .windows(1)
        .position(|byte| byte[0] == 0x21 || byte[0] == 0x2c)
        .unwrap();
    let frames = |count: usize| [&gif[..start], &gif[start..image].repeat(count), &[0x3b]].concat();
    assert!(inspect(frames(500)).await.is_ok());
    assert_eq!(inspect(frames(501)).await.unwrap_err(), Rejected::TooLarge);
}

#[tokio::test]
async fn a_thumbnail_fits_and_keeps_its_shape() {
    let inspected = inspect(encoded(960, 480, ImageFormat::Png)).await.unwrap();
    let thumbnail = inspected.thumbnail.unwrap();
    let small = image::load_from_memory(&thumbnail.bytes).unwrap();
    assert_eq!((small.width(), small.height()), (480, 240));
    assert_eq!(thumbnail.content_type, MediaType::Jpeg);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]
    #[test]
    fn no_change_of_a_picture_makes_it_panic_or_decode_to_half(
        format in prop_oneof![Just(ImageFormat::Png), Just(ImageFormat::Jpeg), Just(ImageFormat::Gif), Just(ImageFormat::WebP)],
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
    ) {
        let mut bytes = encoded(24, 16, format);
        for (at, value) in changes {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        if let Ok(inspected) = runtime.block_on(inspect(bytes)) {
            prop_assert!(image::load_from_memory(&inspected.bytes).is_ok());
        }
    }
}
