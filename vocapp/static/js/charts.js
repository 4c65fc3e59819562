// Draws the Vega-Lite specifications of a page; where that fails the table behind the chart stays open.
(function () {
  "use strict";

  const drawn = new Map();

  function colour(name) {
    // A probe turns light-dark() into a colour that SVG attributes understand.
    const probe = document.createElement("span");
    probe.className = "v-probe-" + name;
    document.body.append(probe);
    const value = getComputedStyle(probe).color;
    probe.remove();
    return value;
  }

  function theme() {
    const quiet = colour("quiet");
    const ink = colour("ink");
    const line = colour("line");
    const font = getComputedStyle(document.body).fontFamily;
    return {
      background: "transparent",
      font: font,
      padding: 4,
      view: { stroke: null },
      axis: {
        labelColor: quiet, titleColor: quiet, gridColor: line, domainColor: line, tickColor: line,
        labelFontSize: 12, titleFontSize: 12, titleFontWeight: 500, labelPadding: 6, titlePadding: 10,
      },
      axisQuantitative: { tickCount: 5 },
      legend: {
        orient: "top", direction: "horizontal", labelColor: quiet, titleColor: quiet, labelFontSize: 12,
        titleFontSize: 12, titleFontWeight: 500, symbolSize: 90,
      },
      header: { labelColor: quiet, titleColor: quiet },
      title: { color: ink, font: font },
      text: { color: ink, font: font },
      range: { category: [colour("accent"), colour("lost"), colour("quiet")] },
    };
  }

  async function specification(figure) {
    const source = figure.dataset.chart;
    if (source.startsWith("#")) {
      return JSON.parse(document.querySelector(source).textContent);
    }
    const answer = await fetch(source, { headers: { Accept: "application/json" }, credentials: "same-origin" });
    if (!answer.ok) {
      throw new Error("The chart's specification could not be read: " + answer.status);
    }
    return answer.json();
  }

  async function draw(figure) {
    const canvas = figure.querySelector("[data-chart-canvas]");
    try {
      const spec = await specification(figure);
      figure.classList.add("is-drawn");
      const before = drawn.get(figure);
      if (before) {
        before.finalize();
      }
      const result = await window.vegaEmbed(canvas, spec, {
        actions: false,
        ast: true,
        config: theme(),
        defaultStyle: false,
        mode: "vega-lite",
        renderer: "svg",
        tooltip: { disableDefaultStyle: true, theme: "house" },
      });
      drawn.set(figure, result);
      figure.dispatchEvent(new CustomEvent("chartdrawn", { bubbles: true, detail: { view: result.view } }));
      if (!before) {
        const table = figure.querySelector(".v-chart-table");
        if (table) {
          table.open = false;
        }
      }
    } catch (problem) {
      figure.classList.remove("is-drawn");
      console.error(problem);
    }
  }

  const figures = document.querySelectorAll("[data-chart]");
  figures.forEach(draw);
  document.addEventListener("themechange", () => figures.forEach(draw));
  document.addEventListener("htmx:afterSwap", (event) => event.target.querySelectorAll("[data-chart]").forEach(draw));

  // Vega listens to the window only; the navigation may change a container's width without it.
  if (window.ResizeObserver) {
    const observer = new ResizeObserver(() => window.dispatchEvent(new Event("resize")));
    figures.forEach((figure) => observer.observe(figure));
  }
})();
