//! Mail with signatures, held against a DNS that answers what the bytes say.

use mailcase_evidence::{
    Answer, Answers, Judgement, OriginFacts, RecordType, Verification, examine, examine_pieces, judge,
};

use crate::cost;
use crate::means;
use crate::program::Program;

/// Questions one message may ask, over all rounds: 150 at a time, and those an early match leaves aside.
const QUESTIONS: usize = 200;
/// Rounds until it is judged: each asks for something new.
const ROUNDS: usize = QUESTIONS + 1;
/// Answers a program may script; further questions begin again with the first.
const ANSWERS: usize = 64;

/// Stands between the message and what scripts the DNS; mail has none of it.
const DIVIDER: u8 = 0x1e;

/// A message, and what the DNS answers.
pub fn origin(data: &[u8]) {
    let divider = data.iter().rposition(|byte| *byte == DIVIDER).unwrap_or(data.len());
    let (raw, script) = data.split_at(divider);
    let mut program = Program::new(script.get(1..).unwrap_or_default());
    let count = usize::from(program.byte()) % ANSWERS;
    let script: Vec<Answer> = (0..count).map(|_| answer(&mut program)).collect();
    let means = means::of(raw);
    let facts = cost::bounded(cost::MESSAGE, || examine(raw, &means).origin);
    for size in [1, 7, 100] {
        let pieces = examine_pieces(raw.chunks(size), &means).origin;
        assert!(pieces == facts, "pieces of {size} bytes are hashed otherwise");
    }
    let (first, answers) = judged(&facts, &script);
    let (second, _) = judged(&facts, &script);
    assert!(first == second, "the same answers give another verdict");
    assert!(judge(&facts, &answers) == Judgement::Judged(Box::new(first.clone())), "it depends on the rounds");
    let json = serde_json::to_vec(&first).expect("a verdict is JSON");
    let kept: Verification = serde_json::from_slice(&json).expect("a verdict is read again");
    assert!(kept == first, "a verdict changes on its way through JSON");
    if !first.asked.iter().any(|asked| asked.answer == Answer::Failed) {
        let again = judge(&facts, &kept.answers());
        assert!(again == Judgement::Judged(Box::new(first)), "what was kept does not judge it again");
    }
}

fn answer(program: &mut Program<'_>) -> Answer {
    match program.byte() % 8 {
        0 => Answer::NotFound,
        1 => Answer::Failed,
        kind => {
            let count = usize::from(kind) - 1;
            let text = |program: &mut Program<'_>| String::from_utf8_lossy(program.bytes()).into_owned();
            Answer::Records((0..count).map(|_| text(program)).collect())
        }
    }
}

fn judged(facts: &OriginFacts, script: &[Answer]) -> (Verification, Answers) {
    let mut answers = Answers::default();
    let mut asked = 0;
    for _ in 0..ROUNDS {
        match judge(facts, &answers) {
            Judgement::Judged(verification) => return (*verification, answers),
            Judgement::NeedMore(questions) => {
                assert!(!questions.is_empty(), "it waits for nothing");
                for question in questions {
                    assert!(answers.get(&question).is_none(), "{question:?} is asked twice");
                    let answer = match (script.get(asked % script.len().max(1)), question.record) {
                        (None, _) => Answer::NotFound,
                        (Some(answer), RecordType::Txt) => prefixed(answer, &question.name),
                        (Some(answer), _) => answer.clone(),
                    };
                    answers.insert(question, answer);
                    asked += 1;
                }
                assert!(asked <= QUESTIONS, "{asked} questions");
            }
        }
    }
    panic!("it never has enough");
}

/// Random text is hardly ever a record; what follows the version is left to chance.
fn prefixed(answer: &Answer, name: &str) -> Answer {
    let version = match () {
        () if name.contains("._domainkey.") => "",
        () if name.starts_with("_dmarc.") => "v=DMARC1; ",
        () => "v=spf1 ",
    };
    match answer {
        Answer::Records(records) => {
            Answer::Records(records.iter().map(|record| format!("{version}{record}")).collect())
        }
        other => other.clone(),
    }
}
