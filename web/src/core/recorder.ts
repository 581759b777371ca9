// A voice note from the microphone.

/** So long may a note be, in milliseconds. It ends by itself then. */
export const longestNote = 15 * 60_000;

// Opus for speech: a minute has a quarter of a megabyte.
const bitsPerSecond = 32_000;

/** The first that browsers can record and most can play. */
const formats = ["audio/webm;codecs=opus", "audio/mp4"];

export interface Note {
  file: File;
  /** In milliseconds. */
  duration: number;
}

/** The media type of notes in this browser, or null if it cannot record. */
export function noteType(): string | null {
  if (typeof MediaRecorder === "undefined" || !navigator.mediaDevices) return null;
  return formats.find((f) => MediaRecorder.isTypeSupported(f))?.split(";")[0] ?? null;
}

export class Recorder {
  private readonly chunks: Blob[] = [];
  private readonly startedAt = performance.now();
  private readonly stopped: Promise<void>;
  private stoppedAt = 0;

  private constructor(private readonly recorder: MediaRecorder) {
    recorder.ondataavailable = (e) => this.chunks.push(e.data);
    this.stopped = new Promise((resolve) => {
      recorder.onstop = () => {
        this.stoppedAt = performance.now();
        for (const track of recorder.stream.getTracks()) track.stop();
        resolve();
      };
    });
    recorder.start();
    setTimeout(() => this.stop(), longestNote);
  }

  /** Asks for the microphone and begins. Rejects if the browser or the user refuses it. */
  static async start(): Promise<Recorder> {
    const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
    const mimeType = formats.find((f) => MediaRecorder.isTypeSupported(f));
    return new Recorder(
      new MediaRecorder(stream, { ...(mimeType && { mimeType }), audioBitsPerSecond: bitsPerSecond }),
    );
  }

  /** How long the note is until now, in milliseconds. */
  get elapsed(): number {
    return (this.stoppedAt || performance.now()) - this.startedAt;
  }

  /** Ends the note and lets go of the microphone. */
  stop(): void {
    if (this.recorder.state !== "inactive") this.recorder.stop();
  }

  /** The note, when it has ended. */
  async note(): Promise<Note> {
    await this.stopped;
    const type = noteType() ?? "audio/webm";
    const name = `Voice note.${type === "audio/mp4" ? "m4a" : "webm"}`;
    return { file: new File(this.chunks, name, { type }), duration: Math.max(1, Math.round(this.elapsed)) };
  }
}
