import { isIP } from "node:net";
import { EngineError } from "../../core/errors.ts";

export interface AddressParams {
  /** A host, or `host:port`, without a scheme: what operators' `.env` files hold as GLEANERIO_MINIO_ADDRESS. */
  readonly endPoint: string;
  /** Empty, 0 and left out mean: the port in the address, else the scheme's own. */
  readonly port?: number | string | undefined;
  readonly useSsl: boolean;
}

export interface Address {
  readonly host: string;
  /** `undefined` for the scheme's own. */
  readonly port: number | undefined;
  /** `https://host:port`, without what is the scheme's default. */
  readonly url: string;
}

/** A name or an IP address, in brackets where it has colons; then perhaps a port. */
const ADDRESS = /^(?:\[(?<bracketed>[0-9a-fA-F:.]+)\]|(?<name>[^\s/:@?#[\]]+))(?::(?<port>\d+))?$/;

/** Reads an address as gleaner and nabu take it. Throws `config`. */
export function parseAddress({ endPoint, port, useSsl }: AddressParams): Address {
  const given = endPoint.trim();
  const groups = isIP(given) === 6 ? { bracketed: given } : ADDRESS.exec(given)?.groups;
  const host = groups?.["bracketed"] ?? groups?.["name"];
  if (host === undefined) {
    const message = `the address of the object store is ${JSON.stringify(given)}; expected a host, or host:port, without http:// and without a path`;
    throw new EngineError("config", message, { details: { endPoint: given } });
  }
  const inAddress = portOf(groups?.["port"]);
  const beside = portOf(port);
  if (inAddress !== undefined && beside !== undefined && inAddress !== beside) {
    const message = `the object store has two ports: ${inAddress} in its address ${given}, and ${beside}; leave one of them out`;
    throw new EngineError("config", message, { details: { endPoint: given, port: beside } });
  }
  const scheme = useSsl ? "https" : "http";
  const chosen = inAddress ?? beside;
  return Object.freeze({ host, port: chosen, url: new URL(`${scheme}://${urlHost(host)}:${chosen ?? ""}`).origin });
}

function portOf(port: number | string | undefined): number | undefined {
  const text = String(port ?? "").trim();
  if (text === "" || text === "0") return undefined;
  const number = Number(text);
  if (Number.isInteger(number) && number > 0 && number < 65_536) return number;
  throw new EngineError("config", `the object store's port is ${JSON.stringify(text)}; expected a number up to 65535`, {
    details: { port: text },
  });
}

function urlHost(host: string): string {
  return isIP(host) === 6 ? `[${host}]` : host;
}
