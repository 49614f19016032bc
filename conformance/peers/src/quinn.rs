//! QUIC by quinn, with its own congestion control, datagrams up to 1,452 bytes and segmentation offload: its defaults.
//!
//! The cipher is the one that our nodes agree on: AES-256-GCM where the processor has instructions for it. Each handshake
//! is a whole one, without a ticket of an earlier one.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use bytes::Bytes;
use quinn::crypto::rustls::{QuicClientConfig, QuicServerConfig};
use quinn::{Connection, Endpoint, RecvStream, SendStream, TransportConfig};
use rustls::client::Resumption;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use rustls::{ClientConfig, RootCertStore, ServerConfig, version};

use crate::{Arrivals, Flow, MESSAGE, Peer, Spread, WRITE};

/// What a stream is for: its first byte.
const BULK: u8 = b'b';
const END: u8 = b'e';
const PINGS: u8 = b'p';

/// Nothing more arrives after so long.
const SILENCE: Duration = Duration::from_millis(5);

/// An endpoint, and at the dialling end its connection.
#[derive(Debug)]
pub struct QuinnPeer {
    endpoint: Endpoint,
    address: SocketAddr,
    connection: Option<Connection>,
}

impl Peer for QuinnPeer {
    async fn listen(_: Vec<String>) -> Result<(Self, Vec<String>)> {
        let made = rcgen::generate_simple_self_signed([NAME.to_owned()])?;
        let certificate = made.cert.der().clone();
        let key = PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
        let tls = ServerConfig::builder_with_provider(provider()?)
            .with_protocol_versions(&[&version::TLS13])?
            .with_no_client_auth()
            .with_single_cert(vec![certificate.clone()], key.into())?;
        let mut config = quinn::ServerConfig::with_crypto(Arc::new(QuicServerConfig::try_from(tls)?));
        config.transport_config(transport());
        let endpoint = Endpoint::server(config, any_port())?;
        let address = endpoint.local_addr()?;
        tokio::spawn(accept(endpoint.clone()));
        let hex: String = certificate.iter().map(|byte| format!("{byte:02x}")).collect();
        Ok((Self { endpoint, address, connection: None }, vec![address.to_string(), hex]))
    }

    async fn dial(words: Vec<String>) -> Result<Self> {
        let [address, hex] = <[String; 2]>::try_from(words).ok().context("want address and certificate")?;
        let byte = |at: usize| u8::from_str_radix(hex.get(at..at + 2).unwrap_or_default(), 16);
        let certificate: Vec<u8> = (0..hex.len()).step_by(2).map(byte).collect::<Result<_, _>>()?;
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from(certificate))?;
        let mut tls = ClientConfig::builder_with_provider(provider()?)
            .with_protocol_versions(&[&version::TLS13])?
            .with_root_certificates(roots)
            .with_no_client_auth();
        tls.resumption = Resumption::disabled();
        let mut endpoint = Endpoint::client(any_port())?;
        let mut config = quinn::ClientConfig::new(Arc::new(QuicClientConfig::try_from(tls)?));
        config.transport_config(transport());
        endpoint.set_default_client_config(config);
        let address = address.parse()?;
        let connection = endpoint.connect(address, NAME)?.await?;
        Ok(Self { endpoint, address, connection: Some(connection) })
    }

    async fn bulk(&self, bytes: u64) -> Result<Flow> {
        let (mut send, mut receive) = self.open(BULK).await?;
        let count = bytes / WRITE as u64;
        send.write_all(&(count * WRITE as u64).to_le_bytes()).await?;
        let chunk = Bytes::from(vec![7; WRITE]);
        for _ in 0..count {
            send.write_chunk(chunk.clone()).await?;
        }
        send.finish()?;
        let flow = Flow::told(count, &receive.read_to_end(64).await?)?;
        Ok(Flow { read: flow.read / WRITE as u64, ..flow })
    }

    /// By datagrams, of which some are lost.
    async fn messages(&self, count: u64) -> Result<Flow> {
        let connection = self.connection()?;
        let message = Bytes::from(vec![7; MESSAGE]);
        for _ in 0..count {
            connection.send_datagram_wait(message.clone()).await?;
        }
        let (mut send, mut receive) = self.open(END).await?;
        send.finish()?;
        Flow::told(count, &receive.read_to_end(64).await?)
    }

    async fn pings(&self, count: u64) -> Result<Spread> {
        let (mut send, mut receive) = self.open(PINGS).await?;
        let (message, mut answer) = ([7; MESSAGE], [0; MESSAGE]);
        let mut spread = Spread::new(count);
        for _ in 0..count {
            let start = Instant::now();
            send.write_all(&message).await?;
            receive.read_exact(&mut answer).await?;
            spread.add(start.elapsed());
            ensure!(answer == message, "another answer");
        }
        send.finish()?;
        Ok(spread)
    }

    async fn handshakes(&self, count: u64) -> Result<Spread> {
        let mut spread = Spread::new(count);
        for _ in 0..count {
            let start = Instant::now();
            let connection = self.endpoint.connect(self.address, NAME)?.await?;
            spread.add(start.elapsed());
            connection.close(0_u32.into(), b"");
        }
        Ok(spread)
    }
}

impl QuinnPeer {
    async fn open(&self, of: u8) -> Result<(SendStream, RecvStream)> {
        let (mut send, receive) = self.connection()?.open_bi().await?;
        send.write_all(&[of]).await?;
        Ok((send, receive))
    }

    fn connection(&self) -> Result<&Connection> {
        self.connection.as_ref().context("it only listens")
    }
}

const NAME: &str = "localhost";

/// The cipher that our nodes would take; AES-128 is there since QUIC seals first packets with it.
fn provider() -> Result<Arc<CryptoProvider>> {
    use ring::cipher_suite::{
        TLS13_AES_128_GCM_SHA256, TLS13_AES_256_GCM_SHA384, TLS13_CHACHA20_POLY1305_SHA256,
    };
    let first = if has_aes() { TLS13_AES_256_GCM_SHA384 } else { TLS13_CHACHA20_POLY1305_SHA256 };
    Ok(Arc::new(CryptoProvider {
        cipher_suites: vec![first, TLS13_AES_128_GCM_SHA256],
        ..ring::default_provider()
    }))
}

/// The defaults, but a connection stays while others have their turn.
fn transport() -> Arc<TransportConfig> {
    let mut config = TransportConfig::default();
    config.keep_alive_interval(Some(Duration::from_secs(5)));
    Arc::new(config)
}

#[cfg(target_arch = "x86_64")]
fn has_aes() -> bool {
    std::arch::is_x86_feature_detected!("aes") && std::arch::is_x86_feature_detected!("pclmulqdq")
}

#[cfg(target_arch = "aarch64")]
fn has_aes() -> bool {
    std::arch::is_aarch64_feature_detected!("aes") && std::arch::is_aarch64_feature_detected!("pmull")
}

fn any_port() -> SocketAddr {
    (Ipv4Addr::LOCALHOST, 0).into()
}

async fn accept(endpoint: Endpoint) {
    while let Some(incoming) = endpoint.accept().await {
        tokio::spawn(async move {
            let connection = incoming.await?;
            let datagrams = Arc::new(Datagrams::default());
            tokio::spawn(count(connection.clone(), Arc::clone(&datagrams)));
            loop {
                let (send, receive) = connection.accept_bi().await?;
                tokio::spawn(answer(send, receive, Arc::clone(&datagrams)));
            }
            #[expect(unreachable_code, reason = "it tells the type of the error")]
            Ok::<_, anyhow::Error>(())
        });
    }
}

/// Datagrams of a connection.
#[derive(Debug)]
struct Datagrams {
    count: AtomicU64,
    /// Nanoseconds from `made` to the first.
    first: AtomicU64,
    made: Instant,
}

impl Default for Datagrams {
    fn default() -> Self {
        Self { count: AtomicU64::new(0), first: AtomicU64::new(0), made: Instant::now() }
    }
}

async fn count(connection: Connection, datagrams: Arc<Datagrams>) -> Result<()> {
    loop {
        let datagram = connection.read_datagram().await?;
        ensure!(datagram.len() == MESSAGE, "a datagram of {} bytes", datagram.len());
        if datagrams.count.fetch_add(1, Relaxed) == 0 {
            datagrams.first.store(datagrams.made.elapsed().as_nanos() as u64, Relaxed);
        }
    }
}

async fn answer(mut send: SendStream, mut receive: RecvStream, datagrams: Arc<Datagrams>) -> Result<()> {
    let mut of = [0];
    receive.read_exact(&mut of).await?;
    match of[0] {
        BULK => {
            let mut expected = [0; 8];
            receive.read_exact(&mut expected).await?;
            let mut arrivals = Arrivals::announced(&expected).context("no length")?;
            while let Some(chunk) = receive.read_chunk(usize::MAX, true).await? {
                if let Some(report) = arrivals.add(chunk.bytes.len() as u64) {
                    send.write_all(&report).await?;
                }
            }
        }
        END => send.write_all(&rest(&datagrams).await).await?,
        PINGS => {
            let mut message = [0; MESSAGE];
            while receive.read_exact(&mut message).await.is_ok() {
                send.write_all(&message).await?;
            }
        }
        other => bail!("a stream for {other}"),
    }
    Ok(send.finish()?)
}

/// Waits until no datagram comes any more; how many have come, and in which time.
async fn rest(datagrams: &Datagrams) -> [u8; 16] {
    let (mut seen, mut last) = (datagrams.count.load(Relaxed), datagrams.made.elapsed());
    loop {
        tokio::time::sleep(SILENCE).await;
        let now = datagrams.count.load(Relaxed);
        if now == seen {
            break;
        }
        (seen, last) = (now, datagrams.made.elapsed());
    }
    let took = last.as_nanos() as u64 - datagrams.first.load(Relaxed);
    datagrams.count.store(0, Relaxed);
    let mut report = [0; 16];
    report[..8].copy_from_slice(&seen.to_le_bytes());
    report[8..].copy_from_slice(&took.to_le_bytes());
    report
}
