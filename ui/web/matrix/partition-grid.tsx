import { useCallback, useMemo } from "react";
import type { AssetView, PartitionSetView } from "../../../engine/operate.ts";
import { useConsole, useLoaded, usePlace, useRefusal, useSearchText } from "../app/console.tsx";
import { useShortcuts } from "../app/shortcuts.ts";
import { Button } from "../design/button.tsx";
import { countText } from "../design/format.ts";
import { Link } from "../design/link.tsx";
import { Empty, Skeleton, Trouble } from "../design/notes.tsx";
import { useOpenMaterialize } from "../materialize/use-materialize.ts";
import { AxisBar } from "./axis-bar.tsx";
import { geometryOf, zoomOf } from "./grid-sizes.ts";
import { type GridForm, GridToolbar } from "./grid-toolbar.tsx";
import type { GridModel } from "./grid-model.ts";
import { queryOf } from "./matrix-axes.ts";
import { MatrixCanvas } from "./matrix-canvas.tsx";
import type { MatrixData } from "./matrix-data.ts";
import { MatrixList } from "./matrix-list.tsx";
import { newestRunOf, partitionOf } from "./newest-run.ts";
import { chosenPartitions } from "./partition-request.ts";
import classes from "./partition-grid.module.css";
import { keyText } from "./partition-text.ts";
import { SelectionBar } from "./selection-bar.tsx";
import { useCellSelection } from "./use-cell-selection.ts";
import { useGridFilter } from "./use-grid-filter.ts";
import { type MatrixState, useMatrix } from "./use-matrix.ts";

export interface PartitionGridProps {
  readonly asset: Pick<AssetView, "key" | "partitionSet">;
}

/**
 * An asset's partitions: a matrix where its set has two dimensions or more, a wrapped grid where it has one, or a list of
 * either. Of three dimensions or more two are chosen, and keys of the others. Its whole state is in the address: `find`,
 * `word`, `sort`, `row`, `column`, `form`, `zoom`, `select`, `rows`, `columns`, `where`.
 */
export function PartitionGrid({ asset }: PartitionGridProps) {
  const { search } = usePlace();
  const matrix = useMatrix(asset.key, queryOf(search));
  const set = useLoaded(asset.partitionSet, (api, signal) =>
    api.get<PartitionSetView>(`/partitions/${encodeURIComponent(asset.partitionSet ?? "")}`, {}, signal),
  );
  if (asset.partitionSet === null) {
    return <Empty title="It has no partitions">It is made as a whole, by one step.</Empty>;
  }
  const isDeep = set.type === "ready" && set.data.dimensions.length > 2;
  return (
    <>
      {isDeep && <AxisBar set={set.data} />}
      <GridOfState
        assetKey={asset.key}
        partitionSet={asset.partitionSet}
        matrix={matrix}
        dimensions={set.type === "ready" ? set.data.dimensions.map(({ name }) => name) : null}
      />
    </>
  );
}

interface GridOfStateProps {
  readonly assetKey: string;
  readonly partitionSet: string;
  readonly matrix: MatrixState & { readonly reload: () => void };
  /** Of the set, in its order; null: not known yet. */
  readonly dimensions: readonly string[] | null;
}

function GridOfState({ assetKey, partitionSet, matrix, dimensions }: GridOfStateProps) {
  if (matrix.type === "failed") {
    return <Trouble title="The partitions cannot be shown" message={matrix.message} onRetry={matrix.reload} />;
  }
  if (matrix.type === "loading") {
    return (
      <div className={classes["grid"]}>
        <Skeleton lines={8} />
        {matrix.cells > 0 && <p role="status">{countText(matrix.cells)} partitions so far</p>}
      </div>
    );
  }
  const { data, version } = matrix;
  if (data.allCounts().total === 0 && Object.keys(data.fixed).length > 0) {
    return <Empty title="No partition has these keys">Choose another key, or every one.</Empty>;
  }
  if (data.allCounts().total === 0) {
    return (
      <Empty title={`There is no partition of ${partitionSet} yet`}>
        What adds keys to the set makes them appear here: a sensor, or somebody at{" "}
        <Link to={{ page: "partitionSet", set: partitionSet }}>its page</Link>.
      </Empty>
    );
  }
  const shown = data.columnDimension === null ? [data.rowDimension] : [data.rowDimension, data.columnDimension];
  return <LoadedGrid assetKey={assetKey} data={data} version={version} dimensions={dimensions ?? shown} />;
}

interface LoadedGridProps {
  readonly assetKey: string;
  readonly data: MatrixData;
  readonly version: number;
  /** Of the set, in its order. */
  readonly dimensions: readonly string[];
}

function LoadedGrid({ assetKey, data, version, dimensions }: LoadedGridProps) {
  const { api, navigation, toasts } = useConsole();
  const openMaterialize = useOpenMaterialize();
  const mayMaterialize = useRefusal("operator") === null;
  const { filter, order } = useGridFilter(data);
  const { selection, select, isInAddress } = useCellSelection(data);
  const [formText] = useSearchText("form");
  const [zoomText, setZoom] = useSearchText("zoom");
  const form: GridForm = formText === "list" ? "list" : "matrix";
  const zoom = useMemo(() => zoomOf(data, zoomText), [data, zoomText]);
  const onZoom = (steps: number): void => {
    const step = Math.max(0, Math.min(zoom.steps - 1, zoom.step + steps));
    if (step !== zoom.step) setZoom(String(step), { replace: true });
  };
  const geometryFor = useCallback((width: number) => geometryOf(data, order, { zoom, width }), [data, order, zoom]);

  const keyOf = (cell: number): string | null => {
    if (!data.isExact) return null;
    const parts = {
      ...data.fixed,
      ...data.partsAt(Math.floor(cell / data.columns.length), cell % data.columns.length),
    };
    return keyText(dimensions.map((dimension) => parts[dimension] ?? ""));
  };
  const open = (cell: number): void => {
    const partition = keyOf(cell);
    if (partition === null) return;
    partitionOf(api, { assetKey, partition })
      .then((found) => {
        const id = found === null ? null : newestRunOf(found);
        if (id === null) toasts.show({ tone: "plain", text: `No run has made ${partition} yet.` });
        else navigation.go({ page: "run", id });
      })
      .catch((error: unknown) => toasts.show({ tone: "bad", text: String(error) }));
  };
  const model: GridModel = { data, version, order, selection, select, keyOf, open };

  const partitions = selection.count === 0 ? undefined : chosenPartitions(data, selection, dimensions);
  const refusal =
    partitions === null
      ? "Each cell stands for several partitions here: select whole rows or columns, or choose a key of each other dimension."
      : null;
  const materialize = (): void => {
    if (!mayMaterialize || partitions === null) return;
    const chosen = partitions === undefined ? {} : { chosen: { partitions, count: selection.count } };
    openMaterialize({ assets: [assetKey], ...chosen });
  };
  useShortcuts({ m: materialize });
  const isEmpty = order.rows.length === 0 || order.columns.length === 0;
  return (
    <div className={classes["grid"]}>
      <GridToolbar data={data} filter={filter} form={form} zoom={zoom} onZoom={onZoom} />
      {isEmpty ? (
        <Empty title="Nothing passes the filter">
          <Button
            onClick={() =>
              navigation.setSearch({ find: undefined, word: undefined, row: undefined, column: undefined })
            }
          >
            Show all
          </Button>
        </Empty>
      ) : form === "list" ? (
        <MatrixList model={model} />
      ) : (
        <MatrixCanvas
          model={model}
          geometryFor={geometryFor}
          hasLabels={zoom.hasLabels}
          assetKey={assetKey}
          onZoom={onZoom}
        />
      )}
      <SelectionBar model={model} isInAddress={isInAddress} refusal={refusal} onMaterialize={materialize} />
    </div>
  );
}
