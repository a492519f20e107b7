import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { Icon, type IconName } from "./icon.tsx";

type Theme = "system" | "light" | "dark";

const KEY = "wsbind-theme";
const themes: readonly Theme[] = ["system", "light", "dark"];
const icons: Readonly<Record<Theme, IconName>> = { system: "half", light: "sun", dark: "moon" };

const theme = signal<Theme>(kept());
apply();

/** Light, dark, or as the system has it. */
export function ThemeButton(): JSX.Element {
  const next = (): void => {
    theme.value = themes[(themes.indexOf(theme.value) + 1) % themes.length]!;
    apply();
    try {
      localStorage.setItem(KEY, theme.value);
    } catch {
      // It holds until the page is left.
    }
  };
  return (
    <button type="button" class="button quiet" onClick={next} aria-label={`Colours: ${theme.value}. Change`}>
      <Icon name={icons[theme.value]} />
      <span class="wide-only">{theme.value}</span>
    </button>
  );
}

function apply(): void {
  const { classList } = document.documentElement;
  classList.toggle("light", theme.value === "light");
  classList.toggle("dark", theme.value === "dark");
}

function kept(): Theme {
  try {
    return themes.find((t) => t === localStorage.getItem(KEY)) ?? "system";
  } catch {
    return "system";
  }
}
