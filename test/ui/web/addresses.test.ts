import assert from "node:assert/strict";
import { test } from "node:test";
import { type AddressBar, navigation } from "../../../ui/web/app/navigation.ts";
import { parseRoute, pathOf, type Route } from "../../../ui/web/app/routes.ts";
import { safeTarget } from "../../../ui/web/pages/login/safe-target.ts";

const hard = "a/b c%2F|\\ü<img onerror=x>?#&";
const routes: readonly Route[] = [
  { page: "overview" },
  { page: "assets" },
  { page: "asset", key: hard },
  { page: "runs" },
  { page: "run", id: hard },
  { page: "backfills" },
  { page: "backfill", id: hard },
  { page: "partitions" },
  { page: "partitionSet", set: hard },
  { page: "automation" },
  { page: "automationItem", name: hard },
  { page: "health" },
  { page: "design" },
  { page: "login" },
];

test("every page's address leads back to it, whatever characters its key holds", () => {
  for (const route of routes) assert.deepEqual(parseRoute(pathOf(route)), route);
});

test("an address that is no page's is none", () => {
  for (const path of ["/nope", "/runs/a/b", "/health/x", "/assets/%E0%A4%A"])
    assert.equal(parseRoute(path), null, path);
});

/** An address bar with the browser's rules of push, replace and back. */
function addressBar(start: string) {
  const entries = [start];
  let at = 0;
  const onPop: (() => void)[] = [];
  const url = (): URL => new URL(entries[at] ?? "/", "http://x");
  const bar: AddressBar = {
    location: {
      get pathname() {
        return url().pathname;
      },
      get search() {
        return url().search;
      },
    },
    history: {
      pushState: (_data, _unused, to) => void entries.splice(++at, Infinity, to),
      replaceState: (_data, _unused, to) => void (entries[at] = to),
    },
    addEventListener: (_type, listener) => void onPop.push(listener),
  };
  return {
    bar,
    entries,
    back() {
      at--;
      for (const listener of onPop) listener();
    },
  };
}

test("a page's state is in its address, survives a reload, and the back button undoes a step of it", () => {
  const { bar, back } = addressBar("/p/eco/runs?status=failed");
  const place = navigation(bar, "/p/eco");
  assert.deepEqual(place.current().route, { page: "runs" });
  place.setSearch({ status: ["failed", "canceled"], job: "a job" });
  assert.equal(bar.location.search, "?status=failed&status=canceled&job=a+job");
  const reloaded = navigation(bar, "/p/eco").current();
  assert.deepEqual(reloaded.search.getAll("status"), ["failed", "canceled"]);
  back();
  assert.deepEqual(place.current().search.getAll("status"), ["failed"]);
});

test("what is typed replaces the address instead of filling the history", () => {
  const { bar, entries } = addressBar("/runs");
  const place = navigation(bar, "");
  place.setSearch({ text: "i" }, { replace: true });
  place.setSearch({ text: "ir" }, { replace: true });
  assert.deepEqual(entries, ["/runs?text=ir"]);
});

test("a change that changes nothing makes no step", () => {
  const { bar, entries } = addressBar("/runs?text=a");
  navigation(bar, "").setSearch({ text: "a" });
  assert.equal(entries.length, 1);
});

test("after the login one goes only to pages of this site", () => {
  assert.equal(safeTarget("/runs?status=failed"), "/runs?status=failed");
  for (const bad of ["//evil.example", "/\\evil.example", "https://evil.example", "", null, "javascript:alert(1)"]) {
    assert.equal(safeTarget(bad), "/");
  }
});
