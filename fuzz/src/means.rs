//! With what messages are examined, and which panics count.

use std::sync::LazyLock;

use mailcase_evidence::{Keyring, Limits, Means};

/// Of the keys in `keys/`.
pub(crate) const PASSWORD: &str = "fuzz";

static KEYS: LazyLock<Keyring> = LazyLock::new(|| {
    let mut keys = Keyring::default();
    for file in [&include_bytes!("../keys/rsa.p12")[..], include_bytes!("../keys/curve.p12")] {
        keys.add_pkcs12(file, PASSWORD).expect("a key of ours");
    }
    keys.add_openpgp(include_bytes!("../keys/pgp.asc"), PASSWORD).expect("a key of ours");
    keys
});

/// Work a build with all checks does in a second or two; by default it is five seconds of a release.
const EFFORT: u64 = 100_000_000;

/// What containers may give then; by default it is eight times as much.
const EXPANDED_BYTES: u64 = 8 << 20;

/// Three in four messages are examined with the limits of the product, but for less work; the others with limits so low
/// that small messages reach them. Which is which is decided by the bytes, so that a crash comes again.
/// `MAILCASE_FUZZ_LIMITS=default` examines all of them with exactly the limits of the product.
pub(crate) fn of(raw: &[u8]) -> Means {
    static UNCHANGED: LazyLock<bool> =
        LazyLock::new(|| std::env::var("MAILCASE_FUZZ_LIMITS").is_ok_and(|which| which == "default"));
    let limits = if *UNCHANGED {
        Limits::default()
    } else if crc32fast::hash(raw) % 4 > 0 {
        Limits { effort: EFFORT, expanded_bytes: EXPANDED_BYTES, ..Limits::default() }
    } else {
        Limits {
            depth: 4,
            parts: 12,
            headers: 8,
            header_bytes: 64,
            body_bytes: 200,
            indicators: 4,
            in_memory_bytes: 0,
            container_bytes: 4 << 10,
            expanded_bytes: 6 << 10,
            effort: 2_000_000,
        }
    };
    Means { keys: KEYS.clone(), passwords: vec!["Sesame-43".to_owned()], ..Means::from(limits) }
}

/// Panics of libraries that the examination catches, and answers with a defect, are no finding; one that costs the
/// whole message is found by what is in the evidence. A panic of ours always is.
pub fn start() {
    let abort = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let library = panic.location().is_some_and(|place| place.file().contains("/registry/src/"));
        if !library || std::env::var_os("MAILCASE_FUZZ_PANICS").is_some() {
            abort(panic);
        }
    }));
    LazyLock::force(&KEYS);
}
