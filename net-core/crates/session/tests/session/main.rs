//! Two or more endpoints on a virtual clock, with a link between them that loses, delays, doubles and spoils.

mod attack;
mod forward;
mod handshake;
mod life;
mod refusal;
mod reliable;
mod unreliable;
mod versions;
mod world;
