// How questions are repeated: live ones every two seconds while the page is seen, refused ones never.
import { QueryCache, QueryClient } from "@tanstack/react-query";
import { useSyncExternalStore } from "react";
import { Problem } from "./http.ts";

export const LIVE = 2_000;

let connected = true;
const listeners = new Set<() => void>();

function heard(now: boolean): void {
  if (connected === now) return;
  connected = now;
  for (const listener of listeners) listener();
}

/** False from the first question that nobody answered until the next one that somebody did. */
export function useConnected(): boolean {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => connected,
  );
}

const unanswered = (error: unknown) => error instanceof Problem && error.status === 0;
const passing = (error: unknown) => error instanceof Problem && (error.status === 503 || error.status === 429);

/** Asked again while it may change: not while someone reads it, nor after a no that will stay one. */
export function whileLive(held: boolean) {
  return ({ state: { error } }: { state: { error: unknown } }): number | false => {
    const refused = error instanceof Problem && error.status >= 400 && error.status < 500;
    return held || refused ? false : LIVE;
  };
}

export const client: QueryClient = new QueryClient({
  queryCache: new QueryCache({
    onSuccess: () => heard(true),
    onError: (error) => {
      heard(!unanswered(error));
      if (error instanceof Problem && error.status === 401) void client.invalidateQueries({ queryKey: ["session"] });
    },
  }),
  defaultOptions: {
    queries: { retry: (tries, error) => passing(error) && tries < 3, staleTime: 1_000, refetchOnWindowFocus: true, networkMode: "always" },
    mutations: { networkMode: "always" },
  },
});
