/** What is wrong with a configuration file, for the tick, the failed step, the page and `sheaf check`. */
export interface ConfigProblem {
  /** An error refuses something (the file, a source, a tenant); a warning tells how something was taken. */
  readonly severity: "error" | "warning";
  readonly file: string;
  /** From 1; null where the problem has no place in the file. */
  readonly line: number | null;
  /** What is wrong, what was expected, what to do. Never holds a credential. */
  readonly message: string;
}

/** Problems told of one file; more are counted. */
export const MAX_CONFIG_PROBLEMS = 500;

/** `gleanerconfig.yaml:602: error: …`, as compilers print it, so that editors find the place. */
export function formatProblem({ severity, file, line, message }: ConfigProblem): string {
  return line === null ? `${file}: ${severity}: ${message}` : `${file}:${line}: ${severity}: ${message}`;
}

export interface ProblemLog {
  error(line: number | null, message: string): void;
  warning(line: number | null, message: string): void;
  /** By line; those without one come first. Frozen. */
  finish(): readonly ConfigProblem[];
}

export function problemLog(file: string): ProblemLog {
  const problems: ConfigProblem[] = [];
  let leftOut = 0;
  function add(problem: ConfigProblem): void {
    if (problems.length < MAX_CONFIG_PROBLEMS) problems.push(Object.freeze(problem));
    else leftOut += 1;
  }
  return {
    error: (line, message) => add({ severity: "error", file, line, message }),
    warning: (line, message) => add({ severity: "warning", file, line, message }),
    finish() {
      const sorted = problems.toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0));
      if (leftOut > 0) {
        const message = `${leftOut} more problems are not shown`;
        sorted.push(Object.freeze({ severity: "warning", file, line: null, message }));
      }
      return Object.freeze(sorted);
    },
  };
}
