/** Parts of undici that come without types of their own: as its door declares them. */

declare module "undici/lib/dispatcher/agent.js" {
  import { Agent } from "undici";
  export default Agent;
}

declare module "undici/lib/api/index.js" {
  import type { Dispatcher } from "undici";
  const api: {
    readonly request: (this: Dispatcher, options: Dispatcher.RequestOptions) => Promise<Dispatcher.ResponseData>;
  };
  export default api;
}
