import { type SubmitEvent, useEffect, useRef, useState } from "react";
import type { Role } from "../../../../engine/operate.ts";
import { Refused } from "../../api/client.ts";
import { useConsole, usePlace } from "../../app/console.tsx";
import { Button } from "../../design/button.tsx";
import { Field, TextInput } from "../../design/field.tsx";
import classes from "./login-page.module.css";
import { safeTarget } from "./safe-target.ts";

type State = { readonly type: "asking" | "waiting" } | { readonly type: "refused"; readonly message: string };

/**
 * Login by a token, or by the link that each start prints. The code of a link is used by a POST from here, so that
 * whoever only fetches the link does not use it up; it leaves the address at once.
 */
export function LoginPage({ onLoggedIn }: { readonly onLoggedIn: (to: string) => void }) {
  const { api, viewer, navigation } = useConsole();
  const { search } = usePlace();
  const [state, setState] = useState<State>({ type: "asking" });
  const [token, setToken] = useState("");
  const to = useRef(safeTarget(search.get("next")));

  const logIn = (secret: { readonly token: string } | { readonly code: string }): void => {
    setState({ type: "waiting" });
    api.post<{ name: string; role: Role }>("/login", secret).then(
      ({ name, role }) => {
        viewer.set({ name, role });
        onLoggedIn(to.current);
      },
      (error: unknown) => {
        const message =
          error instanceof Refused ? `Not logged in: ${error.message}.` : "Sheaf does not answer. Is it running?";
        setState({ type: "refused", message });
      },
    );
  };

  const used = useRef(false);
  useEffect(() => {
    const code = search.get("code");
    if (code === null || used.current) return;
    used.current = true;
    navigation.setSearch({ code: undefined }, { replace: true });
    logIn({ code });
  });

  return (
    <main className={classes["page"]}>
      <form
        className={classes["card"]}
        onSubmit={(event: SubmitEvent) => {
          event.preventDefault();
          if (token.trim() !== "") logIn({ token: token.trim() });
        }}
      >
        <img src="/web/icon.svg" alt="" width="40" height="40" />
        <h1>Log in to Sheaf</h1>
        <Field
          label="Token"
          hint="Or open the link that the terminal printed at the start: it logs in once."
          error={state.type === "refused" ? state.message : null}
        >
          {(control) => (
            <TextInput
              {...control}
              type="password"
              autoComplete="current-password"
              autoFocus
              value={token}
              onChange={(event) => setToken(event.target.value)}
            />
          )}
        </Field>
        <Button type="submit" tone="primary" busy={state.type === "waiting"}>
          {state.type === "waiting" ? "Logging in…" : "Log in"}
        </Button>
        <p className={classes["help"]}>
          No token? On the machine that runs it: <code>sheaf token create NAME --role operator</code>
        </p>
      </form>
    </main>
  );
}
