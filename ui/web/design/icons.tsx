/** Line icons of 16 px. They stand beside words, or in buttons that have a label. */
const paths = {
  search: "M7 12.5a5.5 5.5 0 1 1 0-11 5.5 5.5 0 0 1 0 11M11 11l3.5 3.5",
  close: "m3.5 3.5 9 9m0-9-9 9",
  check: "m3 8.5 3.2 3.2L13 5",
  down: "m4 6 4 4 4-4",
  right: "m6 4 4 4-4 4",
  left: "m10 4-4 4 4 4",
  play: "M4.5 2.8v10.4L13 8z",
  stop: "M3.5 3.5h9v9h-9z",
  pause: "M5.5 3v10M10.5 3v10",
  again: "M13 8a5 5 0 1 1-1.6-3.7M13 2v3h-3",
  copy: "M6 6h7.5v7.5H6zM3.5 10h-1V2.5H10v1",
  download: "M8 2v8m-3-3 3 3 3-3M2.5 13.5h11",
  more: "M3 8h.1M8 8h.1M13 8h.1",
  menu: "M2 4.5h12M2 8h12M2 11.5h12",
  external: "M6 3H3v10h10v-3M9 2.5h4.5V7M13 3 7.5 8.5",
  filter: "M2 3h12L9.5 8.5V13l-3-1.5v-3z",
  overview: "M2.5 2.5h4.5v6H2.5zM9 2.5h4.5v3H9zM9 8h4.5v5.5H9zM2.5 11h4.5v2.5H2.5z",
  assets: "M2.5 2.5h4v4h-4zM9.5 9.5h4v4h-4zM6.5 4.5H10a1.5 1.5 0 0 1 1.5 1.5v3.5",
  runs: "M2.5 4h6M5 8h8.5M3.5 12h5",
  partitions: "M2.5 2.5h11v11h-11zM2.5 6.2h11M2.5 9.8h11M6.2 2.5v11M9.8 2.5v11",
  automation: "M8 14a6 6 0 1 0 0-12 6 6 0 0 0 0 12M8 4.5V8l2.5 1.8",
  health: "M1.5 8.5h3l1.8-5 3 9.5 2-4.5h3.2",
  backfills: "M2.5 3.5h11M2.5 8h11M2.5 12.5h11M5 2v3M9 6.5v3M7 11v3",
  sun: "M8 11a3 3 0 1 0 0-6 3 3 0 0 0 0 6M8 1v1.5M8 13.5V15M1 8h1.5M13.5 8H15M3 3l1 1M12 12l1 1M13 3l-1 1M4 12l-1 1",
  keyboard: "M1.5 4h13v8h-13zM4 6.5h.1M6.7 6.5h.1M9.3 6.5h.1M12 6.5h.1M5 9.5h6",
  plus: "M8 3v10M3 8h10",
  minus: "M3 8h10",
  leave: "M6.5 2.5h-4v11h4M10.5 5l3 3-3 3M6.5 8h7",
} as const;

export type IconName = keyof typeof paths;

export function Icon({ name }: { readonly name: IconName }) {
  return (
    <svg
      aria-hidden
      width="16"
      height="16"
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.5"
      strokeLinecap="round"
      strokeLinejoin="round"
    >
      <path d={paths[name]} />
    </svg>
  );
}
