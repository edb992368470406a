// Opens pages in a browser, on a phone's and on a wide screen, light and dark, and
// says what is wrong with them. Needs playwright-core and axe-core.
//
//   node browser.mjs TOOLS BROWSER PAGE…
import { createRequire } from 'node:module';
import fs from 'node:fs';

const patience = 300_000; // milliseconds, on a machine that is busy
const [tools, executablePath, ...pages] = process.argv.slice(2);
const require = createRequire(tools + '/');
const { chromium } = require('playwright-core');
const axe = fs.readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

// beyond lists what reaches out of the page. What scrolls by itself may.
function beyond() {
  const width = document.documentElement.clientWidth;
  const out = [...document.querySelectorAll('body *')]
    .filter((e) => !e.closest('.scroll, pre, svg, .skip') && e.getBoundingClientRect().right > width + 1)
    .map((e) => `${e.tagName} ${e.textContent.slice(0, 60)}`);
  if (document.documentElement.scrollWidth > width) out.push('the page scrolls sideways');
  return out;
}

// unreadable lists texts of charts that are cut, lie on each other, or are small.
function unreadable() {
  const out = [];
  for (const svg of document.querySelectorAll('svg')) {
    const box = svg.getBoundingClientRect();
    const texts = [...svg.querySelectorAll('text')].map((t) => [t.textContent, t.getBoundingClientRect()]);
    texts.forEach(([text, r], i) => {
      if (r.left < box.left - 1 || r.right > box.right + 1 || r.top < box.top - 1 || r.bottom > box.bottom + 1) out.push(`cut: ${text}`);
      for (const [other, o] of texts.slice(i + 1)) {
        const across = Math.min(r.right, o.right) - Math.max(r.left, o.left);
        const down = Math.min(r.bottom, o.bottom) - Math.max(r.top, o.top);
        if (across > 1 && down > 5) out.push(`on each other: ${text} and ${other}`);
      }
    });
    if (texts.length && box.width * 13 / svg.viewBox.baseVal.width < 9) out.push('texts of less than 9 pixels');
  }
  return out;
}

const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'], timeout: patience });
let wrong = 0;
for (const file of pages) {
  for (const colorScheme of ['light', 'dark']) {
    for (const width of [400, 1400]) {
      const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme, bypassCSP: true }); // axe is a script
      const page = await context.newPage();
      const found = [];
      page.on('request', (r) => r.url().startsWith('file:') || found.push(`it loads ${r.url()}`));
      await page.goto('file://' + file, { timeout: patience });
      await page.evaluate(() => document.querySelectorAll('details').forEach((d) => { d.open = true; }));
      found.push(...await page.evaluate(beyond), ...await page.evaluate(unreadable));
      if (width === 400) { // what it looks at does not hang on the width
        await page.evaluate(axe);
        const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }));
        found.push(...violations.map((v) => `axe ${v.id}: ${v.help}: ${v.nodes[0].html.slice(0, 200)}`));
      }
      found.forEach((text) => console.log(`${file}, ${width} pixels, ${colorScheme}: ${text}`));
      wrong += found.length;
      await context.close();
    }
  }
}
await browser.close();
console.log(`${pages.length} pages, four ways each: ${wrong} faults`);
process.exit(wrong ? 1 : 0);
