use super::labels::entries;
use super::*;
use crate::{Means, examine};

/// Heads of the same message, as programs write them: name, subject of the report, text.
const FORWARDS: &[(&str, &str, &str)] = &[
    (
        "Gmail",
        "Fwd: Your parcel",
        "Is this real?\n\n---------- Forwarded message ---------\nFrom: Parcel <p@evil.example>\n\
         Date: Mon, Jan 6, 2025 at 9:29 AM\nSubject: Your parcel\nTo: <anna@org.example>\n\n\nPay now",
    ),
    (
        "Gmail with another subject",
        "Phishing?",
        "---------- Forwarded message ---------\nFrom: Parcel <p@evil.example>\nDate: Mon, Jan 6, 2025\n\
         Subject: Your parcel\nTo: Anna <anna@org.example>\n\nPay now",
    ),
    (
        "Outlook",
        "FW: Your parcel",
        "Please check\n\nFrom: Parcel <p@evil.example> \nSent: Monday, January 6, 2025 9:29 AM\n\
         To: Anna <anna@org.example>\nSubject: Your parcel\n\nPay now",
    ),
    (
        "Outlook with a rule",
        "Fw: Your parcel",
        "Get Outlook for iOS<https://aka.ms/o0ukef>\n________________________________\n\
         From: Parcel <p@evil.example>\nSent: Monday, January 6, 2025 9:29:00 AM\nTo: Anna <anna@org.example>\n\
         Subject: Your parcel\n\nPay now",
    ),
    (
        "Outlook of old",
        "WG: Your parcel",
        "Bitte prüfen\n\n-----Ursprüngliche Nachricht-----\nVon: Parcel [mailto:p@evil.example] \n\
         Gesendet: Montag, 6. Januar 2025 09:29\nAn: Anna\nBetreff: Your parcel\nWichtigkeit: Hoch\n\nPay now",
    ),
    (
        "Outlook with bold labels",
        "TR: Your parcel",
        "*De :* Parcel <p@evil.example>\n*Envoyé :* lundi 6 janvier 2025 09:29\n*À :* Anna <anna@org.example>\n\
         *Objet :* Your parcel\n\nPay now",
    ),
    (
        "Apple Mail",
        "Fwd: Your parcel",
        "> Begin forwarded message:\n> \n> From: Parcel <p@evil.example>\n> Subject: Your parcel\n\
         > Date: 6 January 2025 at 09:29:00 CET\n> To: anna@org.example\n> \n> Pay now",
    ),
    (
        "Apple Mail in German",
        "Fwd: Your parcel",
        "Anfang der weitergeleiteten Nachricht:\n\nVon: Parcel <p@evil.example>\nBetreff: Your parcel\n\
         Datum: 6. Januar 2025 um 09:29:00 MEZ\nAn: anna@org.example\nAntwort an: x@evil.example\n\nPay now",
    ),
    (
        "Thunderbird",
        "Fwd: Your parcel",
        "\n\n\n-------- Forwarded Message --------\nSubject: \tYour parcel\nDate: \tMon, 6 Jan 2025 09:29:00 +0100\n\
         From: \tParcel <p@evil.example>\nTo: \tanna@org.example\n\n\n\nPay now",
    ),
    (
        "Yahoo without ends of lines",
        "Fw: Your parcel",
        "   ----- Forwarded message ----- From: \"Parcel\" <x@y>\n----- Forwarded message -----\n\
         From: \"Parcel\" <p@evil.example>To: \"anna@org.example\" <anna@org.example>\
         Sent: Monday, January 6, 2025, 09:29:00 AM GMT+1Subject: Your parcel\nPay now",
    ),
    (
        "Notes",
        "Fw: Your parcel",
        "----- Forwarded by Anna Schmidt/ORG on 01/06/2025 09:40 AM -----\n\nFrom:\t\"Parcel\" <p@evil.example>\n\
         To:\tanna@org.example\nDate:\t01/06/2025 09:29 AM\nSubject:\tYour parcel\n\n\nPay now",
    ),
    (
        "Notes in German",
        "WG: Your parcel",
        "----- Weitergeleitet von Anna Schmidt/ORG am 06.01.2025 09:40 -----\n\nVon:\tp@evil.example\n\
         An:\tanna@org.example\nDatum:\t06.01.2025 09:29\nBetreff:\tYour parcel\n\nPay now",
    ),
    (
        "GMX",
        "Fw: Your parcel",
        "Hallo\n \n\nGesendet: Montag, 06. Januar 2025 um 09:29 Uhr\nVon: Parcel <p@evil.example>\n\
         An: anna@org.example\nBetreff: Your parcel\nPay now",
    ),
    (
        "Proton",
        "Fw: Your parcel",
        "------- Forwarded Message -------\nFrom: Parcel <p@evil.example>\nDate: On Monday, January 6th, 2025 at 9:29\n\
         Subject: Your parcel\nTo: anna@org.example <anna@org.example>\n\n\n> Pay now",
    ),
    (
        "Zimbra",
        "Fwd: Your parcel",
        "----- Mail transféré -----\nDe: \"Parcel\" <p@evil.example>\nÀ: \"Anna\" <anna@org.example>\n\
         Envoyé: Lundi 6 Janvier 2025 09:29:00\nObjet: Your parcel\n\nPay now",
    ),
    (
        "mutt",
        "Fwd: Your parcel",
        "----- Forwarded message from Parcel <p@evil.example> -----\n\nDate: Mon, 6 Jan 2025 09:29:00 +0100\n\
         From: Parcel <p@evil.example>\nTo: anna@org.example\nSubject: Your parcel\nUser-Agent: x\n\nPay now\n\
         ----- End forwarded message -----\nmy own",
    ),
    (
        "Samsung",
        "Fwd: Your parcel",
        "Sent from my Galaxy\n\n-------- Original message --------\nFrom: Parcel <p@evil.example> \n\
         Date: 06/01/2025 09:29 (GMT+01:00) \nTo: anna@org.example \nSubject: Your parcel \n\nPay now",
    ),
    (
        "Zoho",
        "Fwd: Your parcel",
        "============ Forwarded message ============\nFrom: Parcel <p@evil.example>\nTo: \"anna\"<anna@org.example>\n\
         Date: Mon, 06 Jan 2025 09:29:00 +0100\nSubject: Your parcel\n============ Forwarded message ============\n\nPay now",
    ),
    (
        "QQ",
        "转发：Your parcel",
        "------------------&nbsp;原始邮件&nbsp;------------------\n发件人: \"Parcel\" <p@evil.example>;\n\
         发送时间: 2025年1月6日(星期一) 上午9:29\n收件人: \"anna\"<anna@org.example>;\n主题: Your parcel\n\nPay now",
    ),
    (
        "NetEase",
        "转发:Your parcel",
        "-------- 转发邮件信息 --------\n发件人：\"Parcel\" <p@evil.example>\n发送日期：2025-01-06 09:29:00\n\
         收件人：anna@org.example\n主题：Your parcel\n\nPay now",
    ),
    (
        "Yandex",
        "Fwd: Your parcel",
        "-------- Пересылаемое сообщение --------\n06.01.2025, 09:29, \"Parcel\" <p@evil.example>:\n\nPay now\n\
         -------- Конец пересылаемого сообщения --------",
    ),
    (
        "Mail.ru",
        "Fwd: Your parcel",
        "-------- Пересылаемое сообщение --------\nОт кого: Parcel <p@evil.example>\nКому: anna@org.example\n\
         Дата: Понедельник, 6 января 2025, 9:29 +03:00\nТема: Your parcel\n\nPay now",
    ),
    (
        "Claws",
        "Fw: Your parcel",
        "Begin forwarded message:\n\nDate: Mon, 6 Jan 2025 09:29:00 +0100\nFrom: Parcel <p@evil.example>\n\
         To: anna@org.example\nSubject: Your parcel\n\n\nPay now",
    ),
    (
        "The Bat!",
        "Fwd: Your parcel",
        "This is a forwarded message\nFrom: Parcel <p@evil.example>\nTo: anna@org.example\n\
         Date: Monday, January 6, 2025, 9:29:00 AM\nSubject: Your parcel\n\n\
         ===8<==============Original message text===============\nPay now",
    ),
    (
        "eM Client",
        "Fwd: Your parcel",
        "------ Forwarded Message ------\nFrom: \"Parcel\" <p@evil.example>\nTo: anna@org.example\n\
         Date: 06/01/2025 09:29:00\nSubject: Your parcel\n\nPay now",
    ),
    (
        "Words that look like an answer",
        "FW: Your parcel",
        "On 5 May they wrote:\nyou have a parcel\n\nFrom: Parcel <p@evil.example>\nSent: Monday, January 6, 2025\n\
         To: Anna <anna@org.example>\nSubject: Your parcel\n\nPay now",
    ),
    (
        "Recipients on several lines",
        "FW: Your parcel",
        "From: Parcel <p@evil.example>\nSent: Monday, January 6, 2025 9:29 AM\nTo: Anna <anna@org.example>;\n\
         Bob <bob@org.example>;\nCarol <carol@org.example>\nCc: Dave <dave@org.example>\nSubject: Your parcel\nPay now",
    ),
    (
        "Values below their labels",
        "FW: Your parcel",
        "From:\nParcel <p@evil.example>\nSent:\nMonday, January 6, 2025 9:29 AM\nTo:\nAnna <anna@org.example>\n\
         Subject:\nYour parcel\n\nPay now",
    ),
];

fn report(raw: &str) -> Option<Report> {
    let evidence = examine(raw.as_bytes(), &Means::default());
    if let Some(report) = &evidence.reported {
        holds(&evidence, report);
    }
    evidence.reported
}

/// What is true of every report.
fn holds(evidence: &Evidence, report: &Report) {
    assert!(report.messages.len() <= MESSAGES);
    for (index, message) in report.messages.iter().enumerate() {
        assert!(message.within.is_none_or(|within| within < index), "{report:#?}");
        assert!(evidence.root.walk().any(|part| part.path == message.path), "{report:#?}");
        let Some(place) = &message.place else { continue };
        assert!(place.head <= place.body && place.body <= place.end, "{place:?}");
    }
}

fn mail(subject: &str, text: &str) -> String {
    format!(
        "From: Anna <anna@org.example>\nTo: SOC <soc@org.example>\nSubject: {subject}\nMIME-Version: 1.0\n\
         Content-Type: text/plain; charset=utf-8\n\n{text}"
    )
}

/// Subjects with what holds each, in short: `outer`, `0 inner`.
fn tree(report: &Report) -> Vec<String> {
    let one = |message: &ReportedMessage| {
        let within = message.within.map(|within| format!("{within} ")).unwrap_or_default();
        let original = if message.original { "*" } else { "" };
        format!("{within}{}{original}", message.subject.as_deref().unwrap_or("-"))
    };
    report.messages.iter().map(one).collect()
}

#[test]
fn programs_are_known() {
    for (program, subject, text) in FORWARDS {
        let raw = mail(subject, text);
        let evidence = examine(raw.as_bytes(), &Means::default());
        let report = evidence.reported.as_ref().unwrap_or_else(|| panic!("{program}: nothing found"));
        holds(&evidence, report);
        assert_eq!(report.messages.len(), 1, "{program}: {report:#?}");
        let message = &report.messages[0];
        let from = message.from.first().unwrap();
        assert_eq!(from.address.as_deref(), Some("p@evil.example"), "{program}: {message:#?}");
        assert!(matches!(from.name.as_deref(), Some("Parcel") | None), "{program}: {message:#?}");
        let has_head = *program != "Yandex";
        assert_eq!(message.subject.as_deref(), has_head.then_some("Your parcel"), "{program}");
        assert!(message.sent_text.as_deref().unwrap().contains("2025"), "{program}: {message:#?}");
        assert_eq!(message.to.is_empty(), !has_head, "{program}: {message:#?}");
        assert!(message.original && message.within.is_none());
        let body = message.text(&evidence).unwrap();
        assert!(
            body.trim_start_matches(['=', '8', '<', '>', ' ', '\n']).contains("Pay now"),
            "{program}: {body:?}"
        );
        assert!(!body.contains("my own") && !body.contains("evil.example"), "{program}: {body:?}");
        assert!(
            report.words.as_deref().is_none_or(|words| !words.contains("evil")),
            "{program}: {report:#?}"
        );
    }
}

#[test]
fn pages_are_read_as_people_see_them() {
    for page in [
        "<p>Please check</p><div style='border-top:solid #E1E1E1 1.0pt'><p><b>From:</b> Parcel &lt;p@evil.example&gt;<br>\
         <b>Sent:</b> Monday, January 6, 2025<br><b>To:</b> Anna<br><b>Subject:</b> Your parcel</p></div><p>Pay now</p>",
        "Please check<hr><div id='divRplyFwdMsg'><font><b>Von:</b> Parcel &lt;p@evil.example&gt;<br><b>Gesendet:</b> Montag\
         <br><b>An:</b> Anna<br><b>Betreff:</b> Your parcel</font></div>Pay now",
        "Please check<div class='moz-forward-container'>-------- Weitergeleitete Nachricht --------<table><tbody><tr>\
         <th>Betreff: </th><td>Your parcel</td></tr><tr><th>Datum: </th><td>Mon, 6 Jan 2025 09:29:00 +0100</td></tr><tr>\
         <th>Von: </th><td>Parcel <a href='mailto:p@evil.example'>&lt;p@evil.example&gt;</a></td></tr><tr><th>An: </th>\
         <td>anna@org.example</td></tr></tbody></table>Pay now</div>",
        "Please check<div class='gmail_quote'><div class='gmail_attr'>---------- Forwarded message ---------<br>From: <b>\
         Parcel</b> <span>&lt;<a href='mailto:p@evil.example'>p@evil.example</a>&gt;</span><br>Date: Mon, Jan 6<br>\
         Subject: Your parcel<br>To: &lt;anna@org.example&gt;<br></div><br>Pay now</div>",
        "Please check<br><blockquote type='cite'><div>Inizio messaggio inoltrato:</div><br><div><span><b>Da: </b></span>\
         <span>Parcel &lt;p@evil.example&gt;<br></span></div><div><b>Oggetto: </b><b>Your parcel</b><br></div><div>\
         <b>Data: </b>6 gennaio 2025<br></div><div><b>A: </b>anna@org.example<br></div><br>Pay now</blockquote>",
    ] {
        let raw = mail("Fwd: Your parcel", page).replace("text/plain", "text/html");
        let evidence = examine(raw.as_bytes(), &Means::default());
        let report = evidence.reported.as_ref().unwrap_or_else(|| panic!("{page}"));
        assert_eq!(tree(report), ["Your parcel*"], "{page}");
        let message = &report.messages[0];
        assert_eq!(message.from[0].address.as_deref(), Some("p@evil.example"), "{page}");
        assert_eq!(message.text(&evidence).unwrap().trim(), "Pay now", "{page}");
        assert_eq!(report.words.as_deref(), Some("Please check"), "{page}");
    }
}

#[test]
fn what_only_the_page_has_is_found_there() {
    let raw = "From: Anna <anna@org.example>\nSubject: Fwd: Your parcel\nContent-Type: multipart/alternative; boundary=b\n\n\
               --b\nContent-Type: text/plain\n\nSee the page.\n--b\nContent-Type: text/html\n\n<p>Look</p>\
               ---------- Forwarded message ----------<br>From: p@evil.example<br>Subject: Your parcel<br>\
               Date: Monday<br>To: x@org.example<br><br>Pay now\n--b--\n";
    let evidence = examine(raw.as_bytes(), &Means::default());
    let report = evidence.reported.clone().unwrap();
    assert_eq!((report.messages[0].path.as_str(), report.words.as_deref()), ("/2", Some("Look")));
    assert_eq!(report.messages[0].text(&evidence).as_deref(), Some("Pay now"));
}

#[test]
fn answers_are_no_reports() {
    let head =
        "From: Bob <bob@org.example>\nSent: Monday, January 6, 2025\nTo: Anna\nSubject: Lunch\n\nAt noon?";
    for (subject, text) in [
        (
            "Re: Lunch",
            "Yes.\n\nOn Mon, Jan 6, 2025 at 9:29 AM Bob <bob@org.example> wrote:\n> At noon?".to_owned(),
        ),
        ("Lunch", "Yes.\n\nBob <bob@org.example> schrieb am 6. Jan.:\n> At noon?".to_owned()),
        ("RE: Lunch", format!("Yes.\n\n{head}")),
        ("AW: Lunch", format!("Yes.\n\n-----Original Message-----\n{head}")),
        ("SV: [list] Lunch", format!("Yes.\n\n________________________________\n{head}")),
        (
            "Re: Fwd: Lunch",
            format!(
                "Yes.\n\nOn Mon, 6 Jan 2025, Bob wrote:\n> ---------- Forwarded message ----------\n> {}",
                head.replace('\n', "\n> ")
            ),
        ),
        (
            "Re: Fwd: Lunch",
            format!("Yes.\n\n> ---------- Forwarded message ----------\n> {}", head.replace('\n', "\n> ")),
        ),
        ("Contact form", "From: Eve\nSubject: Hello\nDate: today\nNice site".to_owned()),
        ("Minutes", "To: all\nFrom: the board\n\nWe met.".to_owned()),
        ("News", "-----\nSubject: to change\nDate: 1 May\n-----\nFrom: 10 EUR".to_owned()),
        ("Hello", "Forwarded message: see you\nSent from my iPhone".to_owned()),
        ("", String::new()),
    ] {
        assert_eq!(report(&mail(subject, &text)), None, "{subject}: {text}");
    }
    // The same head to somebody else: passed on under another subject.
    let raw = mail("What is this?", head);
    assert_eq!(report(&raw).unwrap().messages[0].confidence, Confidence::Doubtful);
    assert_eq!(report(&raw.replace("soc@org.example", "bob@org.example")), None);
    // Lists of messages.
    assert_eq!(report(&raw.replace("MIME-Version", "List-Id: <l.example>\nMIME-Version")), None);
}

#[test]
fn chains_are_told_from_neighbours() {
    let gmail = |from: &str, subject: &str| {
        format!(
            "---------- Forwarded message ---------\nFrom: {from}@x.example\nDate: Monday\nSubject: {subject}\nTo: y@x.example\n\n"
        )
    };
    let outlook = |from: &str, subject: &str| {
        format!("\nFrom: {from}@x.example\nSent: Monday\nTo: y@x.example\nSubject: {subject}\n\ntext\n")
    };
    for (subject, text, want) in [
        ("Fwd: Fwd: A", gmail("a", "Fwd: A") + &gmail("b", "A") + "evil", &["Fwd: A", "0 A*"][..]),
        ("FW: A", outlook("a", "FW: A") + &outlook("b", "FW: A") + &outlook("c", "A"), &["FW: A", "0 FW: A", "1 A*"]),
        ("FW: A", outlook("a", "RE: A") + &outlook("b", "A"), &["RE: A*"]),
        ("Three of them", gmail("a", "A") + &gmail("b", "B") + &gmail("c", "C"), &["A*", "B*", "C*"]),
        (
            "Fwd: A",
            format!("Begin forwarded message:\n\n> {}> Begin forwarded message:\n>\n>> From: e@x.example\n>> Subject: A\n>> Date: x\n>>\n>> evil",
                "From: d@x.example\n> Subject: Today\n> Date: x\n>\n"),
            &["Today", "0 A*"],
        ),
        (
            "Two",
            "----- Forwarded message from a -----\nFrom: a@x.example\nDate: x\nSubject: Fwd: A\n\nt\n----- End forwarded message -----\n\n\
             ----- Forwarded message from b -----\nFrom: b@x.example\nDate: x\nSubject: B\n\nt\n----- End forwarded message -----\n".to_owned(),
            &["Fwd: A*", "B*"],
        ),
    ] {
        let evidence = examine(mail(subject, &text).as_bytes(), &Means::default());
        let report = evidence.reported.clone().unwrap();
        holds(&evidence, &report);
        assert_eq!(tree(&report), want, "{text}");
    }
}

#[test]
fn attached_messages_are_told_with_what_holds_them() {
    let inner =
        "From: p@evil.example\nTo: anna@org.example\nSubject: Your parcel\nMessage-ID: <1@evil>\n\nPay now";
    let within = |subject: &str, text: &str, inner: &str, boundary: &str| {
        format!(
            "From: Anna <anna@org.example>\nSubject: {subject}\nContent-Type: multipart/mixed; boundary={boundary}\n\n--{boundary}\n\n\
             {text}\n--{boundary}\nContent-Type: message/rfc822\n\n{inner}\n--{boundary}--\n"
        )
    };
    let simple = report(&within("Phishing", "Bad one\n-- \nAnna, Sales", inner, "a")).unwrap();
    assert_eq!(tree(&simple), ["Your parcel*"]);
    assert_eq!(simple.words.as_deref(), Some("Bad one"));
    assert_eq!(simple.reporter.as_ref().unwrap().address.as_deref(), Some("anna@org.example"));
    assert_eq!(
        (simple.messages[0].path.as_str(), simple.messages[0].message_id.as_deref()),
        ("/2", Some("1@evil"))
    );
    // A colleague passed it on to the reporter.
    let passed = within("Fwd: Your parcel", "for you", inner, "b");
    assert_eq!(
        tree(&report(&within("Phishing", "see", &passed, "a")).unwrap()),
        ["Fwd: Your parcel", "0 Your parcel*"]
    );
    // What was reported has a message attached itself.
    let baited = within("Your parcel", "open the attachment", inner, "b");
    assert_eq!(tree(&report(&within("Phishing", "see", &baited, "a")).unwrap()), ["Your parcel*"]);
    // What was reported is a copy in a text.
    let copied = mail(
        "FW: Your parcel",
        "---------- Forwarded message ----------\nFrom: p@evil.example\nDate: x\nSubject: Your parcel\n\nPay",
    );
    assert_eq!(
        tree(&report(&within("Phishing", "see", &copied, "a")).unwrap()),
        ["FW: Your parcel", "0 Your parcel*"]
    );
    // An answer with a message attached shows only that.
    let answer = report(&within(
        "Re: Please send it",
        "Here.\n\nOn 6 Jan, SOC <soc@org.example> wrote:\n> Send it",
        inner,
        "a",
    ))
    .unwrap();
    assert_eq!((tree(&answer), answer.words.as_deref()), (vec!["Your parcel*".to_owned()], Some("Here.")));
    let digest = within("List digest", "hello", inner, "a").replace("multipart/mixed", "multipart/digest");
    assert_eq!(report(&digest), None);
    let returned = within("Mail", "The mailbox is full", inner, "a")
        .replace("Anna <anna@org.example>\nSubject", "no-reply@x.example\nTo: p@evil.example\nSubject");
    assert_eq!(report(&returned), None);
    let bounce = within("Returned mail", "sorry", inner, "a")
        .replace("multipart/mixed", "multipart/report; report-type=delivery-status");
    assert_eq!(report(&bounce), None);
}

/// A report with one message attached.
fn eml(headers: &str, name: &str, text: &str) -> String {
    format!(
        "{headers}\nContent-Type: multipart/mixed; boundary=a\n\n--a\n\n{text}\n--a\nContent-Type: message/rfc822; name=\"{name}\"\n\n\
             From: p@evil.example\nSubject: Your parcel\nMessage-ID: <1@evil>\n\nPay\n--a--\n"
    )
}

/// The subject of what Outlook sends to those who look at reports.
const OF_MICROSOFT: &str = "3|49871234-6dc6-43e8-abcd-08d797f20abe|192.0.2.1|p@evil.example|(Your parcel)";

#[test]
fn tools_are_recognised() {
    let from = "From: Anna <anna@org.example>";
    for (raw, kind, opinion, reporter, words) in [
        (
            eml(&format!("{from}\nSubject: {OF_MICROSOFT}"), "x.eml", ""),
            ToolKind::Microsoft,
            Some(Opinion::Phishing),
            "anna@org.example",
            None,
        ),
        (
            eml(&format!("{from}\nTo: junk@office365.microsoft.com\nSubject: x"), "x.eml", ""),
            ToolKind::Microsoft,
            None,
            "anna@org.example",
            None,
        ),
        (
            eml(
                &format!("{from}\nSubject: [Phish Alert] Your parcel"),
                "phish_alert_sp2_2.0.0.0.eml",
                "Reporter: bob@org.example\nDisposition: Spam/Junk\nUser Comments: I know\nnobody there",
            ),
            ToolKind::KnowBe4,
            Some(Opinion::Junk),
            "bob@org.example",
            Some("I know\nnobody there"),
        ),
        (
            eml(
                &format!("{from}\nSubject: x"),
                "x.eml",
                "-----BEGIN REPORTER AGENT-----\nReporter agent: Cofense Reporter|3\n\
                Reporting User: bob@org.example\n-----END REPORTER AGENT-----\n-----BEGIN EMAIL HEADERS-----\nFrom: p@evil.example\n\
                Subject: Your parcel\nMessage-ID: <1@evil>\n-----END EMAIL HEADERS-----\n",
            ),
            ToolKind::Cofense,
            None,
            "bob@org.example",
            None,
        ),
        (
            eml(&format!("{from}\nX-PhishAlarm-Format: eml\nSubject: x"), "x.eml", "look"),
            ToolKind::Proofpoint,
            None,
            "anna@org.example",
            Some("look"),
        ),
        (
            eml("From: no-reply@hoxhunt.com\nSubject: x", "x.eml", ""),
            ToolKind::Hoxhunt,
            None,
            "no-reply@hoxhunt.com",
            None,
        ),
        (
            eml("From: no-reply@eu.mimecast.com\nSubject: x", "x.eml", ""),
            ToolKind::Mimecast,
            None,
            "no-reply@eu.mimecast.com",
            None,
        ),
        (
            eml(&format!("{from}\nSubject: Phishing report"), "x.eml", ""),
            ToolKind::Other,
            None,
            "anna@org.example",
            None,
        ),
    ] {
        let report = report(&raw).unwrap();
        assert_eq!(tree(&report), ["Your parcel*"], "{raw}");
        assert_eq!(report.tool.as_ref().map(|tool| tool.kind), Some(kind), "{raw}");
        assert_eq!((report.opinion, report.words.as_deref()), (opinion, words), "{raw}");
        assert_eq!(report.reporter.unwrap().address.as_deref(), Some(reporter), "{raw}");
    }
}

#[test]
fn tools_may_report_what_is_not_there() {
    let google = report("From: google-workspace-alerts-noreply@google.com\nSubject: Alert: User-reported phishing\n\nBob reported").unwrap();
    assert_eq!((google.tool.unwrap().kind, google.messages.len()), (ToolKind::Google, 0));
    // None of it makes a report of what holds no mail.
    assert_eq!(report(&mail("[Phish Alert] training", "Learn to report")), None);
}

#[test]
fn a_tool_that_copies_headers_and_text() {
    let raw = mail(
        "Potential Phish: Your parcel",
        "I did not order this\n---------- Begin Email Headers ----------\nReceived: from a by b; x\nFrom: Parcel <p@evil.example>\n\
         Date: Mon, 6 Jan 2025 09:29:00 +0100\nSubject: =?utf-8?Q?Your_parcel?=\nTo: anna@org.example\n\
         ---------- End Email Headers ----------\n---------- Begin Reported Email ----------\nPay now\n\
         ---------- End Reported Email ----------\nbye",
    );
    let evidence = examine(raw.as_bytes(), &Means::default());
    let report = evidence.reported.clone().unwrap();
    assert_eq!(
        (tree(&report), report.words.as_deref()),
        (vec!["Your parcel*".to_owned()], Some("I did not order this"))
    );
    assert_eq!(report.messages[0].text(&evidence).as_deref(), Some("Pay now"));
    assert_eq!(report.messages[0].sent.unwrap().to_string(), "2025-01-06T08:29:00Z");
    assert_eq!(report.tool.unwrap().kind, ToolKind::Proofpoint);
}

#[test]
fn feedback_reports_name_their_message() {
    let arf = |part: &str| {
        format!(
            "From: <feedback@isp.example>\nSubject: FW: Earn money\nContent-Type: multipart/report; report-type=feedback-report;\n \
             boundary=a\n\n--a\n\nAn abuse report.\n--a\nContent-Type: message/feedback-report\n\nFeedback-Type: abuse\n\
             User-Agent: SomeGenerator/1.0\nVersion: 1\n\n--a\nContent-Type: {part}\n\nFrom: s@spam.example\nSubject: Earn money\n\n\
             Now\n--a--\n"
        )
    };
    for part in ["message/rfc822", "text/rfc822-headers"] {
        let report = report(&arf(part)).unwrap();
        assert_eq!(
            (tree(&report), report.opinion),
            (vec!["Earn money*".to_owned()], Some(Opinion::Junk)),
            "{part}"
        );
        let tool = report.tool.unwrap();
        assert_eq!((tool.kind, tool.name.as_deref()), (ToolKind::FeedbackReport, Some("SomeGenerator/1.0")));
        assert_eq!(report.messages[0].path, "/3");
    }
}

#[test]
fn a_list_does_not_hide_the_reporter() {
    let raw = mail("Fwd: Your parcel", FORWARDS[0].2).replace(
        "From: Anna <anna@org.example>",
        "From: 'Anna' via SOC <soc@org.example>\nX-Original-From: Anna <anna@org.example>",
    );
    assert_eq!(report(&raw).unwrap().reporter.unwrap().address.as_deref(), Some("anna@org.example"));
}

#[test]
fn people_of_a_head() {
    let check = |text: &str, want: &[(&str, &str)]| {
        let found = people::people(text);
        let found: Vec<(&str, &str)> = found
            .iter()
            .map(|one| (one.name.as_deref().unwrap_or_default(), one.address.as_deref().unwrap_or_default()))
            .collect();
        assert_eq!(found, want, "{text}");
    };
    check("", &[]);
    check("Anna <a@x.example>", &[("Anna", "a@x.example")]);
    check("\"Doe, Jane\" <j@x.example>, b@x.example", &[("Doe, Jane", "j@x.example"), ("", "b@x.example")]);
    check("Doe, Jane <j@x.example>; Bob", &[("Doe, Jane", "j@x.example"), ("Bob", "")]);
    check(
        "Doe, Jane <j@x.example>, Bob <b@x.example>",
        &[("Doe, Jane", "j@x.example"), ("Bob", "b@x.example")],
    );
    check("Anna [mailto:a@x.example]", &[("Anna", "a@x.example")]);
    check("a@x.example<mailto:a@x.example>", &[("", "a@x.example")]);
    check("Anna <a@x.example<mailto:a@x.example>>", &[("Anna", "a@x.example")]);
    check("<a@x.example>", &[("", "a@x.example")]);
    check("'a@x.example' <a@x.example>", &[("", "a@x.example")]);
    check("service@bank.example <p@evil.example>", &[("service@bank.example", "p@evil.example")]);
    check("\"never closed <a@x.example>", &[("never closed", "a@x.example")]);
    check(&"a@x.example, ".repeat(500), &[("", "a@x.example"); 50]);
}

#[test]
fn own_words_end_where_programs_go_on() {
    for (text, want) in [
        ("Is this real?\n\nSent from my iPhone\n\n", Some("Is this real?")),
        ("Bitte prüfen\n\nVon meinem iPhone gesendet", Some("Bitte prüfen")),
        ("Look\n-- \nAnna\nSales", Some("Look")),
        ("Look\n________________________________\n", Some("Look")),
        ("\n \u{a0}\n", None),
        (
            "Sent from my phone it said\n1\n2\n3\n4\n5\n6\n7",
            Some("Sent from my phone it said\n1\n2\n3\n4\n5\n6\n7"),
        ),
    ] {
        assert_eq!(own::words(text).as_deref(), want, "{text}");
    }
    assert!(own::words(&"word ".repeat(10_000)).unwrap().len() <= own::WORDS_BYTES);
}

/// Texts that look like thousands of messages: what is found is bounded, whatever they are made of.
#[test]
fn hostile_texts_stay_within_the_limit() {
    // Without optimisation the short lines take seconds.
    let many = |piece: &str| piece.repeat((if piece.len() < 40 { 1 << 18 } else { 1 << 20 }) / piece.len());
    let around = Around { subject: "FW: z", from: &[], to: &[], cc: &[], many: false, depth: 0 };
    for (piece, found) in [
        (
            "---------- Forwarded message ----------\nFrom: a@x.example\nDate: x\nSubject: y\nTo: z\n\n",
            MESSAGES,
        ),
        ("From: a@x.example\nSent: x\nTo: y\nSubject: FW: z\n", MESSAGES),
        ("> Begin forwarded message:\n> From: a@x.example\n> Subject: Fwd: y\n> Date: x\n", MESSAGES),
        ("From:\n", 0),
        ("From: a@x.example\nx\n", 0),
        ("To: a\na\na\na\na\na\na\na\na\n", 0),
        ("From: a\nTo: b\nFrom: a\nDate: c\n", 0),
        ("---------- Forwarded message ----------\n", 0),
        ("-----BEGIN EMAIL HEADERS-----\nFrom: a@x.example\n", 0),
        (">", 0),
        (":", 0),
        ("From: ", 0),
        ("<a@x.example>To:", 0),
        ("-", 0),
        ("wrote:\n", 0),
    ] {
        let found_there = scan(&many(piece), around);
        assert_eq!(found_there.copied.len(), found, "{piece:?}");
        assert_eq!(found_there.full, found == MESSAGES, "{piece:?}");
    }
    let part = "--a\nContent-Type: message/rfc822\n\nFrom: a@x.example\n\nx\n";
    let raw = format!(
        "From: b@x.example\nContent-Type: multipart/mixed; boundary=a\n\n{}--a--\n",
        part.repeat(200)
    );
    let report = report(&raw).unwrap();
    assert_eq!((report.messages.len(), report.more), (MESSAGES, true));
}

#[test]
fn words_are_known_and_mean_one_thing() {
    let kinds: std::collections::BTreeSet<&str> =
        entries(include_str!("words.txt")).map(|(kind, _)| kind).collect();
    let known = [
        "begin",
        "cc",
        "date",
        "ends",
        "forward",
        "forwarded",
        "forwarded-by",
        "from",
        "original",
        "other",
        "reply",
        "reply-to",
        "sent-from",
        "subject",
        "to",
        "wrote",
    ];
    assert_eq!(kinds.into_iter().collect::<Vec<_>>(), known);
    let of = |kind: &str| -> Vec<String> {
        entries(include_str!("words.txt"))
            .filter(|(one, _)| *one == kind)
            .map(|(_, word)| word.to_lowercase())
            .collect()
    };
    let both: Vec<String> = of("forward").into_iter().filter(|word| of("reply").contains(word)).collect();
    assert!(both.is_empty(), "{both:?}");
    // A head can be told in each of these languages.
    let text = include_str!("words.txt");
    let has = |language: &str, kind: &str| {
        text.lines().any(|line| line.starts_with(&format!("{language} {kind} = ")))
    };
    let languages: std::collections::BTreeSet<&str> = text
        .lines()
        .filter(|line| !line.starts_with(['#', '-']))
        .filter_map(|line| line.split_once(' '))
        .map(|(one, _)| one)
        .collect();
    let whole = languages
        .iter()
        .filter(|one| ["from", "to", "date", "subject"].iter().all(|kind| has(one, kind)))
        .count();
    assert!(whole >= 34, "{whole}");
}

#[test]
fn subjects_say_how_mail_came() {
    use labels::{bare, prefix};
    for (subject, want, rest) in [
        ("Fwd: a", Prefix::Forward, "a"),
        ("[EXTERNAL] FW: RE: a", Prefix::Forward, "a"),
        ("Re[2]: Fwd: a", Prefix::Reply, "a"),
        ("WG: AW: a", Prefix::Forward, "a"),
        ("转发：a", Prefix::Forward, "a"),
        ("İLT: a", Prefix::Forward, "a"),
        ("إعادة توجيه: a", Prefix::Forward, "a"),
        ("Attention: a", Prefix::Neither, "Attention: a"),
        ("", Prefix::Neither, ""),
    ] {
        assert_eq!((prefix(subject), bare(subject)), (want, rest), "{subject}");
    }
}
