import { EngineError } from "../../../engine/operate.ts";
import { problems } from "../schemas/problems.ts";
import { done, json, name, record } from "../schemas/values.ts";
import type { ProjectScope } from "../server-options.ts";
import type { App } from "../typed-app.ts";

/** A bucket event of MinIO names one object or a few. */
const MAX_HOOK_BODY_BYTES = 1024 * 1024;

export function hookRoutes(app: App, { engine }: ProjectScope): void {
  app.post(
    "/hooks/:sensor",
    {
      config: { role: "operator" },
      bodyLimit: MAX_HOOK_BODY_BYTES,
      schema: {
        tags: ["automation"],
        summary: "Something happened: the sensor looks soon. What is sent is not read",
        params: record({ sensor: name }),
        body: json,
        response: { 202: done, ...problems },
      },
    },
    (request, reply) => {
      const { sensor } = request.params;
      if (!engine.catalog.sensors.has(sensor)) throw new EngineError("not_found", `there is no sensor "${sensor}"`);
      engine.commands.wakeSensor(sensor);
      return reply.code(202).send({ ok: true });
    },
  );
}
