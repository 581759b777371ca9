import type { Attachment } from "@confab/chat";
import { previewOf } from "./markdown";

/** What a list shows of a message: its text without format, or else what its first file is. */
export function said(message: { text: string; attachments?: Attachment[]; attached?: string }): string {
  if (message.text) return previewOf(message.text);
  const type = message.attached ?? message.attachments?.[0]?.type;
  if (!type) return "";
  if (type.startsWith("image/")) return "Picture";
  if (type.startsWith("audio/")) return "Sound";
  return type.startsWith("video/") ? "Video" : "File";
}
