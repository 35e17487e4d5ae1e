// Every decision about this product: who asked for what, whether it was allowed and why.
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, type Decision, type Product } from "../api.ts";
import { instant } from "../format.ts";
import { CheckIcon, LockIcon } from "../ui/icons.tsx";
import { Pager } from "../ui/pager.tsx";
import { Nothing, Skeleton, Trouble } from "../ui/states.tsx";

const SIZE = 20;

export function AuditTab({ product }: { product: Product }) {
  const [page, setPage] = useState(1);
  const audit = useQuery({ queryKey: ["audit", product.name, page], queryFn: () => api.audit(product.name, page, SIZE), placeholderData: keepPreviousData });
  if (audit.isPending) return <section className="card"><Skeleton lines={8} /></section>;
  if (audit.isError) return <section className="card"><Trouble error={audit.error} retry={audit.refetch} forbidden="You may not see its audit" /></section>;
  if (audit.data.total === 0) return <section className="card"><Nothing title="Nobody has asked for anything yet" /></section>;
  return (
    <section className="card" aria-label="Audit">
      <div className="scroll" tabIndex={0} role="region" aria-label="Decisions, newest first">
        <table className="lines num">
          <thead><tr><th scope="col" className="right">No.</th><th scope="col">Time</th><th scope="col">Who</th><th scope="col">Asked to</th><th scope="col">Table</th><th scope="col">Decision</th><th scope="col">Because</th></tr></thead>
          <tbody>{audit.data.items.map((decision) => <Line key={decision.sequence} of={decision} />)}</tbody>
        </table>
      </div>
      <Pager {...audit.data} turn={setPage} />
    </section>
  );
}

function Line({ of }: { of: Decision }) {
  return (
    <tr>
      <td className="right quiet">{of.sequence}</td>
      <td>{instant(of.time)}</td>
      <td>{of.principal}</td>
      <td>{of.action}</td>
      <td>{of.table ?? ""}</td>
      <td><span className={of.allowed ? "kept kept-met" : "kept kept-unmet"}>{of.allowed ? <CheckIcon /> : <LockIcon />}{of.allowed ? "allowed" : "denied"}</span></td>
      <td className="quiet wide">{of.reason}</td>
    </tr>
  );
}
