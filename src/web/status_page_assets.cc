#include "web/status_page_assets.h"

namespace tocsin::web {

const std::string_view kStatusPageStyle = R"css(
:root { color-scheme: light dark; --line: #8884; --good: #2a7d3f; --bad: #c62828; --warn: #b26a00; --dim: #777; }
body { font: 15px/1.45 system-ui, sans-serif; max-width: 76rem; margin: 0 auto; padding: 0 1rem 3rem; }
header { display: flex; flex-wrap: wrap; gap: .5rem 1.5rem; align-items: baseline; border-bottom: 1px solid var(--line); }
h1 { font-size: 1.4rem; margin: .8rem 0; } h2 { font-size: 1.1rem; margin: 1.8rem 0 .5rem; }
nav { display: flex; flex-wrap: wrap; gap: .2rem 1rem; }
table { border-collapse: collapse; width: 100%; } th { text-align: left; font-weight: 600; }
th, td { padding: .25rem .6rem .25rem 0; border-bottom: 1px solid var(--line); vertical-align: top; overflow-wrap: anywhere; }
code, textarea { font: 13px/1.4 ui-monospace, monospace; }
textarea { width: 100%; box-sizing: border-box; padding: .4rem; }
.good { color: var(--good); } .bad { color: var(--bad); } .warn { color: var(--warn); } .dim { color: var(--dim); }
.number { text-align: right; font-variant-numeric: tabular-nums; }
)css";

const std::string_view kStatusPageScript = R"js(
const form = document.getElementById('query-form');
const answer = document.getElementById('answer');
const base = document.body.dataset.prefix;
function element(tag, text) { const made = document.createElement(tag); made.textContent = text; return made; }
function seriesText(labels) {
  const pairs = Object.entries(labels).filter(([name]) => name !== '__name__')
    .map(([name, value]) => name + '=' + JSON.stringify(value));
  return (labels.__name__ || '') + (pairs.length || !labels.__name__ ? '{' + pairs.join(', ') + '}' : '');
}
function rowsOf(data) {
  if (data.resultType === 'scalar' || data.resultType === 'string') return [['', data.result[1]]];
  return data.result.map(item => {
    const points = item.values ? item.values.map(point => point[1] + ' @' + point[0]) : [];
    const value = item.value ? item.value[1] : item.histogram ? JSON.stringify(item.histogram[1]) : points.join('\n');
    return [seriesText(item.metric), value];
  });
}
function show(body) {
  answer.replaceChildren();
  if (body.status !== 'success') { const line = element('p', body.error); line.className = 'bad'; answer.append(line); return; }
  for (const warning of [...(body.warnings || []), ...(body.infos || [])]) {
    const line = element('p', warning); line.className = 'warn'; answer.append(line);
  }
  const rows = rowsOf(body.data);
  if (!rows.length) { answer.append(element('p', 'Empty result.')); return; }
  const table = document.createElement('table');
  for (const [series, value] of rows.slice(0, 1000)) {
    const row = table.insertRow();
    row.append(document.createElement('td'), document.createElement('td'));
    row.cells[0].append(element('code', series)); row.cells[1].textContent = value; row.cells[1].className = 'number';
  }
  answer.append(table);
  if (rows.length > 1000) answer.append(element('p', (rows.length - 1000) + ' more series are not shown.'));
}
form.addEventListener('submit', async event => {
  event.preventDefault();
  answer.replaceChildren(element('p', 'Asking…'));
  try {
    const reply = await fetch(base + '/api/v1/query', { method: 'POST', body: new URLSearchParams(new FormData(form)) });
    const text = await reply.text();
    let body; try { body = JSON.parse(text); } catch { body = { status: 'error', error: text || reply.statusText }; }
    show(body);
  } catch (error) { show({ status: 'error', error: String(error) }); }
});
form.query.addEventListener('keydown', event => {
  if (event.key === 'Enter' && !event.shiftKey) { event.preventDefault(); form.requestSubmit(); }
});
)js";

}  // namespace tocsin::web
