import type { RecordedEvent } from "../../engine/core/events.ts";
import type { Life } from "./life.ts";
import type { ShownRecord } from "./shown-record.ts";
import type { World } from "./world.ts";

/** Someone who follows the events with a cursor of its own, some by looking now and then, some by being told. */
interface Reader {
  readonly isTold: boolean;
  seq: number;
  /** Type, run and step of each event, to compare with the record at the end. */
  readonly heard: string[];
}

/** Watchers of all kinds: whatever happens to the engine, each hears each event once and in order. */
export class Readers {
  readonly #world: World;
  readonly #readers: readonly Reader[];

  constructor(world: World) {
    this.#world = world;
    this.#readers = [true, false, false].map((isTold) => ({ isTold, seq: 0, heard: [] }));
  }

  /** Of a commit. Who is told of events catches up first where it was not there for some. */
  tell(events: readonly RecordedEvent[], life: Life): void {
    for (const reader of this.#readers) {
      if (!reader.isTold) continue;
      const first = events[0]?.seq ?? 0;
      if (first > reader.seq + 1) this.#catchUp(reader, { life, untilSeq: first - 1 });
      for (const event of events) this.#hear(reader, event);
    }
  }

  /** One that looks by itself reads a few. */
  look(life: Life): void {
    const reader = this.#world.chance.pick(this.#readers.filter((one) => !one.isTold));
    this.#read(reader, { life, limit: this.#world.chance.between(1, 30) });
  }

  /** At the end each has heard all that the record holds. */
  finish(life: Life, record: ShownRecord): void {
    for (const reader of this.#readers) this.#catchUp(reader, { life, untilSeq: Number.POSITIVE_INFINITY });
    const all = record.events(0).map((event) => `${event.type} ${event.run_id ?? ""} ${event.ordinal ?? ""}`);
    for (const reader of this.#readers) {
      const at = all.findIndex((event, index) => reader.heard[index] !== event);
      const isWhole = at === -1 && reader.heard.length === all.length;
      this.#world.hold(
        "S4",
        isWhole,
        () => `a reader heard ${reader.heard.length} of ${all.length} events, differing at ${at}`,
      );
    }
  }

  #catchUp(reader: Reader, { life, untilSeq }: { life: Life; untilSeq: number }): void {
    while (reader.seq < untilSeq) {
      if (this.#read(reader, { life, limit: Math.min(100, untilSeq - reader.seq) }) === 0) return;
    }
  }

  #read(reader: Reader, { life, limit }: { life: Life; limit: number }): number {
    const events = life.engine?.queries.eventsAfter(reader.seq, limit) ?? [];
    for (const event of events) this.#hear(reader, event);
    return events.length;
  }

  #hear(reader: Reader, event: RecordedEvent): void {
    this.#world.hold("S4", event.seq === reader.seq + 1, () => `a reader hears ${event.seq} after ${reader.seq}`);
    reader.seq = event.seq;
    const [run, ordinal] = ["runId" in event ? event.runId : "", "ordinal" in event ? event.ordinal : ""];
    reader.heard.push(`${event.type} ${run} ${ordinal}`);
  }
}
