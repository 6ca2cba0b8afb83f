//! What is found in real mail, compared with the outcomes other programs publish for the same files. Reads the folder
//! named by `MAILCASE_CORPUS`; says so when it is not there. Every difference is a failure or has a reason that is a rule.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test that cannot go on shall stop, and tells what it compared"
)]

mod corpus;
mod judge;
mod mail_parser_fields;
mod mail_parser_trees;
mod mimekit;
mod notes;
mod own;
mod sisimai;
