use std::collections::BTreeSet;

use mailcase_indicators::Kind;
use proptest::prelude::*;

use super::*;
use crate::{MATCHES, Place, TEXT_BYTES};

fn pattern(expression: &str) -> Pattern {
    Pattern {
        name: "a pattern".to_owned(),
        expression: expression.to_owned(),
        ignore_case: false,
        looks_at: BTreeSet::from(Place::ALL),
        gives: Gives::Field { name: "ticket".to_owned() },
    }
}

fn refused(pattern: Pattern) -> ExpressionError {
    PatternSet::new([pattern]).expect_err("it is taken").1
}

fn found(pattern: Pattern, text: &str) -> Vec<String> {
    let set = PatternSet::new([pattern]).unwrap();
    set.find(Place::Body, text).map(|hit| hit.value).collect()
}

#[test]
fn what_cannot_be_run_is_refused_with_its_place() {
    let place = |expression| match refused(pattern(expression)) {
        ExpressionError::Syntax { offset, length, message } => (offset, length, message),
        other => panic!("{expression}: {other}"),
    };
    assert_eq!(place("ticket ([0-9]+").0, 7);
    assert_eq!((place(r"INC\d{5,2}").0, place(r"INC\d{5,2}").1), (5, 5));
    assert!(place("(?<=id: )x+").2.contains("(?<value>"));
    assert!(place(r"(a)\1").2.contains("earlier groups"));
    assert_eq!(refused(pattern("")), ExpressionError::Empty);
    assert_eq!(refused(pattern(&"a".repeat(EXPRESSION_BYTES + 1))), ExpressionError::TooLong);
    assert_eq!(refused(pattern(r"\d*")), ExpressionError::MatchesNothing);
    assert_eq!(refused(pattern("a|")), ExpressionError::MatchesNothing);
    assert_eq!(refused(pattern(r"\w{900}\w{900}")), ExpressionError::TooLarge);
    assert_eq!(refused(Pattern { looks_at: BTreeSet::new(), ..pattern("a") }), ExpressionError::LooksNowhere);
    let nameless = Gives::Field { name: " ".to_owned() };
    assert_eq!(refused(Pattern { gives: nameless, ..pattern("a") }), ExpressionError::Field);
    let many = PatternSet::new((0..=PATTERNS).map(|_| pattern("a"))).expect_err("too many");
    assert_eq!(many, (PATTERNS, ExpressionError::TooMany));
}

#[test]
fn the_value_is_the_group_of_that_name_or_the_first_or_all() {
    let text = "Ticket INC-123 of team red";
    assert_eq!(found(pattern(r"INC-\d+"), text), ["INC-123"]);
    assert_eq!(found(pattern(r"INC-(\d+) of team (\w+)"), text), ["123"]);
    assert_eq!(found(pattern(r"INC-(\d+) of team (?<value>\w+)"), text), ["red"]);
    assert_eq!(found(pattern(r"ticket"), text), Vec::<String>::new());
    assert_eq!(found(Pattern { ignore_case: true, ..pattern("ticket") }, text), ["Ticket"]);
}

#[test]
fn lines_begin_and_end_everywhere() {
    assert_eq!(found(pattern("^id: (.+)$"), "a\nid: 7\nid: 8 x\n"), ["7", "8 x"]);
}

#[test]
fn a_value_that_is_no_indicator_of_its_kind_is_left_out() {
    let pattern = Pattern { gives: Gives::Indicator { kind: Kind::Ipv4 }, ..pattern(r"host=(\S+)") };
    assert_eq!(found(pattern, "host=192.0.2.7 host=nobody host=192.0.2[.]8"), ["192.0.2.7", "192.0.2.8"]);
}

#[test]
fn a_pattern_looks_where_it_was_told_to() {
    let set =
        PatternSet::new([Pattern { looks_at: BTreeSet::from([Place::Headers]), ..pattern("a+") }]).unwrap();
    assert_eq!(set.find(Place::Body, "aaa").count(), 0);
    assert_eq!(set.find(Place::Headers, "aaa").count(), 1);
}

#[test]
fn there_are_no_more_matches_than_the_limit_and_none_behind_it() {
    assert_eq!(found(pattern("a"), &"a".repeat(10 * MATCHES)).len(), MATCHES);
    let far = format!("{}needle", " ".repeat(TEXT_BYTES));
    assert!(found(pattern("needle"), &far).is_empty());
}

proptest! {
    #[test]
    fn nothing_people_write_breaks_it(expression in "\\PC{0,40}", text in "\\PC{0,200}") {
        if let Ok(set) = PatternSet::new([pattern(&expression)]) {
            for hit in set.find(Place::Body, &text) {
                prop_assert_eq!(text.get(hit.offset..hit.offset + hit.found.len()), Some(hit.found));
                let around = [hit.before, hit.found, hit.after].concat();
                prop_assert!(text.contains(&around));
            }
        }
    }

    #[test]
    fn an_error_points_into_the_expression(expression in "[a-z(){}\\[\\]*+?|\\\\0-9,]{1,30}") {
        if let Err((_, ExpressionError::Syntax { offset, length, .. })) = PatternSet::new([pattern(&expression)]) {
            prop_assert!(offset + length <= expression.len());
        }
    }
}
