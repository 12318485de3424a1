import { openConfig } from "./config-map.ts";
import { problemLog } from "./config-problem.ts";
import type { ConfigProblem } from "./config-problem.ts";
import { quoted } from "./partition-name.ts";
import type { ParseConfigParams } from "./sources-file.ts";

/** What Sheaf takes from `nabuconfig.yaml`. */
export interface NabuFile {
  /** `implementation_network.orgname`; null where the file has none; undefined where the file cannot be read. */
  readonly orgName: string | null | undefined;
  readonly problems: readonly ConfigProblem[];
}

/** One segment of a URN, between colons. */
const ORG_NAME = /^[A-Za-z0-9_.-]{1,63}$/;

export function parseNabuFile({ text, file }: ParseConfigParams): NabuFile {
  const problems = problemLog(file);
  const root = openConfig({ text, file, expected: '"implementation_network:" with "orgname:"', problems });
  if (root === null) return Object.freeze({ orgName: undefined, problems: problems.finish() });
  const network = root.map("implementation_network");
  const orgName = network?.text("orgname") ?? "";
  if (orgName !== "" && !ORG_NAME.test(orgName)) {
    const expected = 'expected letters, digits, "_", "-", "." (at most 63): it is a segment of the graphs\' URNs';
    problems.error(network?.lineOf("orgname") ?? null, `the orgname ${quoted(orgName)} cannot be used; ${expected}`);
    return Object.freeze({ orgName: undefined, problems: problems.finish() });
  }
  return Object.freeze({ orgName: orgName === "" ? null : orgName, problems: problems.finish() });
}

export interface OrgNameParams {
  /** In the order in which they rule: the copy in the bucket, the Docker config, the project's own file. */
  readonly candidates: readonly NabuCandidate[];
  /** `PROJECT`. */
  readonly project: string;
}

export interface NabuCandidate {
  /** For messages: `scheduler/configs/nabuconfig.yaml`, `Docker config nabu-eco`. */
  readonly file: string;
  /** Null where there is no such file. */
  readonly text: string | Uint8Array | null;
}

export interface OrgName {
  /** Undefined where the file that rules cannot be read: keep the last good name, since another changes every URN. */
  readonly orgName: string | undefined;
  /** The file it came from; null for `PROJECT`. */
  readonly file: string | null;
  readonly problems: readonly ConfigProblem[];
}

/** The first file that exists rules, even where it is broken or silent; without any, the name is `PROJECT`. */
export function orgNameOf({ candidates, project }: OrgNameParams): OrgName {
  for (const { file, text } of candidates) {
    if (text === null) continue;
    const { orgName, problems } = parseNabuFile({ text, file });
    if (orgName !== null) return Object.freeze({ orgName, file, problems });
    const message = `"implementation_network.orgname" is missing (nabu's image then writes urn:gleaner.io::…)`;
    return fallBack({ project, file, message: `${message}: taken as ${quoted(project)}, which is PROJECT` });
  }
  const [file = "nabuconfig.yaml"] = candidates.map((candidate) => candidate.file);
  return fallBack({
    project,
    file,
    message: `there is no nabu configuration: orgname is ${quoted(project)} (PROJECT)`,
  });
}

function fallBack({ project, file, message }: { project: string; file: string; message: string }): OrgName {
  const problems = problemLog(file);
  problems.warning(null, message);
  return Object.freeze({ orgName: project, file: null, problems: problems.finish() });
}
