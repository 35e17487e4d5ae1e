// The small marks that recur: a class of data, a state of health, a mask, a layer.
import type { Classification, Health, Kept, Mask } from "../api.ts";
import { CheckIcon, CrossIcon, MaskIcon, UnknownIcon } from "./icons.tsx";

export function Class({ of }: { of: Classification }) {
  return <span className={`class class-${of}`}>{of}</span>;
}

const HEALTH: Record<Health, string> = { ok: "Keeping its promise", broken: "Promise broken", unknown: "Not measured yet" };

export function HealthMark({ of }: { of: Health }) {
  return <span className={`health health-${of}`}><i aria-hidden="true" />{HEALTH[of]}</span>;
}

const KEPT: Record<Kept, string> = { met: "met", unmet: "not met", unknown: "not measured" };

export function KeptMark({ of }: { of: Kept }) {
  return (
    <span className={`kept kept-${of}`}>
      {of === "met" ? <CheckIcon /> : of === "unmet" ? <CrossIcon /> : <UnknownIcon />}
      {KEPT[of]}
    </span>
  );
}

const MASKS: Record<Mask, [label: string, meaning: string]> = {
  none: ["in clear", "You see its values as they are"],
  hide: ["hidden", "It is not in the answers that you get"],
  redact: ["redacted", "You see that there is a value, not which"],
  partial: ["partial", "You see a part of each value"],
  hash: ["hashed", "You see the same code for the same value"],
};

export function MaskMark({ of }: { of: Mask }) {
  const [label, meaning] = MASKS[of];
  if (of === "none") return <span className="mask mask-none" title={meaning}>{label}</span>;
  return <span className="mask" title={meaning}><MaskIcon />{label}</span>;
}

export function Layer({ of }: { of: string }) {
  return <span className={`layer layer-${of}`}><i aria-hidden="true" />{of}</span>;
}
