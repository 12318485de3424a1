import { writeFileSync } from "node:fs";
import { schemaText } from "./schema-text.ts";

writeFileSync(new URL("../../engine/store/schema.sql", import.meta.url), schemaText());
