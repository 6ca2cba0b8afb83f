use super::*;
use crate::{Means, examine};

/// Reasons and texts, `?` in front of what is usual.
fn found(page: &str) -> Vec<(HiddenReason, String)> {
    let told = |one: Hidden| {
        let mark = if one.usual.is_some() { "?" } else { "" };
        (one.reason, format!("{mark}{}", one.text))
    };
    find(page).into_iter().map(told).collect()
}

/// One passage after something that is seen.
fn check(markup: &str, want: Option<HiddenReason>) {
    let page = format!(
        "<p>A sentence that is seen before anything else.</p>{}",
        markup.replace('$', "the secret words")
    );
    let want: Vec<_> = want.map(|reason| (reason, "the secret words".to_owned())).into_iter().collect();
    assert_eq!(found(&page), want, "{markup}");
}

#[test]
fn every_reason_is_found() {
    use HiddenReason::{
        Clipped, DisplayNone, HiddenAttribute, NoSpace, OffScreen, Opacity, Reordered, TextColour, TinyText,
        Visibility,
    };
    for (markup, reason) in [
        ("<div style='display:none'>$</div>", DisplayNone),
        ("<DIV STYLE='DISPLAY : NONE !important'>$</DIV>", DisplayNone),
        ("<div style='d\\69splay:none'>$</div>", DisplayNone),
        ("<div style='&#100;isplay:none'>$</div>", DisplayNone),
        ("<div style='display:none'><table><tr><td><b>$</b></table></div>", DisplayNone),
        ("<span style='visibility:hidden'>$</span>", Visibility),
        ("<table style='visibility:collapse'><tr><td>$</table>", Visibility),
        ("<p hidden>$</p>", HiddenAttribute),
        ("<p style='opacity:0'>$</p>", Opacity),
        ("<p style='opacity:.2'><b style='opacity:10%'>$</b></p>", Opacity),
        ("<p style='filter:alpha(opacity=0)'>$</p>", Opacity),
        ("<p style='filter:opacity(0%)'>$</p>", Opacity),
        ("<span style='font-size:0'>$</span>", TinyText),
        ("<span style='font-size:1px'>$</span>", TinyText),
        ("<span style='font:0/0 a'>$</span>", TinyText),
        ("<div style='font-size:10%'><i style='font-size:.1em'>$</i></div>", TinyText),
        ("<span style='color:#fff'>$</span>", TextColour),
        ("<font color=white>$</font>", TextColour),
        ("<font color=fefefe>$</font>", TextColour),
        ("<span style='color:rgb(250, 253, 255)'>$</span>", TextColour),
        ("<span style='color:rgba(0,0,0,0)'>$</span>", TextColour),
        ("<span style='color:hsl(0,0%,99%)'>$</span>", TextColour),
        ("<span style='color:transparent'>$</span>", TextColour),
        ("<table bgcolor=black><tr><td>$</table>", TextColour),
        ("<table bgcolor=#123456><tr><td bgcolor=white><font color=white>$</table>", TextColour),
        ("<td style='background:#333'><span style='color:#323232'>$</span>", TextColour),
        ("<div style='height:0;overflow:hidden'>$</div>", NoSpace),
        ("<div style='max-height:0px;overflow:hidden'><p>$</p></div>", NoSpace),
        ("<span style='display:inline-block;width:1px;overflow:hidden'>$</span>", NoSpace),
        ("<div style='position:absolute;left:-9999px'>$</div>", OffScreen),
        ("<div style='position:relative;top:-100em'>$</div>", OffScreen),
        ("<p style='text-indent:-9999px'>$</p>", OffScreen),
        ("<p style='margin-left:-2000px'>$</p>", OffScreen),
        ("<p style='transform:translate(-9999px, 0)'>$</p>", OffScreen),
        ("<p style='position:absolute;clip:rect(0 0 0 0)'>$</p>", Clipped),
        ("<p style='clip-path:inset(100%)'>$</p>", Clipped),
        ("<p style='transform:scale(0)'>$</p>", Clipped),
        ("<p style='unicode-bidi:bidi-override;direction:rtl'>$</p>", Reordered),
        ("<style>.x{display:none}</style><p class='y x'>$</p>", DisplayNone),
        ("<style>@media screen{p b{color:#fff!important}}</style><p><b style='color:red'>$</b>", TextColour),
        ("<style>#a > i{font-size:0}</style><p id=a><i>$</i>", TinyText),
        ("<style><!-- .x { display : none } --></style><p class=x>$", DisplayNone),
    ] {
        check(markup, Some(reason));
    }
    let comment = "a comment that has far more to say than the name of the part that follows it";
    assert_eq!(found(&format!("x<!-- {comment} -->")), [(HiddenReason::Comment, format!("?{comment}"))]);
    assert_eq!(found("x pass&#8203;word"), [(HiddenReason::ZeroWidth, "password".to_owned())]);
    assert_eq!(found("x \u{202e}fdp.exe"), [(HiddenReason::Reordered, "fdp.exe".to_owned())]);
}

#[test]
fn what_is_seen_is_not_told() {
    for markup in [
        "<p style='color:#999'>$</p>",
        "<p style='color:#eee;background:#333'>$</p>",
        "<td background=x.png style='color:#fff'>$",
        "<div style='background:url(x.png)'><span style='color:white'>$</span></div>",
        "<div style='background-image:linear-gradient(#000,#333);color:#fff'>$</div>",
        "<div style='background:url(x.png) #fff;color:#fff'>$</div>",
        "<div style='color:#fff'><a href='x'>$</a></div>",
        "<div style='font-size:0'><span style='font-size:14px'>$</span></div>",
        "<div style='visibility:hidden'><b style='visibility:visible'>$</b></div>",
        "<div style='height:0'>$</div>",
        "<span style='height:0;overflow:hidden'>$</span>",
        "<td style='height:0;overflow:hidden'>$",
        "<div style='left:-9999px'>$</div>",
        "<div style='margin-left:-20px'>$</div>",
        "<p style='display:none;display:block'>$</p>",
        "<style>p{display:none}p{display:block}</style><p>$</p>",
        "<style>.x{display:none}</style><p class=x style='display:block'>$</p>",
        "<style>@media print{p{display:none}}</style><p>$</p>",
        "<style>p::before{display:none}p:hover{display:none}</style><p>$</p>",
        "<div style='display:none'></div>$",
        "<table><tr><td style='display:none'></td><td>$</table>",
        "<table><tr><td><div style='display:none'></td><td>$</table>",
        "<ul><li style='display:none'><li>$</ul>",
        "<p style='display:none'><p>$",
        "<br style='display:none'>$",
        "<p style='color:#fff;color:#000'>$</p>",
        "<body bgcolor=#000 text=#fff>$",
        "<!-- short note -->$",
        "<script>var a = 'a script is not a text that somebody does not see';</script>$",
        "<p style='display:\"none\"'>$</p>",
    ] {
        check(markup, None);
    }
}

#[test]
fn what_honest_senders_hide_is_told_as_such() {
    let filler = "&#847;&zwnj;&nbsp;".repeat(50);
    let page =
        format!("<body><div style='display:none'>Your parcel is on its way {filler}</div><p>Dear customer");
    assert_eq!(found(&page), [(HiddenReason::DisplayNone, "?Your parcel is on its way".to_owned())]);
    let only_filler = format!("<div style='display:none'>{filler}</div>x");
    assert_eq!(found(&only_filler), []);
    let long = "word ".repeat(PREHEADER_LETTERS);
    assert!(
        found(&format!("<div style='display:none'>{long}</div>x")).iter().all(|one| !one.1.starts_with('?'))
    );
    let small = "<style>.m{display:none}@media (max-width:600px){.m{display:block!important}}</style>x<p class=m>menu";
    assert_eq!(found(small), [(HiddenReason::DisplayNone, "?menu".to_owned())]);
    let button = "x<a style='mso-hide:all'>Buy now</a>";
    assert_eq!(found(button), [(HiddenReason::OutlookHidden, "?Buy now".to_owned())]);
    let said = "Your browser is Outlook and therefore shows you this sentence and no other";
    let outlook = format!("x<!--[if mso]><table><tr><td>{said}</td></tr></table><![endif]-->");
    assert_eq!(found(&outlook), [(HiddenReason::ConditionalComment, format!("?{said}"))]);
    assert_eq!(
        found("x<!--[if mso]><table width=600><tr><td><![endif]-->y<!--[if !mso]><!-->z<!--<![endif]-->"),
        []
    );
}

#[test]
fn passages_that_belong_together_are_one() {
    let page = "Pay<i style='font-size:0'>ab</i>pal <div style='display:none'><p>one</p> <p>two &amp; three</p></div>x\
                <i style='font-size:0'>cd</i>";
    let found = find(page);
    assert_eq!(found.len(), 2);
    assert_eq!((found[0].text.as_str(), found[0].times, found[0].letters), ("ab cd", 2, 4));
    assert_eq!((found[1].text.as_str(), found[1].times), ("one two & three", 1));
    assert_eq!(page.get(found[1].offset..found[1].offset + 3), Some("one"));
}

#[test]
fn a_message_is_marked_when_it_hides_more_than_newsletters_do() {
    let marks = |page: &str| {
        let raw = format!("Content-Type: text/html\n\n{page}");
        let evidence = examine(raw.as_bytes(), &Means::default());
        let mark = evidence.verdicts.marks.iter().find(|mark| mark.kind == MarkKind::HiddenText);
        (evidence.hidden.len(), mark.map(|mark| mark.message.clone()))
    };
    assert_eq!(marks("<p>nothing hidden"), (0, None));
    assert_eq!(marks("<div style='display:none'>Preheader of a newsletter</div>Hello"), (1, None));
    assert_eq!(marks("Hello dear customer of ours, <i style='font-size:0'>x</i>"), (1, None));
    let (count, mark) =
        marks("Hello dear customer of ours, <div style='color:#fff'>words for filters only</div>");
    let message = "the reader does not see 19 letters of the HTML body (#ffffff on #ffffff)";
    assert_eq!((count, mark.as_deref()), (1, Some(message)));
    let raw = "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: message/rfc822\n\n\
               Content-Type: text/html\n\nx<p hidden>within\n--b--\n";
    let evidence = examine(raw.as_bytes(), &Means::default());
    assert_eq!(evidence.hidden.first().map(|one| one.place.as_str()), Some("/1/1 html"));
}

#[test]
fn hostile_pages_are_bounded() {
    let deep = format!("{}secret", "<div style='display:none'>".repeat(30_000));
    assert_eq!(found(&format!("x{deep}")).len(), 1);
    let many: String = (0..30_000)
        .map(|number| format!("x<i style='font-size:0;top:{number}px'>secret{number}</i>"))
        .collect();
    assert!(find(&many).len() <= PASSAGES);
    let rules: String = (0..3_000).map(|number| format!(".c{} .d .e{{color:red}}", number % 3)).collect();
    let page = format!("<style>{rules}</style>{}", "<p class='c1 d e'>x".repeat(50_000));
    assert_eq!(find(&page), []);
    for unit in [
        "<table><td>",
        "</div>",
        "<p></div>",
        "<b></i>",
        "<i style=a:b>",
        "<tr>",
        "<!--",
        "<style>",
        "&#8203;a",
    ] {
        find(&unit.repeat(100_000));
    }
}

/// The same tag is looked at once for each place it stands in: what it is in decides, too.
#[test]
fn the_same_element_elsewhere_looks_otherwise() {
    let line = "<p class=line><b>words of a line</b></p>";
    let page = format!(
        "<style>.out p b{{display:none}} .line{{color:#222}}</style><p>A sentence that is seen before.</p>{line}\
         <div class=out>{line}</div>{line}<div style='font-size:0'>{line}</div><div class=out>{line}</div>"
    );
    let words = || "words of a line".to_owned();
    let want =
        [(HiddenReason::DisplayNone, format!("{} {}", words(), words())), (HiddenReason::TinyText, words())];
    assert_eq!(found(&page), want);
}

#[test]
fn more_elements_than_are_remembered() {
    let seen: String = (0..3_000).map(|number| format!("<i class=c{number}>seen </i>")).collect();
    let page = format!(
        "<div>{seen}<i class=c1>seen</i><p title='{}'><b style='display:none'>some hidden words</b></p></div>",
        "a".repeat(2_000)
    );
    assert_eq!(found(&page), [(HiddenReason::DisplayNone, "some hidden words".to_owned())]);
}
