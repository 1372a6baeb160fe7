// Drive mode: four buttons that can be hit without looking, nothing that scrolls, a screen that stays on.
"use strict";

(function (narrate) {
  const { engine } = narrate;
  const dialog = document.getElementById("drive");
  let lock = null;

  async function stayAwake() {
    if (!("wakeLock" in navigator) || document.hidden || !dialog.open) return;
    try {
      lock = await navigator.wakeLock.request("screen");
    } catch {
      lock = null; // the battery is low, or the browser says no
    }
  }

  function show() {
    const { book, chapter, index, trouble } = engine;
    const now = document.getElementById("drive-now");
    now.textContent = trouble || (book ? `${index + 1}. ${chapter.title}` : "");
    narrate.speaks(now, trouble ? null : book);
  }

  narrate.openDrive = function () {
    if (!engine.book || dialog.open) return;
    show();
    dialog.showModal();
    dialog.querySelector('[data-do="toggle"]').focus();
    stayAwake();
  };

  dialog.addEventListener("close", () => {
    if (lock) lock.release().catch(() => {});
    lock = null;
  });
  document.getElementById("leave-drive").addEventListener("click", () => dialog.close());
  document.addEventListener("visibilitychange", stayAwake);
  engine.addEventListener("chapter", show);
  engine.addEventListener("trouble", show);
})(window.narrate);
