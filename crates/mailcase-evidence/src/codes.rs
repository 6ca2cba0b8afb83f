//! Codes in pictures: what they say, read as a person's phone would. QR codes first, by two readers, because each finds
//! codes the other does not; then the other kinds, where the picture has patches that may be one. A picture without any is
//! also tried inverted.

mod data_matrix;
mod others;
mod regions;

use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};

use image::{ImageFormat, ImageReader, Limits};

use crate::Fact;
use crate::contents::{Contents, Room};
use crate::fields::bounded;

/// Sides of a picture that is looked at, in pixels.
const LARGEST_SIDE: u32 = 6_000;
const SMALLEST_SIDE: u32 = 20;
/// Memory for the colours of a picture: photographs of 24 million pixels in three bytes each.
const MEMORY: u64 = 72 << 20;
/// Rows whose brightness is worked out at once, so that there is no second picture in memory.
const ROWS: u32 = 64;
/// Nanoseconds for one pixel to decode and make smaller, and to look through when it is noise.
const DECODING_COST: u64 = 15;
const LOOKING_COST: u64 = 150;
/// Pictures are made smaller until no side is above this, which is a printed page of 150 dots to the inch: codes for
/// people are not finer, and a photograph would cost as much as a hundred messages.
const FINE_SIDE: usize = 1_800;
/// Difference between the darkest and the brightest pixel without which there is no code.
const CONTRAST: u8 = 24;
/// Codes of one picture, and bytes of one.
const CODES: usize = 20;
const CODE_BYTES: usize = 4 << 10;

/// What a code says, and the name of the fact for its kind: `qr_code`, `data_matrix`, `aztec_code`, `pdf417`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Code {
    pub(crate) kind: &'static str,
    pub(crate) text: String,
}

/// A picture by the brightness of its pixels.
#[derive(Debug, Clone)]
pub(crate) struct Gray {
    pub(crate) width: usize,
    pub(crate) height: usize,
    /// Row by row.
    pub(crate) pixels: Vec<u8>,
}

/// What the codes in `picture` (PNG, JPEG, GIF, WebP, BMP) say. Nothing when it is no picture or costs too much.
pub(crate) fn read(picture: &[u8], room: &mut Room) -> Vec<Code> {
    match decode(picture, room) {
        Some(gray) => find(&gray, room),
        None => Vec::new(),
    }
}

/// Opens a picture for what its codes say.
pub(crate) fn open(picture: &[u8], room: &mut Room) -> Contents {
    let mut contents = Contents { format: "picture", ..Contents::default() };
    for Code { kind, text } in read(picture, room) {
        contents.words.push_str(&text);
        contents.words.push('\n');
        contents.facts.push(Fact::new(kind, text));
    }
    contents
}

/// What the codes in a decoded picture say.
pub(crate) fn read_gray(picture: &Gray, room: &mut Room) -> Vec<Code> {
    let pixels = picture.width.saturating_mul(picture.height);
    let sides = SMALLEST_SIDE as usize..=LARGEST_SIDE as usize;
    let fits =
        sides.contains(&picture.width) && sides.contains(&picture.height) && picture.pixels.len() == pixels;
    if fits && room.spend(cost(picture.width, picture.height)) { find(picture, room) } else { Vec::new() }
}

fn decode(picture: &[u8], room: &mut Room) -> Option<Gray> {
    let format = image::guess_format(picture).ok()?;
    let known = [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::Gif, ImageFormat::WebP, ImageFormat::Bmp];
    known.contains(&format).then_some(())?;
    let quiet = |work: &mut dyn FnMut() -> Option<Gray>| catch_unwind(AssertUnwindSafe(work)).ok().flatten();
    quiet(&mut || {
        let (width, height) =
            ImageReader::with_format(Cursor::new(picture), format).into_dimensions().ok()?;
        let sides = SMALLEST_SIDE..=LARGEST_SIDE;
        (sides.contains(&width) && sides.contains(&height)).then_some(())?;
        room.spend(cost(width as usize, height as usize)).then_some(())?;
        let mut reader = ImageReader::with_format(Cursor::new(picture), format);
        let mut limits = Limits::default();
        limits.max_image_width = Some(LARGEST_SIDE);
        limits.max_image_height = Some(LARGEST_SIDE);
        limits.max_alloc = Some(MEMORY);
        reader.limits(limits);
        let image = reader.decode().ok()?;
        // What is transparent is shown on white.
        let shown = |pixel: &image::LumaA<u8>| {
            let [gray, alpha] = pixel.0;
            255 - ((255 - u32::from(gray)) * u32::from(alpha) / 255) as u8
        };
        let mut pixels = Vec::with_capacity(width as usize * height as usize);
        for top in (0..height).step_by(ROWS as usize) {
            let rows = image.crop_imm(0, top, width, ROWS.min(height - top));
            pixels.extend(rows.to_luma_alpha8().pixels().map(shown));
        }
        Some(Gray { width: width as usize, height: height as usize, pixels })
    })
}

fn find(picture: &Gray, room: &mut Room) -> Vec<Code> {
    let mut found = Vec::new();
    let (darkest, brightest) =
        picture.pixels.iter().fold((255, 0), |(low, high), one| (*one.min(&low), *one.max(&high)));
    if u8::saturating_sub(brightest, darkest) < CONTRAST {
        return found;
    }
    let mut smaller = picture.clone();
    while smaller.width.max(smaller.height) > FINE_SIDE {
        smaller = half(&smaller);
    }
    look(&smaller, room, &mut found);
    if found.is_empty() {
        let pixels = smaller.pixels.iter().map(|pixel| 255 - pixel).collect();
        look(&Gray { pixels, ..smaller }, room, &mut found);
    }
    found
}

/// What decoding a picture and looking through it costs.
fn cost(width: usize, height: usize) -> u64 {
    let pixels = |(width, height): (usize, usize)| (width as u64).saturating_mul(height as u64);
    let mut looked_at = (width, height);
    while looked_at.0.max(looked_at.1) > FINE_SIDE {
        looked_at = (looked_at.0 / 2, looked_at.1 / 2);
    }
    let decoding = pixels((width, height)).saturating_mul(DECODING_COST);
    decoding.saturating_add(pixels(looked_at).saturating_mul(LOOKING_COST))
}

/// A quarter of the pixels, each the mean of four.
fn half(picture: &Gray) -> Gray {
    let (width, height) = (picture.width / 2, picture.height / 2);
    let mut pixels = Vec::with_capacity(width * height);
    for rows in picture.pixels.chunks_exact(picture.width * 2) {
        let (upper, lower) = rows.split_at_checked(picture.width).unwrap_or_default();
        let pairs = upper.chunks_exact(2).zip(lower.chunks_exact(2));
        pixels.extend(pairs.map(|(upper, lower)| {
            (upper.iter().chain(lower).map(|pixel| u32::from(*pixel)).sum::<u32>() / 4) as u8
        }));
    }
    Gray { width, height, pixels }
}

fn look(picture: &Gray, room: &mut Room, found: &mut Vec<Code>) {
    let codes = qr_codes(picture).into_iter().map(|text| {
        let text = String::from_utf8_lossy(&text).into_owned();
        Code { kind: "qr_code", text }
    });
    for Code { kind, text } in codes.chain(others::look(picture, room)) {
        let code = Code { kind, text: bounded(&text, CODE_BYTES) };
        if found.len() < CODES && !code.text.is_empty() && !found.contains(&code) {
            found.push(code);
        }
    }
}

fn qr_codes(picture: &Gray) -> Vec<Vec<u8>> {
    // A panic in a foreign reader becomes a picture without codes.
    let first = catch_unwind(AssertUnwindSafe(|| {
        let pixel = |x: usize, y: usize| picture.pixels.get(y * picture.width + x).copied().unwrap_or(255);
        let mut prepared = rqrr::PreparedImage::prepare_from_greyscale(picture.width, picture.height, pixel);
        let grids = prepared.detect_grids();
        let mut texts = Vec::new();
        for grid in grids.iter().take(CODES) {
            let mut text = Vec::new();
            if grid.decode_to(&mut text).is_ok() {
                texts.push(text);
            }
        }
        texts
    }));
    let second = catch_unwind(AssertUnwindSafe(|| {
        let mut reader = quircs::Quirc::default();
        let codes = reader.identify(picture.width, picture.height, &picture.pixels);
        let codes = codes.take(CODES).flatten().filter_map(|code| code.decode().ok());
        codes.map(|data| data.payload).collect::<Vec<_>>()
    }));
    let mut found = first.unwrap_or_default();
    found.extend(second.unwrap_or_default());
    found
}

#[cfg(test)]
pub(crate) mod tests;
