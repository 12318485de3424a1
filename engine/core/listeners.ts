/** Those who want to be told of something. One that throws is a bug, which must hurt neither the others nor who tells. */
export interface Listeners<T> {
  /** Returns how to stop. */
  add(listener: (told: T) => void): () => void;
  tell(told: T): void;
}

export function listenersOf<T>(onError: (error: unknown) => void): Listeners<T> {
  const listeners = new Set<(told: T) => void>();
  return {
    add(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    tell(told) {
      for (const listener of listeners) {
        try {
          listener(told);
        } catch (error) {
          onError(error);
        }
      }
    },
  };
}
