#![no_main]

libfuzzer_sys::fuzz_target!(init: mailcase_fuzz::start(), |data: &[u8]| mailcase_fuzz::indicators(data));
