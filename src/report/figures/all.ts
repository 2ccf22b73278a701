import { cdfFigure } from "./cdf.ts";
import { cpuFigure } from "./cpu.ts";
import type { FigureKind } from "./figure.ts";
import { FLAMES, flameFigure } from "./flame.ts";
import { latencyFigure } from "./latency.ts";
import { loadFigure } from "./load.ts";
import { rateLatencyFigure } from "./rate-latency.ts";
import { rhythmFigure } from "./rhythm.ts";
import { shapeFigure } from "./shape.ts";
import { stagesFigure } from "./stages.ts";
import { stallFigure } from "./stall.ts";
import { syscallsFigure } from "./syscalls.ts";

/** All figures, in the order of the page; their numbers are their places. A new one is a file and a line. */
export const FIGURES: readonly FigureKind[] = [
  latencyFigure,
  shapeFigure,
  cdfFigure,
  loadFigure,
  rateLatencyFigure,
  stallFigure,
  stagesFigure,
  syscallsFigure,
  cpuFigure,
  rhythmFigure,
  ...FLAMES.map(flameFigure),
];
