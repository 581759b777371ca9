"""Every operation of the chat, by python-socketio: chat.py URL.

The AsyncAPI document of the server says which operations and events there are. Prints
{"behaviour", "failed"?} for each: an operation without a case fails, and so does an event that
nobody has heard.
"""

import json
import queue
import sys
import urllib.request

import requests
import socketio

url = sys.argv[1]
WAIT = 20
heard_by_anybody = set()
devices = []


def http(path, body=None, token=None):
    headers = {"content-type": "application/json"} | ({"authorization": f"Bearer {token}"} if token else {})
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(urllib.request.Request(url + path, data, headers), timeout=WAIT) as answer:
        return json.load(answer)


class Device:
    """A connected client of a person, who is new unless the session is given."""

    def __init__(self, name, session=None):
        self.session = session or http("/api/session", {"name": name})
        self.id = self.session["user"]["id"]
        self.events = queue.Queue()
        self.ended = queue.Queue()
        devices.append(self)
        self.client = socketio.Client(handle_sigint=False, reconnection=False)
        self.client.on("*", self.hear)
        self.client.on("disconnect", self.ended.put)
        self.client.connect(url, auth={"token": self.session["token"]}, transports=["websocket"], wait_timeout=WAIT)

    def hear(self, event, data=None):
        heard_by_anybody.add(event)
        self.events.put((event, data))

    def hears(self, event, matches=lambda data: True):
        """Returns the data of the next such event that matches."""
        while True:
            got, data = self.events.get(timeout=WAIT)
            if got == event and matches(data):
                return data

    def call(self, operation, request):
        return self.client.call(operation, request, timeout=WAIT)

    def ask(self, operation, **request):
        answer = self.call(operation, request)
        assert answer.pop("ok"), f"{operation} {request}: {answer}"
        return answer

    def refused(self, code, operation, **request):
        answer = self.call(operation, request)
        equal((answer["ok"], answer.get("error", {}).get("code")), (False, code))


def equal(got, want):
    assert got == want, f"got {got!r} instead of {want!r}"


def texts(messages):
    return [message["text"] for message in messages]


ada, bob, eve = Device("Ада ☀"), Device("Bob"), Device("Eve")
tablet, phone = Device("Ada", ada.session), Device("Bob", bob.session)
room = uploaded = ""


def create_room():
    global room
    request = {"name": "Python", "kind": "group", "tempId": "room", "data": {"from": "Zürich"}}
    made = ada.ask("createRoom", **request)["room"]
    equal((made["name"], made["kind"], made["data"]), ("Python", "group", {"from": "Zürich"}))
    equal(ada.ask("createRoom", **request)["room"]["id"], made["id"])
    room = made["id"]
    ada.ask("createRoom", name="An open one", kind="channel")
    equal(eve.hears("roomChanged")["room"]["name"], "An open one")


def decline_invitation():
    invited = ada.ask("createRoom", name="For two", kind="private", members=[bob.id])["room"]["id"]
    equal(bob.hears("invited")["invitation"]["room"]["id"], invited)
    equal(bob.ask("declineInvitation", roomId=invited), {})
    equal(phone.hears("invitationDeclined"), {"roomId": invited})
    bob.refused("not_found", "joinRoom", roomId=invited)


def open_rooms():
    equal([r["name"] for r in bob.ask("openRooms", search="OPEN")["open"]], ["An open one"])


def join_room():
    joined = bob.ask("joinRoom", roomId=room)
    equal((joined["room"]["id"], joined["messages"]), (room, []))
    equal(ada.hears("memberChanged"), {"roomId": room, "user": bob.session["user"], "change": "joined"})


def members():
    equal({m["id"] for m in bob.ask("members", roomId=room)["members"]}, {ada.id, bob.id})
    eve.refused("forbidden", "members", roomId=room)


def list_rooms():
    equal([r["name"] for r in bob.ask("listRooms")["rooms"]], ["Python"])
    equal([r["name"] for r in eve.ask("listRooms")["open"]], ["An open one"])


def send_message():
    request = {"roomId": room, "text": "Grüße, 世界 🎉", "tempId": "one", "data": {"colour": "blue"}}
    message = ada.ask("sendMessage", **request)["message"]
    equal((message["seq"], message["text"], message["data"]), (1, "Grüße, 世界 🎉", {"colour": "blue"}))
    equal(bob.hears("newMessage"), message)
    equal(ada.ask("sendMessage", **request)["message"]["id"], message["id"])
    answer = bob.ask("sendMessage", roomId=room, text="Hello to you", tempId="two", replyTo=1)["message"]
    equal((answer["seq"], answer["replyTo"]), (2, 1))
    eve.refused("forbidden", "sendMessage", roomId=room, text="Let me in", tempId="three")


def edit_message():
    edited = ada.ask("editMessage", roomId=room, seq=1, text="Hello, world", version=0)["message"]
    equal((edited["text"], edited["version"]), ("Hello, world", 1))
    equal(bob.hears("messageChanged")["message"]["text"], "Hello, world")
    ada.refused("version_conflict", "editMessage", roomId=room, seq=1, text="Late", version=0)
    bob.refused("forbidden", "editMessage", roomId=room, seq=1, text="Not mine")


def mentions():
    message = ada.ask("sendMessage", roomId=room, text="Look, @Bob", tempId="look", mentions=[bob.id])["message"]
    equal(bob.hears("mention")["message"]["seq"], message["seq"])
    equal(texts(bob.ask("mentions")["messages"]), ["Look, @Bob"])


def history():
    equal(texts(bob.ask("history", roomId=room)["messages"]), ["Hello, world", "Hello to you", "Look, @Bob"])
    equal(texts(bob.ask("history", roomId=room, before=3, limit=1)["messages"]), ["Hello to you"])


def react():
    reacted = bob.ask("react", roomId=room, seq=1, emoji="👍", on=True)["message"]
    equal(reacted["reactions"], {"👍": {"count": 1, "users": [bob.session["user"]]}})
    equal(ada.hears("messageChanged", lambda e: "reactions" in e["message"])["message"]["reactions"]["👍"]["count"], 1)


def reactions():
    equal(ada.ask("reactions", roomId=room, seq=1, emoji="👍"), {"users": [bob.session["user"]], "more": False, "mine": False})


def pin():
    pinned = bob.ask("pin", roomId=room, seq=1, on=True)["message"]["pinned"]
    equal(pinned["by"], bob.session["user"])
    equal(ada.hears("messageChanged", lambda e: "pinned" in e["message"])["message"]["pinned"], pinned)


def pins():
    equal(texts(ada.ask("pins", roomId=room)["messages"]), ["Hello, world"])


def preview_link():
    link = {"roomId": room, "seq": 1, "url": "https://example.com/"}
    ada.refused("not_found", "previewLink", **link, on=True)  # previews are off
    equal(ada.ask("previewLink", **link, on=False)["message"]["seq"], 1)
    eve.refused("forbidden", "previewLink", **link, on=False)


def search():
    found = bob.ask("search", text="WORLD")["rooms"]
    equal([(r["roomId"], texts(r["messages"])) for r in found], [(room, ["Hello, world"])])
    equal(eve.ask("search", text="world")["rooms"], [])


def thread():
    reply = bob.ask("sendMessage", roomId=room, text="Below it", tempId="reply", threadOf=1)["message"]
    told = ada.hears("newReply")
    equal((told["message"], told["first"]["thread"]["count"]), (reply, 1))
    answered = ada.ask("thread", roomId=room, seq=1)
    equal((answered["first"]["text"], texts(answered["messages"])), ("Hello, world", ["Below it"]))
    bob.ask("editMessage", roomId=room, seq=1, text="Below all", threadOf=1)
    equal(ada.hears("replyChanged")["message"]["text"], "Below all")


def follow_thread():
    equal(ada.ask("followThread", roomId=room, seq=1, on=False)["follow"]["on"], False)
    equal(tablet.hears("followChanged", lambda e: not e["on"])["seq"], 1)
    equal(ada.ask("followThread", roomId=room, seq=1, on=True)["follow"]["on"], True)


def followed_threads():
    equal([f["first"]["seq"] for f in bob.ask("followedThreads")["threads"]], [1])


def mark_read():
    equal(ada.ask("markRead", roomId=room, seq=3)["mark"]["seq"], 3)
    back = ada.ask("markRead", roomId=room, seq=1, unread=True)["mark"]
    equal(back["seq"], 1)
    equal(tablet.hears("read", lambda e: e["marks"][0]["seq"] == 1)["marks"], [{"roomId": room, **back}])


def mark_all_read():
    marks = ada.ask("markAllRead", marks=[{"roomId": room, "seq": 3}])["marks"]
    equal([(m["roomId"], m["seq"]) for m in marks], [(room, 3)])


def read_marks():
    equal({m["userId"]: m["seq"] for m in bob.ask("readMarks", roomId=room)["marks"]}[ada.id], 3)


def changes():
    changed = bob.ask("changes", roomId=room, after=0)
    equal((texts(changed["messages"]), changed["more"]), (["Hello, world"], False))


def sync():
    answer = bob.ask("sync", rooms={room: {"seq": 2, "rev": 0}, "gone": {"seq": 0, "rev": 0}})
    mine = answer["rooms"][0]
    equal((mine["id"], mine["last"]["text"], texts(mine["news"]["messages"])), (room, "Look, @Bob", ["Look, @Bob"]))
    equal(answer["gone"], ["gone"])


def save_draft():
    draft = ada.ask("saveDraft", roomId=room, text="Half a thou", replyTo=1)["draft"]
    equal((draft["text"], draft["replyTo"]), ("Half a thou", 1))
    equal(tablet.hears("draft"), {"roomId": room, "draft": draft})
    equal(ada.ask("saveDraft", roomId=room, text="")["draft"]["text"], "")


def create_upload():
    global uploaded
    offered = ada.ask("createUpload", roomId=room, name="Grüße.txt", type="text/plain", size=7)
    upload, uploaded = offered["upload"], offered["attachment"]["id"]
    answer = requests.post(upload["url"], data=upload["fields"], files={"file": "Grüße".encode()}, timeout=WAIT)
    assert answer.ok, answer.text
    message = {"roomId": room, "text": "", "tempId": "file", "attachments": [{"id": uploaded}]}
    sent = ada.ask("sendMessage", **message)["message"]
    file = {"id": uploaded, "name": "Grüße.txt", "type": "text/plain", "size": 7}
    equal((sent["text"], sent["attachments"]), ("", [file]))
    equal(bob.hears("newMessage", lambda m: "attachments" in m)["attachments"], [file])
    eve.refused("forbidden", "createUpload", roomId=room, name="a.txt", type="text/plain", size=1)


def attachment_url():
    address = bob.ask("attachmentURL", roomId=room, id=uploaded)["url"]
    equal(requests.get(address, timeout=WAIT).content.decode(), "Grüße")
    eve.refused("forbidden", "attachmentURL", roomId=room, id=uploaded)


def typing():
    equal(ada.ask("typing", roomId=room, on=True), {})
    equal(bob.hears("typing"), {"roomId": room, "user": ada.session["user"], "on": True})


def presence():
    users = bob.ask("presence", userIds=[ada.id, eve.id])["users"]
    equal((users[ada.id]["online"], users[eve.id]["online"]), (True, False))  # he shares no room with Eve


def watch():
    cleo = http("/api/session", {"name": "Cleo"})
    http(f"/api/rooms/{room}/join", {}, cleo["token"])
    cleos = cleo["user"]["id"]
    equal(bob.ask("watch", roomIds=[room])["users"][cleos]["online"], False)
    Device("Cleo", cleo)
    equal(bob.hears("presence", lambda e: cleos in e["users"])["users"][cleos]["online"], True)
    eve.refused("forbidden", "watch", roomIds=[room])


def refresh_token():
    assert "expiresAt" in ada.ask("refreshToken", token=ada.session["token"])
    ada.refused("unauthorized", "refreshToken", token="forged")


def delete_message():
    equal(ada.ask("deleteMessage", roomId=room, seq=2)["message"]["text"], "")  # the creator of the room may
    assert "deletedAt" in bob.hears("messageChanged", lambda e: e["message"]["seq"] == 2)["message"]
    bob.refused("forbidden", "deleteMessage", roomId=room, seq=3)


def leave_room():
    equal(bob.ask("leaveRoom", roomId=room), {})
    equal(ada.hears("memberChanged", lambda e: e["change"] == "left" and e["user"]["id"] == bob.id)["roomId"], room)
    bob.refused("forbidden", "history", roomId=room)


def sign_out_everywhere():
    token = ada.ask("signOutEverywhere", exceptThis=True)["token"]
    tablet.ended.get(timeout=WAIT)
    equal([r["name"] for r in Device("Ada", ada.session | {"token": token}).ask("listRooms")["rooms"]].count("Python"), 1)


# In an order in which each finds what it needs.
CASES = {
    "createRoom": create_room,
    "declineInvitation": decline_invitation,
    "openRooms": open_rooms,
    "joinRoom": join_room,
    "members": members,
    "listRooms": list_rooms,
    "sendMessage": send_message,
    "editMessage": edit_message,
    "mentions": mentions,
    "history": history,
    "react": react,
    "reactions": reactions,
    "pin": pin,
    "pins": pins,
    "previewLink": preview_link,
    "search": search,
    "thread": thread,
    "followThread": follow_thread,
    "followedThreads": followed_threads,
    "markRead": mark_read,
    "markAllRead": mark_all_read,
    "readMarks": read_marks,
    "changes": changes,
    "sync": sync,
    "saveDraft": save_draft,
    "createUpload": create_upload,
    "attachmentURL": attachment_url,
    "typing": typing,
    "presence": presence,
    "watch": watch,
    "refreshToken": refresh_token,
    "deleteMessage": delete_message,
    "leaveRoom": leave_room,
    "signOutEverywhere": sign_out_everywhere,
}

# Nobody is told of these two unless everybody is told of everybody.
UNTOLD = {"userOnline", "userOffline"}


def report(behaviour, failed=None):
    print(json.dumps({"behaviour": behaviour} | ({"failed": failed} if failed else {})), flush=True)


described = http("/api/asyncapi.json")["operations"]
operations = {name for name, operation in described.items() if operation["action"] == "receive"}
for operation, case in CASES.items():
    try:
        assert operation in operations, "the document does not describe it"
        case()
        report(operation)
    except Exception as error:  # whatever it is, the next one is tried
        report(operation, f"{type(error).__name__}: {error}")
for operation in operations - CASES.keys():
    report(operation, "there is no case for it")
for event in {name.removesuffix("Event") for name in described if name not in operations} - UNTOLD:
    report(f"hears {event}", None if event in heard_by_anybody else "nobody has heard it")
for device in devices:
    device.client.disconnect()
