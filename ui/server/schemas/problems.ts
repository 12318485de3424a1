import { json, record, text } from "./values.ts";

const error = {
  type: "object",
  properties: {
    code: { type: "string", description: "A word that stays; docs list them." },
    message: text,
    details: json,
  },
  required: ["code", "message"],
  additionalProperties: false,
} as const;

export const problem = { ...record({ error }), description: "What went wrong, for people and for programs." } as const;

/** Every route may answer so. */
export const problems = { "4xx": problem, "5xx": problem } as const;
