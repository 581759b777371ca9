import type { Account } from "../store/account";
import { AccountContext, ChatContext } from "./context";
import { Shell } from "./Shell";
import { SignIn } from "./SignIn";

export function App({ account }: { account: Account }) {
  const chat = account.chat.value;
  return (
    <AccountContext.Provider value={account}>
      {chat ? (
        <ChatContext.Provider value={chat}>
          <Shell />
        </ChatContext.Provider>
      ) : (
        <SignIn />
      )}
    </AccountContext.Provider>
  );
}
