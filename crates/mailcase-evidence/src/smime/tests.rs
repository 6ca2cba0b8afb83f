//! S/MIME made by other programs, and by nobody.

mod broken;
pub(crate) mod corpus;
mod forged;
mod gpgsm;
mod keys;
mod layers;
mod nss;
mod openssl;
pub(crate) mod workshop;
