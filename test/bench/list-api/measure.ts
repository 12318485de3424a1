import { quantile } from "../engine/figures.ts";
import { listServer, type ListServer } from "./list-server.ts";
import { allQuestions, type FloorName, type Question } from "./questions.ts";

/** `node measure.ts FOLDER [NAME]`: asks a server on a made record everything, and prints what each question took. */
export interface QuestionFigures {
  readonly name: string;
  readonly floor: FloorName | null;
  readonly kb: number;
  /** Processor time of the server for one, however busy the machine is. */
  readonly cpuMs: number;
  readonly ms: readonly number[];
}

export interface ListFigures {
  readonly questions: readonly QuestionFigures[];
  readonly peakRssMb: number;
}

const SAMPLES = 100;
const WARM_UP = 10;

export async function measureLists(directory: string, only: string | null = null): Promise<ListFigures> {
  await using server = await listServer(directory);
  await untilCounted(server);
  const questions = (await allQuestions(server)).filter(({ name }) => only === null || name.includes(only));
  const figures: QuestionFigures[] = [];
  for (const question of questions) figures.push(await measureQuestion(server, question));
  return { questions: figures, peakRssMb: server.peakRssMb() };
}

/** The first count of stale partitions goes through all of them, in the reader that lists go through, once a start. */
async function untilCounted(server: ListServer): Promise<void> {
  const stale = async (): Promise<string> => {
    const { items } = JSON.parse((await server.get("/api/assets")).text) as {
      items: readonly { readonly partitions: { readonly stale: number } | null }[];
    };
    return items.map((item) => item.partitions?.stale).join(" ");
  };
  for (let before = "", now = await stale(); before !== now; now = await stale()) {
    before = now;
    await new Promise((resolve) => setTimeout(resolve, 3000));
  }
}

async function measureQuestion(server: ListServer, question: Question): Promise<QuestionFigures> {
  const ask = async (index: number) => {
    const asked = question.asked[index % question.asked.length] ?? "";
    return question.by === "get" ? await server.get(asked) : await server.snapshot(asked);
  };
  for (let index = 0; index < WARM_UP; index++) await ask(index);
  const ms: number[] = [];
  let bytes = 0;
  const cpuBefore = server.cpuMs();
  for (let index = 0; index < SAMPLES; index++) {
    const answer = await ask(index);
    ms.push(answer.ms);
    bytes += answer.text.length;
  }
  return {
    name: question.name,
    floor: question.floor,
    kb: bytes / SAMPLES / 1024,
    cpuMs: (server.cpuMs() - cpuBefore) / SAMPLES,
    ms: ms.sort((a, b) => a - b),
  };
}

export function printFigures({ questions, peakRssMb }: ListFigures): void {
  const round = (ms: number): number => Math.round(ms * 10) / 10;
  const at = (ms: readonly number[], share: number): number => round(quantile(ms, share) ?? 0);
  const rows = questions.map(({ name, kb, cpuMs, ms }) => [
    name,
    { kB: Math.round(kb), p50: at(ms, 0.5), p99: at(ms, 0.99), max: at(ms, 1), cpu: round(cpuMs) },
  ]);
  console.error(`what each list took, in ms, ${SAMPLES} times over HTTP; the server's memory reached ${peakRssMb} MB`);
  const { Console } = console;
  new Console(process.stderr).table(Object.fromEntries(rows));
}

if (import.meta.main) {
  const [directory = "", only = null] = process.argv.slice(2);
  printFigures(await measureLists(directory, only));
}
