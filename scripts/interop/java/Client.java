import io.socket.client.Ack;
import io.socket.client.IO;
import io.socket.client.Manager;
import io.socket.client.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.json.JSONObject;

/**
 * The behaviours of the Java client: Client URL PROXY CONTROL EARLY. PROXY is the URL of a proxy
 * whose connections a POST to CONTROL/cut cuts, and a POST to CONTROL/mend lets through again.
 * EARLY is a server whose events overtake its CONNECT replies.
 */
public class Client {
  private final String url;
  private final String proxy;
  private final String control;
  private final String early;
  private final List<Socket> sockets = new ArrayList<>();

  private Client(String url, String proxy, String control, String early) {
    this.url = url;
    this.proxy = proxy;
    this.control = control;
    this.early = early;
  }

  /** A socket that is not open yet, so that nothing it hears is missed. */
  private Socket socket(String to, Map<String, String> auth) {
    IO.Options options = new IO.Options();
    options.transports = new String[] {"websocket"};
    options.forceNew = true;
    options.reconnectionDelay = 50;
    options.auth = auth;
    Socket socket = IO.socket(URI.create(to), options);
    sockets.add(socket);
    return socket;
  }

  private Socket connect(String to, Map<String, String> auth) throws Exception {
    return open(socket(to, auth));
  }

  private Socket connect(String to) throws Exception {
    return connect(to, Map.of());
  }

  private static Socket open(Socket socket) throws Exception {
    Heard connected = new Heard(socket, Socket.EVENT_CONNECT);
    socket.connect();
    connected.next();
    return socket;
  }

  /** What an event brings, in order. */
  private static class Heard {
    private final BlockingQueue<Object[]> events = new LinkedBlockingQueue<>();
    private final String event;

    Heard(Socket socket, String event) {
      this.event = event;
      socket.on(event, events::add);
    }

    Object next() throws Exception {
      Object[] args = events.poll(10, TimeUnit.SECONDS);
      check(args != null, event + " did not come");
      return args.length > 0 ? args[0] : null;
    }

    boolean nothing() {
      return events.isEmpty();
    }
  }

  private static Object ask(Socket socket, String event, Object... args) throws Exception {
    BlockingQueue<Object[]> answers = new LinkedBlockingQueue<>();
    socket.emit(event, args, answers::add);
    Object[] answer = answers.poll(10, TimeUnit.SECONDS);
    check(answer != null, event + " was not acknowledged");
    return answer.length > 0 ? answer[0] : null;
  }

  private static void check(boolean holds, String what) {
    if (!holds) throw new AssertionError(what);
  }

  private static void equal(Object got, Object want) {
    check(want.equals(got), "got " + got + " instead of " + want);
  }

  private void post(String command) throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(control + "/" + command))
            .POST(HttpRequest.BodyPublishers.noBody())
            .build();
    HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.discarding());
  }

  private static String greeting(Socket socket, String name) throws Exception {
    JSONObject answer = (JSONObject) ask(socket, "greet", new JSONObject().put("name", name));
    return answer.getString("greeting");
  }

  private void connectsWithAuth() throws Exception {
    Socket socket = connect(url + "/tour/members", Map.of("ticket", "golden", "name", "Ada"));
    equal(((JSONObject) ask(socket, "whoAmI")).getString("name"), "Ada");
  }

  private void isRefusedWithoutAuth() throws Exception {
    Socket socket = socket(url + "/tour/members", Map.of("ticket", "forged"));
    Heard errors = new Heard(socket, Socket.EVENT_CONNECT_ERROR);
    socket.connect();
    JSONObject error = (JSONObject) errors.next();
    equal(error.getString("message"), "Members only.");
    equal(error.getJSONObject("data").getString("code"), "no_ticket");
    check(!socket.connected(), "it was let in");
  }

  private void serverAcknowledges() throws Exception {
    equal(greeting(connect(url + "/tour"), "Ада ☀"), "Hello, Ада ☀!");
  }

  private void clientAcknowledges() throws Exception {
    Socket socket = socket(url + "/tour", Map.of());
    socket.on(
        "question",
        args -> {
          int number = ((JSONObject) args[0]).optInt("number");
          ((Ack) args[1]).call(new JSONObject(Map.of("answer", number * 2)));
        });
    open(socket);
    JSONObject answer = (JSONObject) ask(socket, "askMe", new JSONObject().put("number", 21));
    equal(answer.getInt("answer"), 42);
  }

  private void roomHearsABroadcast() throws Exception {
    Socket inside = connect(url + "/tour");
    Socket outside = connect(url + "/tour");
    Heard told = new Heard(inside, "told");
    Heard missed = new Heard(outside, "told");
    ask(inside, "enter", "java");
    ask(outside, "tellRoom", new JSONObject().put("room", "java").put("text", "to the room"));
    equal(told.next(), "to the room");
    // What had been sent to the one outside would have arrived before this.
    greeting(outside, "");
    check(missed.nothing(), "a socket outside the room heard it");
  }

  private void namespacesShareAConnection() throws Exception {
    Socket one = connect(url + "/tour");
    Manager manager = one.io();
    Manager.Options options = new Manager.Options();
    options.auth = Map.of("ticket", "golden", "name", "Bob");
    Socket two = open(manager.socket("/tour/members", options));
    equal(((JSONObject) ask(two, "whoAmI")).getString("name"), "Bob");
    equal(greeting(one, "Bob"), "Hello, Bob!");
    Socket nowhere = manager.socket("/nowhere");
    Heard errors = new Heard(nowhere, Socket.EVENT_CONNECT_ERROR);
    nowhere.connect();
    equal(((JSONObject) errors.next()).getString("message"), "Invalid namespace");
    two.disconnect();
    equal(greeting(one, "Ada"), "Hello, Ada!");
  }

  private interface Leave {
    void by(Socket socket);
  }

  /** Has a socket leave, compares the reason that it hears, and returns what a watcher sees. */
  private String leaving(Socket leaver, Leave leave, String clientReason) throws Exception {
    Socket watcher = connect(url + "/tour");
    Heard left = new Heard(watcher, "left");
    Heard reasons = new Heard(leaver, Socket.EVENT_DISCONNECT);
    ask(watcher, "watch");
    String id = leaver.id();
    leave.by(leaver);
    equal(reasons.next(), clientReason);
    while (true) {
      JSONObject seen = (JSONObject) left.next();
      if (seen.getString("id").equals(id)) return seen.getString("reason"); // not somebody else
    }
  }

  private void clientDisconnects() throws Exception {
    Socket leaver = open(connect(url + "/tour/binary").io().socket("/tour"));
    equal(leaving(leaver, Socket::disconnect, "io client disconnect"), "client namespace disconnect");
    // One that leaves its last namespace closes its connection behind the packet, and the server
    // may hear of either first.
    String seen = leaving(connect(url + "/tour"), Socket::disconnect, "io client disconnect");
    check(
        List.of("client namespace disconnect", "transport close", "transport error").contains(seen),
        "it was seen to leave by " + seen);
  }

  private void serverDisconnects() throws Exception {
    Socket leaver = connect(url + "/tour");
    String seen = leaving(leaver, s -> s.emit("leaveMe"), "io server disconnect");
    equal(seen, "server namespace disconnect");
  }

  private void reconnectsAfterACut() throws Exception {
    Socket socket = connect(proxy + "/tour");
    Heard reasons = new Heard(socket, Socket.EVENT_DISCONNECT);
    Heard connects = new Heard(socket, Socket.EVENT_CONNECT);
    String id = socket.id();
    post("cut");
    check(((String) reasons.next()).startsWith("transport "), "the cut was not noticed");
    post("mend");
    connects.next();
    check(!socket.id().equals(id), "the session is the old one");
    equal(greeting(socket, "Ada"), "Hello, Ada!");
  }

  private void keepsAnEarlyEvent() throws Exception {
    Socket socket = socket(early, Map.of());
    Heard heard = new Heard(socket, "early");
    open(socket);
    equal(heard.next(), "kept");
  }

  private interface Behaviour {
    void run() throws Exception;
  }

  private Map<String, Behaviour> behaviours() {
    Map<String, Behaviour> all = new LinkedHashMap<>();
    all.put("connects with auth", this::connectsWithAuth);
    all.put("is refused without auth", this::isRefusedWithoutAuth);
    all.put("the server acknowledges", this::serverAcknowledges);
    all.put("the client acknowledges", this::clientAcknowledges);
    all.put("a room hears a broadcast", this::roomHearsABroadcast);
    all.put("namespaces share a connection", this::namespacesShareAConnection);
    all.put("the client disconnects", this::clientDisconnects);
    all.put("the server disconnects", this::serverDisconnects);
    all.put("reconnects after a cut", this::reconnectsAfterACut);
    all.put("keeps an event that comes before its CONNECT reply", this::keepsAnEarlyEvent);
    return all;
  }

  public static void main(String[] args) throws Exception {
    Client client = new Client(args[0], args[1], args[2], args[3]);
    for (Map.Entry<String, Behaviour> behaviour : client.behaviours().entrySet()) {
      JSONObject result = new JSONObject().put("behaviour", behaviour.getKey());
      try {
        behaviour.getValue().run();
      } catch (Exception | AssertionError e) {
        result.put("failed", e.toString());
      }
      System.out.println(result);
      client.sockets.forEach(Socket::disconnect);
      client.sockets.clear();
    }
    System.exit(0); // the client's threads would go on for a minute
  }
}
