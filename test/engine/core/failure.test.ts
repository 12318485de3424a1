import assert from "node:assert/strict";
import { test } from "node:test";
import { EngineError } from "../../../engine/core/errors.ts";
import { failureOf, isRetryable } from "../../../engine/core/failure.ts";

const withStack = (stack: unknown): Error => Object.assign(new Error("boom"), { stack });

test("a thrown error gives its message and the first line of code outside of packages", () => {
  const stack = [
    "Error: boom",
    "    at inner (/srv/app/node_modules/pkg/index.js:1:2)",
    "    at process (node:internal/process/task_queues:1:2)",
    "    at run (file:///srv/my%20app/report.ts:12:9)",
    "    at other (/srv/other.ts:3:4)",
  ].join("\n");
  assert.deepEqual(failureOf(withStack(stack)), {
    code: "user_code",
    message: "boom",
    file: "/srv/my app/report.ts",
    line: 12,
  });
});

test("an engine error keeps its code and those of its details that are JSON", () => {
  const failure = failureOf(new EngineError("harvest", "dead", { details: { status: 404 } }));
  assert.equal(failure.code, "harvest");
  assert.deepEqual(failure.details, { status: 404 });
  assert.equal(failureOf(new EngineError("harvest", "dead", { details: { big: 1n } })).details, undefined);
  assert.equal(
    failureOf(new EngineError("harvest", "d", { details: { text: "x".repeat(20_000) } })).details,
    undefined,
  );
});

test("what is thrown may be anything, and its failure can always be told", () => {
  const hostile: unknown[] = [
    undefined,
    null,
    "plain text",
    7n,
    Symbol("s"),
    () => 1,
    { code: 1 },
    Object.create(Object.create(null) as object) as unknown,
    Object.assign(new Error("x"), { message: 42 }),
    Object.assign(new Error("x"), { message: { deep: 1n } }),
    Object.assign(new Error(""), { name: 3 }),
    withStack({ not: "text" }),
    withStack("Error: boom\n    at run (/srv/100%/report.ts:1:2)"),
    {
      get code(): never {
        throw new Error("no");
      },
    },
    {
      toJSON(): never {
        throw new Error("no");
      },
    },
    Object.defineProperty(new Error("x"), "message", {
      get(): never {
        throw new Error("no");
      },
    }),
    Proxy.revocable({}, {}).proxy,
    (() => {
      const { proxy, revoke } = Proxy.revocable(new Error("x"), {});
      revoke();
      return proxy;
    })(),
    new Error("x".repeat(100_000)),
  ];
  for (const [index, thrown] of hostile.entries()) {
    const failure = failureOf(thrown);
    assert.equal(typeof failure.message, "string", `thrown ${index}`);
    assert.ok(failure.message.length > 0 && failure.message.length <= 4001, `thrown ${index}`);
    assert.deepEqual(JSON.parse(JSON.stringify(failure)), failure, `thrown ${index}`);
    assert.equal(typeof isRetryable(thrown), "boolean");
  }
  assert.equal(failureOf(withStack("Error: boom\n    at run (/srv/100%/report.ts:1:2)")).file, "/srv/100%/report.ts");
});

test("trying again may help after what user code throws, a time-out and a crash of a worker", () => {
  assert.ok(isRetryable(new Error("boom")));
  assert.ok(isRetryable("text"));
  for (const code of ["timeout", "worker_timeout", "worker_crashed"] as const)
    assert.ok(isRetryable(new EngineError(code, "")));
  assert.ok(isRetryable(new EngineError("harvest", "", { retryable: true })));
  assert.ok(!isRetryable(new EngineError("harvest", "")));
});
