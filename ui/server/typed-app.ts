import type {
  FastifyBaseLogger,
  FastifyInstance,
  FastifyReply,
  FastifyRequest,
  FastifyTypeProvider,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from "fastify";
import type { FromSchema, JSONSchema } from "json-schema-to-ts";
import { type Actor, EngineError, type Role } from "../../engine/operate.ts";

/** Infers what a handler gets from the schemas of its route. Answers are not narrowed: a test holds them instead. */
interface SchemaTypes extends FastifyTypeProvider {
  readonly validator: this["schema"] extends JSONSchema ? FromSchema<this["schema"]> : unknown;
  readonly serializer: unknown;
}

export type App = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  SchemaTypes
>;
export type Request = FastifyRequest;
export type Reply = FastifyReply;

/** Who may call a route: anyone, or whoever is logged in with at least this role. */
export type RouteRole = Role | "open";

declare module "fastify" {
  interface FastifyContextConfig {
    /** Every route says it; registration refuses a route that does not. */
    role?: RouteRole;
    /** The word for the audit trail, for what changes something. */
    audit?: string;
  }
  interface FastifyRequest {
    /** Null for who is not logged in; set before any handler runs. */
    actor: Actor | null;
    /** Whether a cookie, which browsers send by themselves, says who it is. */
    byCookie: boolean;
  }
}

/** Who asks, in a route whose role is not `open`. */
export function actorOf(request: Pick<Request, "actor">): Actor {
  if (request.actor === null) throw new EngineError("unauthorized", "log in first");
  return request.actor;
}
