//! Small pictures, made by hand: the suite has no encoder.

use crate::model::MediaType;

/// A text that no picture contains.
pub(super) const SECRET: &[u8] = b"52.5200 N 13.4050 E, taken by ada";

/// A picture of every format, with its width and height.
pub(super) fn of_every_format() -> [(MediaType, Vec<u8>, (u32, u32)); 4] {
    [
        (MediaType::Png, png(20, 10, &[]), (20, 10)),
        (MediaType::Jpeg, jpeg(24, 16, &[]), (24, 16)),
        (MediaType::Gif, gif(&[]), (1, 1)),
        (MediaType::WebP, webp(&[]), (1, 1)),
    ]
}

/// The same pictures with [`SECRET`] as metadata, and behind their end.
pub(super) fn with_secrets() -> Vec<(MediaType, Vec<u8>)> {
    let tail = |picture: Vec<u8>| [&picture, SECRET].concat();
    let text = png_chunk(*b"tEXt", &[b"Comment\0", SECRET].concat());
    let exif = png_chunk(*b"eXIf", &[b"MM\0*\0\0\0\x08\0\0\0\0\0\0", SECRET].concat());
    let tiff = [b"Exif\0\0MM\0*\0\0\0\x08\0\0\0\0\0\0", SECRET].concat();
    let comment = [&[0x21, 0xfe, length(SECRET)], SECRET, &[0]].concat();
    let mut all = vec![
        (MediaType::Png, png(20, 10, &text)),
        (MediaType::Png, png(20, 10, &exif)),
        (MediaType::Jpeg, jpeg(24, 16, &jpeg_segment(0xe1, &tiff))),
        (MediaType::Jpeg, jpeg(24, 16, &jpeg_segment(0xfe, SECRET))),
        (MediaType::Gif, gif(&comment)),
        (MediaType::WebP, webp(&riff_chunk(*b"EXIF", SECRET))),
    ];
    for (format, plain, _) in of_every_format() {
        all.push((format, tail(plain)));
    }
    all
}

/// A grey PNG with more chunks behind its header.
pub(super) fn png(width: u32, height: u32, chunks: &[u8]) -> Vec<u8> {
    let shades = (0..width).map(|x| x.to_le_bytes()[0]);
    // Each row begins with its filter: none.
    let row: Vec<u8> = std::iter::once(0).chain(shades).collect();
    let rows = row.repeat(height.try_into().unwrap());
    png_of(width, height, chunks, &rows)
}

/// A small PNG that says it has this size.
pub(super) fn png_that_says(width: u32, height: u32) -> Vec<u8> {
    png_of(width, height, &[], &[0; 100])
}

fn png_of(width: u32, height: u32, chunks: &[u8], rows: &[u8]) -> Vec<u8> {
    let size = [width.to_be_bytes(), height.to_be_bytes()].concat();
    // 8 bits of grey; deflate, the usual filters, not interlaced.
    let header = png_chunk(*b"IHDR", &[&size[..], &[8, 0, 0, 0, 0]].concat());
    let data = png_chunk(*b"IDAT", &zlib(rows));
    let end = png_chunk(*b"IEND", &[]);
    [b"\x89PNG\r\n\x1a\n", &header[..], chunks, &data, &end].concat()
}

fn png_chunk(kind: [u8; 4], data: &[u8]) -> Vec<u8> {
    let body = [&kind, data].concat();
    let length = u32::try_from(data.len()).unwrap().to_be_bytes();
    [&length[..], &body, &crc(&body).to_be_bytes()].concat()
}

/// Bytes in zlib's format (RFC 1950), in stored blocks: not compressed.
fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut out = vec![0x78, 0x01];
    let blocks = bytes.chunks(0xffff);
    let last = blocks.len();
    for (number, block) in blocks.enumerate() {
        let length = u16::try_from(block.len()).unwrap();
        out.push(u8::from(number + 1 == last));
        out.extend(length.to_le_bytes());
        out.extend((!length).to_le_bytes());
        out.extend(block);
    }
    let (mut low, mut high) = (1_u32, 0_u32);
    for byte in bytes {
        low = (low + u32::from(*byte)) % 65_521;
        high = (high + low) % 65_521;
    }
    out.extend((high << 16 | low).to_be_bytes());
    out
}

/// CRC-32, as PNG's chunks end with.
fn crc(bytes: &[u8]) -> u32 {
    let step = |value: u32, _| (value >> 1) ^ (0xedb8_8320 * (value & 1));
    let table: [u32; 256] = std::array::from_fn(|byte| {
        let byte = u32::try_from(byte).unwrap();
        (0..8).fold(byte, step)
    });
    let add = |crc: u32, byte: &u8| table[usize::from(crc.to_le_bytes()[0] ^ byte)] ^ (crc >> 8);
    !bytes.iter().fold(!0, add)
}

/// An evenly grey JPEG, its sides multiples of 8, with more segments behind its start.
fn jpeg(width: u16, height: u16, segments: &[u8]) -> Vec<u8> {
    let quantization = jpeg_segment(0xdb, &[&[0][..], &[1; 64]].concat());
    let size = [height.to_be_bytes(), width.to_be_bytes()].concat();
    let frame = jpeg_segment(0xc0, &[&[8], &size[..], &[1, 1, 0x11, 0]].concat());
    // Two tables with a single code of one bit: no difference to the block before, and the end.
    let codes: [u8; 17] = std::array::from_fn(|n| u8::from(n == 0));
    let table = |class: u8| jpeg_segment(0xc4, &[&[class][..], &codes].concat());
    let scan = jpeg_segment(0xda, &[1, 1, 0, 0, 63, 0]);
    // Two bits a block, four blocks a byte; then ones.
    let blocks = usize::from(width / 8) * usize::from(height / 8);
    let rest = [0x00, 0x3f, 0x0f, 0x03][blocks % 4];
    let mut data = vec![0; blocks / 4];
    data.extend((rest != 0).then_some(rest));
    [
        &[0xff, 0xd8][..],
        segments,
        &quantization,
        &frame,
        &table(0x00),
        &table(0x10),
        &scan,
        &data,
        &[0xff, 0xd9],
    ]
    .concat()
}

fn jpeg_segment(marker: u8, data: &[u8]) -> Vec<u8> {
    let length = u16::try_from(data.len() + 2).unwrap().to_be_bytes();
    [&[0xff, marker], &length[..], data].concat()
}

/// A GIF of one pixel with more blocks before it.
fn gif(blocks: &[u8]) -> Vec<u8> {
    let screen = b"GIF89a\x01\0\x01\0\x80\0\0\xff\xff\xff\0\0\0";
    let picture = b"\x2c\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0\x3b";
    [&screen[..], blocks, picture].concat()
}

/// A lossless WebP of one pixel with more chunks behind it.
fn webp(chunks: &[u8]) -> Vec<u8> {
    let picture = riff_chunk(*b"VP8L", b"\x2f\0\0\0\x10\x07\x10\x11\x11\x88\x88\xfe\x07");
    riff_chunk(*b"RIFF", &[b"WEBP", &picture[..], chunks].concat())
}

fn riff_chunk(kind: [u8; 4], data: &[u8]) -> Vec<u8> {
    let length = u32::try_from(data.len()).unwrap().to_le_bytes();
    let padding = &[0][..data.len() % 2];
    [&kind, &length[..], data, padding].concat()
}

fn length(bytes: &[u8]) -> u8 {
    u8::try_from(bytes.len()).unwrap()
}
