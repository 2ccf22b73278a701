import type { TransportName } from "../../core/transport-name.ts";
import { textCell } from "../numbers.ts";
import { isNarrow } from "../plot/axes.ts";
import type { Plotter } from "../plot/draw.ts";
import { seriesClass } from "../plot/series.ts";
import { type Blank, blank, isBlank } from "../reading.ts";
import { KERNEL_KINDS, kernelKind, type StackKind, SYSTEM_CALL } from "../stack-kinds.ts";
import type { SendStacks, StackFrame, Summary } from "../summary.ts";
import { digits, percent, times, whole } from "../words.ts";
import type { FigureContent, FigureKind, KeyEntry } from "./figure.ts";

const ROW_PX = 17;
const LEVELS_MAX = 24;
/** Frames narrower than this are left out, px. */
const FRAME_PX_MIN = 1.2;

interface Frame {
  readonly name: string;
  readonly kind: StackKind;
  readonly level: number;
  readonly from: number;
  readonly to: number;
}

/** Figures 11 and 12: the stacks inside one transport's send call. */
export function flameFigure(name: TransportName): FigureKind {
  return {
    id: `flame-${name}`,
    section: "send",
    topic: `What a ${name} send does`,
    content(summary) {
      const stacks = stacksOf(summary, name);
      return isBlank(stacks) ? stacks : contentOf(summary, name, stacks);
    },
  };
}

/** The first cell of the transport with stacks. */
function stacksOf(summary: Summary, name: TransportName): SendStacks | Blank {
  const all = summary.cells.filter(({ transport, implementation }) => transport === name && implementation === "node");
  for (const { stacks } of all) if (!isBlank(stacks)) return stacks;
  const missing = summary.missing.find(({ cell }) => cell.startsWith("profile"));
  const [first] = all.map(({ stacks }) => stacks).filter(isBlank);
  return missing === undefined ? (first ?? blank("the run has no cell of this transport")) : blank(missing.why);
}

/** The width of the widest of all such figures, in this one's samples: with known times, µs per line are drawn on one scale. */
function scaleOf(summary: Summary, own: SendStacks): number {
  if (own.usPerLine === null) return own.root.samples;
  const all = FLAMES.map((name) => stacksOf(summary, name)).filter((stacks) => !isBlank(stacks));
  const most = Math.max(...all.map((stacks) => (isBlank(stacks) ? 0 : (stacks.usPerLine ?? 0))));
  return (own.root.samples * most) / own.usPerLine;
}

/** The two transports whose sends are compared. */
export const FLAMES: readonly TransportName[] = ["tcp", "unixsock"];

function contentOf(summary: Summary, name: TransportName, stacks: SendStacks): FigureContent {
  const { root, samples, by } = stacks;
  const scale = scaleOf(summary, stacks);
  const frames = hottest(root);
  const share = (frame: StackFrame): string => percent(frame.samples / root.samples);
  return {
    finding: finding(summary, name, stacks),
    shows: `What one ${root.name}(2) of ${name} does inside the kernel: ${whole(root.samples)} samples of stacks inside the call, of ${whole(samples)} of the senders.`,
    howToRead:
      "Top: the call. Below it, what it called; width is CPU time. Both graphs have the same scale, so a wider graph is a dearer call.",
    description: `${frames.map((frame) => `${frame.name} ${share(frame)}`).join(", ")}.`,
    numbers: {
      caption: "Frames with the most samples, share of the call",
      head: ["transport", "frame", "share", "samples"],
      rows: frames.map((frame) => ({
        transport: name,
        name,
        cells: [
          textCell(frame.name),
          textCell(share(frame), frame.samples),
          textCell(whole(frame.samples), frame.samples),
        ],
      })),
      notes: [`Measured by ${by}; whole graphs can be made from the folded stacks beside this file`],
    },
    key: KERNEL_KINDS.map(({ name: kind, text }): KeyEntry => ({ colour: `var(--stack-${kind})`, text })),
    draw: (plotter, width) => draw(plotter, width, { name, root, scale }),
  };
}

/** What the send costs beside the other transport's, and where most of its time goes. */
function finding(summary: Summary, name: TransportName, stacks: SendStacks): string {
  const { root, usPerLine, samples } = stacks;
  const [largest] = kindShares(root);
  const most = largest === undefined ? "" : `${percent(largest.share)} of it in ${largest.where}`;
  if (usPerLine === null)
    return `A ${name} send takes ${percent(root.samples / samples)} of the sender's time, ${most}`;
  const cost = `A ${name} send costs ${digits(usPerLine)} µs`;
  const [other] = FLAMES.filter((one) => one !== name);
  const against = other && stacksOf(summary, other);
  if (against === undefined || isBlank(against) || against.usPerLine === null) return `${cost}, ${most}`;
  if (usPerLine > against.usPerLine && isBeyondChance(stacks, against)) {
    return `${cost}, ${times(usPerLine / against.usPerLine)} a ${other} send: ${most}`;
  }
  return isBeyondChance(against, stacks)
    ? `${cost}, ${most}`
    : `${cost}: no difference to ${other} beyond chance; ${most}`;
}

/** Whether one send costs more than another beyond what the numbers of samples leave to chance: twice their roots, about 95 %. */
function isBeyondChance(more: SendStacks, less: SendStacks): boolean {
  const bound = ({ root, usPerLine }: SendStacks, roots: number): number =>
    (usPerLine ?? 0) * (1 + roots / Math.sqrt(root.samples));
  return bound(more, -2) > bound(less, 2);
}

/** The share of the samples whose innermost frame is of each kind, the largest first. */
function kindShares(root: StackFrame): { readonly where: string; readonly share: number }[] {
  const sums = new Map<string, number>();
  const visit = (frame: StackFrame, caller: StackKind): void => {
    const own = frame.samples - frame.calls.reduce((sum, { samples }) => sum + samples, 0);
    const kind = kernelKind(frame.name, caller);
    sums.set(kind.where, (sums.get(kind.where) ?? 0) + own);
    for (const call of frame.calls) visit(call, kind);
  };
  visit(root, SYSTEM_CALL);
  return [...sums].map(([where, own]) => ({ where, share: own / root.samples })).sort((a, b) => b.share - a.share);
}

function hottest(root: StackFrame): StackFrame[] {
  const all: StackFrame[] = [];
  const visit = (frame: StackFrame): void => {
    all.push(frame);
    for (const call of frame.calls) visit(call);
  };
  visit(root);
  return all.sort((a, b) => b.samples - a.samples).slice(0, 12);
}

function framesOf(root: StackFrame, samplesMin: number): Frame[] {
  const frames: Frame[] = [];
  const visit = (frame: StackFrame, caller: Pick<Frame, "level" | "kind">, from: number): void => {
    const level = caller.level + 1;
    if (level >= LEVELS_MAX || frame.samples < samplesMin) return;
    const kind = kernelKind(frame.name, caller.kind);
    frames.push({ name: frame.name, kind, level, from, to: from + frame.samples });
    let next = from;
    for (const call of frame.calls) {
      visit(call, { level, kind }, next);
      next += call.samples;
    }
  };
  visit(root, { level: -1, kind: SYSTEM_CALL }, 0);
  return frames;
}

function draw(
  { Plot, draw }: Plotter,
  width: number,
  { name, root, scale }: { name: TransportName; root: StackFrame; scale: number },
): string {
  const perSample = width / scale;
  const frames = framesOf(root, FRAME_PX_MIN / perSample);
  const levels = Math.max(...frames.map(({ level }) => level)) + 1;
  const lettersMax = ({ from, to }: Frame): number =>
    Math.floor(((to - from) * perSample - 6) / (isNarrow(width) ? 6.4 : 6.8));
  const className = seriesClass(name);
  return draw({
    width,
    height: levels * ROW_PX,
    margin: 0,
    x: { domain: [0, scale], axis: null },
    y: { domain: [levels, 0], axis: null },
    marks: [
      ...KERNEL_KINDS.map(({ name: kind }) =>
        Plot.rect(
          frames.filter((frame) => frame.kind.name === kind),
          {
            className,
            x1: ({ from }: Frame) => from,
            x2: ({ to }: Frame) => to,
            y1: ({ level }: Frame) => level,
            y2: ({ level }: Frame) => level + 1,
            fill: `var(--stack-${kind})`,
            inset: 0.4,
            title: (frame: Frame) => `${frame.name}: ${percent((frame.to - frame.from) / root.samples)}`,
          },
        ),
      ),
      Plot.text(
        frames.filter((frame) => lettersMax(frame) >= 4),
        {
          className,
          x: ({ from }: Frame) => from,
          y: ({ level }: Frame) => level + 0.5,
          dx: 4,
          textAnchor: "start",
          fill: "var(--on-pale)",
          text: (frame: Frame) => shortened(frame.name, lettersMax(frame)),
        },
      ),
    ],
  });
}

function shortened(name: string, characters: number): string {
  return name.length <= characters ? name : `${name.slice(0, Math.max(1, characters - 1))}…`;
}
