// What links in the user's own messages lead to: the server is asked for it once a message is stored.
import type { Answer, Message } from "@confab/chat";
import { logOf, partsOf, sleep } from "@confab/chat";
import type { Connection } from "./connection";
import type { Offers } from "./offers";

/** What shows a message that the server has changed. */
interface Changes {
  messageChanged(change: { message: Message; rev: number }): void;
}

const attempts = 3;

/** Whether a text may have a link. Most have none, and are not parsed for it. */
const mayLink = (text: string) => /(https?:|www\.)/i.test(text);

export class LinkPreviews {
  constructor(
    private readonly connection: Pick<Connection, "emitWithAck" | "request">,
    private readonly messages: Changes,
    private readonly offers: Offers,
  ) {}

  /** Shows what the first link of the user's own message leads to, if the server does that. */
  async show(message: Message): Promise<void> {
    if (message.linkPreview || message.deletedAt || !mayLink(message.text) || !(await this.offered())) return;
    // With the rest of the page, and not with what begins it.
    const { firstLink } = await import("../core/markdown");
    const url = firstLink(message.text);
    if (url === undefined) return;
    for (let attempt = 1; attempt <= attempts; attempt++) {
      const answer = await this.ask(message, url);
      if (answer?.ok) return this.take(answer.message);
      if (answer && !answer.error.temporary) return;
      await sleep((answer?.error.retryAfter ?? 2) * 1000);
    }
  }

  /** Takes the preview of the user's own message away. */
  async remove(message: Message): Promise<void> {
    const url = message.linkPreview?.url ?? "";
    const request = { ...partsOf(logOf(message)), seq: message.seq, url, on: false };
    const answer = await this.connection.request("previewLink", request, 2);
    if (answer) this.take(answer.message);
  }

  private take(message: Message): void {
    this.messages.messageChanged({ message, rev: message.rev ?? 0 });
  }

  // A message without a link never asks the server.
  private offered(): Promise<boolean> {
    return this.offers.load().then(
      ({ linkPreviews }) => linkPreviews ?? false,
      () => false, // the next message asks again
    );
  }

  private async ask(message: Message, url: string): Promise<Answer<"previewLink"> | undefined> {
    const request = { ...partsOf(logOf(message)), seq: message.seq, url, on: true };
    try {
      return await this.connection.emitWithAck("previewLink", request);
    } catch {
      return undefined; // no answer
    }
  }
}
