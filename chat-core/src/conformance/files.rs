//! How files of every type begin.

use crate::model::MediaType;

/// The first bytes of files, and what they are.
pub(super) const BEGINNINGS: &[(MediaType, &[u8])] = &[
    (MediaType::Jpeg, b"\xff\xd8\xff\xe0\0\x10JFIF\0"),
    (MediaType::Png, b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"),
    (MediaType::Gif, b"GIF89a\x01\0\x01\0"),
    (MediaType::WebP, b"RIFF\x1a\0\0\0WEBPVP8L"),
    (MediaType::Mp4, b"\0\0\0\x20ftypisom\0\0\x02\0isomiso2avc1mp41"),
    (MediaType::Mp4, b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom"),
    (MediaType::Mp4, b"\0\0\0\x18ftypM4V \0\0\0\x01M4V mp42"),
    (MediaType::M4a, b"\0\0\0\x1cftypM4A \0\0\0\0M4A mp42isom"),
    (MediaType::QuickTime, b"\0\0\0\x14ftypqt  \0\0\x02\0qt  "),
    (
        MediaType::WebM,
        b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\xf7\x81\x01\x42\xf2\x81\x04\x42\xf3\x81\x08\x42\x82\x84webm\x42\x87\x81\x04V_VP9",
    ),
    (
        MediaType::WebMAudio,
        b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\xf7\x81\x01\x42\xf2\x81\x04\x42\xf3\x81\x08\x42\x82\x84webm\x42\x87\x81\x04\x86\x86A_OPUS",
    ),
    (MediaType::Mp3, b"ID3\x04\0\0\0\0\0\x23TSSE"),
    (MediaType::Mp3, b"\xff\xfb\x90\x64\0\0\0\0"),
    (MediaType::Ogg, b"OggS\0\x02\0\0\0\0\0\0\0\0"),
    (MediaType::Wav, b"RIFF\x24\x08\0\0WAVEfmt "),
    (MediaType::Aac, b"\xff\xf1\x50\x80\x01\x3f\xfc"),
    (MediaType::Flac, b"fLaC\0\0\0\x22"),
    (MediaType::Pdf, b"%PDF-1.7\n%\xe2\xe3\xcf\xd3"),
    (MediaType::Zip, b"PK\x03\x04\x14\0\0\0\x08\0"),
    (MediaType::Zip, b"PK\x05\x06\0\0\0\0\0\0"),
    (MediaType::Text, b"hello\r\n\tworld\n"),
    (MediaType::Text, "\u{feff}Grüße, 世界".as_bytes()),
    (MediaType::Text, b"a < b and <3"),
    (MediaType::Text, b"#!/bin/sh\nrm -rf /\n"),
    (MediaType::Binary, b"MZ\x90\0\x03\0"),
    (MediaType::Binary, b"\x7fELF\x02\x01\x01"),
    (MediaType::Binary, b"\0\0\0\x18ftypavif\0\0\0\0avifmif1"),
    (MediaType::Binary, b"II*\0\x08\0\0\0"),
    (MediaType::Binary, b"RIFF\x24\x08\0\0AVI LIST"),
    (MediaType::Binary, b"text and\0 a zero"),
    (MediaType::Binary, b"\xe9t\xe9 in Latin-1"),
];

/// The first bytes of what a browser could take for a page or a picture with scripts, and no bytes at all.
pub(super) const MARKUP: &[&[u8]] = &[
    b"",
    b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
    b"<?xml version='1.0'?><svg/>",
    b"<!DOCTYPE html><html></html>",
    b"<html><script>alert(1)</script>",
    b"  \r\n\t<!-- a comment --><html>",
    b"\xef\xbb\xbf<html>",
    b"\xef\xbb\xbf \n<BODY onload=alert(1)>",
    b"<ScRiPt>alert(1)</script>",
    b"</p><script>alert(1)</script>",
    b"\xff\xfe<\0h\0t\0m\0l\0>\0",
    b"\xfe\xff\0<\0h\0t\0m\0l\0>",
    b"<html>\0binary behind it",
];
