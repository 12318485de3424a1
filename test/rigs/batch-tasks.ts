/** Tasks that do what their items say; for tests of batches. */

export interface TaskItem {
  readonly name: string;
  readonly act: "answer" | "loop" | "exit" | "throw" | "memory";
}

export async function actOut({ items }: { readonly items: readonly TaskItem[] }): Promise<readonly string[]> {
  const answers: string[] = [];
  for (const { name, act } of items) {
    await Promise.resolve();
    if (act === "throw") throw new Error(`${name} throws`);
    if (act === "exit") process.exit(3);
    if (act === "memory") fillMemory();
    while (act === "loop") if (name === "never") break;
    answers.push(`done ${name}`);
  }
  return answers;
}

function fillMemory(): void {
  const kept: number[][] = [];
  for (;;) kept.push(Array.from({ length: 100_000 }, (_, index) => index * 1.5));
}
