//! Tells organizers' systems what was done, by Standard Webhooks 1.0.
//!
//! Nothing that acts knows of this room. [`Dispatcher`] reads the sealed record behind the place up to
//! which an endpoint was told, makes a [`message`] of each entry that it wants, and queues them in the
//! transaction that moves the place ([`tell`]). Then it sends what is due ([`post`]), each delivery under
//! a lease, signed ([`secret`]), and to addresses only that [`address`] lets through. What failed is tried
//! again ([`schedule`]).
//!
//! A message arrives at least once, under the same id each time; not always in the order of the acts.

mod address;
mod dispatcher;
mod message;
mod post;
mod schedule;
mod secret;
mod target;
mod tell;

pub use address::AddressPolicy;
pub use dispatcher::Dispatcher;
pub use message::{event_types, test_message};
pub use post::{Poster, PosterError};
pub use secret::{OLD_SECRET_SIGNS_FOR, WebhookSecret};
pub use target::{Target, TargetError};
