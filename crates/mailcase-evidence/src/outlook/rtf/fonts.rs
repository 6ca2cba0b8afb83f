//! The code page that bytes of a font are in.

use encoding_rs::Encoding;

use super::super::charset::code_page;

/// Fonts remembered; documents have some dozens.
const FONTS: usize = 1_000;

/// The font table as far as it tells of code pages.
#[derive(Debug, Default)]
pub(super) struct Fonts {
    list: std::collections::BTreeMap<i32, &'static Encoding>,
}

impl Fonts {
    /// `\fcharset` of a font; `\fcharset0` and `\fcharset1` leave the choice to the document.
    pub(super) fn charset(&mut self, font: i32, charset: i32) {
        let page = match charset {
            77 => 10000,
            128 => 932,
            129 => 949,
            130 => 1361,
            134 => 936,
            136 => 950,
            161 => 1253,
            162 => 1254,
            163 => 1258,
            177 => 1255,
            178..=180 => 1256,
            186 => 1257,
            204 => 1251,
            222 => 874,
            238 => 1250,
            0 => 1252,
            _ => return,
        };
        self.page(font, page);
    }

    /// `\cpg` of a font.
    pub(super) fn page(&mut self, font: i32, page: i32) {
        if let Some(encoding) = u32::try_from(page).ok().and_then(code_page)
            && (self.list.len() < FONTS || self.list.contains_key(&font))
        {
            self.list.insert(font, encoding);
        }
    }

    pub(super) fn of(&self, font: i32) -> Option<&'static Encoding> {
        self.list.get(&font).copied()
    }
}
