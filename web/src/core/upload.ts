// Files on their way to the server: what is known of one, a small picture of it, and the upload.
import type { Upload } from "@confab/chat";

/** The longest side of a thumbnail, in pixels. */
const thumbnailSide = 640;

export interface Picture {
  width: number;
  height: number;
  /** A small picture of it; missing if it is small itself. */
  thumbnail?: Blob;
}

/** Reads a picture, or returns null if the browser cannot show the file as one. */
export async function readPicture(file: Blob): Promise<Picture | null> {
  if (!/^image\/(png|jpeg|gif|webp|avif|bmp)$/.test(file.type)) return null;
  const bitmap = await createImageBitmap(file).catch(() => null);
  if (!bitmap) return null;
  const { width, height } = bitmap;
  const scale = thumbnailSide / Math.max(width, height);
  if (scale >= 1) {
    bitmap.close();
    return { width, height };
  }
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(width * scale));
  canvas.height = Math.max(1, Math.round(height * scale));
  canvas.getContext("2d")?.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  bitmap.close();
  const thumbnail = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, "image/webp", 0.8));
  return { width, height, ...(thumbnail && { thumbnail }) };
}

/** Sends a file with a form of the server's. Rejects if it is not stored, or the signal aborts it. */
export function sendForm(
  { url, fields }: Upload,
  file: Blob,
  onProgress: (share: number) => void,
  signal: AbortSignal,
): Promise<void> {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  form.append("file", file);
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest(); // fetch tells no progress
    const fail = () => reject(new Error("The file could not be uploaded."));
    request.upload.onprogress = (e) => e.lengthComputable && onProgress(e.loaded / e.total);
    request.onload = () => (request.status < 300 ? resolve() : fail());
    request.onerror = fail;
    request.onabort = fail;
    signal.addEventListener("abort", () => request.abort());
    if (signal.aborted) return fail();
    request.open("POST", url);
    request.send(form);
  });
}

/** A size for people. */
export function sizeText(bytes: number): string {
  if (bytes < 1000) return `${bytes} bytes`;
  if (bytes < 1_000_000) return `${Math.round(bytes / 1000)} kB`;
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}

/** A file's name and type, as the server takes them. */
export function nameAndType(file: File): { name: string; type: string } {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the server refuses them
  const name = file.name.replace(/[/\\\u0000-\u001f\u007f-\u009f]/g, "_").slice(-120) || "file";
  const type = /^[a-z0-9.+-]+\/[a-z0-9.+-]+/.exec(file.type.toLowerCase())?.[0] ?? "application/octet-stream";
  return { name, type };
}
