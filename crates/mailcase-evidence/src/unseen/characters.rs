//! Characters without width within words, which break what filters look for, and those that turn the order of others.

/// Why, in words.
pub(super) const WITHOUT_WIDTH: &str = "characters without width within words";
pub(super) const SOFT_HYPHENS: &str = "soft hyphens between letters";
pub(super) const OVERRIDE: &str = "override of the direction of text";

/// Bytes of a sample kept.
const SAMPLE_BYTES: usize = 400;

/// Shows nothing, takes no room, or only fills it.
pub(super) fn is_filler(one: char) -> bool {
    matches!(
        one,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180e}'
            | '\u{2007}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}'
            | '\u{2066}'..='\u{206f}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}'
    )
}

/// Has no width and no place within a word of these scripts: others need joiners.
fn is_without_width(one: char) -> bool {
    matches!(one, '\u{34f}' | '\u{180e}' | '\u{200b}'..='\u{200d}' | '\u{2060}'..='\u{2064}' | '\u{feff}')
}

fn is_simple_letter(one: char) -> bool {
    one.is_ascii_alphanumeric() || matches!(one, '\u{c0}'..='\u{24f}' | '\u{370}'..='\u{52f}')
}

/// Why, a sample of what is meant, and how many letters are concerned.
pub(super) fn find(text: &str) -> Vec<(&'static str, String, usize)> {
    let mut found = Vec::new();
    if !text.chars().any(is_filler) {
        return found;
    }
    let (mut broken, mut hyphened) = (Sample::default(), Sample::default());
    for word in text.split_whitespace() {
        let (without_width, hyphens) = within(word);
        if without_width > 0 {
            broken.add(word);
        }
        if hyphens {
            hyphened.add(word);
        }
    }
    if broken.letters > 0 {
        found.push((WITHOUT_WIDTH, broken.text, broken.letters));
    }
    if hyphened.letters > 0 {
        found.push((SOFT_HYPHENS, hyphened.text, hyphened.letters));
    }
    if text.contains(['\u{202d}', '\u{202e}']) {
        let mut sample = Sample::default();
        text.split_whitespace()
            .filter(|word| word.contains(['\u{202d}', '\u{202e}']))
            .for_each(|word| sample.add(word));
        found.push((OVERRIDE, sample.text, sample.letters.max(1)));
    }
    found
}

/// How many characters without width stand between letters, and whether soft hyphens stand around a single one.
fn within(word: &str) -> (usize, bool) {
    let (mut count, mut hyphens) = (0, false);
    let mut letter_before = false;
    let mut waiting = false;
    // Letters since the last soft hyphen.
    let mut since_hyphen: Option<usize> = None;
    for one in word.chars() {
        if is_without_width(one) {
            waiting |= letter_before;
        } else if one == '\u{ad}' {
            hyphens |= since_hyphen == Some(1);
            since_hyphen = Some(0);
        } else {
            let letter = is_simple_letter(one);
            count += usize::from(waiting && letter);
            waiting = false;
            letter_before = letter;
            since_hyphen = since_hyphen.map(|letters| letters + usize::from(letter));
        }
    }
    (count, hyphens)
}

#[derive(Default)]
struct Sample {
    text: String,
    letters: usize,
}

impl Sample {
    fn add(&mut self, word: &str) {
        let seen = word.chars().filter(|one| !is_filler(*one));
        self.letters += seen.clone().count();
        if self.text.len() < SAMPLE_BYTES {
            if !self.text.is_empty() {
                self.text.push(' ');
            }
            self.text.extend(seen);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, want: &[(&str, &str)]) {
        let found = find(text);
        let found: Vec<_> = found.iter().map(|(because, text, _)| (*because, text.as_str())).collect();
        assert_eq!(found, want, "{text:?}");
    }

    #[test]
    fn words_taken_apart_are_told() {
        check("plain words", &[]);
        check("your pass\u{200b}word and Pay\u{2060}Pal", &[(WITHOUT_WIDTH, "password PayPal")]);
        check("P\u{ad}a\u{ad}yPal", &[(SOFT_HYPHENS, "PayPal")]);
        check("invoice \u{202e}fdp.exe", &[(OVERRIDE, "fdp.exe")]);
    }

    #[test]
    fn ordinary_text_is_not() {
        check("Donau\u{ad}dampf\u{ad}schiff", &[]);
        check("می\u{200c}خواهم क्\u{200d}ष", &[]);
        check("👩\u{200d}👩\u{200d}👧 path/\u{200b}name \u{feff}word\u{200b} end", &[]);
        check("\u{200c}\u{a0}\u{200c}\u{a0}\u{34f}", &[]);
        check("\u{2066}isolated\u{2069}", &[]);
    }
}
