// How much of the graph is seen: as wide as the card, never so small that it cannot be read or hit, and as tall as it is.
import { type RefObject, useLayoutEffect, useState } from "react";
import { type Placed, WIDTH } from "./layout.ts";

const EDGE = 24;
const FOOT = 36;
const SMALLEST = 0.86;
export const LOWEST = 360;

export interface View { zoom: number; x: number; y: number; height: number }

export function fit(placed: Placed[], width: number): View {
  const left = Math.min(...placed.map(({ x }) => x));
  const right = Math.max(...placed.map(({ x }) => x + WIDTH));
  const top = Math.min(...placed.map(({ y }) => y));
  const bottom = Math.max(...placed.map(({ y, height }) => y + height));
  const zoom = Math.min(1, Math.max(SMALLEST, (width - 2 * EDGE) / (right - left)));
  const height = Math.max(LOWEST, (bottom - top) * zoom + 2 * EDGE + FOOT);
  const spare = width - (right - left) * zoom;
  return { zoom, height, x: Math.max(EDGE, spare / 2) - left * zoom, y: (height - FOOT - (bottom - top) * zoom) / 2 - top * zoom };
}

export function useWidth(box: RefObject<HTMLElement | null>): number {
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    if (box.current === null) return;
    const observer = new ResizeObserver(([entry]) => setWidth(entry?.contentRect.width ?? 0));
    observer.observe(box.current);
    setWidth(box.current.clientWidth);
    return () => observer.disconnect();
  }, [box]);
  return width;
}
