//! OpenPGP made by other programs, and by nobody.

mod corpus;
mod gnupg;
