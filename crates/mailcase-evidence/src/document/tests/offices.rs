use super::*;
use crate::archive::tests::made::{Member, zip};

fn docx() -> Vec<u8> {
    let code = crate::codes::tests::drawn("https://qr.example/", 4);
    let image = image::GrayImage::from_raw(code.width as u32, code.height as u32, code.pixels).unwrap();
    let png = crate::codes::tests::written(&image::DynamicImage::ImageLuma8(image), image::ImageFormat::Png);
    zip(&[
        Member::deflated("[Content_Types].xml", b"<Types/>"),
        Member::deflated(
            "word/document.xml",
            "<w:document><w:p><w:r><w:t>Go to https://te</w:t></w:r><w:r><w:t>xt.example/ &amp; pay</w:t></w:r></w:p>\
             <w:p><w:instrText>DDEAUTO c:\\\\windows cmd</w:instrText></w:p></w:document>"
                .as_bytes(),
        ),
        Member::deflated(
            "word/_rels/document.xml.rels",
            b"<Relationships><Relationship Type=\"http://x/hyperlink\" Target=\"https://link.example/?a=1&amp;b=2\" TargetMode=\"External\"/>\
              <Relationship Type=\"http://x/attachedTemplate\" TargetMode=\"External\" Target=\"https://template.example/x.dotm\"/>\
              <Relationship Type=\"http://x/styles\" Target=\"styles.xml\"/></Relationships>",
        ),
        Member::deflated(
            "docProps/core.xml",
            b"<cp:coreProperties><dc:creator>Mallory &amp; Co</dc:creator><cp:lastModifiedBy>m</cp:lastModifiedBy>\
              <dcterms:created>2026-11-21T09:30:00Z</dcterms:created></cp:coreProperties>",
        ),
        Member::stored("word/media/image1.png", &png),
        Member::stored("word/vbaProject.bin", b"macro project"),
        Member::stored("word/embeddings/oleObject1.bin", b"an object"),
        Member::stored("word/evil.exe", b"MZ"),
    ])
}

pub(super) fn samples() -> Vec<(Format, Vec<u8>)> {
    vec![(Format::Office, docx()), (Format::Legacy, compound())]
}

#[test]
fn office_open_xml() {
    let bytes = docx();
    assert!(is_office(&bytes) && !is_office(&zip(&[Member::stored("a.txt", b"x")])));
    let contents = read(Format::Office, &bytes);
    assert_eq!(facts(&contents, "author"), ["Mallory & Co"]);
    assert_eq!(facts(&contents, "last_author"), ["m"]);
    assert_eq!(facts(&contents, "created"), ["2026-11-21T09:30:00Z"]);
    assert_eq!(facts(&contents, "remote_template"), ["https://template.example/x.dotm"]);
    assert_eq!(facts(&contents, "macros"), ["vba"]);
    assert_eq!(facts(&contents, "qr_code"), ["https://qr.example/"]);
    assert_eq!(facts(&contents, "dde"), ["DDEAUTO c:\\\\windows cmd"]);
    for words in ["Go to https://text.example/ & pay\n", "https://link.example/?a=1&b=2\n"] {
        assert!(contents.words.contains(words), "{words}: {}", contents.words);
    }
    assert!(!contents.words.contains("styles.xml"));
    let items: Vec<_> =
        contents.items.iter().map(|item| (item.name.as_deref().unwrap(), content(item))).collect();
    assert_eq!(
        items,
        [
            ("word/vbaProject.bin", &b"macro project"[..]),
            ("word/embeddings/oleObject1.bin", b"an object"),
            ("word/evil.exe", b"MZ"),
        ]
    );
    assert!(contents.defects.is_empty(), "{:?}", contents.defects);
}

#[test]
fn opendocument() {
    let bytes = zip(&[
        Member::stored("mimetype", b"application/vnd.oasis.opendocument.text"),
        Member::deflated("META-INF/manifest.xml", b"<manifest/>"),
        Member::deflated(
            "content.xml",
            b"<o:c><text:p>Hello <text:a xlink:href=\"https://link.example/\">you</text:a></text:p></o:c>",
        ),
        Member::deflated(
            "meta.xml",
            b"<m><meta:initial-creator>Ann</meta:initial-creator><meta:generator>Office</meta:generator></m>",
        ),
        Member::deflated("Basic/Standard/Module1.xml", b"<script>Shell(\"https://macro.example/\")</script>"),
    ]);
    assert!(is_office(&bytes));
    let contents = read(Format::Office, &bytes);
    assert_eq!(facts(&contents, "author"), ["Ann"]);
    assert_eq!(facts(&contents, "macros"), ["opendocument"]);
    for words in ["Hello you", "https://link.example/\n", "https://macro.example/"] {
        assert!(contents.words.contains(words), "{words}");
    }
}

fn packed_file() -> Vec<u8> {
    let mut body = b"\x02\0label.exe\0C:\\Users\\m\\invoice.exe\0\0\0\x03\0".to_vec();
    body.extend_from_slice(&4_u32.to_le_bytes());
    body.extend_from_slice(b"tmp\0");
    body.extend_from_slice(&2_u32.to_le_bytes());
    body.extend_from_slice(b"MZ");
    let mut out = u32::try_from(body.len()).unwrap().to_le_bytes().to_vec();
    out.extend(body);
    out
}

/// A property set with an author and a time.
fn summary() -> Vec<u8> {
    let mut out = vec![0; 44];
    out.extend_from_slice(&48_u32.to_le_bytes());
    let values: [(u32, Vec<u8>); 3] = [
        (1, [&2_u32.to_le_bytes()[..], &1_251_u32.to_le_bytes()].concat()),
        (4, [&0x1e_u32.to_le_bytes()[..], &5_u32.to_le_bytes(), b"\xc8\xe2\xe0\xed\0"].concat()),
        (12, [&0x40_u32.to_le_bytes()[..], &134_081_910_000_000_000_u64.to_le_bytes()].concat()),
    ];
    let mut body = Vec::new();
    let mut list = Vec::new();
    for (id, value) in values {
        list.extend_from_slice(&id.to_le_bytes());
        list.extend_from_slice(&u32::try_from(8 + 3 * 8 + body.len()).unwrap().to_le_bytes());
        body.extend(value);
        body.resize(body.len().next_multiple_of(4), 0);
    }
    out.extend_from_slice(&u32::try_from(8 + list.len() + body.len()).unwrap().to_le_bytes());
    out.extend_from_slice(&3_u32.to_le_bytes());
    out.extend(list);
    out.extend(body);
    out
}

/// The source of a module, packed as one chunk of letters and copies ([MS-OVBA] §3.2).
fn module() -> Vec<u8> {
    let text = b"Attribute VB_Name = \"M\"\r\nShell \"https://vba.example/\"\r\n";
    let mut chunk = Vec::new();
    // The compiled form stands before it.
    for letters in text.chunks(8) {
        chunk.push(0);
        chunk.extend_from_slice(letters);
    }
    let mut out = b"compiled".to_vec();
    out.push(1);
    out.extend_from_slice(&(0xb000 | (u16::try_from(chunk.len()).unwrap() - 1)).to_le_bytes());
    out.extend(chunk);
    out
}

fn compound() -> Vec<u8> {
    use std::io::Write;
    let mut file = cfb::CompoundFile::create(std::io::Cursor::new(Vec::new())).unwrap();
    file.create_storage_all("/Macros/VBA").unwrap();
    file.create_storage("/ObjectPool").unwrap();
    let wide: Vec<u8> = "https://wide.example/".encode_utf16().flat_map(u16::to_le_bytes).collect();
    for (path, bytes) in [
        ("/WordDocument", [&b"\x01\x02see http://narrow.example/ now\x01"[..], &wide].concat()),
        ("/\u{5}SummaryInformation", summary()),
        ("/ObjectPool/\u{1}Ole10Native", packed_file()),
        ("/Macros/VBA/Module1", module()),
    ] {
        file.create_stream(path).unwrap().write_all(&bytes).unwrap();
    }
    file.flush().unwrap();
    file.into_inner().into_inner()
}

#[test]
fn documents_before_2007() {
    let contents = read(Format::Legacy, &compound());
    assert_eq!(facts(&contents, "document"), ["word"]);
    assert_eq!(facts(&contents, "author"), ["Иван"]);
    assert_eq!(facts(&contents, "created"), ["2025-11-21T09:30:00Z"]);
    assert_eq!(facts(&contents, "macros"), ["vba"]);
    for words in ["http://narrow.example/", "https://wide.example/", "https://vba.example/"] {
        assert!(contents.words.contains(words), "{words}: {}", contents.words);
    }
    let mut names: Vec<_> = contents.items.iter().map(|item| item.name.clone().unwrap()).collect();
    names.sort();
    assert_eq!(names, ["Module1.vba", "invoice.exe"]);
    let packed = contents.items.iter().find(|item| item.name.as_deref() == Some("invoice.exe")).unwrap();
    assert_eq!(content(packed), b"MZ");
    assert!(contents.defects.is_empty(), "{:?}", contents.defects);
}
