//! Pictures in PDF files, looked through for codes.

use super::super::Found;
use super::file::{Entry, File};
use super::filter;
use super::object::{Dictionary, Object};
use crate::codes::{self, Code, Gray};
use crate::contents::Room;

/// Pictures of one file that are looked at.
const PICTURES: usize = 50;
/// Sides of a picture that can hold a code, in pixels.
const SIDES: std::ops::RangeInclusive<usize> = 20..=6_000;

pub(super) fn read(file: &File<'_>, found: &mut Found, room: &mut Room) {
    let pictures = file.entries.iter().filter(|entry| {
        matches!(&entry.object, Object::Dictionary(one) if one.name("Subtype") == Some(b"Image"))
            && entry.stream.is_some()
    });
    for entry in pictures.take(PICTURES) {
        for code in codes_of(file, entry, room).unwrap_or_default() {
            found.code(&code);
        }
    }
}

fn codes_of(file: &File<'_>, entry: &Entry, room: &mut Room) -> Option<Vec<Code>> {
    let Object::Dictionary(dictionary) = &entry.object else { return None };
    let side = |key| usize::try_from(file.number(dictionary, key)?).ok().filter(|side| SIDES.contains(side));
    let (width, height) = (side("Width")?, side("Height")?);
    let filters = filter::names(file, dictionary);
    if filters.last().is_some_and(|last| last == b"DCTDecode" || last == b"DCT") {
        // The filters before it are rare; the picture's own format is read by who reads pictures.
        return (filters.len() == 1).then(|| file.raw(entry)).flatten().map(|raw| codes::read(&raw, room));
    }
    let bytes = file.stream(entry, room)?;
    let bits = if file.get(dictionary, "ImageMask") == Some(&Object::Bool(true)) {
        1
    } else {
        usize::try_from(file.number(dictionary, "BitsPerComponent").unwrap_or(8)).ok()?
    };
    let row = bytes.len() / height;
    let pixels = gray(&bytes, width, height, row, bits)?;
    let palette = palette(file, dictionary, room);
    let pixels = match &palette {
        Some(palette) => {
            pixels.iter().map(|index| palette.get(usize::from(*index)).copied().unwrap_or(255)).collect()
        }
        None if bits == 1 => pixels.iter().map(|bit| bit * 255).collect(),
        None => pixels,
    };
    Some(codes::read_gray(&Gray { width, height, pixels }, room))
}

/// One byte for each pixel: a bit, an index, or the mean of its colours.
fn gray(bytes: &[u8], width: usize, height: usize, row: usize, bits: usize) -> Option<Vec<u8>> {
    let mut pixels = Vec::with_capacity(width * height);
    let colors = match bits {
        1 if row >= width.div_ceil(8) => 0,
        8 if row >= width => (row / width).clamp(1, 4),
        _ => return None,
    };
    for line in bytes.chunks_exact(row).take(height) {
        if colors == 0 {
            pixels.extend(
                (0..width).map(|at| line.get(at / 8).copied().unwrap_or_default() >> (7 - at % 8) & 1),
            );
        } else {
            let mean = |pixel: &[u8]| {
                let shown = pixel.get(..colors.min(3)).unwrap_or(pixel);
                (shown.iter().map(|value| u32::from(*value)).sum::<u32>() / shown.len().max(1) as u32) as u8
            };
            pixels.extend(line.chunks_exact(colors).take(width).map(mean));
        }
    }
    (pixels.len() == width * height).then_some(pixels)
}

/// Brightness of the colours of an indexed picture.
fn palette(file: &File<'_>, dictionary: &Dictionary, room: &mut Room) -> Option<Vec<u8>> {
    let Some(Object::Array(space)) = file.get(dictionary, "ColorSpace") else { return None };
    let [kind, base, _, table] = space.as_slice() else { return None };
    (*file.resolve(kind) == Object::Name(b"Indexed".to_vec())).then_some(())?;
    let colors = match file.resolve(base) {
        Object::Name(name) if name == b"DeviceGray" => 1,
        Object::Name(name) if name == b"DeviceCMYK" => 4,
        _ => 3,
    };
    let bytes = match file.resolve(table) {
        Object::Text(text) => text.clone(),
        _ => file.stream(file.stream_of(table)?, room)?,
    };
    let mean = |color: &[u8]| {
        (color.iter().map(|value| u32::from(*value)).sum::<u32>() / color.len().max(1) as u32) as u8
    };
    Some(bytes.chunks(colors).map(mean).collect())
}
