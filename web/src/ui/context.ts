import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Account } from "../store/account";
import type { Chat } from "../store/chat";

export const AccountContext = createContext<Account | null>(null);
export const ChatContext = createContext<Chat | null>(null);

/** The account of the page. */
export function useAccount(): Account {
  const account = useContext(AccountContext);
  if (!account) throw new Error("AccountContext is missing");
  return account;
}

/** The chat of the signed-in user. */
export function useChat(): Chat {
  const chat = useContext(ChatContext);
  if (!chat) throw new Error("ChatContext is missing");
  return chat;
}
