import { effect } from "@preact/signals";
import { render } from "preact";
import "./style.css";
import { session, start, unread } from "./store";
import { Shell } from "./ui/Shell";
import { SignIn } from "./ui/SignIn";

function App() {
  return session.value ? <Shell /> : <SignIn />;
}

effect(() => {
  const count = [...unread.value.values()].reduce((sum, n) => sum + n, 0);
  document.title = count > 0 ? `(${count}) Confab` : "Confab";
});

start();
render(<App />, document.getElementById("app")!);
