import { isIPv6 } from "node:net";
import type { Clock } from "../../../engine/operate.ts";

export const MAX_LOGIN_FAILURES = 10;
export const LOGIN_WINDOW_MS = 60_000;
/** Addresses remembered; the oldest is forgotten first. */
export const MAX_REMEMBERED_ADDRESSES = 10_000;

export interface LoginLimiter {
  /** How long this address has to wait; 0 where it may try. */
  waitMs(address: string): number;
  failed(address: string): void;
}

/** Counts failed logins by address, a window at a time. Tokens cannot be guessed; this keeps the log and the store calm. */
export function loginLimiter(clock: Pick<Clock, "monotonic">): LoginLimiter {
  const windows = new Map<string, { failures: number; endsAtMs: number }>();
  const current = (address: string) => {
    const window = windows.get(networkOf(address));
    return window !== undefined && window.endsAtMs > clock.monotonic() ? window : null;
  };
  return Object.freeze({
    waitMs(address: string) {
      const window = current(address);
      return window === null || window.failures < MAX_LOGIN_FAILURES ? 0 : window.endsAtMs - clock.monotonic();
    },
    failed(address: string) {
      const window = current(address);
      if (window !== null) {
        window.failures += 1;
        return;
      }
      const network = networkOf(address);
      windows.delete(network);
      windows.set(network, { failures: 1, endsAtMs: clock.monotonic() + LOGIN_WINDOW_MS });
      if (windows.size > MAX_REMEMBERED_ADDRESSES) {
        const oldest = windows.keys().next();
        if (oldest.done !== true) windows.delete(oldest.value);
      }
    },
  });
}

/** One subscriber has a whole /64 of IPv6 addresses. */
function networkOf(address: string): string {
  if (!isIPv6(address) || address.startsWith("::ffff:")) return address;
  const [head = "", tail] = address.split("::", 2);
  const front = head.split(":").filter((part) => part !== "");
  const zeros = tail === undefined ? [] : Array.from({ length: 8 - front.length }, () => "0");
  return [...front, ...zeros].slice(0, 4).join(":");
}
