use super::*;
use proptest::prelude::*;

fn message<'a>() -> FilteredMessage<'a> {
    FilteredMessage {
        from: vec!["Ann.Lee@Mail.Example.org"],
        to: vec!["soc@example.net", "ciso@bücher.example"],
        subject: Some("Re:  Überweisung,\r\n\tplease"),
        text: Some("Dear all,\nthe  invoice is attached.\n"),
        names: vec!["invoice.zip", "logo.png"],
        headers: vec![("X-Spam-Flag", "YES"), ("X-Mailer", "Odd 1.0"), ("x-mailer", "Odd 2.0")],
    }
}

fn filter(value: serde_json::Value) -> Prefilter {
    serde_json::from_value(value).unwrap()
}

fn unmet(value: serde_json::Value) -> Option<String> {
    let filter = filter(value);
    assert_eq!(filter.validate(), []);
    filter.compile().admit(&message()).err().map(|unmet| unmet.field)
}

#[test]
fn what_is_taken() {
    use serde_json::json;
    for taken in [
        json!({}),
        json!({"from": "ann.lee@mail.example.org"}),
        json!({"from": "nobody@example.org, ANN.LEE@MAIL.EXAMPLE.ORG"}),
        json!({"from": "mail.example.org"}),
        json!({"from": "example.org"}),
        json!({"from": "@example.org"}),
        json!({"from": "*.example.org"}),
        json!({"from": "Example.ORG."}),
        json!({"not_from": "ann@example.org, ample.org"}),
        json!({"to": "soc@example.net"}),
        json!({"to": "ciso@xn--bcher-kva.example"}),
        json!({"to": "BÜCHER.example"}),
        json!({"subject": "überweisung"}),
        json!({"subject": "RE: ü"}),
        json!({"subject": "nothing, \"überweisung, please\""}),
        json!({"not_subject": "invoice"}),
        json!({"body": "the invoice"}),
        json!({"body": "LOGO.PNG"}),
        json!({"body": "all, the"}),
        json!({"not_body": "\"all, there\""}),
        json!({"headers": [{"field": "x-spam-flag", "value": "yes"}, {"field": "X-Mailer:", "value": "2.0"}]}),
        json!({"headers": [{"field": "X-Spam-Flag"}]}),
        json!({"headers": [{"field": "X-Other", "not": true}]}),
        json!({"headers": [{"field": "X-Mailer", "value": "3.0", "not": true}]}),
        json!({"from": " , ,", "headers": []}),
    ] {
        assert_eq!(unmet(taken.clone()), None, "{taken}");
    }
    for (left, field) in [
        (json!({"from": "lee@mail.example.org"}), "from"),
        (json!({"from": "ample.org"}), "from"),
        (json!({"from": "soc@example.net"}), "from"),
        (json!({"not_from": "example.com, example.org"}), "not_from"),
        (json!({"to": "ann.lee@mail.example.org"}), "to"),
        (json!({"not_to": "example.net"}), "not_to"),
        (json!({"subject": "uberweisung"}), "subject"),
        (json!({"not_subject": "re: ü"}), "not_subject"),
        (json!({"body": "invoices"}), "body"),
        (json!({"not_body": "invoice"}), "not_body"),
        (json!({"headers": [{"field": "X-Other"}]}), "header x-other"),
        (json!({"headers": [{"field": "X-Mailer", "value": "1.0", "not": true}]}), "not header x-mailer"),
        (json!({"from": "example.org", "to": "example.org"}), "to"),
    ] {
        assert_eq!(unmet(left.clone()).as_deref(), Some(field), "{left}");
    }
}

#[test]
fn a_message_without_a_sender_or_subject_meets_only_what_asks_for_nothing() {
    let bare = FilteredMessage::default();
    let admits = |value| filter(value).compile().admit(&bare).is_ok();
    assert!(admits(serde_json::json!({"not_from": "example.org", "not_subject": "a", "not_body": "b"})));
    assert!(!admits(serde_json::json!({"subject": "a"})));
    assert!(!admits(serde_json::json!({"from": "example.org"})));
}

#[test]
fn every_mistake_is_named() {
    let filter = filter(serde_json::json!({
        "from": "ann lee", "to": "a b@example.org", "subject": "\"open", "body": "a".repeat(201),
        "headers": [{"field": "X Flag", "value": "a"}, {"field": ""}, {"field": "X-Ok", "value": "\""}]
    }));
    let fields: Vec<_> = filter.validate().into_iter().map(|mistake| mistake.field).collect();
    assert_eq!(
        fields,
        [
            "prefilter.from",
            "prefilter.to",
            "prefilter.subject",
            "prefilter.body",
            "prefilter.headers.0.field",
            "prefilter.headers.1.field",
            "prefilter.headers.2.value"
        ]
    );
}

#[test]
fn hints_name_every_condition_on_headers_as_it_is_looked_for() {
    let filter = filter(serde_json::json!({
        "from": "Ann@Example.org, example.com", "not_to": "bücher.beispiel", "subject": "Überweisung",
        "body": "invoice", "headers": [{"field": "X-There"}]
    }));
    let hint = |place, not, terms: &[&str]| Hint {
        place,
        not,
        terms: terms.iter().map(|&term| term.to_owned()).collect(),
    };
    let expected = [
        hint(Place::From, false, &["ann@example.org", "example.com"]),
        hint(Place::Recipients, true, &["xn--bcher-kva.beispiel"]),
        hint(Place::Subject, false, &["überweisung"]),
        hint(Place::Header("x-there".to_owned()), false, &[]),
    ];
    assert_eq!(filter.compile().hints(), expected);
}

#[test]
fn headers_alone_rule_out_only_what_no_body_could_change() {
    let compiled = filter(serde_json::json!({"subject": "überweisung", "body": "nothing like it"})).compile();
    assert_eq!(compiled.admit(&message()).unwrap_err().field, "body");
    assert_eq!(compiled.admit_headers(&message()), Ok(()));
    let compiled = filter(serde_json::json!({"subject": "else", "body": "invoice"})).compile();
    assert_eq!(compiled.admit_headers(&message()).unwrap_err().field, "subject");
}

proptest! {
    #[test]
    fn any_text_is_found_by_itself_unless_it_is_a_mistake(text in "\\PC{0,40}") {
        let quoted = format!("\"{}\"", text.replace('"', "\"\""));
        let headers = vec![HeaderCondition { field: "X-Any".to_owned(), value: quoted.clone(), not: false }];
        let filter = Prefilter { subject: quoted, headers, ..Prefilter::default() };
        let headers = vec![("x-any", text.as_str())];
        let message = FilteredMessage { subject: Some(&text), headers, ..FilteredMessage::default() };
        prop_assert!(!filter.validate().is_empty() || filter.compile().admit(&message).is_ok());
        // As addresses most texts are mistakes, and each field has one at most.
        let addresses = Prefilter { from: text.clone(), not_to: text.clone(), ..Prefilter::default() };
        prop_assert!(addresses.validate().len() <= 2);
    }
}
