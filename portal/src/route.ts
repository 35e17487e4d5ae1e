// Where the reader is, kept in the address after `#`: a path and a few parameters.
import { useSyncExternalStore } from "react";

export interface Route { path: string[]; query: URLSearchParams }

function subscribe(listener: () => void): () => void {
  window.addEventListener("hashchange", listener);
  return () => window.removeEventListener("hashchange", listener);
}

export function parse(hash: string): Route {
  const [path = "", query = ""] = hash.replace(/^#\/?/, "").split("?", 2);
  return { path: path.split("/").filter(Boolean).map(decodeURIComponent), query: new URLSearchParams(query) };
}

export function useRoute(): Route {
  return parse(useSyncExternalStore(subscribe, () => window.location.hash));
}

export function href(path: string[], query: Record<string, string> = {}): string {
  const parameters = new URLSearchParams(query).toString();
  return `#/${path.map(encodeURIComponent).join("/")}${parameters ? `?${parameters}` : ""}`;
}

export function go(to: string): void {
  window.location.hash = to;
}

/** An API key handed over as `#key=…` is taken out of the address before anything else can see it. */
export function takeKey(): string | null {
  const key = /^#key=(.+)$/.exec(window.location.hash)?.[1];
  if (key === undefined) return null;
  window.history.replaceState(null, "", `${window.location.pathname}#/`);
  return decodeURIComponent(key);
}
