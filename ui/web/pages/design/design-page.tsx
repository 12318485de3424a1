import { type ReactNode, useState } from "react";
import { usePageTitle, useTabIcon } from "../../app/page-title.ts";
import { useConsole } from "../../app/console.tsx";
import { Button, IconButton } from "../../design/button.tsx";
import { Chip, FilterChip, Kbd } from "../../design/chip.tsx";
import { Copy } from "../../design/copy.tsx";
import { Dialog } from "../../design/dialog.tsx";
import { Checkbox, Field, SearchInput, Select, Switch, TextInput } from "../../design/field.tsx";
import { Icon } from "../../design/icons.tsx";
import { When } from "../../design/instant.tsx";
import { Menu } from "../../design/menu.tsx";
import { Metadata } from "../../design/metadata.tsx";
import { Empty, Skeleton, Trouble } from "../../design/notes.tsx";
import { Facts, PageHead, Panel } from "../../design/panel.tsx";
import { PartitionBar } from "../../design/partition-bar.tsx";
import { Status, type StatusWord } from "../../design/status.tsx";
import { StepBar } from "../../design/step-bar.tsx";
import { Tabs } from "../../design/tabs.tsx";
import classes from "./design-page.module.css";

const words: readonly StatusWord[] = [
  "queued",
  "waiting",
  "paused",
  "starting",
  "running",
  "canceling",
  "succeeded",
  "materialized",
  "failed",
  "stale",
  "missing",
  "skipped",
  "canceled",
  "retired",
];
const colours = [
  "ground",
  "surface",
  "surface-raised",
  "surface-sunken",
  "hover",
  "selected",
  "line",
  "line-strong",
  "ink",
];

/** Every part of the design system beside the others, to judge a change of it at a glance. */
export function DesignPage() {
  usePageTitle("Design");
  useTabIcon("idle");
  const { toasts } = useConsole();
  const [isOn, setOn] = useState(true);
  const [isOpen, setOpen] = useState(false);
  const [tab, setTab] = useState<"one" | "two">("one");
  const [choice, setChoice] = useState<"a" | "b">("a");
  return (
    <>
      <PageHead
        title="The design system"
        lead="What the console's pages are made of. Nothing here does anything."
        actions={<Button tone="primary">The one thing to do</Button>}
      />
      <div className={classes["grid"]}>
        <Part title="Words and shapes">
          {words.map((word) => (
            <Status key={word} word={word} />
          ))}
        </Part>
        <Part title="Surfaces and ink">
          {colours.map((name) => (
            <span key={name} className={classes["swatch"]}>
              <i style={{ background: `var(--${name})` }} />
              {name}
            </span>
          ))}
        </Part>
        <Part title="Buttons">
          <Button tone="primary">Primary</Button>
          <Button icon="again">Plain</Button>
          <Button tone="danger" icon="stop">
            Danger
          </Button>
          <Button tone="quiet">Quiet</Button>
          <Button refusal="This takes the role operator; you are viewer.">Refused</Button>
          <Button busy>Busy</Button>
          <IconButton icon="download" label="Download" />
          <Menu
            label={<Icon name="more" />}
            name="More"
            items={[
              { label: "One", onChoose: () => toasts.show({ tone: "good", text: "One was chosen." }) },
              { label: "Not this", refusal: "It cannot be chosen.", onChoose: () => {} },
            ]}
          />
          <Copy text="text" what="the text" />
        </Part>
        <Part title="Fields">
          <Field label="Text" hint="What it is for">
            {(control) => <TextInput {...control} defaultValue="iris" />}
          </Field>
          <Field label="Number" error="That is no number.">
            {(control) => <TextInput {...control} defaultValue="many" />}
          </Field>
          <SearchInput label="Find" />
          <Select
            aria-label="Choice"
            value={choice}
            options={[
              { value: "a", label: "The first" },
              { value: "b", label: "The second" },
            ]}
            onChange={setChoice}
          />
          <Switch label="A switch" isOn={isOn} onChange={setOn} />
          <Checkbox label="A box" defaultChecked />
        </Part>
        <Part title="Chips, keys and times">
          <Chip>ingest=docker</Chip>
          <FilterChip name="job" value="summon_and_release_job" onRemove={() => {}} />
          <Kbd keys="g o" />
          <When at="2026-01-01T00:00:00.000Z" />
        </Part>
        <Part title="Bars">
          <PartitionBar
            counts={{ total: 100, materialized: 60, stale: 14, failed: 8, running: 6, missing: 26, retired: 3 }}
          />
          <StepBar counts={{ total: 8, succeeded: 4, running: 2, failed: 1, pending: 1 }} />
        </Part>
        <Part title="Tabs">
          <Tabs
            label="An example"
            tabs={[
              { value: "one", label: "One" },
              { value: "two", label: "Two" },
            ]}
            value={tab}
            onChange={setTab}
          >
            <p>What the tab {tab} shows.</p>
          </Tabs>
        </Part>
        <Part title="Dialog and news">
          <Button onClick={() => setOpen(true)}>Open a dialog</Button>
          <Button
            onClick={() => toasts.show({ tone: "bad", text: "Something went wrong, and stays until it is dismissed." })}
          >
            Tell bad news
          </Button>
        </Part>
        <Part title="Nothing, waiting, trouble">
          <Empty title="Nothing is here">Why, and what makes something appear.</Empty>
          <Skeleton />
          <Trouble title="It failed" message="Why it failed." onRetry={() => {}} />
        </Part>
        <Part title="Facts and metadata">
          <Facts
            facts={[
              ["Made", "3 min ago"],
              ["Took", "4.2 s"],
            ]}
          />
          <Metadata
            metadata={{
              pages: 1234,
              page: "https://example.org/",
              failed: [
                { url: "/a", status: 500 },
                { url: "/b", status: 404 },
              ],
            }}
          />
        </Part>
      </div>
      {isOpen && (
        <Dialog
          title="A dialog"
          onClose={() => setOpen(false)}
          actions={
            <Button tone="primary" onClick={() => setOpen(false)}>
              Done
            </Button>
          }
        >
          <p>The focus stays in here until it closes.</p>
        </Dialog>
      )}
    </>
  );
}

function Part({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  return (
    <Panel title={title}>
      <div className={classes["part"]}>{children}</div>
    </Panel>
  );
}
