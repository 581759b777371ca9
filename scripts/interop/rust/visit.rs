//! A client in one namespace, and what it hears.

use futures_util::future::FutureExt;
use rust_socketio::asynchronous::{Client, ClientBuilder};
use rust_socketio::{Event, Payload, TransportType};
use serde_json::{Value, json};
use std::error::Error;
use std::fmt::Debug;
use std::time::Duration;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::timeout;

pub type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// How long an event may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Where the servers are.
pub struct Visit {
    pub url: String,
    pub proxy: String,
    pub control: String,
    pub early: String,
}

impl Visit {
    pub async fn post(&self, command: &str) -> Result<()> {
        let url = format!("{}/{command}", self.control);
        reqwest::Client::new().post(url).send().await?.error_for_status()?;
        Ok(())
    }
}

/// The arguments of each event of one name, in order.
pub struct Heard {
    event: Event,
    arguments: UnboundedReceiver<Vec<Value>>,
}

impl Heard {
    /// Returns the first argument of the next event, or null if it has none.
    pub async fn next(&mut self) -> Result<Value> {
        match timeout(PATIENCE, self.arguments.recv()).await {
            Ok(Some(arguments)) => Ok(arguments.into_iter().next().unwrap_or(Value::Null)),
            _ => Err(format!("{} did not come", self.event).into()),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.arguments.is_empty()
    }
}

/// A client that is not open yet, so that nothing it hears is missed.
pub struct Socket(ClientBuilder);

impl Socket {
    pub fn new(url: &str, namespace: &str, auth: Value) -> Socket {
        let builder = ClientBuilder::new(url)
            .namespace(namespace)
            .transport_type(TransportType::Websocket)
            .reconnect_delay(50, 200)
            .auth(auth);
        Socket(builder)
    }

    /// Keeps what an event brings from now on. Each event has one listener.
    pub fn hear(self, event: impl Into<Event>) -> (Socket, Heard) {
        let event = event.into();
        let (sender, arguments) = unbounded_channel();
        let builder = self.0.on(event.clone(), move |payload, _| keep(&sender, payload).boxed());
        (Socket(builder), Heard { event, arguments })
    }

    /// Opens it, and waits until the server has let it in.
    pub async fn open(self) -> Result<Client> {
        let (socket, mut connects) = self.hear(Event::Connect);
        let client = socket.start().await?;
        connects.next().await?;
        Ok(client)
    }

    /// Opens it without waiting for the server's reply.
    pub async fn start(self) -> Result<Client> {
        Ok(self.0.connect().await?)
    }
}

fn keep(sender: &UnboundedSender<Vec<Value>>, payload: Payload) -> impl Future<Output = ()> + use<> {
    let values = match payload {
        Payload::Text(values) => values,
        other => vec![json!(format!("{other:?}"))],
    };
    let _ = sender.send(values); // nobody listens any more
    async {}
}

pub async fn connect(url: &str, namespace: &str) -> Result<Client> {
    Socket::new(url, namespace, json!({})).open().await
}

/// Emits, and returns the acknowledgement's first value.
pub async fn ask(client: &Client, event: &str, arguments: Vec<Value>) -> Result<Value> {
    let (sender, mut answers) = unbounded_channel();
    let answer = move |payload, _| keep(&sender, payload).boxed();
    client.emit_with_ack(event, Payload::Text(arguments), PATIENCE, answer).await?;
    // This client hands over the whole array as one value.
    match timeout(PATIENCE, answers.recv()).await {
        Ok(Some(values)) => Ok(values[0][0].clone()),
        _ => Err(format!("{event} was not acknowledged").into()),
    }
}

pub async fn greeted(client: &Client, name: &str) -> Result<()> {
    let answer = ask(client, "greet", vec![json!({ "name": name })]).await?;
    want(answer, json!({ "greeting": format!("Hello, {name}!") }))
}

pub fn want<T: PartialEq + Debug>(got: T, want: T) -> Result<()> {
    if got == want { Ok(()) } else { Err(format!("got {got:?} instead of {want:?}").into()) }
}
