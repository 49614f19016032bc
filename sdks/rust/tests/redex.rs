//! Append-only files as a program uses them.

use net_mesh::{Redex, RedexError, RedexFileConfig, RedexOptions};

#[tokio::test]
async fn a_file_outlasts_its_closing() {
    let folder = std::env::temp_dir().join(format!("net-redex-sdk-{}", std::process::id()));
    let persistent_dir = Some(folder.display().to_string());
    let redex = Redex::new(RedexOptions { persistent_dir }).expect("a manager");
    let kept = RedexFileConfig { persistent: true, fsync_every_n: Some(1), ..Default::default() };
    let file = redex.open_file("a/b", kept.clone()).expect("a file");
    assert_eq!(file.append("one"), Ok(0));
    assert_eq!(file.append_batch(&["two", "three"]), Ok(Some(1)));
    assert_eq!(file.append_async("four").await, Ok(3));
    file.sync().await.expect("synced");
    file.close().await.expect("closed");
    assert_eq!(file.append("five"), Err(RedexError::Closed.into()));
    let again = redex.open_file("a/b", kept).expect("a file");
    let mut tail = again.tail(2).expect("a tail");
    again.append("five").expect("room");
    for (seq, text) in [(2, "three"), (3, "four"), (4, "five")] {
        let event = tail.next().await.expect("an event").expect("no error");
        assert_eq!((event.seq, &event.payload[..]), (seq, text.as_bytes()));
    }
    again.close().await.expect("closed");
    assert!(tail.next().await.is_none());
    std::fs::remove_dir_all(folder).expect("an end");
}
