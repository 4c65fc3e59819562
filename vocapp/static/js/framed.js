// Tells the page around a survey how high the survey is, and nothing else. Only pages that may show it hear it.
"use strict";

const origins = document.currentScript.dataset.origins.split(" ").filter(Boolean);

function tell() {
  const height = Math.ceil(document.documentElement.getBoundingClientRect().height);
  for (const origin of origins) parent.postMessage({ surveyHeight: height }, origin);
}

if (parent !== window) new ResizeObserver(tell).observe(document.documentElement);
