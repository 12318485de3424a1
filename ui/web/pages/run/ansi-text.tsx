import Anser from "anser";
import classes from "./ansi-text.module.css";

/** Characters that would move a terminal's cursor or ring its bell: all controls but tab, line end and escape. */
function isControl(character: string): boolean {
  const code = character.charCodeAt(0);
  return code < 0x20 ? code !== 0x09 && code !== 0x0a && code !== 0x1b : code >= 0x7f && code < 0xa0;
}

/** Controls are shown as what they are instead of being done. */
export function withoutControls(text: string): string {
  let plain = "";
  for (const character of text) {
    plain += isControl(character) ? `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}` : character;
  }
  return plain;
}

/** A line with the colours that its escape sequences ask for, and nothing else that they could do. */
export function AnsiText({ text }: { readonly text: string }) {
  const plain = withoutControls(text);
  if (!plain.includes("\u001B")) return plain;
  const parts = Anser.ansiToJson(plain, { use_classes: true, remove_empty: true });
  return parts.map((part, at) => {
    const names = [part.fg, part.decoration].flatMap((name) => classes[name ?? ""] ?? []);
    const content = part.content.replaceAll("\u001B", "\\x1b");
    return (
      // oxlint-disable-next-line react/no-array-index-key -- parts of one line are never moved or taken out
      <span key={at} className={names.join(" ")}>
        {content}
      </span>
    );
  });
}
