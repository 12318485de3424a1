import { type KeyboardEvent, useEffect, useId, useRef, useState } from "react";
import type { AssetView } from "../../../../engine/operate.ts";
import { SearchInput } from "../../design/field.tsx";
import classes from "./selection-input.module.css";
import { completed, suggestionsFor, wordAt } from "./selection-words.ts";

export interface SelectionInputProps {
  readonly assets: readonly AssetView[];
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly error: string | null;
}

/** The selection language with completion: a combobox whose list is what could stand at the caret. */
export function SelectionInput({ assets, value, onChange, error }: SelectionInputProps) {
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  const placed = useRef<number | null>(null);
  const [caret, setCaret] = useState<number | null>(null);
  const [at, setAt] = useState(0);
  const suggestions = caret === null ? [] : suggestionsFor(wordAt(value, caret).word, assets);
  const isOpen = suggestions.length > 0;
  const take = (text: string): void => {
    const next = completed(value, caret ?? value.length, text);
    onChange(next.text);
    setCaret(null);
    placed.current = next.caret;
  };
  // A caret has its place only in the text that it is for.
  useEffect(() => {
    if (placed.current === null) return;
    input.current?.focus();
    input.current?.setSelectionRange(placed.current, placed.current);
    placed.current = null;
  });
  const onKey = (event: KeyboardEvent): void => {
    if (!isOpen) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined) setAt((at + step + suggestions.length) % suggestions.length);
    else if (event.key === "Enter" || event.key === "Tab") take(suggestions[at]?.text ?? "");
    else if (event.key === "Escape") setCaret(null);
    else return;
    event.preventDefault();
  };
  return (
    <div className={classes["box"]}>
      <SearchInput
        ref={input}
        label="Select: a name, group:load, +upstream, downstream+, and, or, not"
        role="combobox"
        aria-expanded={isOpen}
        aria-controls={`${id}-list`}
        aria-activedescendant={isOpen ? `${id}-${at}` : undefined}
        aria-invalid={error !== null || undefined}
        aria-describedby={error === null ? undefined : `${id}-error`}
        value={value}
        onChange={(event) => {
          onChange(event.target.value);
          setCaret(event.target.selectionStart);
          setAt(0);
        }}
        onKeyDown={onKey}
        onBlur={() => setCaret(null)}
      />
      <ul id={`${id}-list`} role="listbox" aria-label="Completions" className={classes["list"]} hidden={!isOpen}>
        {suggestions.map(({ text, kind }, index) => (
          <li
            key={text}
            id={`${id}-${index}`}
            role="option"
            aria-selected={index === at}
            onPointerDown={(event) => {
              event.preventDefault();
              take(text);
            }}
          >
            {text} <span>{kind}</span>
          </li>
        ))}
      </ul>
      {error !== null && (
        <p id={`${id}-error`} className={classes["error"]}>
          {error}
        </p>
      )}
    </div>
  );
}
