//! The behaviours of the Rust client rust_socketio: client URL PROXY CONTROL EARLY.
//!
//! PROXY is the URL of a proxy whose connections a POST to CONTROL/cut cuts, and a POST to
//! CONTROL/mend lets through again. EARLY is a server whose events overtake its CONNECT replies.

mod behaviours;
mod visit;

use futures_util::future::{BoxFuture, FutureExt};
use serde_json::json;
use std::env;
use std::panic::AssertUnwindSafe;
use visit::{Result, Visit};

type Behaviour = for<'a> fn(&'a Visit) -> BoxFuture<'a, Result<()>>;

const BEHAVIOURS: [(&str, Behaviour); 8] = [
    ("connects with auth", |v| behaviours::connects_with_auth(v).boxed()),
    ("is refused without auth", |v| behaviours::is_refused_without_auth(v).boxed()),
    ("the server acknowledges", |v| behaviours::server_acknowledges(v).boxed()),
    ("a room hears a broadcast", |v| behaviours::room_hears_a_broadcast(v).boxed()),
    ("the client disconnects", |v| behaviours::client_disconnects(v).boxed()),
    ("the server disconnects", |v| behaviours::server_disconnects(v).boxed()),
    ("reconnects after a cut", |v| behaviours::reconnects_after_a_cut(v).boxed()),
    ("keeps an event that comes before its CONNECT reply", |v| behaviours::keeps_an_early_event(v).boxed()),
];

#[tokio::main]
async fn main() {
    let urls: Vec<String> = env::args().skip(1).collect();
    let [url, proxy, control, early] = urls.try_into().expect("client URL PROXY CONTROL EARLY");
    let visit = Visit { url, proxy, control, early };
    for (name, run) in BEHAVIOURS {
        let result = match AssertUnwindSafe(run(&visit)).catch_unwind().await {
            Ok(Ok(())) => json!({ "behaviour": name }),
            Ok(Err(error)) => json!({ "behaviour": name, "failed": error.to_string() }),
            Err(_) => json!({ "behaviour": name, "failed": "it panicked" }),
        };
        println!("{result}");
    }
}
