// One product: what it is, how it is right now, and a tab for each question about it.
import { useQuery } from "@tanstack/react-query";
import { type ComponentType, lazy, Suspense, useEffect } from "react";
import { api, type Classification, type Column, type Health, type Product, type Quality } from "../api.ts";
import { LIVE } from "../client.ts";
import { Problem } from "../http.ts";
import { go, href, useRoute } from "../route.ts";
import { AuditTab } from "../tabs/audit.tsx";
import { ContractTab } from "../tabs/contract.tsx";
import { DataTab } from "../tabs/data.tsx";
import { OverviewTab } from "../tabs/overview.tsx";
import { QualityTab } from "../tabs/quality.tsx";
import { QuarantineTab } from "../tabs/quarantine.tsx";
import { QueryTab } from "../tabs/query.tsx";
import { RunsTab } from "../tabs/runs.tsx";
import { Class, HealthMark } from "../ui/badges.tsx";
import { Loading, Nothing, Trouble } from "../ui/states.tsx";
import { TabPanel, Tabs } from "../ui/tabs.tsx";

const LineageTab = lazy(() => import("../lineage/lineage.tsx"));

interface Asked { product: Product }
const TABS: [id: string, label: string, tab: ComponentType<Asked>][] = [
  ["overview", "Overview", OverviewTab],
  ["contract", "Contract", ContractTab],
  ["data", "Data", DataTab],
  ["quality", "Quality", QualityTab],
  ["quarantine", "Quarantine", QuarantineTab],
  ["lineage", "Lineage", LineageTab],
  ["runs", "Runs", RunsTab],
  ["query", "Query", QueryTab],
  ["audit", "Audit", AuditTab],
];

export function ProductScreen({ name }: { name: string }) {
  const product = useQuery({ queryKey: ["product", name], queryFn: () => api.product(name), staleTime: 10_000 });
  useEffect(() => { document.title = `${name} · Weft`; }, [name]);
  if (product.isPending) return <Loading what={`Reading ${name}`} tall />;
  if (product.isError) return <Missing error={product.error} name={name} retry={product.refetch} />;
  return <Found product={product.data} />;
}

function Missing({ error, name, retry }: { error: unknown; name: string; retry: () => unknown }) {
  if (error instanceof Problem && error.status === 404) {
    return <Nothing title={`There is no product ${name}`} level={1}><a href={href([])}>See the products that there are</a></Nothing>;
  }
  return <Trouble error={error} retry={retry} level={1} forbidden={`${name} is not open to you`} />;
}

function Found({ product }: Asked) {
  const { path } = useRoute();
  const [id, , Chosen] = TABS.find(([tab]) => tab === path[2]) ?? (TABS[0] as (typeof TABS)[0]);
  return (
    <div className="page">
      <ProductHead product={product} />
      <Tabs tabs={shownTabs(product)} chosen={id} label={`About ${product.name}`} panel="tab" choose={(tab) => go(href(["products", product.name, tab]))} />
      <TabPanel panel="tab" chosen={id}>
        <Suspense fallback={<Loading what="Laying out the graph" tall />}><Chosen product={product} /></Suspense>
      </TabPanel>
    </div>
  );
}

/** The audit is the owner's: others are not offered a tab that only refuses. */
function shownTabs({ may }: Product) {
  return TABS.filter(([tab]) => tab !== "audit" || may.includes("admin")).map(([tab, label]) => ({ id: tab, label }));
}

function ProductHead({ product }: Asked) {
  const quality = useQuery({ queryKey: ["quality", product.name], queryFn: () => api.quality(product.name), refetchInterval: LIVE });
  return (
    <header className="product-head">
      <div>
        <p className="crumbs"><a href={href([])}>Products</a><span aria-hidden="true">/</span><span>{product.domain}</span></p>
        <h1>{product.name}<span className="version num">{product.version}</span></h1>
        {product.description && <p className="product-what">{product.description}</p>}
      </div>
      <div className="product-marks">
        <HealthMark of={healthOf(quality.data?.items)} />
        <span className="product-marks-line"><Class of={highest(product)} /><span className="owner">{product.owner}</span></span>
      </div>
    </header>
  );
}

function healthOf(items: Quality[] | undefined): Health {
  if (!items?.length) return "unknown";
  if (items.some(({ state }) => state === "unmet")) return "broken";
  return items.every(({ state }) => state === "met") ? "ok" : "unknown";
}

const CLASSES: Classification[] = ["public", "internal", "confidential", "restricted"];

function highest({ tables }: Product): Classification {
  const all = (columns: Column[]): Column[] => columns.flatMap((column) => [column, ...all(column.fields ?? [])]);
  const ranks = tables.flatMap(({ columns }) => all(columns)).map(({ classification }) => CLASSES.indexOf(classification));
  return CLASSES[Math.max(0, ...ranks)] ?? "public";
}
