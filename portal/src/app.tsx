// The frame around every screen: who is signed in, which screen the address asks for, the bar on top.
import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { api } from "./api.ts";
import { useConnected } from "./client.ts";
import { href, useRoute } from "./route.ts";
import { Home } from "./screens/home.tsx";
import { ProductScreen } from "./screens/product.tsx";
import { SignIn } from "./screens/sign-in.tsx";
import { SignedIn, useKeyInAddress, useSession } from "./session.tsx";
import { Mark } from "./ui/icons.tsx";
import { Search } from "./ui/search.tsx";
import { Loading, Nothing, Trouble } from "./ui/states.tsx";
import { UserMenu } from "./ui/user-menu.tsx";

export function App() {
  const session = useSession();
  useKeyInAddress();
  if (session.isPending) return <Loading what="Opening the mesh" tall />;
  if (session.isError) return <main className="alone"><Trouble error={session.error} retry={session.refetch} level={1} /></main>;
  const { principal } = session.data;
  if (principal === null) return <SignIn session={session.data} />;
  return (
    <SignedIn key={principal.id} person={principal}>
      <Frame />
    </SignedIn>
  );
}

function Frame() {
  const { path } = useRoute();
  const main = useRef<HTMLElement>(null);
  const screen = path.slice(0, 2).join("/");
  useScreenChange(screen, main);
  return (
    <>
      <button type="button" className="skip" onClick={() => main.current?.focus()}>Skip to content</button>
      <TopBar home={path.length === 0} />
      <main ref={main} tabIndex={-1} id="main">
        <Screen path={path} />
      </main>
    </>
  );
}

function Screen({ path }: { path: string[] }) {
  const [room, name] = path;
  if (room === undefined) return <Home />;
  if (room === "products" && name !== undefined) return <ProductScreen key={name} name={name} />;
  return (
    <Nothing title="There is no such page" level={1}>
      <a href={href([])}>Go to the products of this mesh</a>
    </Nothing>
  );
}

function TopBar({ home }: { home: boolean }) {
  const mesh = useQuery({ queryKey: ["mesh"], queryFn: api.mesh, staleTime: 60_000 });
  const connected = useConnected();
  return (
    <header className="topbar">
      <div className="topbar-start">
        <a className="brand" href={href([])} aria-label="Weft, all products">
          <Mark />
          <span>Weft</span>
        </a>
        {mesh.data && (
          <span className="where">
            {mesh.data.name}
            <span className="where-env">{mesh.data.environment}</span>
          </span>
        )}
      </div>
      <div>{home ? null : <Search compact />}</div>
      <div className="topbar-end">
        {!connected && <span className="unheard" role="status">No answer, trying again…</span>}
        <UserMenu />
      </div>
    </header>
  );
}

/** A new screen starts at its top, and readers of the page aloud are brought there. */
function useScreenChange(screen: string, main: React.RefObject<HTMLElement | null>): void {
  const seen = useRef(screen);
  useEffect(() => {
    if (seen.current === screen) return;
    seen.current = screen;
    window.scrollTo(0, 0);
    main.current?.focus({ preventScroll: true });
  }, [screen, main]);
}
