import assert from "node:assert/strict";
import { test } from "node:test";
import { envFileProblems, parseEnvFile } from "../../../engine/adapters/env-file.ts";

test("plain values end at a comment, which needs white space before it", () => {
  const text = "A=1\nB = x y  # note\nC=a#b\nD=\nE= # note\n  F=lead\nexport G=7\n# H=8\n";
  assert.deepEqual(parseEnvFile(text), { A: "1", B: "x y", C: "a#b", D: "", E: "", F: "lead", G: "7" });
});

test("quotes are stripped and keep what is inside of them", () => {
  const text = `A="#channel"\nB='a#b $c \\n'\nC="x # y" # note\nD="a\\"b\\\\c"\nE='un"q'\nF=""\nG= "spaced"\n`;
  assert.deepEqual(parseEnvFile(text), {
    A: "#channel",
    B: "a#b $c \\n",
    C: "x # y",
    D: 'a"b\\c',
    E: 'un"q',
    F: "",
    G: "spaced",
  });
});

test("quoted values may run over lines, and double quotes know escapes", () => {
  assert.deepEqual(parseEnvFile('A="one\ntwo"\nB="one\\ntwo\\tx"\nC=3\n'), { A: "one\ntwo", B: "one\ntwo\tx", C: "3" });
});

test("CRLF and a byte order mark are read, and the last of two values counts", () => {
  assert.deepEqual(parseEnvFile("\uFEFFA=1\r\nB='x'\r\nA=2\r\n"), { A: "2", B: "x" });
});

test("a value is taken as it stands, without looking anything up", () => {
  const text = "U=https://portainer.{HOST}:443/api?a=b&c=d\nP=pa$$w${X}rd\n";
  assert.deepEqual(parseEnvFile(text), { U: "https://portainer.{HOST}:443/api?a=b&c=d", P: "pa$$w${X}rd" });
});

test("lines that cannot be read are left out and told, without their values", () => {
  const text = 'A=1\nX="a"secret\nQ="secret\nR=2\n=bad\nS\n1A=2\n';
  assert.deepEqual(parseEnvFile(text), { A: "1", R: "2" });
  assert.deepEqual(envFileProblems(text), [
    { line: 2, reason: "X: there is text after the closing quote" },
    { line: 3, reason: "Q: the quote is not closed" },
    { line: 5, reason: 'no "NAME=value"' },
    { line: 6, reason: 'no "NAME=value"' },
    { line: 7, reason: 'no "NAME=value"' },
  ]);
});

test("a name such as __proto__ is data", () => {
  assert.deepEqual(Object.entries(parseEnvFile("__proto__=x\n")), [["__proto__", "x"]]);
});
