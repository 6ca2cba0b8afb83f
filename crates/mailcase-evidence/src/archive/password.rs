//! Words of a mail that may be the password of its archives.
//!
//! Senders who lock a file write the password near it, in few ways: after a word for "password", in quotes, alone on a
//! line. Everything here is a guess that costs a try.

use std::cell::OnceCell;
use std::collections::HashSet;
use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

/// Passwords of samples among analysts, and of senders who do not care.
const COMMON: [&str; 16] = [
    "infected",
    "malware",
    "virus",
    "dangerous",
    "1234",
    "12345",
    "123456",
    "123",
    "password",
    "Password",
    "test",
    "archive",
    "2024",
    "2025",
    "2026",
    "0000",
];
/// Candidates of one text.
const CANDIDATES: usize = 100;
/// Candidates that only look like passwords, without a word that says so.
const LOOKALIKES: usize = 30;
/// Shortest and longest candidate in characters.
const SHORTEST: usize = 3;
const LONGEST: usize = 64;
/// Words looked at behind a word for "password".
const WORDS_BEHIND: usize = 5;
/// Bytes looked at behind it.
const BYTES_BEHIND: usize = 400;

/// What people call a password, in lower case.
const NAMES: [&str; 58] = [
    "password",
    "passwort",
    "passwd",
    "passcode",
    "passphrase",
    "pass",
    "pwd",
    "pw",
    "kennwort",
    "losungswort",
    "mot de passe",
    "mdp",
    "code",
    "contraseña",
    "contrasena",
    "clave",
    "senha",
    "palavra-passe",
    "wachtwoord",
    "hasło",
    "haslo",
    "hasła",
    "heslo",
    "lösenord",
    "losenord",
    "adgangskode",
    "kodeord",
    "passord",
    "salasana",
    "jelszó",
    "jelszo",
    "parola",
    "parolă",
    "şifre",
    "sifre",
    "zaporka",
    "lozinka",
    "geslo",
    "пароль",
    "пароля",
    "паролем",
    "парола",
    "κωδικός",
    "κωδικος",
    "סיסמה",
    "סיסמא",
    "كلمة المرور",
    "كلمة السر",
    "رمز عبور",
    "パスワード",
    "暗証番号",
    "密码",
    "密碼",
    "口令",
    "비밀번호",
    "암호",
    "mật khẩu",
    "kata sandi",
];

static MATCHER: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
    let names = NAMES.iter().flat_map(|name| {
        let mut capital = name.chars();
        let first: String = capital.by_ref().take(1).flat_map(char::to_uppercase).collect();
        [(*name).to_owned(), first + capital.as_str(), name.to_uppercase()]
    });
    AhoCorasick::builder().ascii_case_insensitive(true).build(names).ok()
});

/// Bytes of each text in which passwords are looked for.
const TEXT_BYTES: usize = 64 << 10;

/// The passwords that may be tried on a container: those given, then those that texts may hold. The texts are only looked
/// through when something turns out to be locked.
#[derive(Debug)]
pub(crate) struct Passwords<'a> {
    given: &'a [String],
    texts: Vec<&'a str>,
    common: &'static [&'static str],
    list: OnceCell<Vec<String>>,
}

impl<'a> Passwords<'a> {
    pub(crate) fn new(given: &'a [String], texts: impl Iterator<Item = &'a str>) -> Self {
        Self { given, texts: texts.collect(), common: &COMMON, list: OnceCell::new() }
    }

    /// Nothing to try: only tells whether something is locked.
    pub(crate) fn none() -> Self {
        Self { common: &[], ..Self::new(&[], std::iter::empty()) }
    }

    #[cfg(test)]
    pub(crate) fn given(given: &'a [String]) -> Self {
        Self::new(given, std::iter::empty())
    }

    /// Those that everybody uses.
    pub(super) fn common(&self) -> &'static [&'static str] {
        self.common
    }

    pub(crate) fn list(&self) -> &[String] {
        self.list.get_or_init(|| {
            let mut found = self.given.to_vec();
            for text in &self.texts {
                let start = text.get(..text.floor_char_boundary(TEXT_BYTES)).unwrap_or(text);
                for candidate in candidates(start) {
                    if !found.contains(&candidate) {
                        found.push(candidate);
                    }
                }
            }
            found
        })
    }
}

/// Words of `text` that may be a password, the likeliest first.
fn candidates(text: &str) -> Vec<String> {
    let mut found = Found::default();
    let matcher = MATCHER.as_ref();
    for one in matcher.into_iter().flat_map(|matcher| matcher.find_iter(text)) {
        let rest = text.get(one.end()..).unwrap_or_default();
        let rest = rest.get(..rest.floor_char_boundary(BYTES_BEHIND)).unwrap_or_default();
        found.behind(rest);
    }
    let likely = found.list.len();
    found.limit = (likely + LOOKALIKES).min(CANDIDATES);
    found.quoted(text);
    found.alone(text);
    found.list
}

struct Found {
    list: Vec<String>,
    known: HashSet<String>,
    limit: usize,
}

impl Default for Found {
    fn default() -> Self {
        Self { list: Vec::new(), known: HashSet::new(), limit: CANDIDATES - LOOKALIKES }
    }
}

impl Found {
    fn add(&mut self, word: &str) {
        let length = word.chars().take(LONGEST + 1).count();
        if (SHORTEST..=LONGEST).contains(&length)
            && self.list.len() < self.limit
            && self.known.insert(word.to_owned())
        {
            self.list.push(word.to_owned());
        }
    }

    /// A word as it stands, and without the marks around it that may belong to the sentence.
    fn word(&mut self, word: &str) {
        let inner = word.trim_matches(is_mark);
        let ended = word.trim_start_matches(is_mark).trim_end_matches(['.', ',', ';', '"', '\'']);
        for one in [inner, ended, word] {
            self.add(one);
        }
    }

    /// What follows a word for "password": `: X`, ` is X`, `「X」`, ` for the archive: X`.
    fn behind(&mut self, rest: &str) {
        // "Passwords", "Passwörter": the name goes on.
        let rest = rest.trim_start_matches(|one: char| one.is_ascii_alphabetic() && one.is_ascii_lowercase());
        if let Some((before, after)) =
            rest.split_once([':', '：', '=']).filter(|(before, _)| before.len() < 60)
        {
            self.line(after);
            self.words(before, 2);
        }
        self.words(
            rest.trim_start_matches(|one: char| {
                is_mark(one) || one.is_whitespace() || "是为為はが는은".contains(one)
            }),
            WORDS_BEHIND,
        );
    }

    fn line(&mut self, text: &str) {
        let Some(line) = text.lines().map(str::trim).find(|line| !line.is_empty()) else { return };
        self.words(line, 1);
        // A passphrase of several words.
        if line.split_whitespace().count() <= 4 {
            self.word(line);
        }
    }

    fn words(&mut self, text: &str, count: usize) {
        const FILLERS: [&str; 24] = [
            "is", "the", "to", "for", "of", "file", "zip", "ist", "lautet", "die", "für", "zum", "est", "le",
            "du", "es", "el", "para", "é", "da", "het", "a", "and", "archive",
        ];
        let words = text.split(|one: char| one.is_whitespace() || "，。、！？「」『』【】".contains(one));
        let words = words.filter(|word| !word.is_empty() && !FILLERS.contains(&word.to_lowercase().as_str()));
        words.take(count).for_each(|word| self.word(word));
    }

    fn quoted(&mut self, text: &str) {
        const QUOTES: [(char, char); 9] = [
            ('"', '"'),
            ('“', '”'),
            ('„', '“'),
            ('«', '»'),
            ('‘', '’'),
            ('`', '`'),
            ('「', '」'),
            ('【', '】'),
            ('[', ']'),
        ];
        for (open, close) in QUOTES {
            let mut rest = text;
            while let Some((_, after)) = rest.split_once(open) {
                let window = after.get(..after.floor_char_boundary(LONGEST * 4)).unwrap_or_default();
                match window.split_once(close) {
                    Some((inner, _)) if !inner.contains('\n') => {
                        self.add(inner.trim());
                        rest = after.get(inner.len() + close.len_utf8()..).unwrap_or_default();
                    }
                    _ => rest = after,
                }
            }
        }
    }

    /// Words alone on their line, and words of letters and digits.
    fn alone(&mut self, text: &str) {
        for line in text.lines().map(str::trim).filter(|line| !line.contains(char::is_whitespace)) {
            if line.contains(|one: char| one.is_ascii_digit()) && !line.contains(['@', '/', '<']) {
                self.word(line);
            }
        }
        for word in text.split_whitespace().map(|word| word.trim_matches(is_mark)) {
            let digits = word.bytes().filter(u8::is_ascii_digit).count();
            let address = word.contains(['@', '/', '<', '=', '\\']) || word.contains("://");
            if digits > 0 && (4..=24).contains(&word.len()) && !address {
                self.add(word);
            }
        }
    }
}

/// Marks of a sentence around a word.
fn is_mark(one: char) -> bool {
    matches!(
        one,
        '"' | '\''
            | '`'
            | '.'
            | ','
            | ';'
            | ':'
            | '('
            | ')'
            | '['
            | ']'
            | '{'
            | '}'
            | '<'
            | '>'
            | '*'
            | '_'
            | '-'
            | '='
            | '!'
            | '?'
            | '“'
            | '”'
            | '„'
            | '«'
            | '»'
            | '‘'
            | '’'
            | '「'
            | '」'
            | '『'
            | '』'
            | '【'
            | '】'
            | '：'
            | '（'
            | '）'
            | '。'
            | '，'
            | '|'
            | '–'
            | '—'
            | '\u{a0}'
            | '\u{200b}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_found_where_senders_write_them() {
        for (text, wanted) in [
            ("The password is: Inv0ice!2026.", "Inv0ice!2026"),
            ("Passwort: geheim", "geheim"),
            ("Das Passwort lautet Sommer2026.", "Sommer2026"),
            ("PASSWORD - 7731", "7731"),
            ("Пароль: 4411", "4411"),
            ("Архив с паролем «кот5»", "кот5"),
            ("mot de passe : facture75", "facture75"),
            ("Contraseña: abc", "abc"),
            ("A senha é 9281.", "9281"),
            ("wachtwoord=\"x9x9\"", "x9x9"),
            ("hasło do pliku: 55AB", "55AB"),
            ("パスワードは「abc123」です", "abc123"),
            ("解压密码：8888", "8888"),
            ("Password for the archive:\r\n\r\n  US4721\r\n\r\nRegards", "US4721"),
            ("see attached.\n\nKD8812\n\nThanks", "KD8812"),
            ("open with \"correct horse\" please", "correct horse"),
            ("pass: two words here", "two words here"),
        ] {
            let found = candidates(text);
            assert!(found.iter().any(|one| one == wanted), "{wanted:?} in {text:?}: {found:?}");
        }
    }

    #[test]
    fn guesses_are_bounded() {
        let many =
            "password: ".repeat(5_000) + &(0..5_000).map(|n| format!("\"w{n}\" x{n}y\n")).collect::<String>();
        assert!(candidates(&many).len() <= CANDIDATES);
        assert!(candidates("").is_empty());
    }
}
