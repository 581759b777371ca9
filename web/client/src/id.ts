/** A random id. */
export function newId(): string {
  // randomUUID is missing on pages without TLS.
  const bytes = () => crypto.getRandomValues(new Uint8Array(16));
  return crypto.randomUUID?.() ?? [...bytes()].map((b) => b.toString(16).padStart(2, "0")).join("");
}
