/* map_page.js - drives the page of a map as a person would; test_map.sh puts it behind the page
 * and reads what it leaves in the body's data-seen. */
(async () => {
  const seen = {};
  const pause = ms => new Promise(done => setTimeout(done, ms));
  const byId = id => document.getElementById(id);
  const { chart, papers } = window.biobertMap;
  const shown = () => chart.data.datasets.slice(0, -1).reduce((sum, set) => sum + set.data.length, 0);
  window.open = link => { seen.opened = link; };
  const point = (type, at) => {
    const box = chart.canvas.getBoundingClientRect();
    const where = { clientX: box.left + at.x, clientY: box.top + at.y, bubbles: true };
    chart.canvas.dispatchEvent(type.startsWith('pointer') ? new PointerEvent(type, where) : new MouseEvent(type, where));
  };
  const type = async text => {
    byId('search').value = text;
    byId('search').dispatchEvent(new Event('input'));
    await pause(200);
  };
  /* Of a paper, by the beginning of its title. */
  const element = title => {
    for (let set = 0; set < chart.data.datasets.length; set++) {
      const index = chart.data.datasets[set].data.findIndex(d => (papers[d.i][4] || '').startsWith(title));
      if (index >= 0) return chart.getDatasetMeta(set).data[index];
    }
    return null;
  };
  const click = async title => {
    const at = element(title);
    point('mousemove', at);
    await pause(100);
    seen.tooltip = [...(chart.tooltip.title || []), ...chart.tooltip.body.flatMap(b => b.lines)].join(' ');
    point('pointerdown', at);
    point('pointerup', at);
    point('click', at);
    await pause(100);
  };

  await pause(100);
  seen.papers = shown();
  seen.topics = byId('topics').children.length;
  seen.hostile = document.body.dataset.hostile || 'kept out';
  await type('aspirin');
  seen.found = shown();
  seen.first = byId('found').firstChild ? byId('found').firstChild.textContent : '';
  await type('');
  await click('Aspirin');
  seen.good = seen.opened || 'nothing';
  seen.said = seen.tooltip;
  delete seen.opened;
  await click('Script link');
  seen.bad = seen.opened || 'nothing';
  byId('from').value = 2005;
  byId('from').dispatchEvent(new Event('input'));
  seen.late = shown();
  byId('from').value = byId('from').min;
  byId('from').dispatchEvent(new Event('input'));
  byId('topics').querySelector('button').click();
  seen.one = shown();
  document.body.dataset.seen = JSON.stringify(seen);
})();
