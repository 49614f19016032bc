//! Settings of the library inside a host process: worker threads, and where its log goes.

use std::collections::BTreeMap;
use std::fmt::{Debug, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};
use std::time::{SystemTime, UNIX_EPOCH};

use net_types::control::{LogLevel, LogRecord};
use net_types::host::LogSink;
use net_types::{Error, Timestamp, api};
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::{EnvFilter, Registry, reload};

use crate::{fault, runtime};

/// Records that wait for the host; more are dropped and counted.
const WAITING: usize = 1024;

/// The functions that the bindings implement, in place of the core.
#[derive(Debug, Clone, Copy)]
pub struct Functions;

impl api::ControlFunctions for Functions {
    fn set_logger(logger: Arc<dyn LogSink>, filter: &str) -> Result<(), Error> {
        let filter = parse(filter)?;
        let (sender, receiver) = channel(WAITING);
        runtime::handle()?.spawn(deliver(receiver, logger));
        redirect(Some(Output::Host(sender)), filter)
    }

    fn clear_logger() -> Result<(), Error> {
        redirect(None, EnvFilter::new("off"))
    }

    fn set_runtime_threads(threads: u32) -> Result<(), Error> {
        runtime::set_threads(usize::try_from(threads).unwrap_or(usize::MAX))
    }
}

/// Sends the log to standard error if `NET_LOG` asks for it.
pub(crate) fn follow_environment() {
    let Ok(text) = std::env::var("NET_LOG") else { return };
    if text.is_empty() {
        return;
    }
    match parse(&text) {
        Ok(filter) => {
            // A second subscriber of the host's own keeps its place, and this variable then has no effect.
            let _ = redirect(Some(Output::Stderr), filter);
        }
        Err(error) => eprintln!("NET_LOG: {error}"),
    }
}

enum Output {
    Stderr,
    Host(Sender<LogRecord>),
}

/// Where records go now.
static OUTPUT: RwLock<Option<Output>> = RwLock::new(None);
static DROPPED: AtomicU64 = AtomicU64::new(0);
static FILTER: OnceLock<Option<reload::Handle<EnvFilter, Registry>>> = OnceLock::new();

fn parse(filter: &str) -> Result<EnvFilter, Error> {
    EnvFilter::builder().parse(filter).map_err(|error| fault::argument("filter", error.to_string()))
}

fn redirect(output: Option<Output>, filter: EnvFilter) -> Result<(), Error> {
    let handle = FILTER.get_or_init(|| {
        let (layer, handle) = reload::Layer::new(EnvFilter::new("off"));
        let subscriber = Registry::default().with(layer).with(Records);
        tracing::subscriber::set_global_default(subscriber).ok().map(|()| handle)
    });
    let handle =
        handle.as_ref().ok_or_else(|| fault::internal("the process already has a `tracing` subscriber"))?;
    *OUTPUT.write().unwrap_or_else(PoisonError::into_inner) = output;
    handle.reload(filter).map_err(|error| fault::internal(error.to_string()))
}

/// Hands records to the host one by one; ends when the sender is replaced.
async fn deliver(mut records: Receiver<LogRecord>, logger: Arc<dyn LogSink>) {
    while let Some(mut record) = records.recv().await {
        let dropped = DROPPED.swap(0, Ordering::Relaxed);
        if dropped > 0 {
            record.fields.insert("dropped_records".to_owned(), dropped.to_string());
        }
        // A logger that fails has nowhere to say so.
        let _ = logger.write(record).await;
    }
}

/// The layer that turns events into records.
struct Records;

impl<S: Subscriber> Layer<S> for Records {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let output = OUTPUT.read().unwrap_or_else(PoisonError::into_inner);
        match &*output {
            None => {}
            Some(Output::Stderr) => eprintln!("{}", line(&record(event))),
            Some(Output::Host(sender)) => offer(sender, record(event)),
        }
    }
}

fn offer(sender: &Sender<LogRecord>, record: LogRecord) {
    if sender.try_send(record).is_err() {
        DROPPED.fetch_add(1, Ordering::Relaxed);
    }
}

fn record(event: &Event<'_>) -> LogRecord {
    let metadata = event.metadata();
    let mut values = Values::default();
    event.record(&mut values);
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    LogRecord {
        level: level(*metadata.level()),
        target: metadata.target().to_owned(),
        message: values.message,
        at: Timestamp(u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)),
        fields: values.fields,
    }
}

fn level(level: Level) -> LogLevel {
    match level {
        Level::ERROR => LogLevel::Error,
        Level::WARN => LogLevel::Warn,
        Level::INFO => LogLevel::Info,
        Level::DEBUG => LogLevel::Debug,
        Level::TRACE => LogLevel::Trace,
    }
}

fn line(record: &LogRecord) -> String {
    let mut line = format!("{}.{:09}", record.at.0 / 1_000_000_000, record.at.0 % 1_000_000_000);
    let _ = write!(line, " {:5} {}: {}", record.level.text(), record.target, record.message);
    for (name, value) in &record.fields {
        let _ = write!(line, " {name}={value}");
    }
    line
}

#[derive(Default)]
struct Values {
    message: String,
    fields: BTreeMap<String, String>,
}

impl Visit for Values {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, value.to_owned());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.put(field, format!("{value:?}"));
    }
}

impl Values {
    fn put(&mut self, field: &Field, value: String) {
        if field.name() == "message" {
            self.message = value;
        } else {
            self.fields.insert(field.name().to_owned(), value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use net_types::BoxFuture;
    use net_types::api::ControlFunctions as _;
    use std::sync::mpsc;

    struct Forward(mpsc::Sender<LogRecord>);

    impl LogSink for Forward {
        fn write(&self, record: LogRecord) -> BoxFuture<'_, Result<(), Error>> {
            self.0.send(record).expect("the test listens");
            Box::pin(async { Ok(()) })
        }
    }

    /// One test, since a process has one log.
    #[test]
    fn a_logger_of_the_host_gets_what_passes_its_filter() {
        let (sender, records) = mpsc::channel();
        Functions::set_logger(Arc::new(Forward(sender)), "info,net_support::control=debug")
            .expect("a logger");
        tracing::trace!("not this");
        tracing::debug!(shard = 3, name = "a", "but this");
        let record = records.recv().expect("a record");
        assert_eq!((record.level, record.message.as_str()), (LogLevel::Debug, "but this"));
        assert_eq!(record.fields["shard"], "3");
        assert_eq!(record.fields["name"], "a");

        let wrong = Functions::set_logger(Arc::new(Forward(mpsc::channel().0)), "=nonsense=")
            .expect_err("a bad filter");
        assert!(wrong.to_string().starts_with("argument: filter: "), "{wrong}");

        Functions::clear_logger().expect("it stops");
        tracing::error!("nobody listens");
        assert!(records.recv().is_err(), "the logger was not let go");
    }
}
