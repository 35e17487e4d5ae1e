// Rows of a table exactly as the signed-in person may see them: pages, order, a filter, and where each row came from.
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, type Filter, type Product, type Row, type Slice, type Table } from "../api.ts";
import { whileLive } from "../client.ts";
import { usePerson } from "../session.tsx";
import { MaskMark } from "../ui/badges.tsx";
import { Grid } from "../ui/grid.tsx";
import { MaskIcon } from "../ui/icons.tsx";
import { Live, useHold } from "../ui/hold.tsx";
import { Pager } from "../ui/pager.tsx";
import { Nothing, Skeleton, Trouble } from "../ui/states.tsx";
import { Filters } from "./filters.tsx";
import { TableChoice, useTable } from "./tables.tsx";
import { TrailDrawer } from "./trail.tsx";

/** Newest first, where a column in clear tells when. */
function first(table: Table): Slice {
  const time = table.columns.find(({ kind, required, mask }) => kind === "timestamp" && required && mask === "none");
  return { page: 1, size: 20, sort: time ? `-${time.name}` : "", filters: [] };
}

export function DataTab({ product }: { product: Product }) {
  const [table, choose] = useTable(product, "data");
  if (table === undefined) return <Nothing title="This product has no tables yet" />;
  return (
    <>
      <div className="bar"><TableChoice tables={product.tables} chosen={table} choose={choose} /></div>
      <Rows key={table.name} product={product} table={table} />
    </>
  );
}

function Rows({ product, table }: { product: Product; table: Table }) {
  const [slice, setSlice] = useState(() => first(table));
  const [opened, setOpened] = useState<Row | null>(null);
  const { held, on } = useHold();
  const rows = useQuery({
    queryKey: ["rows", product.name, table.name, slice],
    queryFn: () => api.rows(product.name, table.name, slice),
    placeholderData: keepPreviousData,
    refetchInterval: whileLive(held || opened !== null),
  });
  const seen = table.columns.filter(({ mask }) => mask !== "hide");
  const filter = (filters: Filter[]) => setSlice({ ...slice, page: 1, filters });
  if (rows.isError && (!rows.data || rows.isPlaceholderData) && slice.filters.length === 0) {
    return <section className="card"><Trouble error={rows.error} retry={rows.refetch} forbidden={`You may not read ${table.name}`} /></section>;
  }
  return (
    <section className="card">
      <div className="bar bar-in">
        <Filters columns={seen} filters={slice.filters} change={filter} />
        <SeenAs table={table} held={held} />
      </div>
      {rows.isError && <Trouble error={rows.error} />}
      {rows.isPending && <Skeleton lines={8} />}
      {rows.data && !rows.isError && <div {...on}><RowGrid table={table} rows={rows.data.items} sort={slice.sort} order={(sort) => setSlice({ ...slice, page: 1, sort })} open={setOpened} filtered={slice.filters.length > 0} /></div>}
      {rows.data && !rows.isError && rows.data.total > 0 && <Pager {...rows.data} turn={(page) => setSlice({ ...slice, page })} />}
      {opened && <TrailDrawer product={product} table={table} row={opened} close={() => setOpened(null)} />}
    </section>
  );
}

/** Says under which roles the rows are shown and what is kept from them, so that a mask is never taken for data. */
function SeenAs({ table, held }: { table: Table; held: boolean }) {
  const person = usePerson();
  const hidden = table.columns.filter(({ mask }) => mask === "hide").map(({ name }) => name);
  return (
    <p className="seen-as">
      {hidden.length > 0 && <span><MaskIcon />{hidden.join(", ")} {hidden.length === 1 ? "is" : "are"} hidden from you</span>}
      <Live held={held} />
      <span>As {person.roles.join(", ") || "nobody in particular"}</span>
    </p>
  );
}

interface Gridded { table: Table; rows: Row[]; sort: string; order: (sort: string) => void; open: (row: Row) => void; filtered: boolean }

function RowGrid({ table, rows, sort, order, open, filtered }: Gridded) {
  if (rows.length === 0) {
    return filtered
      ? <Nothing title="No row passes this filter" />
      : <Nothing title="No rows yet">Send some: <code>POST …/ingest/{table.name}</code>. They show here as soon as they are checked.</Nothing>;
  }
  const seen = table.columns.filter(({ mask }) => mask !== "hide");
  const columns = seen.map(({ name, kind, mask }) => {
    const way = sort === name ? "ascending" : sort === `-${name}` ? "descending" : "none";
    const sorted = way as "ascending" | "descending" | "none";
    const next = way === "none" ? name : way === "ascending" ? `-${name}` : "";
    const head = (
      <span className="column-head">
        <button type="button" onClick={() => order(next)}>{name}<span className="sort" aria-hidden="true">{way === "ascending" ? "↑" : way === "descending" ? "↓" : ""}</span></button>
        {mask !== "none" && <MaskMark of={mask} />}
      </span>
    );
    return { name, kind: mask === "none" ? kind : "string", head, sorted };
  });
  return <Grid label={`Rows of ${table.name}`} columns={columns} rows={rows.map((row) => seen.map(({ name }) => row[name]))} open={(index) => rows[index] && open(rows[index])} />;
}
