/** A browser for tests, and pictures of what it shows where they are asked for. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import axe from 'axe-core';
import { chromium } from 'playwright-core';
import type { Browser, Page } from 'playwright-core';
import { findChromium } from '../../scripts/chromium.ts';

export const NO_BROWSER = findChromium() === undefined ? 'there is no Chromium here' : false;

export function openBrowser(): Promise<Browser> {
  // In a container Chromium has no sandbox of its own to make.
  return chromium.launch({ executablePath: findChromium() ?? '', args: ['--no-sandbox', '--disable-dev-shm-usage'] });
}

/** Into the folder that `npm run screenshots` names; nothing otherwise. */
export async function picture(page: Page, name: string): Promise<void> {
  const folder = process.env['KILN_SCREENSHOTS'];
  if (folder === undefined) return;
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`), animations: 'disabled' });
}

/** What WCAG 2.2, levels A and AA, has against the page as it is now: rule and element. */
export async function objections(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const found = await page.evaluate(
    `axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })
      .then(({ violations }) => violations.flatMap(({ id, nodes }) => nodes.map(({ html, any }) => [id, html, ...any.map(({ message }) => message)].join(' '))))`,
  );
  return found as string[];
}

/** What makes the page wider than the window, where it is. */
export async function tooWide(page: Page): Promise<string[]> {
  const found = await page.evaluate(`
    document.documentElement.scrollWidth <= innerWidth ? [] : [
      document.documentElement.scrollWidth + ' of ' + innerWidth,
      ...[...document.querySelectorAll('body *')]
        .filter((element) => element.getBoundingClientRect().right > innerWidth)
        .map((element) => element.outerHTML.slice(0, 120)),
    ]`);
  return found as string[];
}
