// Light, dark or as the system says; the choice is kept in this browser.
import { useState } from "react";

export type Theme = "system" | "light" | "dark";
const KEY = "weft-theme";

export function wear(theme: Theme): void {
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
}

export function keptTheme(): Theme {
  const kept = localStorage.getItem(KEY);
  return kept === "light" || kept === "dark" ? kept : "system";
}

export function useTheme(): [Theme, (theme: Theme) => void] {
  const [theme, set] = useState(keptTheme);
  return [
    theme,
    (next) => {
      localStorage.setItem(KEY, next);
      wear(next);
      set(next);
    },
  ];
}
