//! Codes as pages and texts draw them, each way made of the same code; and what looks like one and is none.

use std::fmt::Write as _;

use super::*;
use crate::{Means, examine};

const URL: &str = "https://login.example/?u=someone@example.com";
const EFFORT: u64 = 5_000_000_000;

fn room() -> Room {
    Room::new(64 << 20, EFFORT)
}

fn read(text: &str, page: bool) -> Vec<String> {
    codes(text, page, &mut room()).into_iter().map(|code| format!("{} {}", code.kind, code.text)).collect()
}

#[track_caller]
fn reads(what: &str, text: &str, page: bool) {
    assert_eq!(read(text, page), [format!("qr_code {URL}")], "{what}");
}

/// Looked at for nothing: no picture was made of it.
#[track_caller]
fn is_none(what: &str, text: &str, page: bool) {
    let mut room = room();
    assert_eq!(codes(text, page, &mut room), [], "{what}");
    assert!(room.spend(EFFORT), "{what} was looked through");
}

/// The rows of a code with `quiet` light modules around it.
fn modules(quiet: usize) -> Vec<Vec<bool>> {
    let code = qrcode::QrCode::new(URL).unwrap();
    let (side, colors) = (code.width(), code.to_colors());
    let dark = |x: usize, y: usize| {
        let (x, y) = (x.wrapping_sub(quiet), y.wrapping_sub(quiet));
        x < side && y < side && colors[y * side + x] == qrcode::Color::Dark
    };
    let side = side + 2 * quiet;
    (0..side).map(|y| (0..side).map(|x| dark(x, y)).collect()).collect()
}

/// A table, each module a cell written by `cell`.
fn table(quiet: usize, cell: impl Fn(bool) -> String) -> String {
    let row = |row: Vec<bool>| format!("<tr>{}</tr>\n", row.into_iter().map(&cell).collect::<String>());
    let rows: String = modules(quiet).into_iter().map(row).collect();
    format!("<table cellspacing=0 cellpadding=0>{rows}</table>")
}

/// A table with one cell for each run of modules of one colour.
fn runs(cell: impl Fn(bool, usize) -> String) -> String {
    let row = |row: Vec<bool>| {
        let runs = row.chunk_by(|one, other| one == other).map(|run| cell(run[0], run.len()));
        format!("<tr height=4>{}</tr>", runs.collect::<String>())
    };
    format!("<TABLE>{}</TABLE>", modules(2).into_iter().map(row).collect::<String>())
}

#[test]
fn tables_of_cells() {
    let colour = |dark: bool| if dark { "#000000" } else { "#ffffff" };
    reads(
        "bgcolor",
        &table(4, |dark| format!("<td width=4 height=4 bgcolor=\"{}\"></td>", colour(dark))),
        true,
    );
    reads("without a border", &table(0, |dark| format!("<td bgcolor={}>", colour(dark))), true);
    let styled = table(1, |dark| format!("<td style=\"width:4px;background:{}\">&nbsp;</td>", colour(dark)));
    reads("style", &styled, true);
    let inverted = table(4, |dark| format!("<td style='background-color:{}'></td>", colour(!dark)));
    reads("inverted", &inverted, true);
    let classes = table(4, |dark| format!("<td class={}></td>", if dark { "a" } else { "b" }));
    reads("classes", &format!("<style>td.a{{background:#112}} .b{{background:#eee}}</style>{classes}"), true);
    let within = table(4, |dark| {
        format!(
            "<td><div style=\"height:4px;width:4px{}\"></div></td>",
            if dark { ";background:black" } else { "" }
        )
    });
    reads("what lies in a cell", &within, true);
    let layout = format!("<table><tr><td><table><tr><td>Scan:</td></tr></table>{styled}</td></tr></table>");
    reads("within a layout", &layout, true);
    let spans = runs(|dark, length| format!("<TD colspan={length} BGCOLOR={}></TD>", colour(dark)));
    reads("cells over several columns", &spans, true);
    let wide = runs(|dark, length| format!("<td width={} bgcolor={}></td>", length * 4, colour(dark)));
    reads("wide cells", &wide, true);
    let wide =
        runs(|dark, length| format!("<td style='width:{}px;background:{}'></td>", length * 3, colour(dark)));
    reads("cells wide by their style", &wide, true);
}

#[test]
fn characters() {
    let lines = |dark: &str, light: &str| {
        let line = |row: Vec<bool>| {
            row.into_iter().map(|one| if one { dark } else { light }).collect::<String>() + "\n"
        };
        modules(2).into_iter().map(line).collect::<String>()
    };
    reads("full blocks", &format!("Scan this:\n\n{}\nBest", lines("██", "  ")), false);
    reads("inverted", &lines("  ", "██"), false);
    reads("hashes", &lines("##", "  "), false);
    reads("squares", &lines("\u{2b1b}", "\u{2b1c}"), false);
    reads("one for each module", &lines("█", "░"), false);
    let quoted: String = lines("██", "  ").lines().map(|line| format!("> {line}\r\n")).collect();
    reads("quoted", &quoted, false);
    let rows = modules(2);
    let mut halves = String::new();
    for pair in rows.chunks(2) {
        for x in 0..pair[0].len() {
            halves.push(match (pair[0][x], pair.get(1).is_some_and(|row| row[x])) {
                (true, true) => '█',
                (true, false) => '▀',
                (false, true) => '▄',
                (false, false) => ' ',
            });
        }
        halves.push('\n');
    }
    reads("half blocks", &halves, false);
    reads("preformatted", &format!("<p>Scan:<pre style='line-height:1'>{halves}</pre>"), true);
    let references = halves.replace('█', "&#9608;").replace('▀', "&#x2580;").replace(' ', "&nbsp;");
    reads("references", &format!("<div>{}</div>", references.replace('\n', "<br>\n")), true);
}

fn svg(attributes: &str, content: &str) -> String {
    format!("<?xml version=\"1.0\"?><svg xmlns=\"http://www.w3.org/2000/svg\" {attributes}>{content}</svg>")
}

#[test]
fn vectors() {
    let rows = modules(4);
    let side = rows.len();
    let dark = || {
        let cells = rows.iter().enumerate();
        cells.flat_map(|(y, row)| row.iter().enumerate().filter(|(_, dark)| **dark).map(move |(x, _)| (x, y)))
    };
    let view = format!("viewBox=\"0 0 {side} {side}\"");
    let squares: String =
        dark().map(|(x, y)| format!("<rect x='{x}' y='{y}' width='1' height='1'/>")).collect();
    reads("squares", &svg(&view, &format!("<rect width='100%' height='100%' fill='#fff'/>{squares}")), true);
    reads(
        "inverted",
        &svg(&view, &format!("<rect width='100%' height='100%'/><g fill='white'>{squares}</g>")),
        true,
    );
    let moved = format!("<g transform='translate(20,30) scale(5)'>{squares}</g>");
    reads("moved", &svg(&format!("width='{0}px' height='{0}px'", side * 5 + 60), &moved), true);
    let millimetres: String = dark()
        .map(|(x, y)| {
            format!("<svg:rect x='{x}mm' y='{y}mm' width='1mm' height='1mm' style='fill:#102030'/>")
        })
        .collect();
    let named = format!("<svg:svg width='{side}mm' height='{side}mm'>{millimetres}</svg:svg>");
    reads("with a prefix", &named, true);
    let filled: String = dark().map(|(x, y)| format!("M{x} {y}h1v1h-1z")).collect();
    reads("a path", &svg(&view, &format!("<path d=\"{filled}\" fill=\"#000\"/>")), true);
    let corners: String =
        dark().map(|(x, y)| format!("M {x},{y} L {},{y} {0},{} {x},{1} Z ", x + 1, y + 1)).collect();
    reads("corners", &svg(&view, &format!("<path d=\"{corners}\"/>")), true);
    let dots: String = dark()
        .map(|(x, y)| format!("<circle cx='{x}.5' cy='{y}.5' r='.5' fill='rgb(10, 10, 40)'/>"))
        .collect();
    reads("dots", &svg(&view, &dots), true);
    let mut lines = String::new();
    for (y, row) in rows.iter().enumerate() {
        let mut x = 0;
        for run in row.chunk_by(|one, other| one == other) {
            if run[0] {
                write!(lines, "M{x} {y}.5h{}", run.len()).unwrap();
            }
            x += run.len();
        }
    }
    reads("lines", &svg(&view, &format!("<path stroke=\"#000\" d=\"{lines}\"/>")), true);
    let clipped = format!(
        "<defs><clipPath id='a'>{squares}</clipPath></defs><rect width='{side}' height='{side}' clip-path='url(#a)'/>"
    );
    reads("clipped", &svg(&view, &clipped), true);
    reads("within a page", &format!("<p>Scan</p>{}<p>now</p>", svg(&view, &squares)), true);
}

#[test]
fn what_is_no_drawing_is_not_looked_through() {
    let numbers: String =
        (0..60).map(|row| format!("<tr>{}</tr>", format!("<td>{row}</td>").repeat(12))).collect();
    is_none("numbers", &format!("<table>{numbers}</table>"), true);
    let striped: String = (0..60)
        .map(|row| {
            format!("<tr bgcolor={}>{}</tr>", if row == 0 { "#000" } else { "#fff" }, "<td>1</td>".repeat(9))
        })
        .collect();
    is_none("a dark head", &format!("<table>{striped}</table>"), true);
    is_none("a rule", "Regards\n##############################\nIt works\n", false);
    let banner = "#####  #   #\n#      ##  #\n###    # # #\n#      #  ##\n#####  #   #\n";
    is_none("letters of hashes, five high", banner, false);
    is_none("a bar", "Load ████████████████░░░░ 80 %\n", false);
    let comments = "################ build\n# one\n# two\n################\n".repeat(40);
    is_none("comments", &comments, false);
    let logo = "<path d='M1 1h5v5zM8 8l4 4h4z'/><circle r='4'/>";
    assert_eq!(read(&svg("viewBox='0 0 20 20'", logo), true), [""; 0]);
    is_none("without a size", &svg("", &"<rect width='1' height='1'/>".repeat(50)), true);
}

#[test]
fn what_is_made_to_cost() {
    let mut room = Room::new(0, 100_000_000);
    for page in [
        "<table><tr><td>".repeat(5_000),
        format!("<table>{}", "<tr>".to_owned() + &"<td colspan=999999999 bgcolor=#000>".repeat(20_000)),
        format!("<table>{}", ("<tr>".to_owned() + &"<td width=1e30 bgcolor=black>".repeat(9)).repeat(2_000)),
        svg("viewBox='0 0 1 1'", &format!("<path d='{}'/>", "M0 -1e30L1e30 1e30H-1e38V1e38z".repeat(9_000))),
        svg(
            "viewBox='0 0 9 9'",
            &"<g transform='scale(1e30)'><rect width='9e30' height='9e30'/>".repeat(9_000),
        ),
        svg("viewBox='0 0 9 9'", &"<rect width='9' height='9' stroke='red'/>".repeat(90_000)),
        svg("viewBox='0 0 1e-30 1'", "<rect/>"),
        svg("viewBox='nan inf 1 1'", "<rect/>"),
    ] {
        assert_eq!(codes(&page, true, &mut room), []);
    }
    for text in ["█".repeat(100_000), "█\n".repeat(50_000), format!("{}\n", "█ █ ".repeat(60)).repeat(10_000)]
    {
        assert_eq!(codes(&text, false, &mut room), []);
    }
    // Whatever was done was paid for, and a message without work left is not looked through.
    let page = table(4, |dark| format!("<td bgcolor={}>", if dark { "black" } else { "white" }));
    assert_eq!(codes(&page, true, &mut Room::new(0, 9)), []);
}

#[test]
fn a_drawn_code_is_told_at_its_part_and_among_the_indicators() {
    let page = table(4, |dark| format!("<td bgcolor={}></td>", if dark { "black" } else { "white" }));
    for head in
        ["Content-Type: text/html", "Content-Type: text/html; name=a.html\r\nContent-Disposition: attachment"]
    {
        let mail =
            format!("From: a@example.org\r\nSubject: b\r\n{head}\r\n\r\n{}", page.replace('\n', "\r\n"));
        let evidence = examine(mail.as_bytes(), &Means::default());
        let codes: Vec<_> = evidence
            .root
            .facts
            .iter()
            .filter(|fact| fact.name == "qr_code")
            .map(|fact| &fact.value)
            .collect();
        assert_eq!(codes, [URL], "{head}");
        assert!(evidence.indicators.iter().any(|one| one.value == URL), "{head}");
    }
}
