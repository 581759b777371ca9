import { useState } from "preact/hooks";
import { signIn } from "../store";
import { Mark } from "./Icons";

export function SignIn() {
  const [name, setName] = useState("");
  const [problem, setProblem] = useState("");
  const [busy, setBusy] = useState(false);

  async function submit(event: Event) {
    event.preventDefault();
    setBusy(true);
    setProblem("");
    try {
      await signIn(name);
    } catch (error) {
      setProblem(error instanceof TypeError ? "The server cannot be reached." : (error as Error).message);
      setBusy(false);
    }
  }

  return (
    <main class="welcome">
      <form class="card" onSubmit={submit}>
        <Mark />
        <h1>Confab</h1>
        <p class="quiet">Rooms, direct messages and presence, on nothing but functions and a table.</p>
        <label for="name">Your name</label>
        <input
          id="name" data-testid="sign-in-name" autocomplete="nickname" maxLength={40} autofocus required
          aria-describedby="problem" value={name} onInput={(e) => setName(e.currentTarget.value)}
        />
        <p id="problem" class="problem" role="alert">{problem}</p>
        <button class="primary" data-testid="sign-in-submit" disabled={busy || !name.trim()}>
          {busy ? "One moment …" : "Come in"}
        </button>
      </form>
    </main>
  );
}
