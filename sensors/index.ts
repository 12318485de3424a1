/** The sensors of the built-in location `ingest`. */
export * from "./config-file-sensors.ts";
export * from "./load-sensors.ts";
export * from "./org-names-sensor.ts";
export * from "./partition-sensors.ts";
export * from "./slack-sensor.ts";
