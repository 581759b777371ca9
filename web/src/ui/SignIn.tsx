import { useEffect, useState } from "preact/hooks";
import { ended, enter, signIn } from "../store/account";
import { comeFromIssuer, goToIssuer, loadWays, returning, ways } from "../store/issuer";
import { Mark } from "./Icons";

let returned = returning;

export function SignIn() {
  const [name, setName] = useState("");
  const [problem, setProblem] = useState(ended.value);
  const [busy, setBusy] = useState(true);

  async function attempt(what: () => Promise<unknown>) {
    setBusy(true);
    try {
      await what();
    } catch (error) {
      setProblem((error as Error).message);
      setBusy(false);
    }
  }

  async function open() {
    if (returned) {
      returned = false; // once
      return enter(await comeFromIssuer());
    }
    await loadWays();
    setBusy(false);
  }

  function press(what: () => Promise<unknown>) {
    setProblem("");
    void attempt(what);
  }

  useEffect(() => void attempt(open), []);

  const { guests, oidc } = ways.value ?? {};
  return (
    <main class="welcome">
      <form
        class="door"
        onSubmit={(event) => {
          event.preventDefault();
          press(() => signIn(name.trim()));
        }}
      >
        <header>
          <Mark size={52} />
          <h1 class="wordmark">Confab</h1>
        </header>
        <p class="lead">
          Good conversation, close at hand. {guests ? "Say who you are and come in." : "Sign in and come in."}
        </p>
        {oidc && (
          <button
            type="button"
            class="primary"
            data-testid="sign-in-oidc"
            disabled={busy}
            onClick={() => press(goToIssuer)}
          >
            {busy ? "One moment …" : guests ? "Sign in with your account" : "Sign in"}
          </button>
        )}
        {guests && (
          <>
            {oidc && <p class="or quiet">or come in as a guest</p>}
            <label for="name">Your name</label>
            <input
              id="name"
              data-testid="sign-in-name"
              autocomplete="nickname"
              autocapitalize="words"
              maxLength={40}
              autofocus
              required
              placeholder="What others will call you"
              aria-describedby="problem"
              value={name}
              onInput={(e) => setName(e.currentTarget.value)}
            />
            <button
              type="submit"
              class={oidc ? "secondary" : "primary"}
              data-testid="sign-in-submit"
              disabled={busy || !name.trim()}
            >
              {busy ? "One moment …" : "Come in"}
            </button>
          </>
        )}
        {!ways.value && !busy && (
          <button type="button" class="primary" onClick={() => press(open)}>
            Try again
          </button>
        )}
        <p id="problem" class="problem" role="alert">
          {problem}
        </p>
      </form>
    </main>
  );
}
