/** The schedules of the built-in location `ingest`. */
export * from "./sources-schedule.ts";
