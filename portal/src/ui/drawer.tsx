// A sheet from the right for one thing in detail; the browser's own dialog keeps focus inside and Escape closes it.
import { type ReactNode, useEffect, useRef } from "react";
import { CrossIcon } from "./icons.tsx";

export function Drawer({ title, close, children }: { title: ReactNode; close: () => void; children: ReactNode }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const shown = dialog.current;
    shown?.showModal();
    return () => shown?.close();
  }, []);
  return (
    <dialog className="drawer" ref={dialog} aria-labelledby="drawer-title"
      onCancel={(event) => { event.preventDefault(); close(); }}
      onMouseDown={(event) => event.target === dialog.current && close()}>
      <div className="drawer-sheet">
        <header>
          <h2 id="drawer-title">{title}</h2>
          <button type="button" className="button button-quiet" aria-label="Close" onClick={close}><CrossIcon /></button>
        </header>
        <div className="drawer-body" tabIndex={0} role="region" aria-labelledby="drawer-title">{children}</div>
      </div>
    </dialog>
  );
}
