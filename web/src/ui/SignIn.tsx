import { useState } from "preact/hooks";
import { ended, signIn } from "../store/account";
import { Mark } from "./Icons";

export function SignIn() {
  const [name, setName] = useState("");
  const [problem, setProblem] = useState(ended.value);
  const [busy, setBusy] = useState(false);

  async function submit(event: Event) {
    event.preventDefault();
    setBusy(true);
    setProblem("");
    try {
      await signIn(name.trim());
    } catch (error) {
      setProblem((error as Error).message);
      setBusy(false);
    }
  }

  return (
    <main class="welcome">
      <form class="door" onSubmit={submit}>
        <header>
          <Mark size={52} />
          <h1 class="wordmark">Confab</h1>
        </header>
        <p class="lead">Good conversation, close at hand. Say who you are and come in.</p>
        <label for="name">Your name</label>
        <input
          id="name" data-testid="sign-in-name" autocomplete="nickname" autocapitalize="words" maxLength={40} autofocus required
          placeholder="What others will call you" aria-describedby="problem" value={name} onInput={(e) => setName(e.currentTarget.value)}
        />
        <button class="primary" data-testid="sign-in-submit" disabled={busy || !name.trim()}>
          {busy ? "One moment …" : "Come in"}
        </button>
        <p id="problem" class="problem" role="alert">{problem}</p>
      </form>
    </main>
  );
}
