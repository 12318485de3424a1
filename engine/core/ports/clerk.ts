/**
 * Notices that the engine's thread is blocked, and knows whose code was entered last: the likely one, since code that
 * waits gives the thread back. Costs a number or two that are stored when code is entered and left.
 */
export interface Clerk {
  /** To be called before code is entered; the returned function when it has ended, in whatever way. */
  enter(code: EnteredCode): () => void;
}

export interface EnteredCode {
  /** What people call it. One a definition, since they are kept. */
  readonly label: string;
  /** Is called once the thread runs again, where it was blocked and this code was the last that was entered. */
  readonly tell: (message: string) => void;
}

/** Notices nothing. */
export const noClerk: Clerk = Object.freeze({ enter: () => () => {} });
