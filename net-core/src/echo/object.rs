//! An object behind a handle.

use super::{LetterStream, check_length, lock, streams::Count};
use net_types::{
    Error, api,
    echo::{Color, EchoError, EchoKit, EchoOptions, EchoWatch, Label},
    host::EchoStore,
};
use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::sync::watch;

/// A box with a text in it.
#[derive(Debug)]
pub struct EchoBox {
    text: Mutex<String>,
    serial: u64,
    shut: watch::Sender<bool>,
}

impl EchoBox {
    fn with(text: String) -> Arc<Self> {
        static SERIAL: AtomicU64 = AtomicU64::new(1);
        let serial = SERIAL.fetch_add(1, Ordering::Relaxed);
        Arc::new(Self { text: Mutex::new(text), serial, shut: watch::Sender::new(false) })
    }

    pub(super) fn current(&self) -> String {
        lock(&self.text).clone()
    }
}

impl api::EchoBox for EchoBox {
    type LetterStream = LetterStream;

    fn new(text: &str) -> Result<Arc<Self>, Error> {
        Ok(Self::with(text.to_owned()))
    }

    fn of_bytes(data: &[u8]) -> Result<Arc<Self>, Error> {
        match std::str::from_utf8(data) {
            Ok(text) => Ok(Self::with(text.to_owned())),
            Err(error) => Err(EchoError::Odd { detail: error.to_string() }.into()),
        }
    }

    /// The error for `fail` has the options' `count` as its number and their `name` as its reason.
    async fn open(text: String, options: EchoOptions) -> Result<Arc<Self>, Error> {
        if text == "fail" {
            return Err(EchoError::Rejected { number: options.count, reason: options.name }.into());
        }
        Ok(Self::with(text))
    }

    async fn of_number(number: u64) -> Result<Arc<Self>, Error> {
        Ok(Self::with(number.to_string()))
    }

    fn set(&self, text: &str) -> Result<(), Error> {
        text.clone_into(&mut lock(&self.text));
        Ok(())
    }

    fn length(&self) -> Result<u32, Error> {
        Ok(u32::try_from(lock(&self.text).len()).unwrap_or(u32::MAX))
    }

    fn push(&self, data: &[u8]) -> Result<bool, Error> {
        let Ok(text) = std::str::from_utf8(data) else { return Ok(false) };
        lock(&self.text).push_str(text);
        Ok(true)
    }

    async fn read(&self) -> Result<String, Error> {
        Ok(self.current())
    }

    async fn wait(&self) -> Result<(), Error> {
        // The sender is a field of the box, so it lives as long as this call.
        let _ = self.shut.subscribe().wait_for(|shut| *shut).await;
        Ok(())
    }

    fn pair(&self, other: &Arc<Self>) -> Result<Arc<Self>, Error> {
        Ok(Self::with(self.current() + &other.current()))
    }

    fn find(&self, text: &str) -> Result<Option<Arc<Self>>, Error> {
        Ok(self.current().contains(text).then(|| Self::with(text.to_owned())))
    }

    fn merged(boxes: Vec<Arc<Self>>) -> Result<Arc<Self>, Error> {
        check_length("boxes", boxes.len())?;
        Ok(Self::with(boxes.iter().map(|one| one.current()).collect()))
    }

    fn letters(&self, limit: u32) -> Result<Arc<LetterStream>, Error> {
        Ok(Arc::new(LetterStream::over(&self.current(), limit)))
    }

    async fn watch(&self, count: u32) -> Result<EchoWatch<Arc<Self>>, Error> {
        check_length("count", count as usize)?;
        let text = self.current();
        let label = Label { text: text.clone(), color: Color::Blue };
        let more = (0..2).map(|number| Self::with(format!("{text}{number}"))).collect();
        let kit = EchoKit { label, first: Self::with(text), spare: None, more };
        Ok(EchoWatch { kit, pause: Duration::from_millis(250), numbers: Arc::new(Count::to(count)) })
    }

    fn boxed(&self, label: Label) -> Result<Option<EchoKit<Arc<Self>>>, Error> {
        let first = Self::with(self.current());
        let has_text = !label.text.is_empty();
        Ok(has_text.then(|| EchoKit { label, spare: Some(Arc::clone(&first)), first, more: Vec::new() }))
    }

    async fn save(&self, store: Arc<dyn EchoStore>, key: String) -> Result<(), Error> {
        let text = self.current();
        store.put(key.clone(), text.clone().into()).await?;
        let found = store.get(key.clone()).await?;
        if found.as_deref() != Some(text.as_bytes()) {
            let name = store.name().unwrap_or_else(|| "the store".to_owned());
            return Err(
                EchoError::Odd { detail: format!("{name} gave back another value for `{key}`") }.into()
            );
        }
        if store.has_erase() {
            store.erase(key).await?;
        }
        Ok(())
    }

    async fn shut(&self) -> Result<(), Error> {
        self.shut.send_replace(true);
        Ok(())
    }

    fn text(&self) -> Result<String, Error> {
        Ok(self.current())
    }

    fn serial(&self) -> u64 {
        self.serial
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use api::{EchoBox as _, LetterStream as _};
    use bytes::Bytes;
    use futures_util::{FutureExt, future::join};
    use net_types::BoxFuture;
    use std::collections::BTreeMap;

    fn now<T>(future: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
        future.now_or_never().expect("ready at once")
    }

    #[test]
    fn keeps_a_text() {
        let one = EchoBox::new("").unwrap();
        assert_eq!(one.length().unwrap(), 0);
        one.set("ab€").unwrap();
        assert_eq!((one.text().unwrap().as_str(), one.length().unwrap()), ("ab€", 5));
        assert!(one.push("d".as_bytes()).unwrap());
        assert!(!one.push(&[0xff]).unwrap());
        assert_eq!(now(one.read()).unwrap(), "ab€d");
    }

    #[test]
    fn opens_and_refuses() {
        assert_eq!(now(EchoBox::of_number(7)).unwrap().text().unwrap(), "7");
        let options = EchoOptions::default();
        assert_eq!(now(EchoBox::open("a".into(), options.clone())).unwrap().text().unwrap(), "a");
        let error = now(EchoBox::open("fail".into(), options)).unwrap_err();
        assert_eq!(error.to_string(), "echo: rejected: number=3 reason=echo");
    }

    #[test]
    fn numbers_are_never_reused() {
        let first = EchoBox::new("").unwrap().serial();
        assert!(first >= 1);
        assert!(EchoBox::new("").unwrap().serial() > first);
    }

    #[test]
    fn combines() {
        let (a, b) = (EchoBox::new("a").unwrap(), EchoBox::new("b").unwrap());
        assert_eq!(a.pair(&b).unwrap().text().unwrap(), "ab");
        assert_eq!(EchoBox::merged(vec![b.clone(), a.clone(), b.clone()]).unwrap().text().unwrap(), "bab");
        assert_eq!(a.find("a").unwrap().unwrap().text().unwrap(), "a");
        assert!(a.find("b").unwrap().is_none());
        assert_eq!(now(a.letters(9).unwrap().next(9)).unwrap(), ["a"]);
    }

    #[tokio::test]
    async fn waits_until_it_is_shut() {
        let one = EchoBox::new("").unwrap();
        let mut wait = Box::pin(one.wait());
        assert!(wait.as_mut().now_or_never().is_none());
        let (waited, shut) = join(wait, one.shut()).await;
        assert!(waited.is_ok() && shut.is_ok());
        now(one.wait()).unwrap();
    }

    /// A store that may spoil what it keeps.
    struct Store {
        kept: Mutex<BTreeMap<String, Bytes>>,
        spoil: bool,
        erases: bool,
    }

    impl EchoStore for Store {
        fn name(&self) -> Option<String> {
            Some("shelf".to_owned())
        }

        fn put(&self, key: String, value: Bytes) -> BoxFuture<'_, Result<(), Error>> {
            lock(&self.kept).insert(key, if self.spoil { Bytes::new() } else { value });
            Box::pin(std::future::ready(Ok(())))
        }

        fn get(&self, key: String) -> BoxFuture<'_, Result<Option<Bytes>, Error>> {
            Box::pin(std::future::ready(Ok(lock(&self.kept).get(&key).cloned())))
        }

        fn erase(&self, key: String) -> BoxFuture<'_, Result<bool, Error>> {
            Box::pin(std::future::ready(Ok(lock(&self.kept).remove(&key).is_some())))
        }

        fn has_erase(&self) -> bool {
            self.erases
        }
    }

    fn save(spoil: bool, erases: bool) -> (Result<(), Error>, usize) {
        let store = Arc::new(Store { kept: Mutex::default(), spoil, erases });
        let result = now(EchoBox::new("text").unwrap().save(store.clone(), "key".into()));
        let kept = lock(&store.kept).len();
        (result, kept)
    }

    #[test]
    fn saves_and_cleans_up() {
        assert_eq!(save(false, true), (Ok(()), 0));
        assert_eq!(save(false, false), (Ok(()), 1));
    }

    #[test]
    fn notices_a_spoiled_store() {
        let (result, _) = save(true, true);
        assert_eq!(
            result.unwrap_err().to_string(),
            "echo: odd text: shelf gave back another value for `key`"
        );
    }
}
