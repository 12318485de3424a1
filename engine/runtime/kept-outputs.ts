import { EngineError } from "../core/errors.ts";
import { canonicalJson, type JsonObject, jsonText, sha256 } from "../core/json.ts";
import type { MadeOutput } from "../core/outcome.ts";
import type { InputVersion, StoredValue } from "../store/tables/materializations.ts";
import type { ValueStore } from "../store/values.ts";

/** What an attempt made of one asset, ready to be recorded. */
export interface KeptOutput {
  readonly asset: string;
  readonly value: StoredValue;
  readonly metadata: JsonObject;
  readonly codeVersion: string | null;
  readonly dataVersion: string;
}

export interface KeepParams {
  readonly values: ValueStore;
  /** By asset key. */
  readonly codeVersions: ReadonlyMap<string, string | null>;
  readonly inputs: readonly InputVersion[];
  /** Names the attempt among all attempts of all runs. */
  readonly attempt: string;
}

/** Of a progress report. */
export const MAX_PROGRESS_CHARACTERS = 16_000;
export const MAX_METADATA_CHARACTERS = 65_536;
export const MAX_DATA_VERSION_CHARACTERS = 1000;

/** Keeps what code returned, as it is now. Throws `bad_value` on what cannot be kept, naming the place. */
export async function keepOutput(output: MadeOutput, params: KeepParams): Promise<KeptOutput> {
  const { asset } = output;
  const codeVersion = params.codeVersions.get(asset) ?? null;
  const value = keptText(output.value, `the value of ${asset}`);
  const metadata = keptObject(output.metadata, { what: `the metadata of ${asset}`, max: MAX_METADATA_CHARACTERS });
  const text = value === "null" ? null : value;
  const dataVersion = output.dataVersion ?? defaultVersion({ ...params, text, codeVersion });
  checkVersion(dataVersion, asset);
  const stored: StoredValue = text === null ? { type: "none" } : await params.values.keep(text);
  return { asset, value: stored, metadata, codeVersion, dataVersion };
}

/** A JSON object as it is now, whatever code does to it later. Throws `bad_value` where it is none, or too large. */
export function keptObject(value: unknown, { what, max }: { what: string; max: number }): JsonObject {
  const text = keptText(value, what);
  const parsed: unknown = JSON.parse(text);
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) {
    throw new EngineError("bad_value", `${what} is no object of JSON`);
  }
  if (text.length > max) {
    throw new EngineError(
      "bad_value",
      `${what} has ${text.length} characters; at most ${max}. Return large facts as the value.`,
    );
  }
  return parsed as JsonObject;
}

function keptText(value: unknown, what: string): string {
  const text = jsonText(value);
  if (text.ok) return text.text;
  throw new EngineError("bad_value", `${what} is not JSON: ${text.path} is ${text.found}`);
}

function checkVersion(version: unknown, asset: string): void {
  if (typeof version === "string" && version.length > 0 && version.length <= MAX_DATA_VERSION_CHARACTERS) return;
  throw new EngineError(
    "bad_value",
    `the data version of ${asset} is no text of 1 to ${MAX_DATA_VERSION_CHARACTERS} characters`,
  );
}

interface VersionFacts extends KeepParams {
  readonly text: string | null;
  readonly codeVersion: string | null;
}

/**
 * The data version where the code gives none: the value's hash; without a value, what the code and its inputs say;
 * and where the code has no version either, this very attempt, since nothing tells whether it made the same.
 */
function defaultVersion({ text, codeVersion, inputs, attempt }: VersionFacts): string {
  if (text !== null) return sha256(text);
  if (codeVersion === null) return attempt;
  const versions = inputs.map((one) => [one.assetId, one.partitionId, one.dataVersion]);
  return sha256(canonicalJson({ code: codeVersion, inputs: versions }));
}
