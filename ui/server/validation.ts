import { Ajv, type ErrorObject, type Options, type ValidateFunction } from "ajv";
import addFormats from "ajv-formats";
import { EngineError } from "../../engine/operate.ts";
import type { App } from "./typed-app.ts";

const options: Options = {
  strict: true,
  strictTypes: false,
  strictRequired: false,
  allowUnionTypes: true,
  // A test holds that the schemas are schemas. Here that would compile the schema of schemas, which blocks for 40 ms.
  meta: false,
  validateSchema: false,
};

/**
 * Addresses are text, so numbers and lists in them are read as such; in a body nothing is coerced. A schema is compiled
 * when it is first needed, and once for all projects.
 */
export function validateRequests(app: App): void {
  const forBodies = ajv(options);
  const forAddresses = ajv({ ...options, coerceTypes: "array" });
  const compiled = new Map<unknown, ValidateFunction>();
  app.setValidatorCompiler<object>(({ schema, httpPart }) => {
    const compiler = httpPart === "body" ? forBodies : forAddresses;
    return (data: unknown) => {
      const validate = compiled.get(schema) ?? compiler.compile(schema);
      compiled.set(schema, validate);
      return validate(data) ? { value: data } : { error: refusal(validate.errors ?? [], httpPart ?? "request") };
    };
  });
}

function ajv(given: Options): Ajv {
  const made = new Ajv(given);
  addFormats.default(made, ["date-time"]);
  return made;
}

function refusal(found: readonly ErrorObject[], part: string): EngineError {
  const problems = found.map((one) => ({
    path: `${part}${one.instancePath.replaceAll("/", ".")}`,
    message: told(one),
  }));
  const message = problems.map((one) => `${one.path}: ${one.message}`).join("; ");
  return new EngineError("invalid_request", message, { details: { problems } });
}

/** Ajv leaves names and choices out of its messages (https://ajv.js.org/api.html#error-objects). */
function told({ message = "", params }: ErrorObject): string {
  const { additionalProperty, allowedValues } = params as { additionalProperty?: string; allowedValues?: unknown[] };
  if (additionalProperty !== undefined) return `"${additionalProperty}" is not known here`;
  return allowedValues === undefined ? message : `must be one of ${allowedValues.join(", ")}`;
}
