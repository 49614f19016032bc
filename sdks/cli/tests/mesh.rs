//! Runs `net mesh` on nodes that run in this process.

#![cfg(unix)]

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    os::unix::{
        fs::PermissionsExt,
        net::{UnixListener, UnixStream},
    },
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    sync::Arc,
};

use bytes::Bytes;
use net_node::mesh::MeshNode;
use net_types::{
    Error,
    api::MeshNode as _,
    capability::{CapabilitySet, ModelCapability},
    channel::{ChannelConfig, SubscribeChannelOptions},
    mesh::{AnnounceOptions, MeshError, MeshNodeConfig, MeshShutdownOptions},
};

const PSK: &str = "8f1c2e5ad0934b7766f2b1a8c3d4e5f60718293a4b5c6d7e8fa0b1c2d3e4f506";

/// A folder of this test alone, with a path that is short enough for a socket.
fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("net-mesh-{}-{name}", std::process::id()));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("a folder");
    folder
}

async fn node(seed: u8, socket: &Path) -> Result<Arc<MeshNode>, Error> {
    MeshNode::create(MeshNodeConfig {
        identity_seed: Some(Bytes::from(vec![seed; 32])),
        control_socket: Some(socket.to_str().expect("text").to_owned()),
        ..MeshNodeConfig::new("127.0.0.1:0".to_owned(), PSK.to_owned())
    })
    .await
}

async fn net(words: &str) -> Output {
    let words: Vec<_> = words.split_whitespace().map(str::to_owned).collect();
    let run = move || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_net"));
        command.env_remove("NET_CONTROL_SOCKET").args(words).output().expect("the program runs")
    };
    tokio::task::spawn_blocking(run).await.expect("it ends")
}

/// What a user sees, without what differs from run to run.
async fn shown(words: &str, hidden: &[&str]) -> String {
    let Output { status, stdout, stderr } = net(words).await;
    let mut text = format!(
        "{}{}exit status: {}",
        String::from_utf8(stdout).expect("text"),
        String::from_utf8(stderr).expect("text"),
        status.code().expect("it is not killed")
    );
    for hidden in hidden {
        text = text.replace(hidden, "...");
    }
    text
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_tells_how_it_is() {
    let socket = folder("tells").join("node");
    let node = node(1, &socket).await.unwrap();
    let peer = MeshNode::create(MeshNodeConfig {
        identity_seed: Some(Bytes::from(vec![2; 32])),
        ..MeshNodeConfig::new("127.0.0.1:0".to_owned(), PSK.to_owned())
    })
    .await
    .unwrap();
    let (own, other) = (node.node_id().unwrap(), peer.node_id().unwrap());
    peer.connect(node.local_addr().unwrap(), node.public_key().unwrap(), own).await.unwrap();
    node.accept(other).await.unwrap();
    let limited =
        ChannelConfig { max_rate_pps: Some(50), priority: 3, ..ChannelConfig::new("work".to_owned()) };
    node.register_channel(ChannelConfig { require_token: true, ..ChannelConfig::new("vault".to_owned()) })
        .unwrap();
    node.register_channel(ChannelConfig { prefix: true, ..limited }).unwrap();
    peer.register_channel(ChannelConfig::new("news".to_owned())).unwrap();
    let plain =
        || SubscribeChannelOptions { token: None, tokens: Vec::new(), group: String::new(), queue: 1 << 20 };
    let _heard = peer.subscribe_channel(own, "work/a".to_owned(), plain()).await.unwrap();
    let _news = node.subscribe_channel(other, "news".to_owned(), plain()).await.unwrap();
    let caps = CapabilitySet {
        models: vec![ModelCapability { model_id: "llama-3.1-70b".to_owned(), ..ModelCapability::default() }],
        tags: vec!["prod".to_owned(), "scope:tenant:acme".to_owned()],
        ..CapabilitySet::default()
    };
    node.announce_capabilities(caps, AnnounceOptions::default()).await.unwrap();

    let at = |words: &str| format!("mesh {words} --socket {}", socket.display());
    let (here, there) = (node.local_addr().unwrap(), peer.local_addr().unwrap());
    let status = net(&at("status")).await;
    let status = String::from_utf8(status.stdout).unwrap();
    for expected in [
        "node           0x8edf34ef4ac5d453\n",
        &here,
        "sessions       1\n",
        "channels       2\n",
        "subscriptions  1\n",
    ] {
        assert!(status.contains(expected), "{expected}: {status}");
    }
    let peers = String::from_utf8(net(&at("peers")).await.stdout).unwrap();
    assert!(peers.contains(&there) && peers.starts_with("NODE "), "{peers}");
    insta::assert_snapshot!("channels", shown(&at("channels"), &[]).await);
    insta::assert_snapshot!("channels_json", shown(&at("channels --json"), &[]).await);
    insta::assert_snapshot!("find", shown(&at("find --model llama-3.1-70b prod"), &[]).await);
    insta::assert_snapshot!("find_json", shown(&at("find --json --scope tenant:acme,other"), &[]).await);
    insta::assert_snapshot!("find_nobody", shown(&at("find --gpu"), &[]).await);
    insta::assert_snapshot!("find_wrong", shown(&at("find --scope planet:x"), &[]).await);
    insta::assert_snapshot!("find_wrong_vendor", shown(&at("find --gpu-vendor acme --json"), &[]).await);
    let json: serde_json::Value = serde_json::from_slice(&net(&at("status --json")).await.stdout).unwrap();
    assert_eq!(json["status"]["address"], here);
    let json: serde_json::Value = serde_json::from_slice(&net(&at("peers --json")).await.stdout).unwrap();
    assert_eq!(json["peers"][0]["address"], there);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_not_reached_is_told_what_to_set() {
    let socket = folder("nobody").join("node");
    let path = socket.to_str().unwrap();
    insta::assert_snapshot!("no_socket", shown("mesh status", &[]).await);
    insta::assert_snapshot!("nobody", shown(&format!("mesh status -s {path}"), &[path]).await);
    insta::assert_snapshot!("nobody_json", shown(&format!("mesh peers --json -s {path}"), &[path]).await);
    insta::assert_snapshot!("mesh_help", shown("mesh --help", &[]).await);
    insta::assert_snapshot!("find_help", shown("mesh find --help", &[]).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_socket_is_for_its_user_and_goes_with_the_node() {
    let socket = folder("mode").join("node");
    let first = node(1, &socket).await.unwrap();
    assert_eq!(fs::metadata(&socket).unwrap().permissions().mode() & 0o777, 0o600);
    let unusable = |result: Result<Arc<MeshNode>, Error>| match result {
        Err(Error::Mesh(MeshError::ControlUnusable { path, reason })) => {
            assert!(path.contains("net-mesh-"), "{path}");
            reason
        }
        other => panic!("{other:?}"),
    };
    assert_eq!(unusable(node(2, &socket).await), "a running process listens there");
    first.shutdown(MeshShutdownOptions::default()).await.unwrap();
    assert!(!socket.exists());
    // The socket of a process that is gone.
    drop(UnixListener::bind(&socket).unwrap());
    let second = node(2, &socket).await.unwrap();
    drop(second);
    assert!(!socket.exists());
    fs::write(&socket, "mine").unwrap();
    assert_eq!(unusable(node(3, &socket).await), "there is a file that is no socket");
    assert_eq!(fs::read(&socket).unwrap(), b"mine");
    let long = socket.with_file_name("x".repeat(120));
    assert!(unusable(node(3, &long).await).contains("SUN_LEN"));
    assert!(unusable(node(3, &socket.join("below")).await).contains("directory"));
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_clients_do_no_harm() {
    let socket = folder("hostile").join("node");
    let _node = node(1, &socket).await.unwrap();
    let ask = |bytes: Vec<u8>| {
        let socket = socket.clone();
        tokio::task::spawn_blocking(move || {
            let mut stream = UnixStream::connect(&socket).unwrap();
            // The node may close before all is written.
            let _ = stream.write_all(&bytes);
            let mut line = String::new();
            BufReader::new(&stream).read_line(&mut line).map(|_| line).unwrap_or_default()
        })
    };
    for (bytes, expected) in [
        (b"\n".to_vec(), "EOF"),
        (b"{}\n".to_vec(), "missing field `version`"),
        (b"{\"version\":9,\"ask\":\"status\"}\n".to_vec(), "this node speaks version 1"),
        (vec![0xff; 100].into_iter().chain(*b"\n").collect(), "error"),
        ([vec![b'['; 60_000], b"\n".to_vec()].concat(), "error"),
    ] {
        let line = ask(bytes).await.unwrap();
        assert!(line.contains(expected), "{line}");
    }
    // What is longer than a request is read no further.
    let line = ask(vec![b' '; 200_000]).await.unwrap();
    assert!(line.is_empty() || line.contains("at most 65536 bytes"), "{line}");
    // Those who say nothing take places, and others wait for one.
    let silent: Vec<_> = (0..15).map(|_| UnixStream::connect(&socket).unwrap()).collect();
    let line = ask(b"{\"version\":1,\"ask\":\"status\"}\n".to_vec()).await.unwrap();
    assert!(line.starts_with("{\"answer\":{\"status\":"), "{line}");
    drop(silent);
}

#[tokio::test(flavor = "multi_thread")]
async fn watching_goes_on_until_it_is_ended() {
    let socket = folder("watch").join("node");
    let node = node(1, &socket).await.unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_net"))
        .args(["mesh", "status", "--watch", "--json", "--socket"])
        .arg(&socket)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    for _ in 0..2 {
        assert!(lines.next().unwrap().unwrap().starts_with("{\"status\":"));
    }
    node.shutdown(MeshShutdownOptions::default()).await.unwrap();
    assert_eq!(lines.map_while(Result::ok).filter(|line| !line.starts_with("{\"status\":")).count(), 0);
    let mut told = String::new();
    child.stderr.take().unwrap().read_to_string(&mut told).unwrap();
    assert!(told.contains("the node does not answer: "), "{told}");
    assert_eq!(child.wait().unwrap().code(), Some(1));
}
