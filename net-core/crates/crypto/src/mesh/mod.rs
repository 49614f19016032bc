//! What the mesh's handshake and packets are made of: static keys and their certificates, PSKs, MACs, Noise, and the
//! protection of packets.

mod hash;
mod noise;
mod packet;
mod psk;
mod static_key;

pub use hash::{MAC_SIZE, Mac, keyed_mac, macs_equal};
pub use noise::{
    Answer, HandshakeSecrets, INIT_NOISE, Initiator, NoiseError, PAYLOAD, RESP_NOISE, Received, Responder,
};
pub use packet::{Cipher, HEADER, PacketKey, PhaseSecret, TAG};
pub use psk::Psk;
pub use static_key::{Certificate, PublicKey, StaticKey};
