/** The websocket's messages, as ui/server/live/protocol.ts defines them. */
export interface Hello {
  readonly generation: string;
  readonly seq: number;
  readonly project: string;
}

export type ServerMessage =
  | { readonly hello: Hello }
  | { readonly snapshot: true; readonly topic: string; readonly seq: number; readonly data: unknown }
  | { readonly patch: true; readonly topic: string; readonly seq: number; readonly data: unknown }
  | { readonly reset: true; readonly topic: string; readonly reason: string }
  | { readonly error: { readonly code: string; readonly message: string }; readonly topic?: string };

export interface ClientMessage {
  readonly subscribe?: readonly string[];
  readonly unsubscribe?: readonly string[];
  readonly after?: { readonly generation: string; readonly seq: number };
}
