// For a page that shows a survey in a frame: makes the frame as high as the survey in it.
// Reads nothing of the page, sends nothing, stores nothing. Without it the frame scrolls.
(() => {
  "use strict";
  addEventListener("message", (event) => {
    const height = event.data && event.data.surveyHeight;
    if (!Number.isInteger(height) || height < 100 || height > 10000) return;
    for (const frame of document.querySelectorAll("iframe[data-survey]")) {
      if (frame.contentWindow === event.source) frame.height = String(height);
    }
  });
})();
