// Draws columns of a table, in the colours of the theme. Without it, the table is there.
// `<canvas data-chart="id of the table" data-columns="1 2" data-type="line">`
(() => {
  const drawn = new Map();
  const LOOKS = [{ name: "--tblr-primary", dash: [] }, { name: "--tblr-green", dash: [6, 3] }];

  // A theme's colour may be a formula, which only a drawn element works out.
  function colour(name) {
    const probe = document.body.appendChild(document.createElement("span"));
    probe.style.color = `var(${name})`;
    const found = getComputedStyle(probe).color;
    probe.remove();
    return found;
  }

  const valueOf = (cell) => Number(cell.dataset.value ?? cell.textContent);

  function linesOf(table, columns) {
    const heads = table.tHead.rows[0].cells;
    return columns.map((column, place) => {
      const look = colour(LOOKS[place].name);
      return {
        label: heads[column].textContent.trim(),
        data: [...table.tBodies[0].rows].map((row) => valueOf(row.cells[column])),
        borderColor: look,
        backgroundColor: look,
        borderDash: LOOKS[place].dash,
        pointRadius: 2,
      };
    });
  }

  function draw(canvas) {
    drawn.get(canvas)?.destroy();
    const { chart, columns, type } = canvas.dataset;
    const table = document.getElementById(chart);
    const datasets = linesOf(table, columns.split(" ").map(Number));
    const text = colour("--tblr-body-color");
    const line = colour("--tblr-border-color");
    const areWhole = datasets.every(({ data }) => data.every(Number.isInteger));
    const axis = { ticks: { color: text }, grid: { color: line }, border: { color: line } };
    drawn.set(canvas, new window.Chart(canvas, {
      type,
      data: { labels: [...table.tBodies[0].rows].map((row) => row.cells[0].textContent.trim()), datasets },
      options: {
        animation: false,
        maintainAspectRatio: false,
        plugins: { legend: { display: datasets.length > 1, labels: { color: text } } },
        scales: {
          x: { ...axis, grid: { display: false } },
          y: { ...axis, beginAtZero: true, ticks: { color: text, ...(areWhole && { precision: 0 }) } },
        },
      },
    }));
  }

  const drawAll = () => document.querySelectorAll("canvas[data-chart]").forEach(draw);
  new MutationObserver(drawAll).observe(document.documentElement, { attributeFilter: ["data-bs-theme"] });
  drawAll();
})();
