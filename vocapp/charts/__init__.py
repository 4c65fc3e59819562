"""Charts as Vega-Lite specs: the same chart on the page and in the PDF."""
