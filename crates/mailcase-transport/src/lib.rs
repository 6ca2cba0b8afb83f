//! What every mail source connects through: name resolution, TCP, TLS trust, deadlines, and errors a person
//! can act on.
//!
//! Knows no mail protocol. The way to a server is [`resolve`], [`connect`], then [`Trust`] decides in
//! [`start_tls`] whether the server is who it should be. A proxy takes the place of the first two: whatever
//! yields a byte stream can be given to [`start_tls`].

mod dial;
mod facts;
mod roots;
mod stream;
mod tls;
mod trust;
mod verifier;

pub use dial::{Endpoint, connect, resolve};
pub use facts::certificate_facts;
pub use stream::MailStream;
pub use tls::{Established, start_tls};
pub use trust::{Trust, TrustError};
