//! Data Matrix, Aztec and PDF417, each looked for in the patches of a picture where one may be.
//!
//! Only those ways of `rxing` to find a code are used that end after a walk over the picture: its newer way to find
//! Data Matrix follows edges for as long as they lead somewhere. The patches take its place.

use std::panic::{AssertUnwindSafe, catch_unwind};

use rxing::aztec::AztecReader;
use rxing::common::HybridBinarizer;
use rxing::pdf417::PDF417Reader;
use rxing::pdf417::detector::pdf_417_detector;
use rxing::{BinaryBitmap, DecodeHints, ImmutableReader as _, Luma8LuminanceSource};

use super::regions::{self, Region};
use super::{Code, Gray, data_matrix};
use crate::contents::Room;

/// Nanoseconds for one pixel of a patch, looked at in three ways: noise takes half of it.
const LOOKING_COST: u64 = 120;
/// To take a PDF417 apart whose codewords leave a choice: a hundred tries at most.
const STACKED_COST: u64 = 40_000_000;
/// Patches whose shorter side is below this are enlarged: the readers want several pixels for each module.
const SMALL_SIDE: usize = 160;
const LARGEST_FACTOR: usize = 3;
/// White around a patch, in pixels.
const BORDER: usize = 8;
/// Patches within patches are looked at for so many pixels of the picture's.
const AGAIN: usize = 2;

/// What is in the patches of `picture`, as far as there is room for looking.
pub(super) fn look(picture: &Gray, room: &mut Room) -> Vec<Code> {
    let mut found = Vec::new();
    let mut left = picture.pixels.len().saturating_mul(AGAIN);
    for region in regions::of(picture) {
        let Some(rest) = left.checked_sub(region.pixels()) else { continue };
        left = rest;
        let patch = cut(picture, region);
        if !room.spend((patch.pixels.len() as u64).saturating_mul(LOOKING_COST)) {
            break;
        }
        // A panic in a foreign reader becomes a patch without a code.
        found.extend(catch_unwind(AssertUnwindSafe(|| read(patch, room))).unwrap_or_default());
    }
    found
}

/// A patch on white, enlarged when it is small.
fn cut(picture: &Gray, region: Region) -> Gray {
    let factor = SMALL_SIDE.div_ceil(region.width.min(region.height).max(1)).clamp(1, LARGEST_FACTOR);
    let (width, height) = (region.width * factor + 2 * BORDER, region.height * factor + 2 * BORDER);
    let mut pixels = vec![255; width * height];
    let rows = picture.pixels.chunks(picture.width.max(1)).skip(region.top).take(region.height);
    let enlarged = rows.flat_map(|row| std::iter::repeat_n(row, factor));
    for (row, out) in enlarged.zip(pixels.chunks_mut(width).skip(BORDER)) {
        let from = row.get(region.left..region.left + region.width).unwrap_or_default();
        let to = out.get_mut(BORDER..).unwrap_or_default();
        for (pixel, wide) in from.iter().zip(to.chunks_mut(factor)) {
            wide.fill(*pixel);
        }
    }
    Gray { width, height, pixels }
}

type Bitmap = BinaryBitmap<HybridBinarizer<Luma8LuminanceSource>>;

fn read(patch: Gray, room: &mut Room) -> Option<Code> {
    let found = |kind, text: Option<String>| text.map(|text| Code { kind, text });
    if let Some(code) = found("data_matrix", data_matrix::read(&patch)) {
        return Some(code);
    }
    let (width, height) = (u32::try_from(patch.width).ok()?, u32::try_from(patch.height).ok()?);
    let source = Luma8LuminanceSource::new(patch.pixels, width, height).ok()?;
    let mut bitmap = BinaryBitmap::new(HybridBinarizer::new(source));
    found("aztec_code", aztec(&mut bitmap)).or_else(|| found("pdf417", stacked(&mut bitmap, room)))
}

fn aztec(bitmap: &mut Bitmap) -> Option<String> {
    Some(AztecReader.immutable_decode(bitmap).ok()?.getText().to_owned())
}

fn stacked(bitmap: &mut Bitmap, room: &mut Room) -> Option<String> {
    let found = pdf_417_detector::detect_with_hints(bitmap, &DecodeHints::default(), false).ok()?;
    (!found.getPoints().is_empty() && room.spend(STACKED_COST)).then_some(())?;
    Some(PDF417Reader.immutable_decode(bitmap).ok()?.getText().to_owned())
}
