// Search over products, tables and columns: `/` or Ctrl-K from anywhere, arrows through the answers, Enter to go.
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { type KeyboardEvent, type RefObject, useDeferredValue, useEffect, useId, useRef, useState } from "react";
import { api, type Hit } from "../api.ts";
import { go, href } from "../route.ts";
import { ColumnIcon, ProductIcon, SearchIcon, TableIcon } from "./icons.tsx";

const ICONS = { product: ProductIcon, table: TableIcon, column: ColumnIcon };

/** A column is shown where its promise stands: in the contract. */
export function hitHref({ kind, product, table, column }: Hit): string {
  if (kind === "product" || table === null) return href(["products", product]);
  if (kind === "table" || column === null) return href(["products", product, "data"], { table });
  return href(["products", product, "contract"], { table, column });
}

function useHits(text: string) {
  return useQuery({
    queryKey: ["search", text],
    queryFn: () => api.search(text),
    enabled: text !== "",
    placeholderData: keepPreviousData,
    staleTime: 30_000,
  });
}

export function Search({ compact = false }: { compact?: boolean }) {
  const [text, setText] = useState("");
  const [open, setOpen] = useState(false);
  const [at, setAt] = useState(0);
  const input = useRef<HTMLInputElement>(null);
  const list = useId();
  const asked = useDeferredValue(text.trim());
  const { data, error } = useHits(asked);
  const hits = asked === "" ? [] : (data?.items ?? []);
  const shown = open && asked !== "";
  useSearchKeys(input);

  function visit(hit: Hit) {
    setOpen(false);
    setText("");
    input.current?.blur();
    go(hitHref(hit));
  }
  function move(event: KeyboardEvent) {
    if (event.key === "Escape") return open && text ? setOpen(false) : input.current?.blur();
    if (event.key === "Enter" && hits[at]) return visit(hits[at]);
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step === undefined || hits.length === 0) return;
    event.preventDefault();
    setOpen(true);
    setAt((at + step + hits.length) % hits.length);
  }
  return (
    <div className={compact ? "search search-compact" : "search"} role="search" onBlur={(event) => event.currentTarget.contains(event.relatedTarget) || setOpen(false)}>
      <SearchIcon />
      <input ref={input} type="text" role="combobox" aria-label="Search products, tables and columns" aria-expanded={shown} aria-controls={list} aria-autocomplete="list"
        aria-activedescendant={shown && hits[at] ? `${list}-${at}` : undefined} autoComplete="off" spellCheck={false}
        placeholder={compact ? "Search" : "Search products, tables and columns"} value={text} onFocus={() => setOpen(true)} onKeyDown={move}
        onChange={(event) => { setText(event.target.value); setAt(0); setOpen(true); }} />
      <kbd aria-hidden="true">/</kbd>
      <Hits id={list} hits={hits} at={at} shown={shown} said={error ? `Search does not answer: ${error.message}` : data === undefined ? "Searching…" : `Nothing is called or described “${asked}”.`} visit={visit} />
    </div>
  );
}

interface Listed { id: string; hits: Hit[]; at: number; shown: boolean; said: string; visit: (hit: Hit) => void }

function Hits({ id, hits, at, shown, said, visit }: Listed) {
  const list = useRef<HTMLUListElement>(null);
  useEffect(() => list.current?.children[at]?.scrollIntoView({ block: "nearest" }), [at]);
  return (
    <div className="hits" hidden={!shown}>
      {hits.length === 0 && <p role="status">{said}</p>}
      <ul id={id} role="listbox" aria-label="Search results" ref={list} hidden={hits.length === 0}>
        {hits.map((hit, index) => (
          <HitLine key={`${hit.kind}/${hit.product}/${hit.table}/${hit.column}`} id={`${id}-${index}`} hit={hit} chosen={index === at} visit={visit} />
        ))}
      </ul>
    </div>
  );
}

function HitLine({ id, hit, chosen, visit }: { id: string; hit: Hit; chosen: boolean; visit: (hit: Hit) => void }) {
  const Icon = ICONS[hit.kind];
  const where = hit.kind === "product" ? hit.owner : [hit.product, hit.kind === "column" ? hit.table : null].filter(Boolean).join(" › ");
  return (
    <li id={id} role="option" aria-selected={chosen} onMouseDown={(event) => { event.preventDefault(); visit(hit); }}>
      <Icon />
      <span className="hit-name">{hit.column ?? hit.table ?? hit.product}</span>
      <span className="hit-what">{hit.description}</span>
      <span className="hit-where">{where}</span>
    </li>
  );
}

function typing(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
}

function useSearchKeys(input: RefObject<HTMLInputElement | null>): void {
  useEffect(() => {
    function key(event: globalThis.KeyboardEvent) {
      const palette = event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey);
      const slash = event.key === "/" && !event.ctrlKey && !event.metaKey && !typing(event.target);
      if (!palette && !slash) return;
      event.preventDefault();
      input.current?.focus();
      input.current?.select();
    }
    window.addEventListener("keydown", key);
    return () => window.removeEventListener("keydown", key);
  }, [input]);
}
