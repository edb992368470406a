// Asks once a second what sessions do, while somebody looks at the page, and replaces
// what changed, part by part, so that what is selected or focused stays so.
'use strict';
const following = document.getElementById('following');
const now = document.getElementById('now');
let tag = '';

function replace(text) {
  const parts = [...new DOMParser().parseFromString(text, 'text/html').body.children];
  const old = [...now.children];
  if (parts.length !== old.length || parts.some((p, i) => p.id !== old[i].id)) {
    now.replaceChildren(...parts);
    return;
  }
  parts.forEach((part, i) => {
    if (part.isEqualNode(old[i])) return;
    const log = old[i].querySelector('.log');
    const atEnd = log && log.scrollTop + log.clientHeight > log.scrollHeight - 4;
    const top = log && log.scrollTop;
    const link = old[i].contains(document.activeElement) && document.activeElement.getAttribute('href');
    old[i].replaceWith(part);
    const fresh = part.querySelector('.log');
    if (log && fresh) fresh.scrollTop = atEnd ? fresh.scrollHeight : top;
    if (link) [...part.querySelectorAll('a')].find((a) => a.getAttribute('href') === link)?.focus();
  });
}

function say(text) {
  if (following.textContent !== text) following.textContent = text;
}

async function ask() {
  if (!document.hidden) {
    try {
      const answer = await fetch(following.dataset.from, { headers: { 'If-None-Match': tag }, cache: 'no-store' });
      if (answer.ok) {
        tag = answer.headers.get('ETag') || '';
        replace(await answer.text());
      }
      say(answer.ok || answer.status === 304 ? '' : `assay serve answers with ${answer.status}; asking again.`);
    } catch {
      say('assay serve does not answer; asking again.');
    }
  }
  setTimeout(ask, 1000);
}

const log = document.querySelector('.log');
if (log) log.scrollTop = log.scrollHeight;
ask();
