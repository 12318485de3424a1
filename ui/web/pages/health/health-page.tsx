import { useSearchText } from "../../app/console.tsx";
import { usePageTitle, useTabIcon } from "../../app/page-title.ts";
import { PageHead } from "../../design/panel.tsx";
import { Tabs } from "../../design/tabs.tsx";
import { AuditTrail } from "./audit-trail.tsx";
import { Limits } from "./limits.tsx";
import { Settings } from "./settings.tsx";
import { Tokens } from "./tokens.tsx";
import { Vitals } from "./vitals.tsx";

const tabs = [
  { value: "vitals", label: "State" },
  { value: "limits", label: "Limits and pools" },
  { value: "settings", label: "Settings" },
  { value: "access", label: "Access" },
  { value: "audit", label: "Audit" },
] as const;

/** Whether the engine itself is well, and how it is set up. */
export function HealthPage() {
  usePageTitle("Health");
  useTabIcon("idle");
  const [tabText, setTab] = useSearchText("tab");
  const tab = tabs.find(({ value }) => value === tabText)?.value ?? "vitals";
  return (
    <>
      <PageHead title="Health" />
      <Tabs
        label="Parts of the system"
        tabs={tabs}
        value={tab}
        onChange={(next) => setTab(next === "vitals" ? undefined : next)}
      >
        {tab === "vitals" && <Vitals />}
        {tab === "limits" && <Limits />}
        {tab === "settings" && <Settings />}
        {tab === "access" && <Tokens />}
        {tab === "audit" && <AuditTrail />}
      </Tabs>
    </>
  );
}
