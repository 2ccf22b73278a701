import { existsSync, mkdirSync } from "node:fs";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { projectFile } from "../../src/os/project-file.ts";

/** Debian's package. Nothing is downloaded. */
const CHROMIUM = "/usr/bin/chromium";

/** Why pages can't be opened here, or undefined. */
export function noBrowser(): string | undefined {
  return existsSync(CHROMIUM) ? undefined : `needs ${CHROMIUM} (Debian's package chromium)`;
}

/** The sandbox refuses root, which tests in containers are. */
export function openBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: CHROMIUM, args: process.getuid?.() === 0 ? ["--no-sandbox"] : [] });
}

/** A page, and everything that it complained about or asked for. */
export interface ObservedPage {
  readonly page: Page;
  /** Messages of the console and errors of the page. */
  readonly complaints: string[];
  readonly requests: string[];
}

export async function openPage(browser: Browser, url: string, options: BrowserContextOptions): Promise<ObservedPage> {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const complaints: string[] = [];
  const requests: string[] = [];
  page.on("console", (message) => complaints.push(`${message.type()}: ${message.text()}`));
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("request", (request) => requests.push(request.url()));
  await page.goto(url);
  return { page, complaints, requests };
}

/** Where screenshots are kept: a folder that git ignores. */
export function screenshotPath(name: string): string {
  const folder = projectFile("test/browser/screenshots");
  mkdirSync(folder, { recursive: true });
  return `${folder}/${name}.png`;
}
