//! The testkit is tested too: the fake passes the suite, the suite catches what breaks the contract, and the script
//! does what it says.
#![expect(clippy::expect_used, reason = "a test panics when its world does not obey")]

mod bench;
mod catches;
mod faulty;
mod script;

mod conformance {
    use crate::bench::FakeBench;
    use mailcase_mail::testkit::FakeMailbox;

    mailcase_mail::conformance_suite!(FakeBench(FakeMailbox::new()));
}
