/** Who wants to hear of which changes. */
export class Topics {
  private readonly listeners = new Map<string, Set<() => void>>();

  /** Adds a listener, until the function that it returns is called. */
  add(topic: string, listener: () => void): () => void {
    const all = this.listeners.get(topic) ?? new Set();
    const own = () => listener(); // the same function may listen twice
    this.listeners.set(topic, all.add(own));
    return () => {
      all.delete(own);
    };
  }

  tell(topic: string): void {
    for (const listener of [...(this.listeners.get(topic) ?? [])]) listener();
  }
}
