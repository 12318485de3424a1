import { useEffect, useRef, useState } from "react";
import { type LineageModel, shapeOf } from "./graph-model.ts";
import type { Layout, LayoutRequest } from "./layout.ts";

/** The newest layout of a model; while another is made, the one before stays. Null before the first. */
export function useLayout(model: LineageModel): Layout | null {
  const [layout, setLayout] = useState<Layout | null>(null);
  const worker = useRef<Worker | null>(null);
  const asked = useRef(0);
  const shape = shapeOf(model);
  useEffect(() => {
    const made = new Worker(new URL("./layout-worker.ts", import.meta.url), { type: "module" });
    worker.current = made;
    made.addEventListener("message", ({ data }: MessageEvent<Layout>) => {
      if (data.id === asked.current) setLayout(data);
    });
    return () => {
      worker.current = null;
      made.terminate();
    };
  }, []);
  useEffect(() => {
    const [nodes, edges] = JSON.parse(shape) as [string[], [string, string][]];
    const request: LayoutRequest = { id: ++asked.current, nodes, edges };
    worker.current?.postMessage(request);
  }, [shape]);
  return layout;
}
