// All products of the mesh, live: search, a facet by domain, one card each.
import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { api, type Card } from "../api.ts";
import { LIVE } from "../client.ts";
import { count, plural, seconds } from "../format.ts";
import { href } from "../route.ts";
import { Class, HealthMark } from "../ui/badges.tsx";
import { LockIcon } from "../ui/icons.tsx";
import { Pulse } from "../ui/pulse.tsx";
import { Search } from "../ui/search.tsx";
import { Loading, Nothing, Trouble } from "../ui/states.tsx";

export function Home() {
  const products = useQuery({ queryKey: ["products"], queryFn: api.products, refetchInterval: LIVE });
  useEffect(() => { document.title = "Products · Weft"; }, []);
  return (
    <div className="page">
      <div className="home-head">
        <h1>Data products</h1>
        {products.data && <Totals cards={products.data.items} />}
      </div>
      <Search />
      {products.isPending && <Loading what="Reading the products" tall />}
      {products.isError && !products.data && <Trouble error={products.error} retry={products.refetch} level={2} />}
      {products.data && <Products cards={products.data.items} at={products.dataUpdatedAt} />}
    </div>
  );
}

function Totals({ cards }: { cards: Card[] }) {
  const sum = (of: (card: Card) => number) => cards.reduce((total, card) => total + of(card), 0);
  const broken = cards.filter(({ health }) => health === "broken").length;
  return (
    <p className="totals num">
      <span><b>{count(sum((card) => card.received))}</b> rows received</span>
      <span><b>{count(sum((card) => card.quarantined))}</b> in quarantine</span>
      <span>{broken === 0 ? "no promise broken" : `${plural(broken, "promise")} broken`}</span>
    </p>
  );
}

function Products({ cards, at }: { cards: Card[]; at: number }) {
  const [domain, setDomain] = useState("");
  const domains = [...new Set(cards.map((card) => card.domain))].sort();
  if (cards.length === 0) {
    return (
      <Nothing title="No products yet" level={2}>
        Write a <code>kind: DataProduct</code> file in the mesh's folder, then run <code>weft apply</code>.
      </Nothing>
    );
  }
  return (
    <>
      {domains.length > 1 && <Domains domains={domains} cards={cards} chosen={domain} choose={setDomain} />}
      <ul className="cards">
        {cards.filter((card) => !domain || card.domain === domain).map((card) => <li key={card.name}><ProductCard card={card} at={at} /></li>)}
      </ul>
    </>
  );
}

interface Facet { domains: string[]; cards: Card[]; chosen: string; choose: (domain: string) => void }

function Domains({ domains, cards, chosen, choose }: Facet) {
  return (
    <div className="facet" role="group" aria-label="Domain">
      <button type="button" aria-pressed={chosen === ""} onClick={() => choose("")}>All domains <span className="num">{cards.length}</span></button>
      {domains.map((domain) => (
        <button key={domain} type="button" aria-pressed={chosen === domain} onClick={() => choose(chosen === domain ? "" : domain)}>
          {domain} <span className="num">{cards.filter((card) => card.domain === domain).length}</span>
        </button>
      ))}
    </div>
  );
}

function ProductCard({ card, at }: { card: Card; at: number }) {
  return (
    <article className="card product-card">
      <div className="product-card-top"><span className="domain">{card.domain}</span><Class of={card.classification} /></div>
      <h2><a href={href(["products", card.name])}>{card.name}</a></h2>
      <p className="product-card-what">{card.description || card.tables.join(", ")}</p>
      <HealthMark of={card.health} />
      <dl className="figures num">
        <div><dt>Fresh</dt><dd>{seconds(card.freshness_seconds)}</dd></div>
        <div><dt>Received</dt><dd>{count(card.received)}</dd></div>
        <div><dt>Quarantined</dt><dd className={card.quarantined > 0 ? "some-bad" : ""}>{count(card.quarantined)}</dd></div>
      </dl>
      <Pulse name={card.name} received={card.received} at={at} />
      <footer><span className="owner">{card.owner}</span>{card.may.includes("read") ? <span className="may">You can read it</span> : <span className="may may-not"><LockIcon />No access</span>}</footer>
    </article>
  );
}
