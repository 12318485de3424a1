import type { Access, Clock, Engine, ErrorCode, IdSource, Scheduler, TripleStore } from "../../engine/operate.ts";
import type { Identifier } from "./access/identify.ts";
import type { LoginLimiter } from "./access/login-limiter.ts";
import type { LiveHub } from "./live/hub.ts";
import type { LoopLag } from "./loop-lag.ts";

export interface ServerOptions {
  /** At least one. The first answers at `/api`, each at `/p/<project>/api`; logins and audit live in the first. */
  readonly engines: readonly Engine[];
  /** Projects that could not be opened: who asks for them is told why. Default: none. */
  readonly unopened?: readonly UnopenedProject[];
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly ids: IdSource;
  readonly system: SystemInfo;
  /** The built console; null: none is served. */
  readonly webFolder: URL | null;
  /** By project. A project without one has no `/sparql`. */
  readonly sparql: ReadonlyMap<string, TripleStore>;
  /** Whether anyone may query; updates always take an operator. */
  readonly sparqlPublic: boolean;
  /** Whether browsers come by https, so that cookies are for https only. */
  readonly secure: boolean;
  /** A Unix socket on which whoever can open the file is admin; its file's mode is 0600. */
  readonly controlSocket: string | null;
  readonly log: ServerLog;
}

export interface UnopenedProject {
  readonly project: string;
  /** Whether it is the one that would answer at `/api`. No other takes its place: scripts would reach the wrong one. */
  readonly isFirst: boolean;
  readonly error: { readonly code: ErrorCode; readonly message: string };
}

export type ServerLog = (level: "warning" | "error", message: string) => void;

export interface RunningServer {
  /** `http://127.0.0.1:3000`, with the port that was taken. */
  readonly url: string;
  close(): Promise<void>;
}

/** What the composition root knows of the process and of each project. Holds no secret. */
export interface SystemInfo {
  readonly version: string;
  readonly startedAt: string;
  /** The names of all projects; the first answers without its name in the address. */
  readonly projects: readonly string[];
  settings(project: string): readonly SettingView[];
  locations(project: string): readonly LocationView[];
  /** What an operator should put right: settings, workspace, config files. */
  problems(project: string): readonly ProblemView[];
  /** Asks each service whether it answers. */
  services(project: string, signal: AbortSignal): Promise<readonly ServiceView[]>;
}

export interface SettingView {
  readonly name: string;
  /** Masked where it is a credential. */
  readonly value: string | null;
  readonly source: string;
}

export interface LocationView {
  readonly name: string;
  readonly status: "loaded" | "failed";
  readonly definitions: number;
  readonly error: {
    readonly code: string;
    readonly message: string;
    readonly file?: string | undefined;
    readonly line?: number | undefined;
  } | null;
}

export interface ProblemView {
  readonly severity: "error" | "warning";
  readonly where: string;
  readonly message: string;
}

export interface ServiceView {
  readonly name: string;
  readonly description: string;
  readonly ok: boolean;
  readonly error: string | null;
  readonly answeredInMs: number;
}

/** What the routes of all projects share. */
export interface SharedScope extends ServerOptions {
  readonly unopened: readonly UnopenedProject[];
  readonly firstEngine: Engine;
  readonly access: Access;
  readonly cookieName: string;
  readonly identifier: Identifier;
  readonly limiter: LoginLimiter;
  readonly lag: LoopLag;
  readonly hubs: ReadonlyMap<string, LiveHub>;
}

/** What the routes of one project see. */
export interface ProjectScope {
  readonly shared: SharedScope;
  readonly engine: Engine;
}
