import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import axe from "axe-core";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { TRANSPORT_NAMES } from "../../src/core/transport-name.ts";
import { html } from "../../src/report/exporters/html.ts";
import { FIGURES } from "../../src/report/figures/all.ts";
import { hostileSummary } from "../support/hostile-results.ts";
import { noBrowser, type ObservedPage, openBrowser, openPage, screenshotPath } from "../support/report-page.ts";
import { writeSyntheticReport } from "../support/synthetic-report.ts";

const SIZES = { 320: 640, 360: 780, 768: 1024, 1280: 800, 1600: 1000 } as const;
const why = noBrowser();

describe.skipIf(why !== undefined)(`the page of a report${why === undefined ? "" : ` (${why})`}`, () => {
  let folder: string;
  let browser: Browser;
  let url: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "report-"));
    writeFileSync(join(folder, html.fileName), await html.content(writeSyntheticReport(folder)));
    url = `file://${folder}/${html.fileName}`;
    browser = await openBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true });
  });

  function at(width: keyof typeof SIZES, scheme: "light" | "dark" = "light", script = true): Promise<ObservedPage> {
    const viewport = { width, height: SIZES[width] };
    return openPage(browser, url, { viewport, colorScheme: scheme, javaScriptEnabled: script });
  }

  test.each(["light", "dark"] as const)(
    "%s: nothing is complained of, nothing else is loaded, and axe finds nothing",
    async (scheme) => {
      const { page, complaints, requests } = await at(1280, scheme);
      // Evaluation isn't subject to the page's policy.
      await page.evaluate(axe.source);
      const violations = await page.evaluate(
        "axe.run().then(({ violations }) => violations.map(({ id, nodes }) => [id, ...nodes.map(({ html }) => html.slice(0, 200))]))",
      );
      await page.screenshot({ path: screenshotPath(`1280-${scheme}`), fullPage: true });
      expect(violations).toEqual([]);
      expect(complaints).toEqual([]);
      expect(requests).toEqual([url]);
    },
  );

  test("served over HTTP, the page is the only request", async () => {
    const server = createServer((_, response) => {
      response.setHeader("content-type", "text/html; charset=utf-8").end(readFileSync(join(folder, html.fileName)));
    }).listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const served = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const { complaints, requests } = await openPage(browser, served, {});
    server.close();
    expect({ complaints, requests }).toEqual({ complaints: [], requests: [served] });
  });

  test.each([1280, 360] as const)(
    "at %i px every figure has one plot with marks, a name and a description, or a reason",
    async (width) => {
      const { page } = await at(width);
      await page.screenshot({ path: screenshotPath(`${width}-light-first`) });
      if (width === 360) await page.screenshot({ path: screenshotPath("360-light"), fullPage: true });
      const figures = await page.evaluate(() =>
        [...document.querySelectorAll("figure")].map((figure) => {
          const plots = [...figure.querySelectorAll(".p svg")].filter((svg) => svg.getBoundingClientRect().width > 0);
          const [svg] = plots;
          const labels = svg?.getAttribute("aria-labelledby")?.split(" ") ?? [];
          return {
            id: figure.id,
            reason: figure.querySelector(".blank")?.textContent ?? "",
            plots: plots.length,
            width: svg?.getBoundingClientRect().width ?? 0,
            marks: svg?.querySelectorAll(".s *").length ?? 0,
            labels: labels.map((id) => document.getElementById(id)?.textContent ?? ""),
          };
        }),
      );
      expect(figures.map(({ id }) => id)).toEqual(FIGURES.map(({ id }) => id));
      for (const { reason, plots, width: px, marks, labels } of figures) {
        if (reason !== "") continue;
        expect(plots).toBe(1);
        expect(px).toBeGreaterThan(100);
        expect(marks).toBeGreaterThan(0);
        expect(labels.length).toBe(2);
        expect(labels).not.toContain("");
      }
    },
  );

  test("the markup has no styles inside, no odd numbers, no dangling or double id, and no mark outside its plot", async () => {
    const { page } = await at(1280);
    const markup = readFileSync(join(folder, html.fileName), "utf8");
    expect(markup.replace(/<script[\s\S]*?<\/script>/g, "")).not.toMatch(/\b(?:NaN|undefined|Infinity)\b/);
    const found = await page.evaluate(() => {
      const ids = [...document.querySelectorAll("[id]")].map(({ id }) => id);
      const targets = [...document.querySelectorAll("[href^='#']")].map((link) => link.getAttribute("href")?.slice(1));
      const urls = [...document.documentElement.outerHTML.matchAll(/url\(#([^)]+)\)/g)].map(([, id]) => id);
      const outside = [...document.querySelectorAll(".p svg")].flatMap((svg) => {
        const box = svg.getBoundingClientRect();
        if (box.width === 0) return [];
        return [...svg.querySelectorAll("path,rect,circle,text,line")]
          .filter((mark) => {
            const { left, right, top, bottom, width, height } = mark.getBoundingClientRect();
            if (width === 0 && height === 0) return false;
            return left < box.left - 1 || right > box.right + 1 || top < box.top - 1 || bottom > box.bottom + 1;
          })
          .map((mark) => `${svg.getAttribute("aria-labelledby")}: ${mark.outerHTML.slice(0, 160)}`);
      });
      return {
        styled: document.querySelectorAll("[style]").length + document.querySelectorAll("svg style").length,
        doubled: ids.filter((id, i) => ids.indexOf(id) !== i),
        dangling: [...targets, ...urls].filter((id) => id !== undefined && !ids.includes(id)),
        outside,
      };
    });
    expect(found).toEqual({ styled: 0, doubled: [], dangling: [], outside: [] });
  });

  test("an edited file's texts are shown as texts", async () => {
    const path = join(folder, "hostile.html");
    writeFileSync(path, await html.content(hostileSummary()));
    const { page, complaints, requests } = await openPage(browser, `file://${path}`, {});
    expect({ complaints, requests }).toEqual({ complaints: [], requests: [`file://${path}`] });
    expect(await page.locator("img").count()).toBe(0);
    expect(await page.locator("body").textContent()).toContain("<img src=x onerror=alert(1)>");
  });

  test("a table sorts both ways, by mouse and by keyboard, numbers as numbers", async () => {
    const { page } = await at(1280);
    const delay = page.locator("table.main thead button", { hasText: "delay" });
    const values = (): Promise<number[]> =>
      page.$$eval("table.main tbody tr", (rows) =>
        rows.map((row) => Number((row as HTMLTableRowElement).cells[2]?.dataset["v"])),
      );
    await delay.click();
    const up = await values();
    expect(up).toEqual([...up].sort((a, b) => a - b));
    expect(await page.locator("table.main th[aria-sort]").getAttribute("aria-sort")).toBe("ascending");
    await delay.focus();
    await page.keyboard.press("Enter");
    expect(await values()).toEqual([...up].reverse());
    expect(await page.locator("table.main th[aria-sort]").getAttribute("aria-sort")).toBe("descending");
  });

  test("the schemes differ, and the button overrides both", async () => {
    const colours = (page: Page): Promise<string[]> =>
      page.evaluate(() => [
        getComputedStyle(document.body).backgroundColor,
        getComputedStyle(document.querySelector("#latency .wide .t-tcp[stroke]") as Element).stroke,
      ]);
    const light = (await at(1280, "light")).page;
    const dark = (await at(1280, "dark")).page;
    const [inLight, inDark] = [await colours(light), await colours(dark)];
    expect(inLight[0]).not.toBe(inDark[0]);
    expect(inLight[1]).not.toBe(inDark[1]);
    await light.click("#theme");
    await dark.click("#theme");
    expect([await colours(light), await colours(dark)]).toEqual([inDark, inLight]);
  });

  test.each([320, 360, 768, 1280, 1600] as const)("at %i px nothing leaves the window", async (width) => {
    const { page } = await at(width);
    const found = await page.evaluate(() => ({
      width: document.documentElement.scrollWidth,
      outside: [...document.querySelectorAll("main *, header *, footer *")]
        .filter((element) => element.closest(".scroll, .bar, .hidden, thead") === null)
        .filter((element) => element.getBoundingClientRect().right > innerWidth + 0.5)
        .map((element) => element.outerHTML.slice(0, 120)),
    }));
    expect(found).toEqual({ width, outside: [] });
  });

  test("a toggle fades the other transports and again restores them; the slider's keys change the values", async () => {
    const { page } = await at(1280);
    const opacities = (): Promise<string[]> =>
      page.evaluate(
        (names) =>
          names.map((name) => {
            for (const animation of document.getAnimations()) animation.finish();
            return getComputedStyle(document.querySelector(`#latency .wide .t-${name}`) as Element).opacity;
          }),
        [...TRANSPORT_NAMES],
      );
    const tcp = page.locator(".bar button[value=tcp]");
    await tcp.click();
    expect(await opacities()).toEqual(TRANSPORT_NAMES.map((name) => (name === "tcp" ? "1" : "0.12")));
    expect(await tcp.getAttribute("aria-pressed")).toBe("true");
    await tcp.click();
    expect(await opacities()).toEqual(TRANSPORT_NAMES.map(() => "1"));
    const values = (): Promise<string[]> => page.locator("#slider output").allTextContents();
    const before = await values();
    await page.locator("#slider input").focus();
    for (let i = 0; i < 8; i++) await page.keyboard.press("ArrowLeft");
    const after = await values();
    expect(after.length).toBe(TRANSPORT_NAMES.length);
    for (const [i, value] of after.entries()) expect(value).not.toBe(before[i]);
  });

  test("without script the verdict, all figures and all tables are there", async () => {
    const { page } = await at(1280, "light", false);
    expect(await page.locator("h1").textContent()).toMatch(/^Take \w+\.$/);
    expect(await page.locator("figure").count()).toBe(FIGURES.length);
    const content = await page.locator("figure:not(:has(.blank)) details table tbody tr").count();
    expect(content).toBeGreaterThan(0);
    expect(await page.locator("#slider").isVisible()).toBe(false);
  });
});
