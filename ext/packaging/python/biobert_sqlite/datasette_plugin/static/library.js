/* library.js - what the pages do better with a script: keys, and the sentence that answers by its
 * meaning in place of the one that was found by words. Without it the pages work. */
'use strict';
document.documentElement.classList.add('scripted');

/* Keys: / goes to the search, j and k walk over the papers, Enter opens one. */
const papers = Array.from(document.querySelectorAll('.paper'));
let chosen = -1;

function choose(next) {
  if (!papers.length) return;
  if (papers[chosen]) papers[chosen].classList.remove('chosen');
  chosen = Math.max(0, Math.min(next, papers.length - 1));
  papers[chosen].classList.add('chosen');
  papers[chosen].querySelector('a').focus({ preventScroll: true });
  papers[chosen].scrollIntoView({ block: 'nearest' });
}

document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  const question = document.getElementById('q');
  if (event.target.matches('input, textarea, select')) {
    if (event.key === 'Escape') event.target.blur();
    return;
  }
  if (event.key === '/' && question) {
    event.preventDefault();
    question.focus();
    question.select();
  } else if (event.key === 'j') choose(chosen + 1);
  else if (event.key === 'k') choose(chosen - 1);
  else if (event.key === 'Enter' && event.target === document.body && papers[chosen])
    papers[chosen].querySelector('a').click();
});

/* The map: one stop of Tab, arrows to the nearest paper that way, the title of the one that is chosen below it. */
const points = Array.from(document.querySelectorAll('.map a'), (link) => {
  const circle = link.querySelector('circle');
  return { link, x: circle.cx.baseVal.value, y: circle.cy.baseVal.value };
});
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
/* How much worse a unit aside is than a unit ahead. */
const ASIDE = 2;

function nearest(from, [right, down]) {
  let best = null, least = Infinity;
  for (const point of points) {
    const x = point.x - from.x, y = point.y - from.y;
    const ahead = x * right + y * down, aside = Math.abs(x * down) + Math.abs(y * right);
    const far = ahead + ASIDE * aside;
    if (ahead > 0 && aside <= ASIDE * ahead && far < least) [best, least] = [point, far];
  }
  return best;
}

function onMap(event) {
  const from = points.find((point) => point.link === event.target.closest('a'));
  const to = from && ARROWS[event.key] && nearest(from, ARROWS[event.key]);
  if (from && ARROWS[event.key]) event.preventDefault();
  if (to) to.link.focus();
}

function name(event) {
  const link = event.target.closest('.map a');
  if (!link) return;
  document.querySelector('.here').textContent = link.querySelector('title').textContent;
  if (event.type === 'focusin') for (const point of points) point.link.setAttribute('tabindex', point.link === link ? 0 : -1);
}

if (points.length) {
  const map = document.querySelector('.map');
  const first = points.find((point) => point.link.matches('.found')) || points[0];
  for (const point of points) point.link.setAttribute('tabindex', point === first ? 0 : -1);
  map.addEventListener('keydown', onMap);
  map.addEventListener('focusin', name);
  map.addEventListener('mouseover', name);
}

/* Sentences: paper by paper, those in sight first; a busy server is not asked again. */
function show(excerpt, pieces) {
  const tags = { word: ['b'], sentence: ['mark'], answer: ['mark', 'b'] };
  excerpt.replaceChildren(
    ...pieces.map(([kind, text]) =>
      (tags[kind] || []).reduceRight((inside, tag) => {
        const element = document.createElement(tag);
        element.append(inside);
        return element;
      }, document.createTextNode(text))
    )
  );
}

const question = new URLSearchParams(location.search).get('q');
const waiting = [];
let running = false;

async function work() {
  if (running) return;
  running = true;
  while (waiting.length) {
    const paper = waiting.shift();
    const url = paper.dataset.sentence + '?' + new URLSearchParams({ q: question });
    try {
      const response = await fetch(url);
      const answer = await response.json();
      if (answer.busy || !response.ok) break;
      if (answer.pieces.length) show(paper.querySelector('.excerpt'), answer.pieces);
    } catch (error) {
      break; /* the sentence that was found by words stays */
    }
  }
  running = false;
}

if (question && 'IntersectionObserver' in window) {
  const observer = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      if (!entry.isIntersecting) continue;
      observer.unobserve(entry.target);
      waiting.push(entry.target);
    }
    work();
  });
  document.querySelectorAll('[data-sentence]').forEach((paper) => observer.observe(paper));
}
