import type { JSX } from "preact";

/** The pictures of the page: strokes on a grid of 16, in the colour of the text beside them. */
const paths = {
  tick: "m3 8.5 3.5 3.5L13 4.5",
  cross: "m4 4 8 8M12 4l-8 8",
  unknown: "M5.5 6a2.5 2.5 0 1 1 3.8 2.1C8.4 8.7 8 9.2 8 10M8 12.5v.1",
  warning: "M8 2.5 14 13H2ZM8 6.5v3M8 11.3v.1",
  information: "M8 7.2V12M8 4.2v.1",
  copy: "M5.5 5.5v-3h8v8h-3M2.5 5.5h8v8h-8Z",
  sun: "M8 5a3 3 0 1 1 0 6 3 3 0 0 1 0-6ZM8 1v1.5M8 13.5V15M1 8h1.5M13.5 8H15M3 3l1 1M12 12l1 1M13 3l-1 1M4 12l-1 1",
  moon: "M13 9.5A5.5 5.5 0 0 1 6.5 3 5.5 5.5 0 1 0 13 9.5Z",
  half: "M8 2.5a5.5 5.5 0 1 1 0 11ZM8 2.5a5.5 5.5 0 1 0 0 11",
  chevron: "m4 6 4 4 4-4",
  link: "M6.5 9.5 9.5 6.5M7 4.5l1.5-1.5a3 3 0 0 1 4.5 4.5L11.5 9M9 11.5 7.5 13A3 3 0 0 1 3 8.5L4.5 7",
} as const;

/** The name of a picture. */
export type IconName = keyof typeof paths;

/** A picture beside a text that says the same. */
export function Icon({ name }: { readonly name: IconName }): JSX.Element {
  return (
    <svg class="icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      <path d={paths[name]} />
    </svg>
  );
}
