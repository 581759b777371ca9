// Files of messages: those that are being uploaded, by the log for whose next message they are, and
// the addresses of those that are stored.
import type { Attachment, FileLimits } from "@confab/chat";
import { newId, partsOf } from "@confab/chat";
import { type Signal, signal } from "@preact/signals";
import { nameAndType, readPicture, sendForm, sizeText } from "../core/upload";
import type { Connection } from "./connection";
import type { Offers } from "./offers";
import type { ToastStore } from "./toast";

/** A file that goes with the next message. */
export interface UploadingFile {
  key: string;
  file: File;
  /** Of a voice note, in milliseconds. */
  duration?: number;
  /** Between 0 and 1. */
  progress: number;
  /** Set when it is uploaded. */
  done?: Attachment;
  failed?: string;
  abort: AbortController;
}

export const maxAttachments = 10;
/** A link is asked for again this long before it ends, in milliseconds. */
const renewBefore = 60_000;

export class Files {
  /** What the server takes; null: nothing. */
  readonly limits = signal<FileLimits | null>(null);
  private readonly trays = new Map<string, Signal<UploadingFile[]>>();
  private readonly links = new Map<string, { url: Promise<string | null>; until: number }>();

  constructor(
    private readonly connection: Connection,
    private readonly toast: ToastStore,
    private readonly offers: Offers,
  ) {}

  /** Finds out which files the server takes. */
  load(): void {
    void this.offers.load().then(
      ({ attachments }) => {
        this.limits.value = attachments ?? null;
      },
      () => {}, // whoever shows the button next asks again
    );
  }

  /** The files for the next message of a log. */
  tray(logId: string): Signal<UploadingFile[]> {
    let tray = this.trays.get(logId);
    if (!tray) {
      tray = signal([]);
      this.trays.set(logId, tray);
    }
    return tray;
  }

  /** Whether files of a media type are taken. */
  takes(type: string): boolean {
    const limits = this.limits.value;
    if (!limits) return false;
    const [kind] = type.split("/");
    return limits.types.length === 0 || limits.types.some((t) => t === type || t === `${kind}/*`);
  }

  /** Adds files to the next message of a log, and uploads them. A voice note has its duration in milliseconds. */
  add(logId: string, files: Iterable<File>, duration?: number): void {
    const limits = this.limits.peek();
    if (!limits) return;
    const tray = this.tray(logId);
    for (const file of files) {
      if (tray.peek().length >= maxAttachments) {
        this.toast.show(`A message has at most ${maxAttachments} files.`);
        return;
      }
      if (file.size > limits.maxBytes || file.size === 0) {
        const problem = file.size === 0 ? "is empty" : `is larger than ${sizeText(limits.maxBytes)}`;
        this.toast.show(`${file.name} ${problem}.`);
        continue;
      }
      const entry = {
        key: newId(),
        file,
        progress: 0,
        abort: new AbortController(),
        ...(duration !== undefined && { duration }),
      };
      tray.value = [...tray.peek(), entry];
      void this.upload(logId, entry);
    }
  }

  retry(logId: string, key: string): void {
    const entry = this.tray(logId)
      .peek()
      .find((e) => e.key === key);
    if (!entry) return;
    const { failed: _, ...again } = { ...entry, progress: 0, abort: new AbortController() };
    this.replace(logId, again);
    void this.upload(logId, again);
  }

  /** Takes a file away, and ends its upload. What was uploaded is deleted by the server after a day. */
  remove(logId: string, key: string): void {
    const tray = this.tray(logId);
    tray
      .peek()
      .find((e) => e.key === key)
      ?.abort.abort();
    tray.value = tray.peek().filter((e) => e.key !== key);
  }

  /** Takes all files out for a message. They must be uploaded. */
  take(logId: string): Attachment[] {
    const tray = this.tray(logId);
    const done = tray.peek().flatMap((e) => e.done ?? []);
    tray.value = [];
    return done;
  }

  /** The address of an attachment for now, or null. */
  link(roomId: string, id: string): Promise<string | null> {
    const key = `${roomId}/${id}`;
    const known = this.links.get(key);
    if (known && known.until > Date.now()) return known.url;
    const entry = { url: Promise.resolve<string | null>(null), until: Date.now() + renewBefore };
    entry.url = this.connection.requestWhileConnected("attachmentURL", { roomId, id }).then((answer) => {
      if (answer) entry.until = Date.parse(answer.expiresAt) - renewBefore;
      else this.links.delete(key);
      return answer?.url ?? null;
    });
    this.links.set(key, entry);
    return entry.url;
  }

  private replace(logId: string, entry: UploadingFile): void {
    const tray = this.tray(logId);
    tray.value = tray.peek().map((e) => (e.key === entry.key ? entry : e));
  }

  private async upload(logId: string, entry: UploadingFile): Promise<void> {
    const { signal: aborted } = entry.abort;
    const { roomId } = partsOf(logId);
    const { file } = entry;
    try {
      const picture = await readPicture(file);
      const { name, type } = nameAndType(file);
      const id = await this.send(roomId, file, name, type, aborted, (progress) => {
        if (!aborted.aborted) this.replace(logId, { ...entry, progress });
      });
      const thumbnail =
        picture?.thumbnail &&
        (await this.send(roomId, picture.thumbnail, "thumbnail", picture.thumbnail.type, aborted, () => {}));
      const done = {
        id,
        name,
        type,
        size: file.size,
        ...(entry.duration !== undefined && { duration: entry.duration }),
        ...(picture && { width: picture.width, height: picture.height }),
        ...(thumbnail && { thumbnail }),
      };
      if (!aborted.aborted) this.replace(logId, { ...entry, progress: 1, done });
    } catch (error) {
      const failed = error instanceof Error ? error.message : String(error);
      if (!aborted.aborted) this.replace(logId, { ...entry, failed });
    }
  }

  private async send(
    roomId: string,
    file: Blob,
    name: string,
    type: string,
    aborted: AbortSignal,
    onProgress: (share: number) => void,
  ): Promise<string> {
    const answer = await this.connection.emitWithAck("createUpload", { roomId, name, type, size: file.size });
    if (!answer.ok) throw new Error(answer.error.message);
    await sendForm(answer.upload, file, onProgress, aborted);
    return answer.attachment.id;
  }
}
