//! `Noise_IKpsk1_25519_ChaChaPoly_BLAKE2s`: the handshake, without its packets.
//!
//! The pattern is run by `snow`; its primitives are those that the rest of the mesh uses. A Diffie-Hellman result of
//! zeros is refused, and the ephemeral key comes from 32 random bytes of the caller.

use super::{Psk, PublicKey, StaticKey, static_key};
use blake2::{Blake2s256, Digest};
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, Tag, UnboundKey};
use snow::{
    Builder, Error, HandshakeState,
    params::{CipherChoice, DHChoice, HashChoice, NoiseParams},
    resolvers::CryptoResolver,
    types::{Cipher, Dh, Hash, Random},
};
use std::{fmt, sync::LazyLock};
use zeroize::Zeroizing;

/// Bytes of the payload of each message.
pub const PAYLOAD: usize = 144;

/// Bytes of the first message: ephemeral key, sealed static key, sealed payload.
pub const INIT_NOISE: usize = 32 + 48 + PAYLOAD + 16;

/// Bytes of the second message: ephemeral key, sealed payload.
pub const RESP_NOISE: usize = 32 + PAYLOAD + 16;

static PARAMS: LazyLock<NoiseParams> =
    LazyLock::new(|| "Noise_IKpsk1_25519_ChaChaPoly_BLAKE2s".parse().expect("a pattern of Noise"));

/// A message of the handshake is not genuine, or a key in it is worth nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoiseError;

impl fmt::Display for NoiseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a handshake message is not genuine")
    }
}

impl std::error::Error for NoiseError {}

impl From<Error> for NoiseError {
    fn from(_: Error) -> Self {
        Self
    }
}

/// What a finished handshake gives: a secret for each direction.
pub struct HandshakeSecrets {
    /// For what this side sends.
    pub send: Zeroizing<[u8; 32]>,
    /// For what this side receives.
    pub receive: Zeroizing<[u8; 32]>,
}

impl fmt::Debug for HandshakeSecrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HandshakeSecrets(..)")
    }
}

/// The dialling side of a handshake.
pub struct Initiator(Box<HandshakeState>);

impl Initiator {
    /// Begins a handshake with the node of a public key. `ephemeral` is 32 fresh random bytes.
    pub fn new(
        own: &StaticKey,
        peer: PublicKey,
        psk: &Psk,
        prologue: &[u8],
        ephemeral: Zeroizing<[u8; 32]>,
    ) -> Result<Self, NoiseError> {
        let builder = builder(own, psk, prologue, ephemeral)?;
        Ok(Self(Box::new(builder.remote_public_key(peer.as_bytes())?.build_initiator()?)))
    }

    /// The first message.
    pub fn write(&mut self, payload: &[u8; PAYLOAD]) -> Result<[u8; INIT_NOISE], NoiseError> {
        let mut message = [0; INIT_NOISE];
        self.0.write_message(payload, &mut message)?;
        Ok(message)
    }

    /// Reads the second message. One that is not genuine changes nothing, so another may still come.
    pub fn read(
        &mut self,
        message: &[u8; RESP_NOISE],
    ) -> Result<([u8; PAYLOAD], HandshakeSecrets), NoiseError> {
        let mut payload = [0; PAYLOAD + 16];
        self.0.read_message(message, &mut payload)?;
        let (send, receive) = split(&mut self.0);
        Ok((std::array::from_fn(|at| payload[at]), HandshakeSecrets { send, receive }))
    }
}

impl fmt::Debug for Initiator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Initiator(..)")
    }
}

/// The answering side of a handshake, after it has read the first message.
pub struct Responder(Box<HandshakeState>);

/// What the first message says.
#[derive(Debug)]
pub struct Received {
    /// The static key of who dials.
    pub peer: PublicKey,
    /// The payload.
    pub payload: [u8; PAYLOAD],
    /// Where to go on.
    pub responder: Responder,
}

/// The second message, and what the handshake gives.
#[derive(Debug)]
pub struct Answer {
    /// The message.
    pub message: [u8; RESP_NOISE],
    /// The secrets.
    pub secrets: HandshakeSecrets,
}

impl Responder {
    /// Reads the first message. `ephemeral` is 32 fresh random bytes.
    pub fn read(
        own: &StaticKey,
        psk: &Psk,
        prologue: &[u8],
        message: &[u8; INIT_NOISE],
        ephemeral: Zeroizing<[u8; 32]>,
    ) -> Result<Received, NoiseError> {
        let mut state = Box::new(builder(own, psk, prologue, ephemeral)?.build_responder()?);
        let mut payload = [0; PAYLOAD + 16];
        state.read_message(message, &mut payload)?;
        let peer = state.get_remote_static().and_then(|key| key.try_into().ok()).ok_or(NoiseError)?;
        let payload = std::array::from_fn(|at| payload[at]);
        Ok(Received { peer: PublicKey::new(peer), payload, responder: Self(state) })
    }

    /// Answers.
    pub fn write(mut self, payload: &[u8; PAYLOAD]) -> Result<Answer, NoiseError> {
        let mut message = [0; RESP_NOISE];
        self.0.write_message(payload, &mut message)?;
        let (receive, send) = split(&mut self.0);
        Ok(Answer { message, secrets: HandshakeSecrets { send, receive } })
    }
}

impl fmt::Debug for Responder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Responder(..)")
    }
}

fn builder<'a>(
    own: &'a StaticKey,
    psk: &'a Psk,
    prologue: &'a [u8],
    ephemeral: Zeroizing<[u8; 32]>,
) -> Result<Builder<'a>, NoiseError> {
    Ok(Builder::with_resolver(PARAMS.clone(), Box::new(Resolver { ephemeral }))
        .local_private_key(own.secret())?
        .psk(1, psk.noise())?
        .prologue(prologue)?)
}

/// The secrets of both directions, that of who dials first.
fn split(state: &mut HandshakeState) -> (Zeroizing<[u8; 32]>, Zeroizing<[u8; 32]>) {
    let (one, other) = state.dangerously_get_raw_split();
    (Zeroizing::new(one), Zeroizing::new(other))
}

struct Resolver {
    ephemeral: Zeroizing<[u8; 32]>,
}

impl CryptoResolver for Resolver {
    fn resolve_rng(&self) -> Option<Box<dyn Random>> {
        Some(Box::new(Drawn(Some(self.ephemeral.clone()))))
    }

    fn resolve_dh(&self, _: &DHChoice) -> Option<Box<dyn Dh>> {
        Some(Box::new(X25519 { secret: Zeroizing::new([0; 32]), public: [0; 32] }))
    }

    fn resolve_hash(&self, _: &HashChoice) -> Option<Box<dyn Hash>> {
        Some(Box::new(Blake2s(Blake2s256::new())))
    }

    fn resolve_cipher(&self, _: &CipherChoice) -> Option<Box<dyn Cipher>> {
        Some(Box::new(ChaChaPoly(None)))
    }
}

/// Random bytes that were drawn before, for one key.
struct Drawn(Option<Zeroizing<[u8; 32]>>);

impl Random for Drawn {
    fn try_fill_bytes(&mut self, dest: &mut [u8]) -> Result<(), Error> {
        let drawn = self.0.take().filter(|drawn| drawn.len() == dest.len()).ok_or(Error::Rng)?;
        dest.copy_from_slice(&*drawn);
        Ok(())
    }
}

struct X25519 {
    secret: Zeroizing<[u8; 32]>,
    public: [u8; 32],
}

impl Dh for X25519 {
    fn name(&self) -> &'static str {
        "25519"
    }

    fn pub_len(&self) -> usize {
        32
    }

    fn priv_len(&self) -> usize {
        32
    }

    fn set(&mut self, secret: &[u8]) {
        self.secret.copy_from_slice(secret);
        self.public = static_key::public(&self.secret);
    }

    fn generate(&mut self, rng: &mut dyn Random) -> Result<(), Error> {
        let mut secret = Zeroizing::new([0; 32]);
        rng.try_fill_bytes(&mut *secret)?;
        self.set(&*secret);
        Ok(())
    }

    fn pubkey(&self) -> &[u8] {
        &self.public
    }

    fn privkey(&self) -> &[u8] {
        &*self.secret
    }

    fn dh(&self, public: &[u8], out: &mut [u8]) -> Result<(), Error> {
        let public = public.get(..32).and_then(|key| key.try_into().ok()).ok_or(Error::Dh)?;
        let shared = Zeroizing::new(x25519_dalek::x25519(*self.secret, public));
        if *shared == [0; 32] {
            return Err(Error::Dh);
        }
        out[..32].copy_from_slice(&*shared);
        Ok(())
    }
}

struct Blake2s(Blake2s256);

impl Hash for Blake2s {
    fn name(&self) -> &'static str {
        "BLAKE2s"
    }

    fn block_len(&self) -> usize {
        64
    }

    fn hash_len(&self) -> usize {
        32
    }

    fn reset(&mut self) {
        self.0 = Blake2s256::new();
    }

    fn input(&mut self, data: &[u8]) {
        self.0.update(data);
    }

    fn result(&mut self, out: &mut [u8]) {
        out[..32].copy_from_slice(&std::mem::take(&mut self.0).finalize());
    }
}

struct ChaChaPoly(Option<LessSafeKey>);

impl Cipher for ChaChaPoly {
    fn name(&self) -> &'static str {
        "ChaChaPoly"
    }

    fn set(&mut self, key: &[u8; 32]) {
        self.0 = UnboundKey::new(&CHACHA20_POLY1305, key).ok().map(LessSafeKey::new);
    }

    fn encrypt(&self, nonce: u64, authenticated: &[u8], plain: &[u8], out: &mut [u8]) -> usize {
        let key = self.0.as_ref().expect("a pattern sets the key before it seals");
        let (body, tag) = out.split_at_mut(plain.len());
        body.copy_from_slice(plain);
        let made = key
            .seal_in_place_separate_tag(noise_nonce(nonce), Aad::from(authenticated), body)
            .expect("a message is shorter than the cipher's limit");
        tag[..16].copy_from_slice(made.as_ref());
        plain.len() + 16
    }

    fn decrypt(
        &self,
        nonce: u64,
        authenticated: &[u8],
        sealed: &[u8],
        out: &mut [u8],
    ) -> Result<usize, Error> {
        let key = self.0.as_ref().ok_or(Error::Decrypt)?;
        let end = sealed.len().checked_sub(16).ok_or(Error::Decrypt)?;
        let (body, tag) = sealed.split_at(end);
        let tag = Tag::try_from(tag).map_err(|_| Error::Decrypt)?;
        let out = out.get_mut(..end).ok_or(Error::Decrypt)?;
        out.copy_from_slice(body);
        key.open_in_place_separate_tag(noise_nonce(nonce), Aad::from(authenticated), tag, out, 0..)
            .map(|_| end)
            .map_err(|_| Error::Decrypt)
    }
}

/// Four zero bytes and the counter, as Noise has it for ChaCha20-Poly1305.
fn noise_nonce(counter: u64) -> Nonce {
    let mut nonce = [0; 12];
    nonce[4..].copy_from_slice(&counter.to_le_bytes());
    Nonce::assume_unique_for_key(nonce)
}
