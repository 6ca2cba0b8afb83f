//! Codes as they come: drawn sharp, inverted, transparent, large, in every format of pictures.

use image::{DynamicImage, GrayImage, Luma, LumaA};

use super::*;

const URL: &str = "https://login.example/?u=someone@example.com";

fn room() -> Room {
    Room::new(64 << 20, 5_000_000_000)
}

fn texts(codes: &[Code]) -> Vec<&str> {
    assert!(codes.iter().all(|code| code.kind == "qr_code"));
    codes.iter().map(|code| code.text.as_str()).collect()
}

/// A code with a white border, each module `scale` pixels wide.
pub(crate) fn drawn(text: &str, scale: usize) -> Gray {
    let code = qrcode::QrCode::new(text).unwrap();
    let modules = code.width();
    let colors = code.to_colors();
    let side = (modules + 8) * scale;
    let dark = |x: usize, y: usize| {
        let (x, y) = ((x / scale).wrapping_sub(4), (y / scale).wrapping_sub(4));
        x < modules && y < modules && colors[y * modules + x] == qrcode::Color::Dark
    };
    let pixels = (0..side * side).map(|at| if dark(at % side, at / side) { 0 } else { 255 }).collect();
    Gray { width: side, height: side, pixels }
}

fn picture(gray: &Gray) -> GrayImage {
    GrayImage::from_raw(gray.width as u32, gray.height as u32, gray.pixels.clone()).unwrap()
}

pub(crate) fn written(image: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut out = Cursor::new(Vec::new());
    image.write_to(&mut out, format).unwrap();
    out.into_inner()
}

#[test]
fn codes_are_read_from_every_format() {
    let image = DynamicImage::ImageLuma8(picture(&drawn(URL, 6)));
    for format in [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::Gif, ImageFormat::WebP, ImageFormat::Bmp]
    {
        let image = if format == ImageFormat::WebP || format == ImageFormat::Gif {
            DynamicImage::ImageRgba8(image.to_rgba8())
        } else {
            image.clone()
        };
        assert_eq!(texts(&read(&written(&image, format), &mut room())), [URL], "{format:?}");
    }
}

#[test]
fn codes_people_disguise() {
    let plain = drawn(URL, 5);
    let inverted = Gray { pixels: plain.pixels.iter().map(|pixel| 255 - pixel).collect(), ..plain.clone() };
    let pale = Gray { pixels: plain.pixels.iter().map(|pixel| 200 + pixel / 8).collect(), ..plain.clone() };
    let large = drawn(URL, 40);
    for (what, gray) in [("inverted", &inverted), ("pale", &pale), ("large", &large)] {
        assert_eq!(texts(&read_gray(gray, &mut room())), [URL], "{what}");
    }
    let mut seen = image::GrayAlphaImage::new(plain.width as u32, plain.height as u32);
    for (pixel, gray) in seen.pixels_mut().zip(&plain.pixels) {
        // Black all over, visible where the code is.
        *pixel = LumaA([0, 255 - gray]);
    }
    let png = written(&DynamicImage::ImageLumaA8(seen), ImageFormat::Png);
    assert_eq!(texts(&read(&png, &mut room())), [URL]);
}

#[test]
fn two_codes_of_one_picture() {
    let (one, two) = (picture(&drawn("first", 6)), picture(&drawn("second", 6)));
    let mut both =
        GrayImage::from_pixel(one.width() + two.width(), one.height().max(two.height()), Luma([255]));
    image::imageops::overlay(&mut both, &one, 0, 0);
    image::imageops::overlay(&mut both, &two, i64::from(one.width()), 0);
    let found = read(&written(&DynamicImage::ImageLuma8(both), ImageFormat::Png), &mut room());
    let mut found = texts(&found);
    found.sort_unstable();
    assert_eq!(found, ["first", "second"]);
}

#[test]
fn pixels_are_paid_for() {
    let code = drawn(URL, 6);
    assert!(read_gray(&code, &mut Room::new(0, 1_000)).is_empty());
    let wrong = Gray { width: code.width + 1, ..code };
    assert!(read_gray(&wrong, &mut room()).is_empty());
    for bytes in [&b""[..], b"\x89PNG\r\n\x1a\n", b"GIF89a\xff\xff\xff\xff", &[0xff, 0xd8, 0xff, 0xe0, 0, 0]]
    {
        assert!(read(bytes, &mut room()).is_empty());
    }
    // A picture that claims to be huge costs nothing.
    let mut png = written(&DynamicImage::ImageLuma8(picture(&drawn(URL, 3))), ImageFormat::Png);
    png[16..24].copy_from_slice(&[0, 0, 0xff, 0xff, 0, 0, 0xff, 0xff]);
    assert!(read(&png, &mut room()).is_empty());
}

/// Codes as Zint wrote them (version 2.11.1, `--filetype=txt`), one character for each module; of PDF417 one line for each
/// row.
const WRITTEN: [(&str, &str, &str, &str); 7] = [
    ("data_matrix", "square", include_str!("../../tests/fixtures/codes/data-matrix.txt"), LOGIN),
    ("data_matrix", "rectangle", include_str!("../../tests/fixtures/codes/data-matrix-rectangle.txt"), LOGIN),
    ("data_matrix", "large", include_str!("../../tests/fixtures/codes/data-matrix-large.txt"), MANY),
    (
        "aztec_code",
        "compact",
        include_str!("../../tests/fixtures/codes/aztec-compact.txt"),
        "http://a.test/1",
    ),
    ("aztec_code", "full", include_str!("../../tests/fixtures/codes/aztec.txt"), LONG),
    ("pdf417", "narrow", include_str!("../../tests/fixtures/codes/pdf417.txt"), LOGIN),
    ("pdf417", "wide", include_str!("../../tests/fixtures/codes/pdf417-wide.txt"), LONG),
];
const LOGIN: &str = "https://evil.example/login?id=4711";
const LONG: &str =
    "https://evil.example/login?id=4711&token=0123456789abcdefghijklmnopqrstuvwxyz&next=%2Fhome";
const MANY: &str = "https://evil.example/1/abcdefghijklmnop?q=1 https://evil.example";

/// How a code is drawn: pixels of a module, and how often it is turned by a quarter.
fn placed(kind: &str, modules: &str, scale: f32, turns: usize) -> Gray {
    let mut rows: Vec<Vec<bool>> =
        modules.lines().map(|line| line.chars().map(|one| one == '#').collect()).collect();
    if kind == "pdf417" {
        rows = rows.into_iter().flat_map(|row| [row.clone(), row.clone(), row]).collect();
    }
    for _ in 0..turns {
        let columns = rows[0].len();
        rows = (0..columns).map(|column| rows.iter().rev().map(|row| row[column]).collect()).collect();
    }
    let (across, down) = (rows[0].len() as f32 * scale, rows.len() as f32 * scale);
    let (width, height) = (across as usize + 220, down as usize + 90);
    let dark = |x: usize, y: usize| {
        let (x, y) = ((x as f32 - 140.0) / scale, (y as f32 - 40.0) / scale);
        x >= 0.0 && y >= 0.0 && rows.get(y as usize).and_then(|row| row.get(x as usize)) == Some(&true)
    };
    // Something else stands beside it.
    let line = |x: usize, y: usize| (20..90).contains(&x) && y % 12 < 2 && (30..80).contains(&y);
    let pixels = (0..width * height).map(|at| (at % width, at / width));
    let pixels = pixels.map(|(x, y)| if dark(x, y) || line(x, y) { 0 } else { 255 }).collect();
    Gray { width, height, pixels }
}

#[test]
fn other_codes_are_read_as_well() {
    for (kind, what, modules, text) in WRITTEN {
        for scale in [3.0, 4.0, 4.5, 6.3] {
            for turns in 0..4 {
                let codes = read_gray(&placed(kind, modules, scale, turns), &mut room());
                let found: Vec<_> = codes.iter().map(|code| (code.kind, code.text.as_str())).collect();
                let wanted = found.len() == 1 && found[0].0 == kind && found[0].1.starts_with(text);
                assert!(wanted, "{kind} {what}, {scale} pixels, turned {turns} times: {found:?}");
            }
        }
    }
}

#[test]
fn other_codes_on_dark_ground() {
    for (kind, what, modules, text) in WRITTEN {
        let gray = placed(kind, modules, 4.0, 0);
        let inverted = Gray { pixels: gray.pixels.iter().map(|pixel| 255 - pixel).collect(), ..gray };
        let codes = read_gray(&inverted, &mut room());
        assert!(codes.iter().any(|code| code.kind == kind && code.text.starts_with(text)), "{kind} {what}");
    }
}

#[test]
fn patches_are_paid_for() {
    let (kind, _, modules, _) = WRITTEN[0];
    let gray = placed(kind, modules, 4.0, 0);
    let pixels = gray.pixels.len() as u64;
    assert!(
        read_gray(&gray, &mut Room::new(0, pixels * 200)).is_empty(),
        "enough to look for QR codes alone"
    );
    assert_eq!(read_gray(&gray, &mut room()).len(), 1);
}
