// Who is signed in. Everything that was read as one person is forgotten before the next one reads.
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { createContext, type ReactNode, useContext, useEffect } from "react";
import { api, type Person, type Session } from "./api.ts";
import { takeKey } from "./route.ts";

const SESSION = ["session"] as const;
const Signed = createContext<Person | null>(null);

/** A session, and why the key in the address did not open it, if there was one. */
export interface Opened extends Session { refused?: unknown }

/** The first question of all: a key in the address signs in at once, else the cookie tells. */
async function first(): Promise<Opened> {
  const key = takeKey();
  if (key === null) return api.session();
  try {
    return await api.signInWith(key);
  } catch (refused) {
    return { ...(await api.session()), refused };
  }
}

export function useSession() {
  return useQuery({ queryKey: SESSION, queryFn: first, staleTime: Number.POSITIVE_INFINITY });
}

export function SignedIn({ person, children }: { person: Person; children: ReactNode }) {
  return <Signed value={person}>{children}</Signed>;
}

export function usePerson(): Person {
  const person = useContext(Signed);
  if (person === null) throw new Error("nobody is signed in here");
  return person;
}

/** A key that is put into the address of an open page signs in as well. */
export function useKeyInAddress(): void {
  const { mutate } = useSignIn();
  useEffect(() => {
    const look = () => {
      const key = takeKey();
      if (key !== null) mutate({ key });
    };
    window.addEventListener("hashchange", look);
    return () => window.removeEventListener("hashchange", look);
  }, [mutate]);
}

export type Credential = { user: string } | { key: string };

export function useSignIn() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (who: Credential) => ("user" in who ? api.signInAs(who.user) : api.signInWith(who.key)),
    onSuccess: (session) => {
      client.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== SESSION[0] });
      client.setQueryData(SESSION, session);
    },
  });
}

export function useSignOut() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: api.signOut,
    onSettled: () => {
      client.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== SESSION[0] });
      return client.resetQueries({ queryKey: SESSION });
    },
  });
}
