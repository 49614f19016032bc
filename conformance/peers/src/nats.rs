//! Core NATS by its Rust client; the server is a third process.

use anyhow::{Context as _, Result};
use async_nats::{Client, ConnectOptions, Subscriber};
use bytes::Bytes;
use futures_util::StreamExt as _;
use std::time::Instant;
use tokio::sync::Mutex;

use crate::{Arrivals, Flow, MESSAGE, Peer, Spread};

/// What messages are about.
const FLOW: &str = "flow";
const PINGS: &str = "pings";
const ANSWERS: &str = "answers";

/// Messages that a subscription holds, so that none is dropped.
const HELD: usize = 1 << 21;

/// A client of the server, and at the dialling end the subscription to what the other one answers.
#[derive(Debug)]
pub struct NatsPeer {
    client: Client,
    answers: Option<Mutex<Subscriber>>,
}

impl Peer for NatsPeer {
    async fn listen(servers: Vec<String>) -> Result<(Self, Vec<String>)> {
        let client = connect(&servers).await?;
        let (flow, pings) = (client.subscribe(FLOW).await?, client.subscribe(PINGS).await?);
        client.flush().await?;
        tokio::spawn(count(client.clone(), flow));
        tokio::spawn(answer(client.clone(), pings));
        Ok((Self { client, answers: None }, servers))
    }

    async fn dial(servers: Vec<String>) -> Result<Self> {
        let client = connect(&servers).await?;
        let answers = client.subscribe(ANSWERS).await?;
        client.flush().await?;
        Ok(Self { client, answers: Some(Mutex::new(answers)) })
    }

    async fn messages(&self, count: u64) -> Result<Flow> {
        let mut answers = self.answers.as_ref().context("it only listens")?.lock().await;
        self.client.publish(FLOW, Bytes::copy_from_slice(&count.to_le_bytes())).await?;
        let message = Bytes::from(vec![7; MESSAGE]);
        for _ in 0..count {
            self.client.publish(FLOW, message.clone()).await?;
        }
        let report = answers.next().await.context("no report")?;
        Flow::told(count, &report.payload)
    }

    async fn pings(&self, count: u64) -> Result<Spread> {
        let mut answers = self.answers.as_ref().context("it only listens")?.lock().await;
        let message = Bytes::from_static(&[7; MESSAGE]);
        let mut spread = Spread::new(count);
        for _ in 0..count {
            let start = Instant::now();
            self.client.publish(PINGS, message.clone()).await?;
            answers.next().await.context("no answer")?;
            spread.add(start.elapsed());
        }
        Ok(spread)
    }

    /// All that NATS carries is published.
    async fn events(&self, count: u64) -> Result<Flow> {
        self.messages(count).await
    }

    async fn echoes(&self, count: u64) -> Result<Spread> {
        self.pings(count).await
    }
}

async fn connect(servers: &[String]) -> Result<Client> {
    let address = servers.first().context("want the address of a server")?;
    Ok(ConnectOptions::new().subscription_capacity(HELD).connect(address).await?)
}

async fn count(client: Client, mut messages: Subscriber) -> Result<()> {
    let mut arrivals = None;
    while let Some(message) = messages.next().await {
        match &mut arrivals {
            None => arrivals = Arrivals::announced(&message.payload),
            Some(counted) => {
                if let Some(report) = counted.add(1) {
                    client.publish(ANSWERS, Bytes::copy_from_slice(&report)).await?;
                    arrivals = None;
                }
            }
        }
    }
    Ok(())
}

async fn answer(client: Client, mut messages: Subscriber) -> Result<()> {
    while let Some(message) = messages.next().await {
        client.publish(ANSWERS, message.payload).await?;
    }
    Ok(())
}
