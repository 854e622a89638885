#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| esdk_fuzz::header::check(input));
