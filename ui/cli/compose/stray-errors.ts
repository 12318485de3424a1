import type { Terminal } from "../terminal.ts";

/** The process, as it tells of errors that no code caught. */
export interface ErrorSource {
  on(event: "unhandledRejection" | "uncaughtException", listener: (error: unknown) => void): unknown;
}

export interface StrayErrorParams {
  readonly errors: ErrorSource;
  /** False: the error came from no code that an engine runs. */
  readonly tellStray: (error: unknown) => boolean;
  readonly terminal: Pick<Terminal, "problem">;
  readonly exitNow: (code: number) => void;
}

const CRASHED = 1;

/** An error of an asset's or a sensor's code is told where it belongs; any other is a bug that ends the process. */
export function heedStrayErrors({ errors, tellStray, terminal, exitNow }: StrayErrorParams): void {
  for (const event of ["unhandledRejection", "uncaughtException"] as const) {
    errors.on(event, (error) => {
      if (tellStray(error)) return;
      const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
      terminal.problem(`a bug ends this process; start it again and it goes on where it was: ${text}`);
      exitNow(CRASHED);
    });
  }
}
