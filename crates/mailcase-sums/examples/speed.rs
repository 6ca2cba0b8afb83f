//! How fast the sums are on one core: `cargo run --release -p mailcase-sums --example speed`.

#![expect(clippy::print_stdout, reason = "printing is what this program is for")]

use std::time::Duration;

use mailcase_sums::Sums;
use rustix::time::{ClockId, clock_gettime};

/// Bytes summed at once, and how they come: in pieces as decoding gives them.
const CONTENT: usize = 8 << 20;
const PIECE: usize = 18 << 10;
/// The best of so many is told: others use the machine at the same time.
const TRIES: usize = 15;

fn main() {
    let mut state = 1_u32;
    let content: Vec<u8> = (0..CONTENT)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        })
        .collect();
    report("MD5, SHA-1, SHA-256", &content, Sums::default);
    report("and the similarity hash", &content, Sums::with_similarity);
    for length in [200_000, 20_000, 2_000] {
        report(&format!("{length} bytes"), content.get(..length).unwrap_or_default(), Sums::with_similarity);
    }
}

fn report(name: &str, content: &[u8], new: fn() -> Sums) {
    let times = CONTENT / content.len();
    let tries = (0..TRIES).map(|_| {
        let begun = processor();
        for _ in 0..times {
            let mut sums = new();
            content.chunks(PIECE).for_each(|piece| sums.update(piece));
            std::hint::black_box(sums.finish());
        }
        processor() - begun
    });
    let best = tries.min().unwrap_or_default().as_secs_f64();
    #[expect(clippy::cast_precision_loss, reason = "a rounded rate is what is wanted")]
    let rate = (times * content.len()) as f64 / 1e6 / best;
    println!("{name}: {rate:.0} MB/s");
}

fn processor() -> Duration {
    clock_gettime(ClockId::ProcessCPUTime).try_into().unwrap_or_default()
}
