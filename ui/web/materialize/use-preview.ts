import { useEffect, useState } from "react";
import type { MaterializeRequest, PreviewView } from "../../../engine/operate.ts";
import { type Loaded, useLoaded } from "../app/console.tsx";

/** How long a field rests before the server is asked. */
const REST_MS = 200;

/** What a request would run. `isOld`: of the request before this one. `mayAsk`: the viewer's role lets them. */
export function usePreview(
  request: MaterializeRequest,
  { mayAsk }: { readonly mayAsk: boolean },
): { readonly answer: Loaded<PreviewView>; readonly isOld: boolean; readonly reload: () => void } {
  const key = JSON.stringify(request);
  const [rested, setRested] = useState(key);
  const [isAsking, setAsking] = useState(mayAsk);
  if (mayAsk !== isAsking) {
    // What the first question is was not known before it may be asked.
    setAsking(mayAsk);
    setRested(key);
  }
  useEffect(() => {
    if (rested === key) return undefined;
    const timer = setTimeout(() => setRested(key), REST_MS);
    return () => clearTimeout(timer);
  }, [key, rested]);
  const loaded = useLoaded(isAsking && mayAsk ? rested : null, async (api) => {
    const asked = { ...(JSON.parse(rested) as MaterializeRequest), preview: true };
    return { of: rested, preview: await api.post<PreviewView>("/materialize", asked) };
  });
  const { reload } = loaded;
  if (loaded.type !== "ready") return { answer: loaded, isOld: rested !== key, reload };
  return { answer: { type: "ready", data: loaded.data.preview }, isOld: loaded.data.of !== key, reload };
}
