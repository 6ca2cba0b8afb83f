//! `Authentication-Results` (RFC 8601 §2.2) and its relatives, as servers write them and not only as they should.

use super::{AuthenticationResults, MethodResult, Property, Route, Trust};
use crate::Header;
use crate::fields::bounded;

/// Headers read of one message; honest ones carry one per border crossed, and as many again in ARC sets.
const HEADERS: usize = 50;
/// Results of one header.
const RESULTS: usize = 50;
/// Properties of one result.
const PROPERTIES: usize = 20;
/// Bytes of one value.
const VALUE_BYTES: usize = 1_000;
/// Nesting of comments followed; what is deeper is passed over with them.
const COMMENTS_WITHIN: usize = 8;

/// Results come from the top of the message; `route` says up to where own servers wrote.
pub(super) fn of(headers: &[Header], route: &Route, trust: &Trust) -> Vec<AuthenticationResults> {
    let mut hop = 0;
    let mut found = Vec::new();
    for header in headers {
        let is = |name: &str| header.name.eq_ignore_ascii_case(name);
        if is("received") {
            hop += 1;
            continue;
        }
        let read = if is("authentication-results") {
            results("Authentication-Results", &header.value)
        } else if is("arc-authentication-results") {
            arc(&header.value)
        } else if is("received-spf") {
            spf(&header.value)
        } else {
            continue;
        };
        let Some(mut read) = read else { continue };
        // What stands below the hop that took the message from outside was in it when it came.
        let above = route.border.is_none_or(|border| hop <= border);
        read.trusted = above && read.instance.is_none() && trust.is_own_server(&read.server);
        found.push(read);
        if found.len() == HEADERS {
            break;
        }
    }
    found
}

fn results(header: &str, value: &str) -> Option<AuthenticationResults> {
    let mut clauses = clauses(value).into_iter().peekable();
    // Exchange names nobody and begins with the first result.
    let server = match clauses.peek()?.words.first()? {
        word if word.value.is_none() => {
            let name = word.name.clone();
            clauses.next();
            name
        }
        _ => String::new(),
    };
    let results = clauses.filter_map(Clause::result).take(RESULTS).collect();
    Some(AuthenticationResults { header: header.to_owned(), server, results, ..Default::default() })
}

/// `i=1; mx.example.org; spf=pass …`
fn arc(value: &str) -> Option<AuthenticationResults> {
    let (instance, rest) = value.split_once(';')?;
    let instance = instance.trim().strip_prefix("i=")?.trim().parse().ok()?;
    let read = results("ARC-Authentication-Results", rest)?;
    Some(AuthenticationResults { instance: Some(instance), ..read })
}

/// `pass (comment) key=value; key=value`
fn spf(value: &str) -> Option<AuthenticationResults> {
    let clauses = clauses(value);
    let first = clauses.first()?;
    let result = first.words.first().filter(|word| word.value.is_none())?.name.to_ascii_lowercase();
    let words = clauses.iter().flat_map(|clause| &clause.words);
    let properties: Vec<Property> = words.filter_map(Word::property).take(PROPERTIES).collect();
    let server = properties.iter().find(|one| one.name == "receiver");
    Some(AuthenticationResults {
        header: "Received-SPF".to_owned(),
        server: server.map(|one| one.value.clone()).unwrap_or_default(),
        results: vec![MethodResult { method: "spf".to_owned(), result, reason: first.reason(), properties }],
        ..Default::default()
    })
}

/// What stands between two semicolons.
#[derive(Debug, Default)]
struct Clause {
    words: Vec<Word>,
    comment: String,
}

/// `name` or `name=value`.
#[derive(Debug, Default)]
struct Word {
    name: String,
    value: Option<String>,
}

impl Word {
    fn property(&self) -> Option<Property> {
        Some(Property { name: self.name.to_ascii_lowercase(), value: self.value.clone()? })
    }
}

impl Clause {
    fn reason(&self) -> Option<String> {
        let given = self.words.iter().find(|word| word.name.eq_ignore_ascii_case("reason"));
        let given = given.and_then(|word| word.value.clone());
        given.or_else(|| Some(bounded(self.comment.trim(), VALUE_BYTES))).filter(|reason| !reason.is_empty())
    }

    fn result(self) -> Option<MethodResult> {
        let first = self.words.first()?;
        let result = first.value.as_ref()?.to_ascii_lowercase();
        // `dkim/1`: the version of the method.
        let method = first.name.split('/').next().unwrap_or_default().to_ascii_lowercase();
        let is_reason = |one: &Property| one.name == "reason";
        let properties = self.words.iter().skip(1).filter_map(Word::property);
        let properties = properties.filter(|one| !is_reason(one)).take(PROPERTIES).collect();
        let reason = self.reason();
        (!method.is_empty()).then_some(MethodResult { method, result, reason, properties })
    }
}

/// Cuts a value at its semicolons, its words at blanks, and keeps comments and quoted strings together.
fn clauses(value: &str) -> Vec<Clause> {
    let mut clauses = vec![Clause::default()];
    let mut word = Word::default();
    let mut depth = 0_usize;
    let mut chars = value.chars().peekable();
    while let Some(one) = chars.next() {
        let Some(clause) = clauses.last_mut() else { break };
        match one {
            '(' => {
                depth += 1;
                if depth == 1 {
                    finish(&mut word, clause);
                }
            }
            ')' if depth > 0 => depth -= 1,
            _ if depth > 0 => {
                if depth <= COMMENTS_WITHIN {
                    clause.comment.push(one);
                }
            }
            ';' => {
                finish(&mut word, clause);
                clauses.push(Clause::default());
            }
            '"' => {
                let text = word.value.get_or_insert_default();
                while let Some(quoted) = chars.next() {
                    match quoted {
                        '"' => break,
                        '\\' => text.extend(chars.next()),
                        other => text.push(other),
                    }
                }
            }
            '=' if word.value.is_none() && !word.name.is_empty() => {
                word.value = Some(String::new());
                while chars.next_if(|next| next.is_whitespace()).is_some() {}
            }
            one if one.is_whitespace() => {
                // `dkim = pass` is allowed as well.
                if chars.peek() != Some(&'=') {
                    finish(&mut word, clause);
                }
            }
            one => match &mut word.value {
                Some(value) => value.push(one),
                None => word.name.push(one),
            },
        }
    }
    if let Some(clause) = clauses.last_mut() {
        finish(&mut word, clause);
    }
    clauses.retain(|clause| !clause.words.is_empty());
    clauses
}

fn finish(word: &mut Word, clause: &mut Clause) {
    let Word { name, value } = std::mem::take(word);
    if !name.is_empty() {
        let value = value.map(|value| bounded(&value, VALUE_BYTES));
        clause.words.push(Word { name: bounded(&name, VALUE_BYTES), value });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(value: &str) -> (String, Vec<String>) {
        let read = results("Authentication-Results", value).unwrap();
        let result = |one: &MethodResult| {
            let reason = one.reason.as_ref().map(|reason| format!(" ({reason})")).unwrap_or_default();
            let properties = one.properties.iter().map(|one| format!(" {}={}", one.name, one.value));
            format!("{}={}{reason}{}", one.method, one.result, properties.collect::<String>())
        };
        (read.server.clone(), read.results.iter().map(result).collect())
    }

    #[test]
    fn results_are_read_as_they_are_written() {
        for (value, server, want) in [
            // RFC 8601, appendix B.
            ("example.org 1; none", "example.org", &[][..]),
            (
                "example.com; spf=pass smtp.mailfrom=example.net",
                "example.com",
                &["spf=pass smtp.mailfrom=example.net"],
            ),
            (
                "example.com;\n auth=pass (cram-md5) smtp.auth=sender@example.net;\n spf=pass smtp.mailfrom=example.net",
                "example.com",
                &["auth=pass (cram-md5) smtp.auth=sender@example.net", "spf=pass smtp.mailfrom=example.net"],
            ),
            (
                "spf=pass (sender IP is 192.0.2.7) smtp.mailfrom=a.example; dkim=none (message not signed) \
                 header.d=none;dmarc=bestguesspass action=none header.from=a.example;compauth=pass reason=109",
                "",
                &[
                    "spf=pass (sender IP is 192.0.2.7) smtp.mailfrom=a.example",
                    "dkim=none (message not signed) header.d=none",
                    "dmarc=bestguesspass action=none header.from=a.example",
                    "compauth=pass (109)",
                ],
            ),
            (
                "mx.google.com; dkim=pass header.i=@a.example header.s=s1 header.b=\"ab\\\"c; d\";\n dmarc=fail (p=NONE \
                 sp=QUARANTINE (really) dis=NONE) header.from=a.example",
                "mx.google.com",
                &[
                    "dkim=pass header.i=@a.example header.s=s1 header.b=ab\"c; d",
                    "dmarc=fail (p=NONE sp=QUARANTINE really dis=NONE) header.from=a.example",
                ],
            ),
            (
                "a.example; dkim = pass reason = \"good\" header.d = b.example",
                "a.example",
                &["dkim=pass (good) header.d=b.example"],
            ),
        ] {
            let (found, results) = shown(value);
            assert_eq!(found, server, "{value}");
            assert_eq!(results, want, "{value}");
        }
        assert!(results("", "").is_none() && results("", ";;(").is_none());
    }

    #[test]
    fn relatives_are_read() {
        let read = arc("i=2; mx.example.org; arc=pass (i=1); spf=fail smtp.mailfrom=a.example").unwrap();
        assert_eq!((read.instance, read.server.as_str(), read.results.len()), (Some(2), "mx.example.org", 2));
        assert!(arc("mx.example.org; spf=pass").is_none());
        let read = spf(
            "softfail (mx.example.org: domain of a@b.example does not designate 192.0.2.1) client-ip=192.0.2.1; \
             envelope-from=\"a@b.example\"; receiver=mx.example.org;",
        )
        .unwrap();
        assert_eq!(read.server, "mx.example.org");
        assert_eq!(read.results[0].result, "softfail");
        assert_eq!(read.results[0].properties[1].value, "a@b.example");
    }

    #[test]
    fn only_own_servers_above_the_border_are_trusted() {
        let header = |name: &str, value: &str| Header {
            name: name.to_owned(),
            raw: value.to_owned(),
            value: value.to_owned(),
        };
        let headers = [
            header("Authentication-Results", "mx.example.org; spf=fail"),
            header("Received", "from outside"),
            header("Authentication-Results", "mx.example.org; spf=pass"),
            header("Authentication-Results", "elsewhere.example; spf=pass"),
        ];
        let trust = Trust { authserv_ids: vec!["MX.example.org".to_owned()], ..Trust::default() };
        let route = Route { border: Some(0), ..Route::default() };
        let trusted = |trust: &Trust| -> Vec<bool> {
            of(&headers, &route, trust).iter().map(|read| read.trusted).collect()
        };
        assert_eq!(trusted(&trust), [true, false, false], "the second was in the message when it came");
        assert_eq!(trusted(&Trust::default()), [false; 3]);
    }
}
