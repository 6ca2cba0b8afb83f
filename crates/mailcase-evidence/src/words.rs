//! Encoded words in headers (RFC 2047) before the foreign grammar reads them: bytes that should not be there are of the
//! word's charset, and what was divided between words, against §5, is put together first.

use std::borrow::Cow;

use mail_parser::decoders::charsets::map::charset_decoder;

use crate::fields::read;
use crate::transfer::{Base64, Transfer};

/// One encoded word and where it lies.
struct Word<'a> {
    start: usize,
    end: usize,
    charset: &'a [u8],
    base64: bool,
    text: &'a [u8],
}

/// As [`read`], with words that need it made anew. What lies between words of one charset is nothing but their division.
pub(crate) fn prepared(bytes: &[u8]) -> Cow<'_, [u8]> {
    let is_utf8 = std::str::from_utf8(bytes).is_ok();
    let Some(first) = word(bytes, 0) else {
        return if is_utf8 {
            Cow::Borrowed(bytes)
        } else {
            Cow::Owned(read(bytes).into_owned().into_bytes())
        };
    };
    let mut text = Vec::with_capacity(bytes.len().saturating_mul(2));
    let (mut at, mut next) = (0, Some(first));
    while let Some(first) = next {
        text.extend_from_slice(read(bytes.get(at..first.start).unwrap_or_default()).as_bytes());
        at = first.end;
        let mut run = vec![first];
        next = word(bytes, at);
        while let Some(follower) = next.take_if(|next| follows(bytes, at, &run, next)) {
            at = follower.end;
            run.push(follower);
            next = word(bytes, at);
        }
        written(bytes, &run, &mut text);
    }
    text.extend_from_slice(read(bytes.get(at..).unwrap_or_default()).as_bytes());
    Cow::Owned(text)
}

fn follows(bytes: &[u8], at: usize, run: &[Word<'_>], next: &Word<'_>) -> bool {
    let blank = bytes.get(at..next.start).is_some_and(|between| between.iter().all(u8::is_ascii_whitespace));
    blank && run.last().is_some_and(|last| last.charset.eq_ignore_ascii_case(next.charset))
}

/// One word as it stands; several as one.
fn written(bytes: &[u8], run: &[Word<'_>], into: &mut Vec<u8>) {
    let [first, .., last] = run else {
        let whole = run.first().and_then(|only| bytes.get(only.start..only.end));
        into.extend_from_slice(whole.unwrap_or_default());
        return;
    };
    let decoded: Option<Vec<Vec<u8>>> = run.iter().map(decoded).collect();
    match decoded {
        Some(decoded) => {
            into.extend_from_slice(b"=?");
            into.extend_from_slice(first.charset);
            into.extend_from_slice(b"?B?");
            into.extend_from_slice(data_encoding::BASE64.encode(&decoded.concat()).as_bytes());
            into.extend_from_slice(b"?=");
        }
        None => into.extend_from_slice(bytes.get(first.start..last.end).unwrap_or_default()),
    }
}

/// The bytes of a word; nothing when it is not what it says.
fn decoded(word: &Word<'_>) -> Option<Vec<u8>> {
    if word.base64 {
        let (mut transfer, mut bytes) = (Transfer::Base64(Base64::default()), Vec::new());
        transfer.push(word.text, &mut bytes);
        transfer.finish(&mut bytes);
        return Some(bytes);
    }
    let mut bytes = Vec::with_capacity(word.text.len());
    let mut rest = word.text;
    while let [first, others @ ..] = rest {
        rest = others;
        match (first, others) {
            (b'=', [high, low, behind @ ..]) => {
                bytes.push(u8::from_str_radix(std::str::from_utf8(&[*high, *low]).ok()?, 16).ok()?);
                rest = behind;
            }
            (b'=', _) => return None,
            (b'_', _) => bytes.push(b' '),
            _ => bytes.push(*first),
        }
    }
    Some(bytes)
}

/// The first encoded word of a known charset from a place on: `=?charset?B?text?=`.
fn word(bytes: &[u8], from: usize) -> Option<Word<'_>> {
    let mut from = from;
    while let Some(at) = memchr::memmem::find(bytes.get(from..)?, b"=?") {
        let start = from + at;
        let mut pieces = bytes.get(start + 2..)?.splitn(4, |byte| *byte == b'?');
        if let (Some(charset), Some([encoding]), Some(text), Some([b'=', ..])) =
            (pieces.next(), pieces.next(), pieces.next(), pieces.next())
            && matches!(encoding, b'b' | b'B' | b'q' | b'Q')
            && is_known(charset)
            && !text.contains(&b'\n')
        {
            let end = start + 2 + charset.len() + 3 + text.len() + 2;
            return Some(Word { start, end, charset, base64: encoding.eq_ignore_ascii_case(&b'b'), text });
        }
        from = start + 2;
    }
    None
}

/// Of the name there may be a language behind a star (RFC 2231 §5).
fn is_known(charset: &[u8]) -> bool {
    let name = charset.split(|byte| *byte == b'*').next().unwrap_or_default();
    name.eq_ignore_ascii_case(b"utf-8") || charset_decoder(name).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(bytes: &[u8], want: &str) {
        assert_eq!(String::from_utf8_lossy(&prepared(bytes)), want);
    }

    #[test]
    fn what_is_divided_is_put_together() {
        check(b"a =?utf-8?B?w7w=?= b", "a =?utf-8?B?w7w=?= b");
        check(b"=?utf-8?B?w?= =?UTF-8?q?=BC_?=\r\n =?utf-8?Q?x?= y", "=?utf-8?B?vCB4?= y");
        check(b"=?utf-8?Q?=C3?=\r\n\t=?utf-8?Q?=BC?= =?koi8-r?Q?a?=", "=?utf-8?B?w7w=?= =?koi8-r?Q?a?=");
        check(b"=?utf-8?Q?=zz?= =?utf-8?Q?b?=", "=?utf-8?Q?=zz?= =?utf-8?Q?b?=");
        check(b"=?utf-8?Q?a?=b =?utf-8?Q?c?=", "=?utf-8?Q?a?=b =?utf-8?Q?c?=");
    }

    #[test]
    fn bytes_around_words_become_text() {
        check(b"\xfc =?x?= =?none?Q?a?=", "ü =?x?= =?none?Q?a?=");
        check("ü".as_bytes(), "ü");
        assert_eq!(&*prepared(b"=?koi8-r?Q?\xc1?="), b"=?koi8-r?Q?\xc1?=");
    }
}
