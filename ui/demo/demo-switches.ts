import { escape, html, text, type DemoAnswer } from "./demo-pages.ts";

/** Parts of the demo that can be made to fail, for tests and for showing what failure looks like. */
export const demoSwitches = Object.freeze({
  page: { path: "/iris/syngine.html", what: "one page of iris" },
  sitemap: { path: "/geolab/sitemap.xml", what: "the sitemap of geolab" },
});

export type DemoSwitch = keyof typeof demoSwitches;

export const SWITCH_PATH = "/_switch";

export interface DemoSwitchBoard {
  /** 500 for what is switched to fail; null for all else. */
  failureAt(path: string): DemoAnswer | null;
  set(name: DemoSwitch, failing: boolean): void;
  /** `GET /_switch` shows them, `POST /_switch/<name>/fail` and `…/work` set one. Null for other paths. */
  answer(method: string, path: string): DemoAnswer | null;
}

/** All work at first; the demo forgets at its end what was switched. */
export function demoSwitchBoard(): DemoSwitchBoard {
  const failing = new Set<DemoSwitch>();
  return Object.freeze({
    failureAt(path: string) {
      for (const name of failing) {
        if (demoSwitches[name].path === path) return { ...text(`${name} is switched to fail\n`), status: 500 };
      }
      return null;
    },
    set(name: DemoSwitch, fail: boolean) {
      if (fail) failing.add(name);
      else failing.delete(name);
    },
    answer(method: string, path: string) {
      if (path === SWITCH_PATH) return html(switchPage(failing));
      if (!path.startsWith(`${SWITCH_PATH}/`)) return null;
      const [name = "", state = ""] = path.slice(SWITCH_PATH.length + 1).split("/");
      if (!isSwitch(name) || (state !== "fail" && state !== "work")) {
        const names = Object.keys(demoSwitches).join("|");
        return { ...text(`expected POST ${SWITCH_PATH}/(${names})/(fail|work)\n`), status: 404 };
      }
      if (method !== "POST") return { ...text("a switch is set by POST\n"), status: 405 };
      if (state === "fail") failing.add(name);
      else failing.delete(name);
      return html(switchPage(failing));
    },
  });
}

function isSwitch(name: string): name is DemoSwitch {
  return Object.hasOwn(demoSwitches, name);
}

function switchPage(failing: ReadonlySet<DemoSwitch>): string {
  const forms = Object.entries(demoSwitches).map(([name, { path, what }]) => {
    const fails = isSwitch(name) && failing.has(name);
    const action = `${SWITCH_PATH}/${name}/${fails ? "work" : "fail"}`;
    return (
      `<form method="post" action="${action}"><p><b>${escape(name)}</b> (${escape(what)}, ${escape(path)}) ` +
      `${fails ? "fails" : "works"} <button>${fails ? "let it work" : "make it fail"}</button></p></form>`
    );
  });
  return `<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>Switches</title></head><body>\n${forms.join("\n")}\n</body></html>\n`;
}
