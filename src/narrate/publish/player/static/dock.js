// The bar below everything: what sounds, its waveform, and every control. Speed, sleep timer and settings are its sheets.
"use strict";

(function (narrate) {
  const { element, engine, clock } = narrate;
  const byId = (id) => document.getElementById(id);
  const dock = byId("dock");
  const seek = byId("seek");
  const wave = new narrate.Waveform(byId("waveform"));
  const SPEEDS = [0.75, 1, 1.25, 1.5, 1.75, 2];
  const SLEEPS = [5, 10, 15, 30, 45, 60];

  narrate.actions = {
    toggle: () => engine.toggle(),
    back15: () => engine.skip(-15),
    back30: () => engine.skip(-30),
    ahead15: () => engine.skip(15),
    ahead30: () => engine.skip(30),
    previous: () => engine.previous(),
    next: () => engine.next(),
    slower: () => engine.setRate(engine.rate - 0.05),
    faster: () => engine.setRate(engine.rate + 0.05),
    drive: () => narrate.openDrive(),
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-do]");
    if (button) narrate.actions[button.dataset.do]();
  });

  function showState() {
    for (const button of document.querySelectorAll('[data-do="toggle"]')) {
      const name = engine.playing ? "Pause" : "Play";
      button.setAttribute("aria-label", name);
      narrate.setIcon(button, engine.playing ? "pause" : "play");
      const word = button.querySelector(".word");
      if (word) word.textContent = name;
    }
    document.documentElement.classList.toggle("playing", engine.playing);
  }

  function showTime() {
    if (!engine.book) return;
    const { at, duration } = engine;
    byId("elapsed").textContent = clock(at);
    byId("remaining").textContent = "−" + clock(duration - at);
    if (!sliding) seek.value = Math.round(at);
    seek.setAttribute("aria-valuetext", `${narrate.spokenTime(at)} of ${narrate.spokenTime(duration)}`);
    wave.at(duration ? at / duration : 0);
    showSleep();
  }

  async function showChapter() {
    const { book, chapter, index } = engine;
    dock.hidden = false;
    byId("now").href = `#/listen/${book.key}`;
    byId("now-chapter").textContent = chapter.title;
    byId("now-book").textContent = book.title;
    for (const id of ["now-chapter", "now-book"]) narrate.speaks(byId(id), book);
    const picture = byId("now-cover");
    picture.hidden = !book.cover;
    if (book.cover) picture.src = book.cover;
    seek.max = Math.max(1, Math.floor(chapter.duration));
    for (const button of document.querySelectorAll('[data-do="next"]')) {
      button.disabled = index + 1 >= book.chapters.length;
    }
    wave.show(null, [], chapter.duration);
    showTime();
    const name = `${book.key}/`;
    const number = index + 1;
    const [cues, peaks] = await Promise.allSettled([narrate.load(`${name}cues-${number}`), narrate.load(`${name}peaks-${number}`)]);
    if (engine.chapter !== chapter) return;
    const marks = cues.value ? narrate.Transcript.marks(cues.value) : [];
    wave.show(typeof peaks.value === "string" ? peaks.value : null, marks, chapter.duration);
    showTime();
  }

  let sliding = false;
  seek.addEventListener("input", () => {
    sliding = true;
    wave.at(seek.value / engine.duration);
    byId("elapsed").textContent = clock(seek.value);
  });
  seek.addEventListener("change", () => {
    sliding = false;
    engine.seek(Number(seek.value));
  });
  // The arrow keys move by what the buttons beside it do, not by a second.
  seek.addEventListener("keydown", (event) => {
    const by = { ArrowLeft: -15, ArrowDown: -15, ArrowRight: 15, ArrowUp: 15, PageDown: -60, PageUp: 60 }[event.key];
    if (!by) return;
    event.preventDefault();
    engine.seek(engine.at + by);
  });

  function showRate() {
    const text = narrate.speed(engine.rate);
    byId("speed-now").textContent = text;
    byId("speed-value").textContent = text;
    byId("speed-range").value = engine.rate;
    byId("speed-range").setAttribute("aria-valuetext", text);
    for (const button of byId("speed-choices").children) {
      button.setAttribute("aria-pressed", String(Number(button.dataset.rate) === engine.rate));
    }
  }

  for (const rate of SPEEDS) {
    const does = () => engine.setRate(rate);
    byId("speed-choices").append(
      element("button", { type: "button", class: "choice", "data-rate": String(rate), on: { click: does } }, narrate.speed(rate)),
    );
  }
  byId("speed-range").addEventListener("input", () => engine.setRate(Number(byId("speed-range").value)));

  const sleepName = (what) => (what === null ? "Off" : what === "chapter" ? "End of the chapter" : `${what} min`);
  for (const what of [null, ...SLEEPS, "chapter"]) {
    const does = () => {
      engine.setSleep(what);
      byId("sleep").close();
      narrate.say(what === null ? "Sleep timer off" : `Sleep timer: ${sleepName(what)}`);
    };
    byId("sleep-choices").append(
      element("button", { type: "button", class: "choice", "data-sleep": String(what), on: { click: does } }, sleepName(what)),
    );
  }

  function showSleep() {
    const left = engine.sleepLeft;
    byId("sleep-now").textContent = left ? clock(left) : engine.sleepAtEnd ? "End" : "";
    byId("open-sleep").classList.toggle("on", Boolean(left) || engine.sleepAtEnd);
  }

  function showSleepChoice() {
    for (const button of byId("sleep-choices").children) {
      button.setAttribute("aria-pressed", String(button.dataset.sleep === String(engine.sleep)));
    }
    showSleep();
  }

  const opens = [
    ["open-speed", "speed"],
    ["open-sleep", "sleep"],
    ["open-settings", "settings"],
  ];
  for (const [button, sheet] of opens) {
    byId(button).addEventListener("click", () => {
      byId(sheet).showModal();
      // At what is chosen, not at what happens to stand first.
      const chosen = byId(sheet).querySelector(':checked, [aria-pressed="true"]');
      if (chosen) chosen.focus();
    });
    byId(sheet).addEventListener("click", (event) => {
      if (event.target === byId(sheet)) byId(sheet).close(); // beside it
    });
  }

  for (const radio of document.querySelectorAll('input[name="theme"]')) {
    radio.checked = radio.value === narrate.kept("theme", "system");
    radio.addEventListener("change", () => narrate.setTheme(radio.value));
  }

  engine.addEventListener("state", showState);
  engine.addEventListener("time", showTime);
  engine.addEventListener("back", () => engine.book && showChapter());
  engine.addEventListener("chapter", showChapter);
  engine.addEventListener("rate", showRate);
  engine.addEventListener("sleep", showSleepChoice);
  engine.addEventListener("chapter", () => {
    if (engine.playing) narrate.say(`Chapter ${engine.index + 1}: ${engine.chapter.title}`);
  });
  engine.addEventListener("rate", () => narrate.say(`Speed ${narrate.speed(engine.rate)}`));
  engine.addEventListener("trouble", () =>
    narrate.complain(engine.trouble, { name: "Try now", does: () => (engine.playing ? engine.reload() : engine.play()) }),
  );
  showState();
  showRate();
  showSleepChoice();
})(window.narrate);
