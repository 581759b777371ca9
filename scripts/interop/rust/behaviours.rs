use crate::visit::{Result, Socket, Visit, ask, connect, greeted, want};
use rust_socketio::Event;
use rust_socketio::asynchronous::Client;
use serde_json::{Value, json};

pub async fn connects_with_auth(v: &Visit) -> Result<()> {
    let auth = json!({ "ticket": "golden", "name": "Ada" });
    let client = Socket::new(&v.url, "/tour/members", auth).open().await?;
    want(ask(&client, "whoAmI", vec![]).await?, json!({ "name": "Ada" }))?;
    Ok(client.disconnect().await?)
}

pub async fn is_refused_without_auth(v: &Visit) -> Result<()> {
    let auth = json!({ "ticket": "forged" });
    let (socket, mut errors) = Socket::new(&v.url, "/tour/members", auth).hear(Event::Error);
    let (socket, connects) = socket.hear(Event::Connect);
    let _client = socket.start().await?;
    let error = errors.next().await?;
    // It comes as a text with the packet's payload in it.
    let text = error.as_str().ok_or("an error without a text")?;
    let payload: Value = serde_json::from_str(&text[text.find('{').ok_or("an error without a payload")?..])?;
    want(&payload["message"], &json!("Members only."))?;
    want(&payload["data"]["code"], &json!("no_ticket"))?;
    want(connects.is_empty(), true)
}

pub async fn server_acknowledges(v: &Visit) -> Result<()> {
    let client = connect(&v.url, "/tour").await?;
    greeted(&client, "Ада ☀").await?;
    Ok(client.disconnect().await?)
}

pub async fn room_hears_a_broadcast(v: &Visit) -> Result<()> {
    let (socket, mut told) = Socket::new(&v.url, "/tour", json!({})).hear("told");
    let inside = socket.open().await?;
    let (socket, missed) = Socket::new(&v.url, "/tour", json!({})).hear("told");
    let outside = socket.open().await?;
    ask(&inside, "enter", vec![json!("rust")]).await?;
    ask(&outside, "tellRoom", vec![json!({ "room": "rust", "text": "to the room" })]).await?;
    want(told.next().await?, json!("to the room"))?;
    // What had been sent to the one outside would have arrived before its greeting.
    greeted(&outside, "").await?;
    want(missed.is_empty(), true)?;
    inside.disconnect().await?;
    Ok(outside.disconnect().await?)
}

/// Has a client leave, and returns the reason that a watcher sees.
async fn leaving(v: &Visit, leaver: Client, leave: impl AsyncFn(&Client) -> Result<()>) -> Result<String> {
    let (socket, mut left) = Socket::new(&v.url, "/tour", json!({})).hear("left");
    let watcher = socket.open().await?;
    ask(&watcher, "watch", vec![]).await?;
    let id = ask(&leaver, "myID", vec![]).await?;
    leave(&leaver).await?;
    loop {
        let seen = left.next().await?;
        if seen["id"] == id {
            watcher.disconnect().await?;
            return Ok(seen["reason"].as_str().unwrap_or_default().to_owned());
        } // and not somebody else
    }
}

pub async fn client_disconnects(v: &Visit) -> Result<()> {
    let leaver = connect(&v.url, "/tour").await?;
    let reason = leaving(v, leaver, async |c| Ok(c.disconnect().await?)).await?;
    // It closes its connection behind the packet, and the server may hear of either first.
    match reason.as_str() {
        "client namespace disconnect" | "transport close" => Ok(()),
        _ => Err(format!("it was seen to leave by {reason}").into()),
    }
}

pub async fn server_disconnects(v: &Visit) -> Result<()> {
    let (socket, mut closes) = Socket::new(&v.url, "/tour", json!({})).hear(Event::Close);
    let leaver = socket.open().await?;
    let reason = leaving(v, leaver, async |c| Ok(c.emit("leaveMe", Vec::<Value>::new()).await?)).await?;
    want(reason.as_str(), "server namespace disconnect")?;
    closes.next().await?;
    Ok(())
}

pub async fn reconnects_after_a_cut(v: &Visit) -> Result<()> {
    let (socket, mut connects) = Socket::new(&v.proxy, "/tour", json!({})).hear(Event::Connect);
    let client = socket.start().await?;
    connects.next().await?;
    let id = ask(&client, "myID", vec![]).await?;
    v.post("cut").await?;
    v.post("mend").await?;
    connects.next().await?;
    want(ask(&client, "myID", vec![]).await? == id, false)?;
    greeted(&client, "Ada").await?;
    Ok(client.disconnect().await?)
}

pub async fn keeps_an_early_event(v: &Visit) -> Result<()> {
    let (socket, mut early) = Socket::new(&v.early, "/", json!({})).hear("early");
    let client = socket.open().await?;
    want(early.next().await?, json!("kept"))?;
    Ok(client.disconnect().await?)
}
