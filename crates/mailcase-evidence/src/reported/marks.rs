//! What is odd about reported mail: what would be marked, had it come by itself.

use super::{ReportedMessage, is_message};
use crate::entity::envelope;
use crate::examine::PartText;
use crate::fields::Block;
use crate::heads::hops;
use crate::tree::is_html;
use crate::verdicts::{Claims, marks_of_people};
use crate::{Envelope, Evidence, Means, Part, PartKind, Verdicts, alternatives, unseen, verdicts};

/// Marks the reported messages; `evidence` has everything else.
pub(crate) fn mark(evidence: &mut Evidence, texts: &[PartText], means: &Means) {
    let Some(report) = &evidence.reported else { return };
    let attached: Vec<&str> = paths(&report.messages).collect();
    let found: Vec<Verdicts> = report
        .messages
        .iter()
        .map(|message| match message.place {
            Some(_) => {
                Verdicts { marks: marks_of_people(&people(message), &means.trust), ..Verdicts::default() }
            }
            None => of_attached(evidence, texts, &message.path, &attached, means),
        })
        .collect();
    if let Some(report) = &mut evidence.reported {
        for (message, verdicts) in report.messages.iter_mut().zip(found) {
            message.marks = verdicts.marks;
            message.authentication = verdicts.authentication;
            message.authentication.retain(|one| one.trusted);
        }
    }
}

/// Whether `place` is in a message that was reported as a part of its own.
pub(crate) fn holds(evidence: &Evidence, place: &str) -> bool {
    let messages = evidence.reported.iter().flat_map(|report| paths(&report.messages));
    innermost(messages, place).is_some()
}

fn paths(messages: &[ReportedMessage]) -> impl Iterator<Item = &str> {
    messages.iter().filter(|message| message.place.is_none()).map(|message| message.path.as_str())
}

/// Of nested messages the one that `place` belongs to: a path, or a path and what of it.
fn innermost<'a>(messages: impl Iterator<Item = &'a str>, place: &str) -> Option<&'a str> {
    let within = |path: &&str| place.strip_prefix(path).is_some_and(|rest| rest.starts_with('/'));
    messages.filter(within).max_by_key(|path| path.len())
}

fn people(message: &ReportedMessage) -> Envelope {
    Envelope { from: message.from.clone(), ..Envelope::default() }
}

fn of_attached(
    evidence: &Evidence,
    texts: &[PartText],
    path: &str,
    messages: &[&str],
    means: &Means,
) -> Verdicts {
    let Some(part) = evidence.root.walk().find(|part| part.path == path) else { return Verdicts::default() };
    if !is_message(part) {
        return of_headers(part, texts, means);
    }
    let Some(envelope) = &part.envelope else { return Verdicts::default() };
    let claims = Claims { envelope, headers: &part.headers, received: &hops(&part.headers) };
    let mut verdicts = verdicts::of(claims, &means.trust);
    let marks = &mut verdicts.marks;
    let own = |place: &str| innermost(messages.iter().copied(), place) == Some(path);
    marks.extend(unseen::mark(evidence.hidden.iter().filter(|one| own(&one.place))));
    let bodies = || {
        let written = |one: &&PartText| !one.text.content.trim().is_empty();
        texts.iter().filter(|one| one.part.kind == PartKind::Body && own(&one.part.path)).filter(written)
    };
    let plain = bodies().find(|one| !is_html(&one.part));
    if let (Some(plain), Some(html)) = (plain, bodies().find(|one| is_html(&one.part))) {
        marks.extend(alternatives::between(evidence, plain, html).as_ref().map(alternatives::mark));
    }
    verdicts
}

/// Of a message of which only the headers came back.
fn of_headers(part: &Part, texts: &[PartText], means: &Means) -> Verdicts {
    let Some(text) = texts.iter().find(|one| one.part.path == part.path) else { return Verdicts::default() };
    let block = Block::cut(text.text.content.as_bytes());
    let headers: Vec<_> =
        block.iter().take(means.limits.headers).map(|field| field.shown(means.limits.header_bytes)).collect();
    let envelope = envelope(&block, &mut Vec::new());
    verdicts::of(Claims { envelope: &envelope, headers: &headers, received: &hops(&headers) }, &means.trust)
}

#[cfg(test)]
mod tests {
    use crate::{MarkKind, Means, Own, OwnPerson, Report, Trust, Verdicts, examine};

    fn examined(raw: &str) -> (Report, Verdicts) {
        let trust = Trust {
            authserv_ids: vec!["mx.contoso.example".to_owned()],
            own: Own::default().domain("contoso.example"),
            people: vec![OwnPerson::new("Jane Doe", &[])],
            ..Trust::default()
        };
        let evidence = examine(raw.as_bytes(), &Means { trust: trust.into(), ..Means::default() });
        (evidence.reported.unwrap(), evidence.verdicts)
    }

    fn kinds(raw: &str) -> (Vec<Vec<MarkKind>>, Vec<MarkKind>) {
        let (report, verdicts) = examined(raw);
        let kinds = |marks: &[crate::Mark]| marks.iter().map(|mark| mark.kind).collect();
        (report.messages.iter().map(|message| kinds(&message.marks)).collect(), kinds(&verdicts.marks))
    }

    fn attaching(messages: &[&str]) -> String {
        let mut raw = "From: a@contoso.example\nTo: soc@contoso.example\nSubject: Fwd: odd\n\
                       Content-Type: multipart/mixed; boundary=o\n\n--o\n\nSee there.\n"
            .to_owned();
        for message in messages {
            raw.push_str(&format!("--o\nContent-Type: message/rfc822\n\n{message}\n"));
        }
        raw + "--o--\n"
    }

    #[test]
    fn attached_mail_is_marked_as_if_it_came_by_itself() {
        use MarkKind::{HiddenText, LooksLikeOwnDomain, NameOfOwnPerson, OwnDomainUnproven, ReplyToDrift};
        let hidden = "<p>Your parcel waits: pay the customs now</p><p style='display:none'>an ordinary newsletter about gardens</p>";
        let page = format!("Content-Type: text/html\n\n{hidden}");
        let drift = "From: x@one.test\nReply-To: x@two.test\n";
        for (messages, want) in [
            (&["From: x@one.test\n\nhello"][..], &[&[][..]][..]),
            (&[&format!("{drift}\nhello")], &[&[ReplyToDrift]]),
            (
                &[&format!("{drift}{page}"), "From: Jane Doe <x@one.test>\n\nhello"],
                &[&[ReplyToDrift, HiddenText], &[NameOfOwnPerson]],
            ),
            (&["From: x@cont0so.example\n\nhello"], &[&[LooksLikeOwnDomain]]),
            (
                &["Authentication-Results: mx.contoso.example; dmarc=fail\n\
                   Received: from x ([192.0.2.7]) by mx; Thu, 1 Jan 2026 12:00:00 +0000\n\
                   From: a@contoso.example\n\nhello"],
                &[&[OwnDomainUnproven]],
            ),
        ] {
            let (marks, outer) = kinds(&attaching(messages));
            assert_eq!(marks, want, "{messages:?}");
            assert_eq!(outer, [], "what is in a reported message is not the reporter's: {messages:?}");
        }
    }

    #[test]
    fn what_own_servers_found_out_is_told() {
        let message = "Authentication-Results: mx.contoso.example; spf=fail\nReceived: from x ([192.0.2.7]) by mx\n\
                       Authentication-Results: mx.contoso.example; spf=pass\nAuthentication-Results: evil; spf=pass\n\
                       From: x@one.test\n\nhello";
        let (report, _) = examined(&attaching(&[message]));
        let told: Vec<(&str, &str)> = report.messages[0]
            .authentication
            .iter()
            .flat_map(|one| one.results.iter().map(|result| (one.server.as_str(), result.result.as_str())))
            .collect();
        assert_eq!(told, [("mx.contoso.example", "fail")]);
    }

    #[test]
    fn the_texts_of_attached_mail_are_compared() {
        let words = |start: &str| (0..60).map(|number| format!("{start}{number} ")).collect::<String>();
        let message = format!(
            "From: x@one.test\nContent-Type: multipart/alternative; boundary=i\n\n--i\n\n{}\n\
             --i\nContent-Type: text/html\n\n<p>{}</p>\n--i--\n",
            words("word"),
            words("other")
        );
        let (marks, outer) = kinds(&attaching(&[&message]));
        assert_eq!((marks, outer), (vec![vec![MarkKind::AlternativesDisagree]], vec![]));
    }

    #[test]
    fn mail_in_mail_keeps_its_own_marks() {
        let inner = "From: x@one.test\nReply-To: x@two.test\n\nhello";
        let middle =
            format!("From: b@contoso.example\nSubject: Fwd: odd\nContent-Type: message/rfc822\n\n{inner}");
        let (marks, outer) = kinds(&attaching(&[&middle]));
        assert_eq!((marks, outer), (vec![vec![], vec![MarkKind::ReplyToDrift]], vec![]));
    }

    #[test]
    fn copied_mail_is_marked_by_its_people() {
        let copied = |from: &str| {
            format!(
                "From: a@contoso.example\nTo: soc@contoso.example\nSubject: Fwd: odd\n\n\
                 -------- Forwarded Message --------\nFrom: {from}\nTo: a@contoso.example\n\
                 Date: Mon, 6 Jan 2025 09:29:00 +0100\nSubject: odd\n\nPay now"
            )
        };
        for (from, want) in [
            ("Parcel <p@one.test>", &[][..]),
            ("Parcel", &[]),
            ("\"ceo@contoso.example\" <p@one.test>", &[MarkKind::NameIsAnotherAddress]),
            ("Jane Doe <p@contosso.example>", &[MarkKind::LooksLikeOwnDomain, MarkKind::NameOfOwnPerson]),
        ] {
            assert_eq!(kinds(&copied(from)), (vec![want.to_vec()], vec![]), "{from}");
        }
    }

    #[test]
    fn headers_alone_are_enough() {
        let raw = "From: fbl@one.test\nTo: a@contoso.example\nSubject: complaint\n\
                   Content-Type: multipart/report; report-type=feedback-report; boundary=o\n\n\
                   --o\n\nabuse\n--o\nContent-Type: message/feedback-report\n\nFeedback-Type: abuse\n\
                   User-Agent: x/1\nVersion: 1\n\n--o\nContent-Type: text/rfc822-headers\n\n\
                   From: x@one.test\nReply-To: x@two.test\nSubject: odd\n\n--o--\n";
        assert_eq!(kinds(raw), (vec![vec![MarkKind::ReplyToDrift]], vec![]));
    }
}
