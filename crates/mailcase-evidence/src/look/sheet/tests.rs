use super::*;

fn named(element: &str, classes: &str) -> Named {
    let classes = classes.split_whitespace().map(str::to_owned).collect();
    Named { element: element.to_owned(), id: Some(format!("the-{element}")), classes }
}

/// The properties set for `td.price` in `table.list`, the weakest first.
fn check(css: &str, want: &[&str]) {
    let mut sheets = Sheets::default();
    sheets.add(css, "");
    let (table, row, cell) = (named("table", "list"), named("tr", ""), named("td", "price big"));
    let found = sheets.matching(&[&table, &row, &cell]);
    let found: Vec<&str> = found.iter().flat_map(|block| block.iter().map(|one| one.property)).collect();
    assert_eq!(found, want, "{css}");
}

#[test]
fn selectors_match_as_browsers_do() {
    check("td{color:red}", &["color"]);
    check("TD.price{color:red}.price.big{width:1px}", &["color", "width"]);
    check("th,td , x{color:red}", &["color"]);
    check("#the-td{width:1px}.price{color:red}*{height:1px}", &["height", "color", "width"]);
    check("table td{color:red}.list .price{width:1px}", &["color", "width"]);
    check("tr>td{color:red}table > tr > td{width:1px}", &["color", "width"]);
    check("table>td{color:red}.other td{width:1px}td table{height:1px}", &[]);
    check("td:hover{color:red}td::before{width:1px}td+td{height:1px}", &[]);
    check("td[class=price]{color:red}*[class~=\"big\"]{width:1px}td[width]{height:1px}", &["width", "color"]);
    check("<!-- td{color:red} -->", &["color"]);
    check("@import 'x';@font-face{src:url(x)}td{color:red}", &["color"]);
    check("td{color:red", &["color"]);
}

#[test]
fn media_queries_ask_for_a_wide_screen() {
    check("@media screen{td{color:red}}@media print{td{width:1px}}", &["color"]);
    check("@media only screen and (max-width: 480px){td{color:red}}", &[]);
    check("@media screen and (min-width:37.5em), print{td{color:red}}", &["color"]);
    check("@media (prefers-color-scheme: dark){td{color:red}}@supports (x:y){td{width:1px}}", &["width"]);
    check("@media screen{@media print{td{color:red}}td{width:1px}}", &["width"]);
    let mut sheets = Sheets::default();
    sheets.add("@media (max-width:400px){.only-small,td#x{display:block!important}}", "");
    sheets.add("@media (max-width:400px){.other{display:none}}", "screen");
    assert!(sheets.reveals(&named("p", "only-small")) && !sheets.reveals(&named("p", "other")));
}

#[test]
fn hostile_sheets_end() {
    for unit in ["a{", "@media{", "a ", "a,", ".a", "[", "a>", "}", "@media x{a{b:c}}", "\\", "<!--"] {
        let mut sheets = Sheets::default();
        sheets.add(&unit.repeat(50_000), "");
        assert!(sheets.rules.len() <= SELECTORS);
    }
    let mut sheets = Sheets::default();
    let css: String =
        (0..10_000).map(|number| format!("div div div div .c{}{{color:red}}", number % 10)).collect();
    sheets.add(&css, "");
    assert!(sheets.is_full());
    let (outer, inner) = (named("p", ""), named("p", "c1"));
    let open: Vec<&Named> = std::iter::repeat_n(&outer, 300).chain([&inner]).collect();
    for _ in 0..1_000 {
        sheets.matching(&open);
    }
    assert!(sheets.steps < STEPS + 1_000);
}
