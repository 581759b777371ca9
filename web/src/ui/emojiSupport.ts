import type { Emoji } from "../core/emojis";

const size = 16; // pixels

/**
 * The last version of Unicode's emojis that this device can draw. What it cannot draw would be
 * an empty box. A device that draws none in colours may have emojis of another kind: all pass there.
 */
export function supportedVersion(all: readonly Emoji[]): number {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = size;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (!context || !isColourful(context, "😀")) return Number.POSITIVE_INFINITY;
  const versions = [...new Set(all.map((e) => e.version))].sort((a, b) => b - a);
  return versions.find((version) => isColourful(context, single(all, version))) ?? 0;
}

// One of a single character: parts of a longer one may be drawn one by one.
function single(all: readonly Emoji[], version: number): string {
  return all.find((e) => e.version === version && [...e.emoji].length === 1)?.emoji ?? "";
}

function isColourful(context: CanvasRenderingContext2D, emoji: string): boolean {
  context.clearRect(0, 0, size, size);
  context.textBaseline = "top";
  context.font = `${size}px sans-serif`;
  context.fillStyle = "#000";
  context.fillText(emoji, 0, 0);
  const { data } = context.getImageData(0, 0, size, size);
  for (let i = 0; i < data.length; i += 4) if (data[i] !== data[i + 1] || data[i + 1] !== data[i + 2]) return true;
  return false;
}
