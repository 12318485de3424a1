import { useState } from "react";
import type { Page } from "../../../../engine/operate.ts";
import { useConsole, useLoaded, useRefusal } from "../../app/console.tsx";
import { Button } from "../../design/button.tsx";
import { When } from "../../design/instant.tsx";
import { Empty, Skeleton, Trouble } from "../../design/notes.tsx";
import { Panel } from "../../design/panel.tsx";
import table from "../../design/table.module.css";
import classes from "./health.module.css";

interface AuditEntry {
  readonly id: string;
  readonly at: string;
  readonly actor: string | null;
  readonly role: string | null;
  readonly action: string;
  readonly target: string;
  readonly outcome: string;
}

const PAGE = 100;

/** Who did what, newest first. */
export function AuditTrail() {
  const { api } = useConsole();
  const refusal = useRefusal("admin");
  const first = useLoaded(refusal === null ? "audit" : null, (client, signal) =>
    client.get<Page<AuditEntry>>("/audit", { limit: PAGE }, signal),
  );
  const [older, setOlder] = useState<Page<AuditEntry> | null>(null);
  const [error, setError] = useState<string | null>(null);
  if (refusal !== null) return <Empty title="The audit trail is an admin's">{refusal}</Empty>;
  if (first.type === "failed")
    return <Trouble title="The audit trail cannot be shown" message={first.error.message} onRetry={first.reload} />;
  if (first.type === "loading") return <Skeleton lines={6} />;
  const entries = [...first.data.items, ...(older?.items ?? [])];
  const cursor = older === null ? first.data.nextCursor : older.nextCursor;
  const more = (): void => {
    api.get<Page<AuditEntry>>("/audit", { limit: PAGE, cursor: cursor ?? undefined }).then(
      (page) => setOlder({ items: [...(older?.items ?? []), ...page.items], nextCursor: page.nextCursor }),
      (problem: unknown) => setError(problem instanceof Error ? problem.message : String(problem)),
    );
  };
  return (
    <Panel title="Audit" flush>
      {entries.length === 0 && <Empty title="Nobody changed anything yet" />}
      <table className={table["table"]}>
        <thead>
          <tr>
            <th>When</th>
            <th>Who</th>
            <th>What</th>
            <th>On</th>
            <th>Outcome</th>
          </tr>
        </thead>
        <tbody>
          {entries.map((entry) => (
            <tr key={entry.id}>
              <td className={table["soft"]}>
                <When at={entry.at} />
              </td>
              <td>
                {entry.actor ?? "nobody"} <span className={table["soft"]}>{entry.role}</span>
              </td>
              <td>{entry.action}</td>
              <td className={classes["wrap"]}>{entry.target}</td>
              <td className={table["soft"]}>{entry.outcome}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {error !== null && <Trouble title="No more entries" message={error} />}
      {cursor !== null && (
        <p className={classes["more"]}>
          <Button onClick={more}>Older entries</Button>
        </p>
      )}
    </Panel>
  );
}
