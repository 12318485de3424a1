import type { Json, JsonObject } from "../../../engine/operate.ts";
import { countText } from "./format.ts";
import classes from "./metadata.module.css";

const MAX_ROWS = 200;
const MAX_TEXT = 2000;
const MAX_COLUMNS = 12;

/**
 * What an author said of a materialization: numbers as numbers, addresses as links, lists of alike objects as tables.
 * It may be anything and of any size, so what is long is cut.
 */
export function Metadata({ metadata }: { readonly metadata: JsonObject }) {
  const entries = Object.entries(metadata);
  if (entries.length === 0) return <p className={classes["none"]}>No metadata.</p>;
  return (
    <dl className={classes["metadata"]}>
      {entries.slice(0, MAX_ROWS).map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>
            <Value value={value} />
          </dd>
        </div>
      ))}
      {entries.length > MAX_ROWS && <div>{entries.length - MAX_ROWS} more entries</div>}
    </dl>
  );
}

export function Value({ value }: { readonly value: Json | undefined }) {
  if (value === null || value === undefined) return <span className={classes["none"]}>none</span>;
  switch (typeof value) {
    case "number":
      return <span>{Number.isInteger(value) ? countText(value) : value}</span>;
    case "boolean":
      return <span>{value ? "yes" : "no"}</span>;
    case "string":
      return <Text text={value} />;
    default:
      return Array.isArray(value) ? <List items={value} /> : <JsonText value={value} />;
  }
}

/** Only http addresses become links: any other scheme could run something. */
function Text({ text }: { readonly text: string }) {
  if (/^https?:\/\/\S{1,2000}$/.test(text)) {
    return (
      <a href={text} rel="noreferrer noopener" target="_blank">
        {text}
      </a>
    );
  }
  return <span className={classes["text"]}>{cut(text)}</span>;
}

function List({ items }: { readonly items: readonly Json[] }) {
  if (items.length === 0) return <span className={classes["none"]}>none</span>;
  const rows = items.filter(
    (item): item is JsonObject => typeof item === "object" && item !== null && !Array.isArray(item),
  );
  if (rows.length < items.length) {
    const isPlain = items.every((item) => typeof item !== "object" || item === null);
    return isPlain ? <Text text={items.join(", ")} /> : <JsonText value={items} />;
  }
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  if (columns.length > MAX_COLUMNS) return <JsonText value={items} />;
  return (
    <div className={classes["scroll"]}>
      <table className={classes["table"]}>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column}>{column}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.slice(0, MAX_ROWS).map((row, at) => (
            // oxlint-disable-next-line react/no-array-index-key -- as the author gave them; nothing else tells rows apart
            <tr key={at}>
              {columns.map((column) => (
                <td key={column}>
                  <Value value={row[column]} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {rows.length > MAX_ROWS && <p className={classes["none"]}>{rows.length - MAX_ROWS} more rows</p>}
    </div>
  );
}

function JsonText({ value }: { readonly value: Json }) {
  return <pre className={classes["json"]}>{cut(JSON.stringify(value, null, 2))}</pre>;
}

function cut(text: string): string {
  return text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}… (${countText(text.length)} characters)` : text;
}
