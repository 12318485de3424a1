import type { Json } from "../../../engine/operate.ts";
import { Copy } from "../design/copy.tsx";
import { requestLine } from "./command-lines.ts";
import { useConsole } from "./console.tsx";
import classes from "./same-by.module.css";

export interface SameByProps {
  /** The command; null or left out where there is none that can say it. */
  readonly sheaf?: string | null;
  /** The request, its path below the API's root. */
  readonly request?: { readonly method: "GET" | "POST"; readonly path: string; readonly body?: Json };
}

/** Copies the command and the HTTP request that do the same as what stands beside it. */
export function SameBy({ sheaf = null, request }: SameByProps) {
  const { place } = useConsole();
  return (
    <span className={classes["same"]}>
      {sheaf !== null && (
        <span className={classes["one"]}>
          <code>sheaf</code>
          <Copy text={sheaf} what="the sheaf command" />
        </span>
      )}
      {request !== undefined && (
        <span className={classes["one"]}>
          <code>curl</code>
          <Copy
            text={requestLine({ ...request, url: `${location.origin}${place.api}${request.path}` })}
            what="the curl command"
          />
        </span>
      )}
    </span>
  );
}
