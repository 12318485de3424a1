import { Component, lazy, type ReactNode, Suspense, useEffect } from "react";
import { Skeleton, Trouble } from "../design/notes.tsx";
import { MaterializeHost } from "../materialize/materialize-host.tsx";
import { LoginPage } from "../pages/login/login-page.tsx";
import { OverviewPage } from "../pages/overview/overview-page.tsx";
import { NoSuchPage } from "../pages/unknown/no-such-page.tsx";
import { useConsole, usePlace, useStore } from "./console.tsx";
import type { Route } from "./routes.ts";
import { Shell } from "./shell.tsx";

// The first page comes with the shell; the others when they are gone to.
const AssetsPage = lazy(async () => ({ default: (await import("../pages/assets/assets-page.tsx")).AssetsPage }));
const AssetPage = lazy(async () => ({ default: (await import("../pages/asset/asset-page.tsx")).AssetPage }));
const RunsPage = lazy(async () => ({ default: (await import("../pages/runs/runs-page.tsx")).RunsPage }));
const RunPage = lazy(async () => ({ default: (await import("../pages/run/run-page.tsx")).RunPage }));
const BackfillsPage = lazy(async () => ({
  default: (await import("../pages/backfills/backfills-page.tsx")).BackfillsPage,
}));
const BackfillPage = lazy(async () => ({
  default: (await import("../pages/backfills/backfill-page.tsx")).BackfillPage,
}));
const PartitionsPage = lazy(async () => ({
  default: (await import("../pages/partitions/partitions-page.tsx")).PartitionsPage,
}));
const PartitionSetPage = lazy(async () => ({
  default: (await import("../pages/partitions/partition-set-page.tsx")).PartitionSetPage,
}));
const AutomationPage = lazy(async () => ({
  default: (await import("../pages/automation/automation-page.tsx")).AutomationPage,
}));
const AutomationItemPage = lazy(async () => ({
  default: (await import("../pages/automation/automation-item-page.tsx")).AutomationItemPage,
}));
const HealthPage = lazy(async () => ({ default: (await import("../pages/health/health-page.tsx")).HealthPage }));
const DesignPage = lazy(async () => ({ default: (await import("../pages/design/design-page.tsx")).DesignPage }));

/** The console: login, or the shell around the page of the address. */
export function App() {
  const { viewer, preferences } = useConsole();
  const who = useStore(viewer);
  const { theme } = useStore(preferences);
  const { route, search } = usePlace();
  useEffect(() => {
    if (theme === "system") delete document.documentElement.dataset["theme"];
    else document.documentElement.dataset["theme"] = theme;
  }, [theme]);
  if (route?.page === "login") return <LoginPage onLoggedIn={(to) => location.replace(to)} />;
  if (who === null) return null;
  return (
    <Shell>
      <Guard key={`${JSON.stringify(route)}${search.get("retry") ?? ""}`}>
        <Suspense fallback={<Skeleton lines={6} />}>
          <Page route={route} />
        </Suspense>
        <MaterializeHost />
      </Guard>
    </Shell>
  );
}

function Page({ route }: { readonly route: Route | null }) {
  switch (route?.page) {
    case "overview":
      return <OverviewPage />;
    case "assets":
      return <AssetsPage />;
    case "asset":
      return <AssetPage key={route.key} assetKey={route.key} />;
    case "runs":
      return <RunsPage />;
    case "run":
      return <RunPage key={route.id} id={route.id} />;
    case "backfills":
      return <BackfillsPage />;
    case "backfill":
      return <BackfillPage key={route.id} id={route.id} />;
    case "partitions":
      return <PartitionsPage />;
    case "partitionSet":
      return <PartitionSetPage key={route.set} set={route.set} />;
    case "automation":
      return <AutomationPage />;
    case "automationItem":
      return <AutomationItemPage key={route.name} name={route.name} />;
    case "health":
      return <HealthPage />;
    case "design":
      return <DesignPage />;
    case "login":
      return null;
    case undefined:
      return <NoSuchPage />;
  }
}

interface GuardState {
  readonly error: Error | null;
}

/** A page that breaks leaves the rest of the console standing. */
class Guard extends Component<{ readonly children: ReactNode }, GuardState> {
  override state: GuardState = { error: null };

  static getDerivedStateFromError(error: unknown): GuardState {
    return { error: error instanceof Error ? error : new Error(String(error)) };
  }

  override render(): ReactNode {
    const { error } = this.state;
    if (error === null) return this.props.children;
    return (
      <Trouble
        title="This page broke: a bug of the console"
        message={`${error.message}\nThe engine is not touched by it.`}
        onRetry={() => location.reload()}
      />
    );
  }
}
