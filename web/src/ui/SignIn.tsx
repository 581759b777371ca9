import { useEffect, useState } from "preact/hooks";
import { useAccount } from "./context";
import { Logo } from "./Icons";

export function SignIn() {
  const account = useAccount();
  const { issuer } = account;
  const [name, setName] = useState("");
  const [problem, setProblem] = useState(account.endReason.value);
  const [busy, setBusy] = useState(true);

  async function attempt(action: () => Promise<unknown>) {
    setBusy(true);
    try {
      await action();
    } catch (error) {
      setProblem((error as Error).message);
      setBusy(false);
    }
  }

  async function open() {
    const session = await issuer.finishSignIn();
    if (session) return account.enter(session);
    await issuer.loadMethods();
    setBusy(false);
  }

  function press(action: () => Promise<unknown>) {
    setProblem("");
    void attempt(action);
  }

  useEffect(() => void attempt(open), []);

  const { guests, oidc } = issuer.methods.value ?? {};
  return (
    <main class="welcome">
      <form
        class="sign-in"
        onSubmit={(event) => {
          event.preventDefault();
          press(() => account.signInAsGuest(name.trim()));
        }}
      >
        <header>
          <Logo size={52} />
          <h1 class="wordmark">Confab</h1>
        </header>
        <p class="lead">
          Good conversation, close at hand. {guests ? "Tell us your name to begin." : "Sign in to begin."}
        </p>
        {oidc && (
          <button
            type="button"
            class="primary"
            data-testid="sign-in-oidc"
            disabled={busy}
            onClick={() => press(() => issuer.goToSignIn())}
          >
            {busy ? "One moment …" : guests ? "Sign in with your account" : "Sign in"}
          </button>
        )}
        {guests && (
          <>
            {oidc && <p class="or quiet">or continue as a guest</p>}
            <label for="name">Your name</label>
            <input
              id="name"
              data-testid="sign-in-name"
              autocomplete="nickname"
              autocapitalize="words"
              maxLength={40}
              autofocus
              required
              placeholder="The name that others will see"
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
              {busy ? "One moment …" : "Continue"}
            </button>
          </>
        )}
        {!issuer.methods.value && !busy && (
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
