// Follows a session in a browser, and says what is wrong with its pages. The test that
// starts it does what is printed as a line of its own, "round 1" for one. Needs
// playwright-core and axe-core.
//
//   node browser.mjs TOOLS BROWSER URL PATH
import { createRequire } from 'node:module';
import fs from 'node:fs';

const timeout = 300_000; // milliseconds, on a machine that is busy
const [tools, executablePath, url, path] = process.argv.slice(2);
const require = createRequire(tools + '/');
const { chromium } = require('playwright-core');
const axe = fs.readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'], timeout });
let wrong = 0;
function fault(text) {
  console.log(`fault: ${text}`);
  wrong++;
}

async function open(address, options) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  page.setDefaultTimeout(timeout);
  page.on('request', (r) => r.url().startsWith(url) || fault(`${address} loads ${r.url()}`));
  page.on('pageerror', (e) => fault(`${address}: ${e}`));
  await page.goto(url + address);
  return page;
}

// until waits for a text on a page that must not be loaded again meanwhile.
async function until(page, text) {
  await page.waitForFunction((want) => document.body.innerText.includes(want), text);
  if (!await page.evaluate(() => globalThis.opened)) fault(`${page.url()} was loaded again before ${text}`);
}

const pages = [await open('/'), await open(path)];
for (const page of pages) await page.evaluate(() => { globalThis.opened = true; });
const [index, live] = pages;
await index.focus('#now a');
for (const n of [1, 2]) {
  console.log(`round ${n}`);
  for (const page of pages) await until(page, `round ${n} of 8, visit 5 of 16`);
  if (!await index.evaluate(() => document.activeElement.closest('#now'))) fault('the focus was lost');
}
if (!(await live.locator('.log').innerText()).includes('round 2 of 8')) fault('the log lacks a round');

// What people see, on a phone's and on a wide screen, light and dark.
async function look(state) {
  for (const address of ['/', path]) {
    for (const colorScheme of ['light', 'dark']) {
      for (const width of [400, 1400]) {
        const page = await open(address, { viewport: { width, height: 900 }, colorScheme, bypassCSP: true }); // axe is a script
        const name = `${address}, ${state}, ${width} pixels, ${colorScheme}`;
        if (await page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth)) fault(`${name}: it scrolls sideways`);
        await page.evaluate(axe);
        const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }));
        for (const v of violations) fault(`${name}: axe ${v.id}: ${v.help}: ${v.nodes[0].html.slice(0, 200)}`);
        if (process.env.ASSAY_SHOTS) await page.screenshot({ path: `${process.env.ASSAY_SHOTS}/${state}-${width}-${colorScheme}-${address === '/' ? 'index' : 'live'}.png`, fullPage: true });
        await page.context().close();
      }
    }
  }
}
await look('running');
console.log('end');
for (const page of pages) await until(page, 'every document was written');
await look('ended');
await live.click('#now a[href$=".html"]');
if (!(await live.innerText('h1')).includes('gate')) fault('the link to the document leads elsewhere');

console.log('stop');
await until(index, 'assay serve does not answer');
await browser.close();
console.log(`${wrong} faults`);
process.exit(wrong ? 1 : 0);
