"""The behaviours of python-socketio: client.py URL PROXY CONTROL EARLY.

PROXY is the URL of a proxy whose connections a POST to CONTROL/cut cuts, and a POST to
CONTROL/mend lets through again. EARLY is a server whose events overtake its CONNECT replies.
"""

import json
import queue
import sys
import urllib.request

import socketio

url, proxy, control, early = sys.argv[1:]
WAIT = 10
clients = []


def client(**options):
    c = socketio.Client(reconnection_delay=0.05, randomization_factor=0, handle_sigint=False, **options)
    clients.append(c)
    return c


def connect(namespaces, to=url, auth=None, c=None):
    c = c or client()
    c.connect(to, auth=auth, namespaces=namespaces, transports=["websocket"], wait_timeout=WAIT)
    return c


def heard(c, event, namespace):
    """Returns a queue of what an event brings."""
    events = queue.Queue()
    c.on(event, lambda *args: events.put(args[0] if args else None), namespace=namespace)
    return events


def post(command):
    urllib.request.urlopen(urllib.request.Request(f"{control}/{command}", method="POST"), timeout=WAIT).close()


def equal(got, want):
    assert got == want, f"got {got!r} instead of {want!r}"


def connects_with_auth():
    c = connect(["/tour/members"], auth={"ticket": "golden", "name": "Ada"})
    equal(c.call("whoAmI", namespace="/tour/members"), {"name": "Ada"})


def is_refused_without_auth():
    c = client()
    errors = heard(c, "connect_error", "/tour/members")
    try:
        connect(["/tour/members"], auth={"ticket": "forged"}, c=c)
    except socketio.exceptions.ConnectionError:
        pass
    else:
        raise AssertionError("it was let in")
    error = errors.get(timeout=WAIT)
    equal((error["message"], error["data"]["code"]), ("Members only.", "no_ticket"))


def server_acknowledges():
    c = connect(["/tour"])
    equal(c.call("greet", {"name": "Ада ☀"}, namespace="/tour"), {"greeting": "Hello, Ада ☀!"})


def client_acknowledges():
    c = client()
    c.on("question", lambda asked: {"answer": asked["number"] * 2}, namespace="/tour")
    connect(["/tour"], c=c)
    equal(c.call("askMe", {"number": 21}, namespace="/tour"), {"ok": True, "answer": 42})


def room_hears_a_broadcast():
    inside, outside = connect(["/tour"]), connect(["/tour"])
    told, missed = heard(inside, "told", "/tour"), heard(outside, "told", "/tour")
    inside.call("enter", "python", namespace="/tour")
    outside.call("tellRoom", {"room": "python", "text": "to the room"}, namespace="/tour")
    equal(told.get(timeout=WAIT), "to the room")
    # What had been sent to the one outside would have arrived before this.
    outside.call("greet", {}, namespace="/tour")
    assert missed.empty(), "a socket outside the room heard it"


def namespaces_share_a_connection():
    c = connect(["/tour", "/tour/members"], auth={"ticket": "golden", "name": "Bob"})
    equal(c.call("whoAmI", namespace="/tour/members"), {"name": "Bob"})
    equal(c.call("greet", {"name": "Bob"}, namespace="/tour"), {"greeting": "Hello, Bob!"})
    lost = client()
    errors = heard(lost, "connect_error", "/nowhere")
    try:
        connect(["/tour", "/nowhere"], c=lost)
    except socketio.exceptions.ConnectionError:
        pass
    else:
        raise AssertionError("there is a namespace /nowhere")
    equal(errors.get(timeout=WAIT), {"message": "Invalid namespace"})


def leaving(leave):
    """Returns the reason that one who leaves hears, and the one that a watcher sees."""
    watcher, leaver = connect(["/tour"]), client()
    reasons = heard(leaver, "disconnect", "/tour")
    connect(["/tour"], c=leaver)
    left = heard(watcher, "left", "/tour")
    watcher.call("watch", namespace="/tour")
    sid = leaver.get_sid("/tour")
    leave(leaver)
    reason = reasons.get(timeout=WAIT)
    while (seen := left.get(timeout=WAIT))["id"] != sid:
        pass  # somebody else
    return reason, seen["reason"]


def client_disconnects():
    reason, seen = leaving(lambda c: c.disconnect())
    equal(reason, socketio.Client.reason.CLIENT_DISCONNECT)
    # It closes its connection behind the packet, and the server may hear of either first.
    assert seen in ("client namespace disconnect", "transport close"), seen


def server_disconnects():
    reason, seen = leaving(lambda c: c.emit("leaveMe", namespace="/tour"))
    equal(reason, socketio.Client.reason.SERVER_DISCONNECT)
    equal(seen, "server namespace disconnect")


def reconnects_after_a_cut():
    c = client()
    connected, reasons = heard(c, "connect", "/tour"), heard(c, "disconnect", "/tour")
    connect(["/tour"], to=proxy, c=c)
    connected.get(timeout=WAIT)
    sid = c.get_sid("/tour")
    post("cut")
    equal(reasons.get(timeout=WAIT), socketio.Client.reason.TRANSPORT_ERROR)
    post("mend")
    connected.get(timeout=WAIT)
    assert c.get_sid("/tour") != sid, "the session is the old one"
    equal(c.call("greet", {"name": "Ada"}, namespace="/tour"), {"greeting": "Hello, Ada!"})


def bytes_to_the_client():
    c = client()
    shown = heard(c, "shown", "/tour/binary")
    connect(["/tour/binary"], c=c)
    picture = {"name": "Zürich", "bytes": "Zürich".encode()}
    equal(c.call("picture", "Zürich", namespace="/tour/binary"), picture)
    equal(shown.get(timeout=WAIT), picture)


def keeps_an_early_event():
    c = client()
    events = heard(c, "early", "/")
    connect(["/"], to=early, c=c)
    equal(events.get(timeout=WAIT), "kept")


BEHAVIOURS = {
    "connects with auth": connects_with_auth,
    "is refused without auth": is_refused_without_auth,
    "the server acknowledges": server_acknowledges,
    "the client acknowledges": client_acknowledges,
    "a room hears a broadcast": room_hears_a_broadcast,
    "namespaces share a connection": namespaces_share_a_connection,
    "the client disconnects": client_disconnects,
    "the server disconnects": server_disconnects,
    "reconnects after a cut": reconnects_after_a_cut,
    "bytes to the client": bytes_to_the_client,
    "keeps an event that comes before its CONNECT reply": keeps_an_early_event,
}

for behaviour, run in BEHAVIOURS.items():
    result = {"behaviour": behaviour}
    try:
        run()
    except Exception as error:  # whatever it is, the next one is tried
        result["failed"] = f"{type(error).__name__}: {error}"
    print(json.dumps(result), flush=True)
    for c in clients:
        c.disconnect()
    clients.clear()
