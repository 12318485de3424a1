import { useNow, useZone } from "../app/console.tsx";
import { durationText, exactText, msOf, relativeText } from "./format.ts";

/** `3 min ago`, exactly on hover; a dash where there is none. */
export function When({ at }: { readonly at: string | null }) {
  const now = useNow(5000);
  const zone = useZone();
  if (at === null) return <span aria-label="never">–</span>;
  const atMs = msOf(at);
  return (
    <time dateTime={at} title={exactText(atMs, zone)}>
      {relativeText(atMs, now)}
    </time>
  );
}

/** From start to end; while there is no end, it counts. */
export function Took({ from, to }: { readonly from: string | null; readonly to: string | null }) {
  const now = useNow(to === null && from !== null ? 1000 : 3_600_000);
  if (from === null) return <span aria-label="not started">–</span>;
  return <span>{durationText((to === null ? now : msOf(to)) - msOf(from))}</span>;
}
