export interface Bar {
  readonly name: string;
  readonly value: number;
}

const WIDTH = 720;
const LABEL_WIDTH = 190;
const BAR_HEIGHT = 22;
const ROW_HEIGHT = 32;
const TOP = 44;

/** Horizontal bars from zero, as SVG text that is legible on light and dark pages. */
export function barChart(title: string, bars: readonly Bar[]): string {
  const most = Math.max(...bars.map(({ value }) => value));
  const height = TOP + bars.length * ROW_HEIGHT + 8;
  const rows = bars.map(({ name, value }, index) => {
    const y = TOP + index * ROW_HEIGHT;
    const width = (value / most) * (WIDTH - LABEL_WIDTH - 80);
    return [
      `<text x="${LABEL_WIDTH - 8}" y="${y + 16}" text-anchor="end">${name}</text>`,
      `<rect x="${LABEL_WIDTH}" y="${y}" width="${width.toFixed(1)}" height="${BAR_HEIGHT}" fill="#3b7dd8"/>`,
      `<text x="${(LABEL_WIDTH + width + 6).toFixed(1)}" y="${y + 16}">${value.toFixed(2)}</text>`,
    ].join("");
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${title}"`,
    ` font-family="system-ui, sans-serif" font-size="13" fill="#777">`,
    `<text x="8" y="20" font-size="15">${title}</text>${rows.join("")}</svg>\n`,
  ].join("");
}
