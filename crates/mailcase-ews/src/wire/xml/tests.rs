use super::*;
use bytes::Bytes;
use futures::FutureExt as _;
use proptest::prelude::*;
use tokio_util::io::StreamReader;

type Pieces = StreamReader<futures::stream::Iter<std::vec::IntoIter<io::Result<Bytes>>>, Bytes>;

/// The text as it comes in pieces of this size.
fn stream(text: &[u8], size: usize) -> XmlStream<Pieces> {
    let pieces: Vec<_> = text.chunks(size.max(1)).map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
    XmlStream::new(StreamReader::new(futures::stream::iter(pieces)))
}

#[derive(Default)]
struct Collected(Vec<u8>);

impl Sink for Collected {
    async fn piece(&mut self, piece: Bytes) -> Result<(), SourceError> {
        assert!(!piece.is_empty());
        self.0.extend_from_slice(&piece);
        Ok(())
    }
}

/// Everything to the end; nothing here ever has to wait.
fn tokens(text: &[u8], size: usize) -> Result<Vec<Token>, SourceError> {
    let mut xml = stream(text, size);
    let mut tokens = Vec::new();
    loop {
        match xml.next().now_or_never().expect("nothing has to wait")? {
            Token::Eof => return Ok(tokens),
            token => tokens.push(token),
        }
    }
}

fn decoded(text: &str, size: usize) -> (Content, Vec<u8>) {
    let mut xml = stream(format!("<a>{text}</a>").as_bytes(), size);
    let mut sink = Collected::default();
    xml.next().now_or_never().unwrap().unwrap();
    let content = xml.base64(&mut sink).now_or_never().unwrap().unwrap();
    assert_eq!(xml.next().now_or_never().unwrap().unwrap(), Token::End);
    (content, sink.0)
}

fn start(name: &str) -> Token {
    Token::Start { name: name.to_owned(), attributes: Vec::new() }
}

#[test]
fn documents_come_as_tokens_however_they_are_cut() {
    let text = "\u{feff}<?xml version=\"1.0\"?><!-- c --><s:a xmlns:s=\"x\" s:K=\"&lt;v&gt;\"><b/>1 &amp; \
                &#x32;&#x0;<![CDATA[<3>]]></s:a>\n<?xml version=\"1.0\"?><a/>";
    for size in [1, 2, 7, 1000] {
        let tokens = tokens(text.as_bytes(), size).unwrap();
        let texts: String = tokens
            .iter()
            .filter_map(|token| if let Token::Text(t) = token { Some(t.as_str()) } else { None })
            .collect();
        assert_eq!(texts, "1 & 2\u{fffd}<3>", "{size}");
        let others: Vec<_> = tokens.into_iter().filter(|token| !matches!(token, Token::Text(_))).collect();
        let attributes = vec![("K".to_owned(), "<v>".to_owned())];
        let first = Token::Start { name: "a".to_owned(), attributes };
        assert_eq!(others, [first, start("b"), Token::End, Token::End, start("a"), Token::End], "{size}");
    }
}

#[test]
fn what_could_grow_or_reach_out_is_refused() {
    let deep = "<a>".repeat(DEPTH_MAX + 1);
    let wide = format!("<a {}/>", (0..=ATTRIBUTES_MAX).map(|n| format!("k{n}=\"\" ")).collect::<String>());
    let long_tag = format!("<a k=\"{}\"/>", "x".repeat(TAG_MAX_BYTES));
    let long_text = format!("<a>{}</a>", "x".repeat(TOKEN_MAX_BYTES as usize + 1));
    for (text, word) in [
        ("<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><a>&x;</a>", "document type"),
        ("<!DOCTYPE a><a/>", "document type"),
        ("<a>&x;</a>", "entity"),
        ("<a k=\"&x;\"/>", "attribute"),
        ("<a></b>", "fit together"),
        ("</a>", "fit together"),
        ("<a>\u{0}</a", "XML"),
        ("hotspot", "outside"),
        ("<html><br></html>", "fit together"),
        (&deep, "deeply"),
        (&wide, "attributes"),
        (&long_tag, "too long"),
        (&long_text, "too long"),
    ] {
        let error = tokens(text.as_bytes(), 4096).unwrap_err();
        assert_eq!(error.code(), "protocol", "{error}");
        assert!(error.to_string().contains(word), "{word}: {error}");
    }
    assert_eq!(tokens(b"<a>\xff</a>", 3).unwrap_err().code(), "protocol");
    assert_eq!(tokens(b"<a><b>", 3).unwrap_err().code(), "unreachable", "it was cut");
}

#[test]
fn content_is_whole_empty_or_broken() {
    for (text, expected, bytes) in [
        ("aGVsbG8=", Content::Whole, "hello"),
        ("aGVs\r\nbG8h\r\n", Content::Whole, "hello!"),
        ("", Content::Empty, ""),
        ("  \n", Content::Empty, ""),
        ("aGVsbG8", Content::Broken, "hel"),
        ("aGVs!G8=", Content::Broken, ""),
        ("aGVsbG8=aGVs", Content::Broken, ""),
        ("aGVs&amp;", Content::Broken, ""),
    ] {
        let (content, raw) = decoded(text, 1000);
        assert_eq!(content, expected, "{text}");
        assert!(content == Content::Broken || raw == bytes.as_bytes(), "{text}");
    }
    let mut xml = stream(b"<a/><b/>", 100);
    xml.next().now_or_never().unwrap().unwrap();
    let content = xml.base64(&mut Collected::default()).now_or_never().unwrap().unwrap();
    assert_eq!((content, xml.next().now_or_never().unwrap().unwrap()), (Content::Empty, Token::End));
}

proptest! {
    #[test]
    fn any_bytes_come_to_an_end(text in proptest::collection::vec(any::<u8>(), 0..400), size in 1_usize..50) {
        let whole = tokens(&text, text.len());
        let pieces = tokens(&text, size);
        prop_assert_eq!(whole.is_ok(), pieces.is_ok());
    }

    #[test]
    fn markup_like_bytes_come_to_an_end(text in "[<>/a&;!\\[\\]'\"= CDATA?x#-]{0,80}", size in 1_usize..9) {
        let whole = tokens(text.as_bytes(), 1000);
        let pieces = tokens(text.as_bytes(), size);
        prop_assert_eq!(whole, pieces);
    }

    #[test]
    fn content_survives_however_it_is_cut(
        raw in proptest::collection::vec(any::<u8>(), 1..600), size in 1_usize..90, line in 4_usize..80
    ) {
        use ::base64::Engine as _;
        let text = ::base64::engine::general_purpose::STANDARD.encode(&raw);
        let lines: Vec<&str> = text.as_bytes().chunks(line).map(|l| std::str::from_utf8(l).unwrap()).collect();
        for text in [text.clone(), lines.join("\r\n")] {
            prop_assert_eq!(decoded(&text, size), (Content::Whole, raw.clone()));
        }
    }

    #[test]
    fn text_escaped_by_us_is_read_back(text in "\\PC{0,60}") {
        let document = format!("<a>{}</a>", crate::wire::escaped(&text));
        let read: String = tokens(document.as_bytes(), 7).unwrap().into_iter()
            .filter_map(|token| if let Token::Text(text) = token { Some(text) } else { None }).collect();
        prop_assert_eq!(read, text);
    }
}
