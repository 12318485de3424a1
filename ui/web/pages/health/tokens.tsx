import { useState } from "react";
import type { Page, Role } from "../../../../engine/operate.ts";
import { useConsole, useLoaded, useRefusal } from "../../app/console.tsx";
import { Button } from "../../design/button.tsx";
import { Copy } from "../../design/copy.tsx";
import { Field, Select, TextInput } from "../../design/field.tsx";
import { When } from "../../design/instant.tsx";
import { Empty, Skeleton, Trouble } from "../../design/notes.tsx";
import { Panel } from "../../design/panel.tsx";
import table from "../../design/table.module.css";
import classes from "./health.module.css";

interface Token {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  readonly createdAt: string;
  readonly createdBy: string;
  readonly lastUsedAt: string | null;
  readonly revokedAt: string | null;
}

const roles = [
  { value: "viewer", label: "viewer: looks" },
  { value: "operator", label: "operator: runs and decides" },
  { value: "admin", label: "admin: gives access" },
] as const;

/** Who may come in. A token is shown once, and only its hash is kept. */
export function Tokens() {
  const { api, toasts } = useConsole();
  const refusal = useRefusal("admin");
  const tokens = useLoaded(refusal === null ? "tokens" : null, (client, signal) =>
    client.get<Page<Token>>("/tokens", {}, signal),
  );
  const [name, setName] = useState("");
  const [role, setRole] = useState<Role>("viewer");
  const [made, setMade] = useState<{ readonly name: string; readonly token: string } | null>(null);
  const tell = (error: unknown): void =>
    toasts.show({ tone: "bad", text: error instanceof Error ? error.message : String(error) });
  if (refusal !== null) return <Empty title="Tokens are an admin's">{refusal}</Empty>;
  if (tokens.type === "failed")
    return <Trouble title="The tokens cannot be listed" message={tokens.error.message} onRetry={tokens.reload} />;
  if (tokens.type === "loading") return <Skeleton lines={4} />;
  const create = (): void => {
    api.post<{ token: string }>("/tokens", { name, role }).then(({ token }) => {
      setMade({ name, token });
      setName("");
      tokens.reload();
    }, tell);
  };
  return (
    <Panel title="API tokens" flush>
      <form
        className={classes["tools"]}
        onSubmit={(event) => {
          event.preventDefault();
          if (name.trim() !== "") create();
        }}
      >
        <Field label="Name">
          {(control) => <TextInput {...control} value={name} onChange={(event) => setName(event.target.value)} />}
        </Field>
        <Field label="Role">
          {(control) => <Select {...control} value={role} options={roles} onChange={setRole} />}
        </Field>
        <Button type="submit" refusal={name.trim() === "" ? "Say who it is for." : null}>
          Make a token
        </Button>
      </form>
      {made !== null && (
        <p className={classes["token"]} role="status">
          The token of {made.name}, shown this once: <code>{made.token}</code>{" "}
          <Copy text={made.token} what="the token" />
        </p>
      )}
      <table className={table["table"]}>
        <thead>
          <tr>
            <th>Name</th>
            <th>Role</th>
            <th>Made</th>
            <th>Used</th>
            <th>Revoked</th>
          </tr>
        </thead>
        <tbody>
          {tokens.data.items.map((token) => (
            <tr key={token.id}>
              <td>{token.name}</td>
              <td>{token.role}</td>
              <td className={table["soft"]}>
                <When at={token.createdAt} /> by {token.createdBy}
              </td>
              <td className={table["soft"]}>
                <When at={token.lastUsedAt} />
              </td>
              <td>
                {token.revokedAt === null ? (
                  <Button
                    tone="danger"
                    onClick={() => {
                      api.delete<object>(`/tokens/${encodeURIComponent(token.id)}`).then(tokens.reload, tell);
                    }}
                  >
                    Revoke
                  </Button>
                ) : (
                  <span className={table["soft"]}>
                    revoked <When at={token.revokedAt} />
                  </span>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  );
}
